/* Socket.IO: the feed for unmodified Socket.IO clients, as the event `news`; clients send `reply`, which is logged, and
 * `publish`. Each event carries its cursor as last argument, which is the offset of connection state recovery: a client that
 * comes back with it goes on from there, by the feed's own log. See docs/wire/socketio.md.
 * SPDX-License-Identifier: MIT */
#include "transport/socketio.h"

#include <string.h>

#include "codec/json.h"
#include "core/clock.h"
#include "net/wslink.h"
#include "transport/client_log.h"
#include "transport/pages.h"
#include "transport/publisher.h"
#include "transport/reply.h"
#include "transport/sio_socket.h"

/* --- the wire form of an update ------------------------------------------------------------------------------------ */

/* MESSAGE, EVENT, ["news",UPDATE,"CURSOR"] */
static GString *event_of(const FlUpdate *update) {
  GString *out = g_string_new("42[\"news\",");
  char cursor[FL_CURSOR_MAX];
  gsize len;
  const char *json = fl_update_json(update, &len);

  fl_cursor_format(fl_update_epoch(update), fl_update_seq(update), cursor);
  g_string_append_len(out, json, (gssize)len);
  g_string_append_printf(out, ",\"%s\"]", cursor);
  return out;
}

static GBytes *encode_record(const FlUpdate *update) {
  return g_string_free_to_bytes(event_of(update));
}

static GBytes *encode_frame(const FlUpdate *update) {
  g_autoptr(GString) event = event_of(update);
  GByteArray *out = g_byte_array_new();
  fl_ws_frame_append(out, FL_WS_TEXT, NULL, event->str, event->len);
  return g_byte_array_free_to_bytes(out);
}

static void emit_gap(FlSioSocket *socket, const FlGap *gap, guint64 cursor) {
  const char *epoch = fl_feed_epoch(fl_worker_ring(fl_eio_session_worker(socket->session)));
  g_autoptr(GString) json = g_string_new("[\"gap\",");
  char text[FL_CURSOR_MAX];

  fl_cursor_format(epoch, cursor, text);
  fl_gap_append(json, gap, epoch);
  g_string_append_printf(json, ",\"%s\"]", text);
  fl_sio_send(socket, FL_SIO_EVENT, NULL, json, NULL);
}

static void gap(FlEioSession *session, const FlGap *gap) {
  emit_gap(fl_sio_find(session, "/"), gap, fl_eio_session_cursor(session));
}

/* --- connecting ---------------------------------------------------------------------------------------------------- */

static FlApplication *application_of(const FlSioSocket *socket) {
  return fl_application_of(fl_eio_session_worker(socket->session));
}

static void log_socket(const FlSioSocket *socket, const char *event) {
  FlEioSession *session = socket->session;
  fl_log(fl_worker_log(fl_eio_session_worker(session)), event, FL_FIELD("transport", fl_eio_session_name(session)),
         FL_FIELD("ip", fl_eio_session_ip(session)), FL_FIELD_INT("client", fl_eio_session_id(session)),
         FL_FIELD("socket", socket->id), FL_FIELD("namespace", socket->nsp));
}

static gboolean is_known(const FlSioSocket *socket) {
  const char *const *namespaces = (const char *const *)application_of(socket)->namespaces;
  return g_str_equal(socket->nsp, "/") || (namespaces && g_strv_contains(namespaces, socket->nsp));
}

/* A member of auth as text: a string's, or what else it is as it is written: a number may be a cursor, and the rest is to be
 * refused and not passed over. NULL where there is none, or null. Owned by the caller. */
static char *auth_text(const GString *auth, const char *key) {
  gsize len;
  const char *value = auth ? fl_json_member(auth, key, &len) : NULL;

  if (!value || *value == 'n')
    return NULL;
  char *text = fl_json_text(value, len);
  return text ? text : g_strndup(value, len);
}

/* A wrong token is told at once, instead of at the first event that needs it. */
static gboolean authorize(FlSioSocket *socket, const GString *auth) {
  const FlAccess *access = application_of(socket)->access;
  g_autofree char *token = auth_text(auth, "token");

  socket->authorized = fl_access_may_publish(access, token);
  return !token || !fl_access_has_token(access) || socket->authorized;
}

/* The socket's id goes with the private one (pid), so that a client which comes back has the same again. */
static void take_pid(FlSioSocket *socket, const char *pid) {
  fl_token_derive("Socket.IO socket", pid, socket->id);
}

static gboolean is_token(const char *text) {
  return text && strlen(text) == FL_TOKEN_LEN && strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_") == FL_TOKEN_LEN;
}

/* Where to begin: at the offset of a client that comes back, at `since`, or with what is published from now on.
 * Returns: FALSE where since is no cursor. ret_pid is the client's own where nothing was missed. */
static gboolean locate(FlSioSocket *socket, const GString *auth, guint64 *ret_cursor, FlGap *ret_gap,
                       char ret_pid[FL_TOKEN_LEN + 1]) {
  const FlFeed *feed = fl_worker_feed(fl_eio_session_worker(socket->session));
  g_autofree char *pid = auth_text(auth, "pid");
  g_autofree char *offset = auth_text(auth, "offset");
  g_autofree char *since = auth_text(auth, "since");

  fl_token_generate(ret_pid);
  if (is_token(pid) && offset && fl_feed_locate(feed, offset, ret_cursor, ret_gap)) {
    if (ret_gap->kind == FL_GAP_NONE)
      g_strlcpy(ret_pid, pid, FL_TOKEN_LEN + 1);
    return TRUE;
  }
  return fl_feed_locate(feed, since, ret_cursor, ret_gap);
}

static gboolean follow(FlSioSocket *socket, const GString *auth) {
  char pid[FL_TOKEN_LEN + 1];
  guint64 cursor;
  FlGap missed;

  if (!locate(socket, auth, &cursor, &missed, pid)) {
    fl_sio_refuse(socket, "since is no cursor: hand back the one that you were given, or 0 for all that is kept.");
    return FALSE;
  }
  take_pid(socket, pid);
  fl_sio_accept(socket, pid);
  if (missed.kind != FL_GAP_NONE) {
    fl_counter_add(&fl_eio_session_stats(socket->session)->gaps, 1);
    emit_gap(socket, &missed, cursor);
  }
  fl_eio_session_follow(socket->session, cursor);
  return TRUE;
}

static gboolean connect_socket(FlSioSocket *socket, const GString *auth) {
  if (!is_known(socket)) {
    fl_sio_refuse(socket, "Invalid namespace");
    return FALSE;
  }
  if (!authorize(socket, auth)) {
    fl_sio_refuse(socket, "The token is not the right one.");
    return FALSE;
  }
  if (!g_str_equal(socket->nsp, "/"))
    fl_sio_accept(socket, NULL);
  else if (!follow(socket, auth))
    return FALSE;
  log_socket(socket, "connected");
  return TRUE;
}

static void disconnected(FlSioSocket *socket) {
  if (g_str_equal(socket->nsp, "/"))
    fl_eio_session_unfollow(socket->session);
  log_socket(socket, "disconnected");
}

/* --- events -------------------------------------------------------------------------------------------------------- */

static void log_event(const FlSioSocket *socket, const char *name, const FlSioPacket *packet, const GPtrArray *attachments) {
  FlEioSession *session = socket->session;
  gsize bytes = packet->data->len;

  for (guint i = 0; attachments && i < attachments->len; i++)
    bytes += g_bytes_get_size(attachments->pdata[i]);
  fl_log(fl_worker_log(fl_eio_session_worker(session)), "spoke", FL_FIELD("transport", fl_eio_session_name(session)),
         FL_FIELD("ip", fl_eio_session_ip(session)), FL_FIELD_INT("client", fl_eio_session_id(session)),
         FL_FIELD("socket", socket->id), FL_FIELD("kind", name), FL_FIELD_INT("bytes", bytes),
         fl_client_message(application_of(socket), packet->data->str, packet->data->len));
}

/* `json`: what the acknowledgement says, where one is wanted. */
static void acknowledge(FlSioSocket *socket, const FlSioPacket *packet, const char *json) {
  g_autoptr(GString) array = g_string_new(json);
  if (packet->has_id)
    fl_sio_send(socket, FL_SIO_ACK, &packet->id, array, NULL);
}

static void publish(FlSioSocket *socket, const FlSioPacket *packet, const GPtrArray *attachments) {
  FlApplication *application = application_of(socket);
  gsize len;
  const char *value = fl_json_element(packet->data, 1, &len);
  char cursor[FL_CURSOR_MAX];
  char answer[FL_CURSOR_MAX + 64];

  if (!socket->authorized) {
    acknowledge(socket, packet, "[{\"error\":\"Publishing here needs the server's --publish-token, as auth.token.\"}]");
    return;
  }
  if (!value || attachments) {
    acknowledge(socket, packet, "[{\"error\":\"The event publish takes one JSON value.\"}]");
    return;
  }
  guint seconds = fl_publisher_wait(application, fl_eio_session_ip(socket->session));
  if (seconds > 0) {
    g_autofree char *sentence = fl_publisher_too_often(seconds);
    g_autofree char *error = g_strdup_printf("[{\"error\":\"%s\"}]", sentence);
    acknowledge(socket, packet, error);
    return;
  }
  gint64 t_us = fl_clock_unix_us(fl_clock_now_ns(), fl_clock_offset_ns());
  guint64 seq = fl_sequencer_publish(application->sequencer, value, len, t_us);
  if (seq == 0) {
    acknowledge(socket, packet, "[{\"error\":\"The journal can't keep the update: it was not published.\"}]");
    return;
  }
  fl_cursor_format(fl_sequencer_epoch(application->sequencer), seq, cursor);
  g_snprintf(answer, sizeof answer, "[{\"seq\":%" G_GUINT64_FORMAT ",\"cursor\":\"%s\"}]", seq, cursor);
  acknowledge(socket, packet, answer);
}

static void take_event(FlSioSocket *socket, const FlSioPacket *packet, GPtrArray *attachments) {
  gsize len;
  const char *name = fl_json_element(packet->data, 0, &len);
  g_autofree char *text = *name == '"' ? fl_json_text(name, len) : g_strndup(name, len);

  log_event(socket, text, packet, attachments);
  if (g_strcmp0(text, "publish") == 0)
    publish(socket, packet, attachments);
  else if (g_strcmp0(text, "reply") == 0)
    acknowledge(socket, packet, "[]");
  else
    acknowledge(socket, packet, "[{\"error\":\"The events reply and publish are what this server takes.\"}]");
}

static const FlSioApp sio_app = { connect_socket, take_event, disconnected };

/* --- over Engine.IO ------------------------------------------------------------------------------------------------ */

static void on_message(FlEioSession *session, gboolean is_binary, const guint8 *data, gsize len) {
  fl_sio_message(session, &sio_app, is_binary, data, len);
}

static void on_closed(FlEioSession *session) {
  fl_sio_closed(session, &sio_app);
}

static const FlEioApp eio_app = { "socketio",    FL_FORM_SOCKETIO_FRAME, FL_FORM_SOCKETIO_RECORD,
                                  encode_frame,  encode_record,          fl_sio_opened,
                                  on_message,    gap,                    on_closed };

gboolean fl_socketio_is_below(const FlApplication *application, const char *path) {
  const char *base = application->socketio_path;
  gsize len = strlen(base);

  return strncmp(path, base, len) == 0 || (strlen(path) == len - 1 && strncmp(path, base, len - 1) == 0);
}

void fl_socketio_began(FlWorker *worker, FlRequest *request, guint index) {
  fl_engine_began(fl_engine_of(worker, index, &eio_app), request);
}

/* Below the path stands the client's script, of which `socket.io.js` is the best known name. */
static void accept_socketio(FlWorker *worker, FlRequest *request, guint index) {
  const char *path = fl_request_path(request);
  gsize base_len = strlen(fl_application_of(worker)->socketio_path);

  if (strlen(path) <= base_len)
    fl_engine_accept(fl_engine_of(worker, index, &eio_app), request);
  else
    fl_pages_answer_asset(worker, request, "/socket.io/", path + base_len);
}

const FlTransport fl_transport_socketio = { "socketio", "/socket.io/", accept_socketio, encode_frame };
