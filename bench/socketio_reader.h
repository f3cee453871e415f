/* What a Socket.IO server sends to a subscriber of the feed, read strictly: the open packet of Engine.IO 4, and the packets
 * of Socket.IO 5 that carry the feed. Packets come without Engine.IO's type, as they stand in a MESSAGE:
 *
 *     0{"sid":"…","pid":"…"}                   the CONNECT is answered
 *     2["news",{"seq":17,…},"k3f9tz-17"]      an update, and its cursor
 *     2["gap",{…},"k3f9tz-40"]                updates were missed
 *
 * See docs/wire/socketio.md. codec/socketio reads what clients send, and builds what it reads; this is for the hot path.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/stamp.h"
#include "core/cursor.h"

#define FL_SOCKETIO_SID_MAX 64

/* What the open packet says. */
typedef struct {
  char sid[FL_SOCKETIO_SID_MAX + 1]; /* letters, digits, `-` and `_`: fit for a URL */
  gboolean may_upgrade;              /* to WebSocket */
  gint64 patience_ms; /* pingInterval and pingTimeout: after so long without a ping, the connection is taken for dead */
} FlSocketioOpen;

/* fl_socketio_open_read: read the open packet's JSON. Returns: FALSE where a member is missing or of another type, or the
 * sid is not fit for a URL; ret_open is then untouched. */
gboolean fl_socketio_open_read(const char *text, gsize len, FlSocketioOpen *ret_open);

typedef enum {
  FL_SOCKETIO_UNEXPECTED, /* malformed, or nothing that a subscriber waits for */
  FL_SOCKETIO_CONNECTED,
  FL_SOCKETIO_REFUSED, /* CONNECT_ERROR or DISCONNECT */
  FL_SOCKETIO_NEWS,
  FL_SOCKETIO_GAP,
} FlSocketioPacket;

/* fl_socketio_packet_read: read one packet that takes up all of `text`. An update of which the cursor is not that of its
 * seq is malformed. Returns: what it is; ret_stamp is set for FL_SOCKETIO_NEWS only, ret_cursor for that and FL_SOCKETIO_GAP: the
 * offset to come back with. */
FlSocketioPacket fl_socketio_packet_read(const char *text, gsize len, FlStamp *ret_stamp, FlCursor *ret_cursor);

/* fl_socketio_pid_read: the private id in a FL_SOCKETIO_CONNECTED, to come back with. Returns: FALSE where it has none. */
gboolean fl_socketio_pid_read(const char *text, gsize len, char ret_pid[FL_SOCKETIO_SID_MAX + 1]);
