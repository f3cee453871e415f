/* WebSocket frames (RFC 6455, section 5), by wslay's frame API; the only module that includes wslay. Bytes in,
 * messages out, and the other way; no I/O, so both ends use it: the server's streams and the bench's clients.
 *
 * A link is the receiving half of one connection. It is needed only from the first byte of a frame to the last of
 * its message: at a boundary it may be handed to another connection, or freed, which is how the server holds 10,000
 * idle WebSockets without 10,000 parsers.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  FL_WS_CONTINUATION = 0x0,
  FL_WS_TEXT = 0x1,
  FL_WS_BINARY = 0x2,
  FL_WS_CLOSE = 0x8,
  FL_WS_PING = 0x9,
  FL_WS_PONG = 0xa,
} FlWsOpcode;

/* Close codes of RFC 6455, section 7.4.1, that feedlab sends or tells apart. */
typedef enum {
  FL_WS_NORMAL = 1000,
  FL_WS_GOING_AWAY = 1001,
  FL_WS_PROTOCOL_ERROR = 1002,
  FL_WS_NO_STATUS = 1005,
  FL_WS_ABNORMAL = 1006,
  FL_WS_INVALID_DATA = 1007,
  FL_WS_POLICY = 1008,
  FL_WS_TOO_BIG = 1009,
  FL_WS_OVERLOAD = 1013,
} FlWsCode;

/* The end that receives: a server demands masked frames, a client unmasked ones. */
typedef enum { FL_WS_SERVER, FL_WS_CLIENT } FlWsRole;

typedef struct _FlWsLink FlWsLink;

/* FlWsMessage: called for each whole message (text: valid UTF-8) and each control frame. `payload` is borrowed for
 * the call and not NUL-terminated. A close frame's payload is checked: empty, or a valid code and UTF-8.
 * Returns: FALSE to stop parsing (the connection is being closed). */
typedef gboolean (*FlWsMessage)(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len);

FlWsLink *fl_ws_link_new(FlWsRole role, gsize max_message_bytes);
void fl_ws_link_free(FlWsLink *self);

/* fl_ws_link_inflate: permessage-deflate without context takeover was agreed on: RSV1 on the first frame of a message tells that
 * it is compressed. What it inflates to may be max_message_bytes long. */
void fl_ws_link_inflate(FlWsLink *self);

/* fl_ws_link_receive: parse `len` bytes as they came from the socket, in any slicing.
 * Returns: 0, or the close code to end the connection with: FL_WS_PROTOCOL_ERROR, FL_WS_INVALID_DATA (text or a close
 *          reason is no UTF-8, or a compressed message no DEFLATE), FL_WS_TOO_BIG (over max_message_bytes). It is returned with
 *          the first byte that tells: of a head before any payload has come, of text in the middle of a frame. After an
 *          error or a stop the link is spent: it drops what it is given, calls nobody and keeps returning what it returned. */
int fl_ws_link_receive(FlWsLink *self, const guint8 *data, gsize len, FlWsMessage message, gpointer user);

/* fl_ws_link_at_boundary: whether the link stands between two messages and holds no byte of the next; never TRUE of one
 * that is spent. */
gboolean fl_ws_link_at_boundary(const FlWsLink *self);

/* fl_ws_frame_append: append one unfragmented frame to `out`. `mask`: 4 bytes for a client's frame, NULL for a
 * server's. */
void fl_ws_frame_append(GByteArray *out, FlWsOpcode opcode, const guint8 *mask, const void *payload, gsize len);

/* fl_ws_deflated_append: like fl_ws_frame_append, a server's frame whose payload is compressed (RSV1). */
void fl_ws_deflated_append(GByteArray *out, FlWsOpcode opcode, const void *payload, gsize len);

/* fl_ws_close_append: append a server's close frame (mask NULL) or a client's. FL_WS_NO_STATUS makes an empty payload;
 * reason may be NULL and is cut to 123 bytes at a character. */
void fl_ws_close_append(GByteArray *out, const guint8 *mask, int code, const char *reason);

/* fl_ws_close_code: the code in a close frame's payload, FL_WS_NO_STATUS where it is empty. */
int fl_ws_close_code(const guint8 *payload, gsize len);
