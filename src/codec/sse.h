/* Server-Sent Events (WHATWG HTML, section 9.2): what the server writes and a strict incremental parser of it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_sse_event_append: append one event, ended by its empty line. `name` and `id` may be NULL; each line of `data`
 * (CR, LF or CRLF ended) becomes a data line, of NULL none. `name` and `id` hold no line ends. */
void fl_sse_event_append(GString *out, const char *name, const char *id, const char *data, gsize len);

/* fl_sse_comment_append: append a comment line and the empty line after it. */
void fl_sse_comment_append(GString *out, const char *text);

typedef struct _FlSseParser FlSseParser;

/* One dispatched event. `name` is "message" where the stream named none. `id` is the last event id, never NULL. */
typedef struct {
  const char *name;
  const char *id;
  const char *data;
  gsize data_len;
} FlSseEvent;

/* FlSseFound: an event (comment NULL), or a comment line without its colon and one space (event NULL). Borrowed for the
 * call. */
typedef void (*FlSseFound)(gpointer user, const FlSseEvent *event, const char *comment);

FlSseParser *fl_sse_parser_new(gsize max_event_bytes);
void fl_sse_parser_free(FlSseParser *self);

/* fl_sse_parser_receive: parse bytes as they came, in any slicing (CR, LF, CRLF; a leading BOM; NUL in an id ignores
 * that id; an event without data is not dispatched, but its id counts).
 * Returns: FALSE when an event exceeds max_event_bytes or a line is no UTF-8; the parser is then spent. */
gboolean fl_sse_parser_receive(FlSseParser *self, const char *data, gsize len, FlSseFound found, gpointer user);

/* The last event id, and the reconnection time in ms, -1 where the stream gave none. */
const char *fl_sse_parser_last_id(const FlSseParser *self);
gint64 fl_sse_parser_retry_ms(const FlSseParser *self);
