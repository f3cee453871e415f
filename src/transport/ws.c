/* WebSocket: GET /ws (and an upgrade on /). The server keeps the cursor. Without the subprotocol feedlab.v1 a client gets
 * updates and nothing else, as the blog post's pages expect. See docs/wire/ws.md.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/deflate.h"
#include "codec/header.h"
#include "codec/json.h"
#include "core/clock.h"
#include "transport/client_log.h"
#include "transport/publisher.h"
#include "transport/reply.h"
#include "transport/ws_socket.h"

/* A stream's own state. */
typedef struct {
  FlWsSocket socket;
  gboolean extended; /* the subprotocol feedlab.v1 was agreed on */
  gboolean authorized;
} WebSocket;

/* What is known before the socket is ours. */
typedef struct {
  FlWorker *worker;
  guint index;
  gboolean extended;
  gboolean deflates;
  FlStreamOpening opening;
} Upgrade;

static GBytes *encode(const FlUpdate *update) {
  GByteArray *out = g_byte_array_new();
  gsize len;
  const char *json = fl_update_json(update, &len);

  fl_ws_frame_append(out, FL_WS_TEXT, NULL, json, len);
  return g_byte_array_free_to_bytes(out);
}

/* Compressed where that makes it shorter, once for all who take it so: such is a message without context. */
static GBytes *encode_deflated(const FlUpdate *update) {
  gsize len;
  const char *json = fl_update_json(update, &len);
  g_autoptr(GByteArray) packed = fl_deflate_message(json, len);

  if (packed->len >= len)
    return encode(update);
  GByteArray *out = g_byte_array_new();
  fl_ws_deflated_append(out, FL_WS_TEXT, packed->data, packed->len);
  return g_byte_array_free_to_bytes(out);
}

/* {"<name>":<value>}: `value` is JSON. */
static void queue_notice(FlStream *stream, const char *name, const char *value, gsize len) {
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_append_printf(text, "{\"%s\":", name);
  g_string_append_len(text, value, (gssize)len);
  g_string_append_c(text, '}');
  fl_ws_socket_send(stream, FL_WS_TEXT, text->str, text->len);
}

static void queue_error(FlStream *stream, const char *sentence) {
  GString *quoted = fl_json_quote(sentence, strlen(sentence));
  queue_notice(stream, "error", quoted->str, quoted->len);
  g_string_free(quoted, TRUE);
}

static void gap(FlStream *stream, const FlGap *gap) {
  WebSocket *ws = fl_stream_data(stream);
  g_autoptr(GString) json = g_string_new(NULL);

  if (!ws->extended)
    return;
  fl_gap_append(json, gap, fl_feed_epoch(fl_stream_feed(stream)));
  queue_notice(stream, "gap", json->str, json->len);
}

static void opened(FlStream *stream, gpointer options, const FlGap *missed) {
  const Upgrade *upgrade = options;
  WebSocket *ws = g_new0(WebSocket, 1);

  ws->extended = upgrade->extended;
  ws->socket.deflates = upgrade->deflates;
  fl_stream_set_data(stream, ws);
  if (ws->extended) {
    char cursor[FL_CURSOR_MAX];
    char hello[FL_CURSOR_MAX + 16];
    fl_cursor_format(fl_feed_epoch(fl_stream_feed(stream)), fl_stream_cursor(stream), cursor);
    int len = g_snprintf(hello, sizeof hello, "{\"cursor\":\"%s\"}", cursor);
    queue_notice(stream, "hello", hello, (gsize)len);
  }
  if (missed->kind != FL_GAP_NONE)
    gap(stream, missed);
}

static void heartbeat(FlStream *stream) {
  WebSocket *ws = fl_stream_data(stream);
  fl_ws_socket_heartbeat(stream, &ws->socket);
}

static void goodbye(FlStream *stream, FlGoodbye why) {
  if (why == FL_GOODBYE_TOO_SLOW) {
    static const char reason[] = "fell behind by more than --max-lag";
    fl_client_erred(fl_stream_log(stream), "ws", fl_stream_ip(stream), fl_stream_id(stream), reason);
    fl_ws_socket_close(stream, FL_WS_POLICY, reason, TRUE);
  } else {
    fl_ws_socket_close(stream, FL_WS_GOING_AWAY, "the server is going away", TRUE);
  }
}

static void left(FlStream *stream) {
  WebSocket *ws = fl_stream_data(stream);
  fl_client_stream_left(stream);
  fl_ws_socket_clear(&ws->socket);
  g_free(ws);
}

/* --- what clients say ---------------------------------------------------------------------------------------------- */

static void publish(FlStream *stream, const char *value, gsize len) {
  WebSocket *ws = fl_stream_data(stream);
  FlApplication *application = fl_application_of(fl_stream_user(stream));

  if (!ws->authorized && !fl_access_may_publish(application->access, NULL)) {
    queue_error(stream, "Publishing here needs a token: send {\"auth\":TOKEN} first (the server's --publish-token).");
    return;
  }
  guint seconds = fl_publisher_wait(application, fl_stream_ip(stream));
  if (seconds > 0) {
    g_autofree char *sentence = fl_publisher_too_often(seconds);
    queue_error(stream, sentence);
    return;
  }
  gint64 t_us = fl_clock_unix_us(fl_clock_now_ns(), fl_clock_offset_ns());
  if (fl_sequencer_publish(application->sequencer, value, len, t_us) == 0)
    queue_error(stream, "The journal can't keep the update: it was not published.");
}

static void authorize(FlStream *stream, const char *value, gsize len) {
  WebSocket *ws = fl_stream_data(stream);
  FlApplication *application = fl_application_of(fl_stream_user(stream));
  static const char wrong[] = "the token is not the right one";
  g_autofree char *token = fl_json_text(value, len);

  ws->authorized =
      token && fl_access_has_token(application->access) && fl_access_may_publish(application->access, token);
  if (ws->authorized)
    return;
  fl_client_erred(fl_stream_log(stream), "ws", fl_stream_ip(stream), fl_stream_id(stream), wrong);
  fl_ws_socket_close(stream, FL_WS_POLICY, wrong, TRUE);
}

/* One of {"publish":VALUE}, {"echo":VALUE}, {"auth":TOKEN}. */
static void obey(FlStream *stream, const GString *text) {
  gsize len;
  const char *value;

  if ((value = fl_json_member(text, "publish", &len)))
    publish(stream, value, len);
  else if ((value = fl_json_member(text, "echo", &len)))
    queue_notice(stream, "echo", value, len);
  else if ((value = fl_json_member(text, "auth", &len)))
    authorize(stream, value, len);
  else
    queue_error(stream, "A message is one of {\"publish\":VALUE}, {\"echo\":VALUE}, {\"auth\":TOKEN}.");
}

static void on_text(FlStream *stream, const guint8 *payload, gsize len) {
  WebSocket *ws = fl_stream_data(stream);
  g_autofree char *error = NULL;

  if (!ws->extended) {
    fl_client_spoke(stream, "text", payload, len);
    return;
  }
  g_autoptr(GString) text = fl_json_normalise((const char *)payload, len, &error);
  gsize token_len;
  if (text && fl_json_member(text, "auth", &token_len)) /* right or wrong */
    fl_client_spoke(stream, "auth", "(not shown)", 11);
  else
    fl_client_spoke(stream, "text", payload, len);
  if (text) {
    obey(stream, text);
    return;
  }
  g_autofree char *sentence = g_strdup_printf("That was no JSON: %s.", error);
  queue_error(stream, sentence);
}

static void on_message(FlStream *stream, gboolean is_binary, const guint8 *data, gsize len) {
  if (is_binary)
    fl_client_spoke(stream, "binary", data, len);
  else
    on_text(stream, data, len);
}

static void input(FlStream *stream, const guint8 *data, gsize len) {
  WebSocket *ws = fl_stream_data(stream);
  const FlWsProtocol protocol = { fl_application_of(fl_stream_user(stream))->max_body, on_message };

  fl_ws_socket_input(stream, &ws->socket, &protocol, data, len);
}

static const FlStreamKind kind = { "ws", FL_FORM_WS, encode, opened, gap, heartbeat, input, goodbye, left };
static const FlStreamKind deflating = {
  "ws", FL_FORM_WS_DEFLATE, encode_deflated, opened, gap, heartbeat, input, goodbye, left
};

/* --- the upgrade --------------------------------------------------------------------------------------------------- */

static void on_upgraded(gpointer user, int fd, const guint8 *early, gsize early_len) {
  Upgrade *upgrade = user;
  FlWorker *worker = upgrade->worker;
  FlTransportStats *stats = fl_worker_stats(worker, upgrade->index);

  if (fd < 0) {
    fl_client_erred(fl_worker_log(worker), "ws", upgrade->opening.ip, upgrade->opening.id,
                    "the process has no descriptor left");
    return;
  }
  upgrade->opening.fd = fd;
  upgrade->opening.stats = stats;
  upgrade->opening.options = upgrade;
  upgrade->opening.early = early;
  upgrade->opening.early_len = early_len;
  fl_counter_add(&stats->requests, 1);
  fl_counter_add(&stats->opened, 1);
  fl_counter_add(&stats->clients, 1);
  fl_client_came(worker, "ws", upgrade->opening.ip, upgrade->opening.id);
  fl_stream_open(fl_worker_streams(worker), upgrade->deflates ? &deflating : &kind, &upgrade->opening);
}

static void accept_ws(FlWorker *worker, FlRequest *request, guint index) {
  char accept[FL_WS_ACCEPT_LEN + 1], extensions[FL_WS_EXTENSIONS_MAX];
  FlStreamOpening opening = { 0 };

  if (!fl_ws_handshake(worker, request, accept))
    return;
  if (!fl_feed_locate(fl_worker_feed(worker), fl_request_query(request, "since"), &opening.cursor, &opening.gap)) {
    fl_reply_problem(worker, request, 400,
                     "since is no cursor: hand back the one that you were given, or 0 for all that is kept.");
    return;
  }
  Upgrade *upgrade = g_new0(Upgrade, 1);
  *upgrade = (Upgrade){ .worker = worker,
                        .index = index,
                        .extended = fl_header_has_token(fl_request_headers(request)->ws_protocol, FL_WS_SUBPROTOCOL),
                        .opening = opening };
  upgrade->deflates = fl_ws_accept_deflate(worker, request, extensions);
  upgrade->opening.id = fl_request_peer(request)->id;
  upgrade->opening.ip = fl_client_ip(worker, request);
  const FlUpgradeAnswer answer = { accept, upgrade->extended ? FL_WS_SUBPROTOCOL : NULL, upgrade->deflates ? extensions : NULL };
  fl_request_upgrade(request, &answer, on_upgraded, upgrade);
}

const FlTransport fl_transport_ws = { "ws", "/ws", accept_ws, encode };
