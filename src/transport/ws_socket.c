/* WebSockets on streams. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/ws_socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "codec/deflate.h"
#include "codec/header.h"
#include "transport/client_log.h"
#include "transport/reply.h"

#define PINGS_MOST 2 /* without an answer */

/* --- the opening handshake ----------------------------------------------------------------------------------------- */

gboolean fl_ws_is_upgrade(const FlRequest *request) {
  const FlRequestHeaders *headers = fl_request_headers(request);
  return g_strcmp0(headers->version, "HTTP/1.1") == 0 && fl_header_has_token(headers->upgrade, "websocket") && fl_header_has_token(headers->connection, "upgrade");
}

gboolean fl_ws_handshake(FlWorker *worker, FlRequest *request, char ret_accept[FL_WS_ACCEPT_LEN + 1]) {
  const FlRequestHeaders *headers = fl_request_headers(request);

  if (!g_str_equal(fl_request_method(request), "GET"))
    fl_reply_method(worker, request, "GET");
  else if (!fl_ws_is_upgrade(request) || g_strcmp0(headers->ws_version, "13") != 0)
    fl_reply_problem(worker, request, 426, "This is a WebSocket endpoint: ask by HTTP/1.1 with Upgrade: websocket and version 13.");
  else if (!headers->ws_key || !fl_websocket_accept(headers->ws_key, ret_accept))
    fl_reply_problem(worker, request, 400, "Sec-WebSocket-Key is not the base64 of 16 bytes.");
  else if (fl_worker_is_draining(worker) || fl_request_peer(request)->surplus)
    fl_reply_problem(worker, request, 503, "The server has all the clients it takes, or is going away.");
  else
    return TRUE;
  return FALSE;
}

gboolean fl_ws_accept_deflate(const FlWorker *worker, const FlRequest *request, char ret_answer[FL_WS_EXTENSIONS_MAX]) {
  return fl_application_of(worker)->deflate && fl_websocket_deflate(fl_request_headers(request)->ws_extensions, ret_answer);
}

/* --- frames -------------------------------------------------------------------------------------------------------- */

void fl_ws_socket_send(FlStream *stream, FlWsOpcode opcode, const void *payload, gsize len) {
  g_autoptr(GByteArray) frame = g_byte_array_new();
  fl_ws_frame_append(frame, opcode, NULL, payload, len);
  fl_stream_queue(stream, frame->data, frame->len);
}

void fl_ws_socket_send_deflated(FlStream *stream, FlWsOpcode opcode, const void *payload, gsize len) {
  g_autoptr(GByteArray) packed = fl_deflate_message(payload, len);
  g_autoptr(GByteArray) frame = g_byte_array_new();
  fl_ws_deflated_append(frame, opcode, packed->data, packed->len);
  fl_stream_queue(stream, frame->data, frame->len);
}

void fl_ws_socket_close(FlStream *stream, int code, const char *reason, gboolean await_peer) {
  g_autoptr(GByteArray) frame = g_byte_array_new();

  if (!fl_stream_is_open(stream))
    return;
  fl_ws_close_append(frame, NULL, code, reason);
  fl_stream_queue(stream, frame->data, frame->len);
  fl_stream_finish(stream, code, await_peer);
}

/* What waits on this side, waits for a reader that is slow, and its host answers for it: docs/decisions/0003-silence.md. */
static gboolean host_has_all(const FlStream *stream) {
  int waiting = 0;
  return ioctl(fl_stream_fd(stream), SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

void fl_ws_socket_heartbeat(FlStream *stream, FlWsSocket *self) {
  static const char reason[] = "no pong came in time";

  if (fl_stream_bytes_in(stream) != self->heard_bytes)
    self->pings = 0;
  if (self->pings >= PINGS_MOST && host_has_all(stream)) {
    fl_client_erred(fl_stream_log(stream), fl_stream_transport(stream), fl_stream_ip(stream), fl_stream_id(stream), reason);
    fl_ws_socket_close(stream, FL_WS_POLICY, reason, TRUE);
    return;
  }
  self->heard_bytes = fl_stream_bytes_in(stream);
  self->pings++;
  fl_ws_socket_send(stream, FL_WS_PING, NULL, 0);
}

typedef struct {
  FlStream *stream;
  FlWsSocket *socket;
  const FlWsProtocol *protocol;
} Reading;

static gboolean on_message(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  Reading *reading = user;
  FlStream *stream = reading->stream;
  g_autoptr(GByteArray) pong = NULL;

  switch (opcode) {
  case FL_WS_TEXT:
  case FL_WS_BINARY:
    if (fl_stream_is_open(stream)) /* after our close frame nothing is obeyed, nor answered: RFC 6455, 5.5.1 */
      reading->protocol->message(stream, opcode == FL_WS_BINARY, payload, len);
    break;
  case FL_WS_PING:
    pong = g_byte_array_new();
    fl_ws_frame_append(pong, FL_WS_PONG, NULL, payload, len);
    if (fl_stream_is_open(stream))
      fl_stream_queue_latest(stream, pong->data, pong->len);
    break;
  case FL_WS_CLOSE:
    reading->socket->close_received = TRUE;
    fl_ws_socket_close(stream, fl_ws_close_code(payload, len), NULL, FALSE);
    fl_stream_peer_done(stream, fl_ws_close_code(payload, len));
    break;
  case FL_WS_PONG:
  case FL_WS_CONTINUATION:
    break;
  }
  return !reading->socket->close_received;
}

static void refuse(FlStream *stream, FlWsSocket *self, int code) {
  const char *reason = code == FL_WS_INVALID_DATA ? "text was no UTF-8, or what was compressed no DEFLATE"
                       : code == FL_WS_TOO_BIG    ? "the message is too large"
                                                  : "a frame was against RFC 6455";

  self->close_received = TRUE;
  fl_client_erred(fl_stream_log(stream), fl_stream_transport(stream), fl_stream_ip(stream), fl_stream_id(stream), reason);
  fl_ws_socket_close(stream, code, reason, FALSE);
  fl_stream_peer_done(stream, code);
}

void fl_ws_socket_input(FlStream *stream, FlWsSocket *self, const FlWsProtocol *protocol, const guint8 *data, gsize len) {
  Reading reading = { stream, self, protocol };

  if (self->close_received)
    return;
  if (!self->link) {
    self->link = fl_ws_link_new(FL_WS_SERVER, protocol->max_message_bytes);
    if (self->deflates)
      fl_ws_link_inflate(self->link);
  }
  int code = fl_ws_link_receive(self->link, data, len, on_message, &reading);
  if (code != 0)
    refuse(stream, self, code);
  if (self->close_received || fl_ws_link_at_boundary(self->link))
    g_clear_pointer(&self->link, fl_ws_link_free);
}

void fl_ws_socket_clear(FlWsSocket *self) {
  g_clear_pointer(&self->link, fl_ws_link_free);
}
