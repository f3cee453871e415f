/* HTTP/1.1 (RFC 9112) as a client reads it and a stream writes it: pure functions over bytes. The server's own
 * requests are parsed by libmicrohttpd; this reads responses for the bench and the tests.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlHttpParser FlHttpParser;

typedef enum {
  FL_HTTP_HEAD,     /* the head is not complete yet */
  FL_HTTP_BODY,     /* the head is complete, body bytes follow */
  FL_HTTP_DONE,     /* the response is complete; what was not consumed belongs to the next one */
  FL_HTTP_UPGRADED, /* a 101 was read: what was not consumed belongs to the other protocol */
  FL_HTTP_MALFORMED /* not a response; the connection is of no more use */
} FlHttpState;

/* fl_http_parser_new: a parser of the responses of one connection, one after the other. It is strict: CRLF line ends,
 * one Content-Length, no Transfer-Encoding that it doesn't know (chunked is known), heads of at most 16 kB. */
FlHttpParser *fl_http_parser_new(void);
void fl_http_parser_free(FlHttpParser *self);

/* fl_http_parser_next: forget the response that is done and expect another. `head_only`: it answers a HEAD request. */
void fl_http_parser_next(FlHttpParser *self, gboolean head_only);

/* fl_http_parser_receive: take bytes as they came. Body bytes (de-chunked) are appended to `body`, which may be NULL
 * to drop them; a body without a length runs until fl_http_parser_eof.
 * Returns: the bytes consumed; fl_http_parser_state tells what is reached. */
gsize fl_http_parser_receive(FlHttpParser *self, const char *data, gsize len, GByteArray *body);

/* fl_http_parser_eof: the peer has closed. Returns: TRUE where that was a proper end of the response. */
gboolean fl_http_parser_eof(FlHttpParser *self);

FlHttpState fl_http_parser_state(const FlHttpParser *self);
int fl_http_parser_status(const FlHttpParser *self);
/* The value of the first header of that name (any case), or NULL; borrowed until the next response. */
const char *fl_http_parser_header(const FlHttpParser *self, const char *name);
