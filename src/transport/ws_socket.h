/* The server's end of a WebSocket (RFC 6455) on a stream: the opening handshake, messages in, frames out, pings answered, the
 * closing handshake. What is said over it is the business of a protocol: ws, Engine.IO, the echo of conformance.c.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "codec/websocket.h"
#include "net/wslink.h"
#include "transport/transport.h"

/* One const table a protocol, every slot filled. */
typedef struct {
  gsize max_message_bytes; /* larger ones close with 1009 */
  /* A whole message came; text is UTF-8. The stream may be closed in here. */
  void (*message)(FlStream *stream, gboolean is_binary, const guint8 *data, gsize len);
} FlWsProtocol;

/* What a stream keeps for it; zeroed at first, embedded in the stream's data. */
typedef struct {
  FlWsLink *link;          /* while a message is under way */
  guint64 heard_bytes;     /* from the client, when it was last pinged … */
  guint pings;             /* … and how often it has been since it last sent anything */
  gboolean deflates;       /* permessage-deflate was agreed on */
  gboolean close_received; /* a close frame, or something that can't be understood: nothing after it is read */
} FlWsSocket;

void fl_ws_socket_clear(FlWsSocket *self);

/* fl_ws_is_upgrade: whether the request asks for a WebSocket. */
gboolean fl_ws_is_upgrade(const FlRequest *request);

/* fl_ws_handshake: check the opening handshake. Returns: FALSE where the request has been answered with what is wrong. */
gboolean fl_ws_handshake(FlWorker *worker, FlRequest *request, char ret_accept[FL_WS_ACCEPT_LEN + 1]);

/* fl_ws_accept_deflate: whether the server has --deflate and the request an offer that it takes; ret_answer as fl_websocket_deflate. */
gboolean fl_ws_accept_deflate(const FlWorker *worker, const FlRequest *request, char ret_answer[FL_WS_EXTENSIONS_MAX]);

/* fl_ws_socket_input: as FlStreamKind.input. */
void fl_ws_socket_input(FlStream *stream, FlWsSocket *self, const FlWsProtocol *protocol, const guint8 *data, gsize len);

/* fl_ws_socket_heartbeat: as FlStreamKind.heartbeat: ping, or close where two pings, which the client's host has taken, were
 * followed by nothing. RFC 6455, 5.5.2: a ping is to be answered as soon as is practical. */
void fl_ws_socket_heartbeat(FlStream *stream, FlWsSocket *self);

/* fl_ws_socket_send: queue one frame. */
void fl_ws_socket_send(FlStream *stream, FlWsOpcode opcode, const void *payload, gsize len);

/* fl_ws_socket_send_deflated: queue one message, compressed. */
void fl_ws_socket_send_deflated(FlStream *stream, FlWsOpcode opcode, const void *payload, gsize len);

/* fl_ws_socket_close: queue a close frame and finish the stream, once. `await_peer`: wait for the peer's within the grace. */
void fl_ws_socket_close(FlStream *stream, int code, const char *reason, gboolean await_peer);
