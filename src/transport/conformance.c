/* Echoes, for other people's test suites. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/conformance.h"

#include <string.h>

#include "codec/json.h"
#include "transport/client_log.h"
#include "transport/endpoints.h"
#include "transport/reply.h"
#include "transport/router.h"
#include "transport/sio_socket.h"
#include "transport/ws_socket.h"

/* Places among the worker's parts, and of the counters. */
enum { PLACE_WS, PLACE_ENGINE_IO, PLACE_SOCKET_IO };

/* The feed is not there, so that no update is ever encoded. */
static GBytes *no_encode(const FlUpdate *update) {
  return g_bytes_new_static("", 0);
}

static void no_gap(FlEioSession *session, const FlGap *gap) {
}

/* --- Engine.IO ----------------------------------------------------------------------------------------------------- */

static void no_more(FlEioSession *session) {
}

static const FlEioApp engine_io = { "engine.io", FL_FORM_WS, FL_FORM_WS,          no_encode, no_encode,
                                    no_more,     fl_eio_session_send, no_gap,    no_more };

/* --- Socket.IO ----------------------------------------------------------------------------------------------------- */

static gboolean connect_socket(FlSioSocket *socket, const GString *auth) {
  g_autoptr(GString) event = g_string_new("[\"auth\",");

  if (!g_str_equal(socket->nsp, "/") && !g_str_equal(socket->nsp, "/custom")) {
    fl_sio_refuse(socket, "Invalid namespace");
    return FALSE;
  }
  fl_sio_accept(socket, NULL);
  g_string_append_printf(event, "%s]", auth ? auth->str : "{}");
  fl_sio_send(socket, FL_SIO_EVENT, NULL, event, NULL);
  return TRUE;
}

/* The array of an event's arguments, behind `first` where that is not NULL. */
static GString *arguments(const FlSioPacket *packet, const char *first) {
  GString *out = g_string_new("[");
  gsize len;
  const char *begin = fl_json_element(packet->data, 1, &len);

  g_string_append(out, first ? first : "");
  if (begin && first)
    g_string_append_c(out, ',');
  g_string_append(out, begin ? begin : "]");
  return out;
}

static void take_event(FlSioSocket *socket, const FlSioPacket *packet, GPtrArray *attachments) {
  gsize len;
  const char *name = fl_json_element(packet->data, 0, &len);
  g_autofree char *text = fl_json_text(name, len);

  if (g_strcmp0(text, "message") == 0) {
    g_autoptr(GString) event = arguments(packet, "\"message-back\"");
    fl_sio_send(socket, FL_SIO_EVENT, NULL, event, attachments);
  } else if (g_strcmp0(text, "message-with-ack") == 0 && packet->has_id) {
    g_autoptr(GString) answer = arguments(packet, NULL);
    fl_sio_send(socket, FL_SIO_ACK, &packet->id, answer, attachments);
  }
}

static void disconnected(FlSioSocket *socket) {
}

static const FlSioApp sio_app = { connect_socket, take_event, disconnected };

static void on_sio_message(FlEioSession *session, gboolean is_binary, const guint8 *data, gsize len) {
  fl_sio_message(session, &sio_app, is_binary, data, len);
}

static void on_sio_closed(FlEioSession *session) {
  fl_sio_closed(session, &sio_app);
}

static const FlEioApp socket_io = { "socketio",    FL_FORM_WS,     FL_FORM_WS, no_encode,    no_encode,
                                    fl_sio_opened, on_sio_message, no_gap,     on_sio_closed };

/* --- WebSocket ----------------------------------------------------------------------------------------------------- */

static void echo(FlStream *stream, gboolean is_binary, const guint8 *data, gsize len) {
  const FlWsSocket *socket = fl_stream_data(stream);
  FlWsOpcode opcode = is_binary ? FL_WS_BINARY : FL_WS_TEXT;

  if (socket->deflates)
    fl_ws_socket_send_deflated(stream, opcode, data, len);
  else
    fl_ws_socket_send(stream, opcode, data, len);
}

/* What is known before the socket is ours. */
typedef struct {
  FlWorker *worker;
  gboolean deflates;
  FlStreamOpening opening;
} Upgrade;

static void ws_opened(FlStream *stream, gpointer options, const FlGap *gap) {
  const Upgrade *upgrade = options;
  FlWsSocket *socket = g_new0(FlWsSocket, 1);

  socket->deflates = upgrade->deflates;
  fl_stream_set_data(stream, socket);
}

static void ws_gap(FlStream *stream, const FlGap *gap) {
}

static void ws_heartbeat(FlStream *stream) {
}

static void ws_input(FlStream *stream, const guint8 *data, gsize len) {
  const FlWsProtocol protocol = { fl_application_of(fl_stream_user(stream))->max_body, echo };
  fl_ws_socket_input(stream, fl_stream_data(stream), &protocol, data, len);
}

static void ws_goodbye(FlStream *stream, FlGoodbye why) {
  fl_ws_socket_close(stream, FL_WS_GOING_AWAY, "the server is going away", TRUE);
}

static void ws_left(FlStream *stream) {
  fl_client_stream_left(stream);
  fl_ws_socket_clear(fl_stream_data(stream));
  g_free(fl_stream_data(stream));
}

static const FlStreamKind ws_kind = { "ws",         FL_FORM_WS, no_encode,  ws_opened, ws_gap,
                                      ws_heartbeat, ws_input,   ws_goodbye, ws_left };

static void on_upgraded(gpointer user, int fd, const guint8 *early, gsize early_len) {
  Upgrade *upgrade = user;
  FlTransportStats *stats = fl_worker_stats(upgrade->worker, PLACE_WS);

  if (fd < 0)
    return;
  upgrade->opening.fd = fd;
  upgrade->opening.options = upgrade;
  upgrade->opening.early = early;
  upgrade->opening.early_len = early_len;
  upgrade->opening.stats = stats;
  fl_counter_add(&stats->clients, 1);
  fl_client_came(upgrade->worker, "ws", upgrade->opening.ip, upgrade->opening.id);
  fl_stream_open(fl_worker_streams(upgrade->worker), &ws_kind, &upgrade->opening);
}

static void accept_ws(FlWorker *worker, FlRequest *request) {
  char accept[FL_WS_ACCEPT_LEN + 1], extensions[FL_WS_EXTENSIONS_MAX];

  if (!fl_ws_handshake(worker, request, accept))
    return;
  Upgrade *upgrade = g_new0(Upgrade, 1);
  upgrade->worker = worker;
  upgrade->deflates = fl_ws_accept_deflate(worker, request, extensions);
  upgrade->opening.waits = TRUE;
  upgrade->opening.id = fl_request_peer(request)->id;
  upgrade->opening.ip = fl_client_ip(worker, request);
  const FlUpgradeAnswer answer = { accept, NULL, upgrade->deflates ? extensions : NULL };
  fl_request_upgrade(request, &answer, on_upgraded, upgrade);
}

/* --- HTTP ---------------------------------------------------------------------------------------------------------- */

static void echo_body(FlWorker *worker, FlRequest *request) {
  const GByteArray *body = fl_request_body(request);
  const char *type = fl_request_headers(request)->content_type;

  if (!g_str_equal(fl_request_method(request), "POST"))
    fl_reply_method(worker, request, "POST");
  else
    fl_reply(worker, request, 200, type ? type : "application/octet-stream",
             body ? g_bytes_new(body->data, body->len) : g_bytes_new_static("", 0));
}

/* The engine of a path, NULL where it is another's. */
static FlEngine *engine_of(FlWorker *worker, const FlRequest *request) {
  const char *path = fl_request_path(request);

  if (g_str_equal(path, "/engine.io/"))
    return fl_engine_of(worker, PLACE_ENGINE_IO, &engine_io);
  if (g_str_equal(path, fl_application_of(worker)->socketio_path))
    return fl_engine_of(worker, PLACE_SOCKET_IO, &socket_io);
  return NULL;
}

void fl_conformance_began(FlRequest *request, gpointer worker) {
  FlEngine *engine = engine_of(worker, request);
  if (engine && fl_router_may_ask(worker, request))
    fl_engine_began(engine, request);
}

void fl_conformance_handle(FlRequest *request, gpointer worker) {
  const char *path = fl_request_path(request);
  FlEngine *engine = engine_of(worker, request);

  if (!fl_request_resumed(request) && (fl_router_refuse(worker, request) || fl_router_answer_preflight(worker, request)))
    return;
  if (engine)
    fl_engine_accept(engine, request);
  else if (g_str_equal(path, "/ws"))
    accept_ws(worker, request);
  else if (g_str_equal(path, "/"))
    echo_body(worker, request);
  else if (g_str_equal(path, "/health/live"))
    fl_endpoint_live(worker, request);
  else
    fl_reply_problem(worker, request, 404, "In --conformance there are /engine.io/, /socket.io/, /ws and POST /.");
}
