/* The WebSocket of an Engine.IO session: from the first frame on, or after an upgrade, of which the probe is the first part.
 * SPDX-License-Identifier: MIT */
#include "transport/eio_session_private.h"

#include <string.h>

#include "core/clock.h"
#include "transport/client_log.h"

/* The stream's own state. */
typedef struct {
  FlWsSocket socket;
  FlEngine *engine;
  FlEioSession *session; /* borrowed; NULL once the two have parted */
} Pipe;

void fl_eio_send_packet(FlStream *stream, FlEioType type, const void *data, gsize len) {
  g_autoptr(GByteArray) packet = g_byte_array_sized_new((guint)len + 1);
  fl_eio_record_append(packet, type, data, len);
  fl_ws_socket_send(stream, FL_WS_TEXT, packet->data, packet->len);
}

static gboolean send_record(gpointer user, const FlEioPacket *packet) {
  FlStream *stream = user;
  if (packet->is_binary)
    fl_ws_socket_send(stream, FL_WS_BINARY, packet->data, packet->len);
  else
    fl_eio_send_packet(stream, packet->type, packet->data, packet->len);
  return TRUE;
}

/* From here on the stream is the way out: first what no poll has taken, then the feed from where polling has come to. */
static void upgrade(FlEioSession *self) {
  self->state = FL_EIO_UPGRADED;
  self->probed = FALSE;
  fl_deadline_stop(&self->upgrade);
  if (self->poll)
    fl_eio_answer_poll(self, FL_EIO_NOOP);
  if (self->outbox)
    fl_eio_payload_read(self->outbox->data, self->outbox->len, send_record, self->stream);
  g_clear_pointer(&self->outbox, g_byte_array_unref);
  if (self->follows)
    fl_stream_follow(self->stream, self->cursor);
  fl_log(fl_worker_log(self->engine->worker), "upgraded", FL_FIELD("transport", self->engine->app->name),
         FL_FIELD("ip", self->ip), FL_FIELD_INT("client", self->id));
}

void fl_eio_part(FlEioSession *self, int code, const char *why, gboolean await_peer) {
  FlStream *stream = g_steal_pointer(&self->stream);
  Pipe *pipe = fl_stream_data(stream);

  pipe->session = NULL;
  self->updates += fl_stream_updates(stream);
  fl_ws_socket_close(stream, code, why, await_peer);
  if (stream != self->engine->inside)
    fl_stream_flush(stream);
}

static void stop_probing(FlEioSession *self) {
  self->state = FL_EIO_POLLING;
  self->probed = FALSE;
  fl_deadline_stop(&self->upgrade);
  fl_deadline_stop(&self->noop);
}

void fl_eio_on_upgrade_late(FlDeadline *entry, gpointer user) {
  FlEioSession *self = FL_EIO_SESSION_OF(entry, upgrade);
  fl_client_erred(fl_worker_log(self->engine->worker), self->engine->app->name, self->ip, self->id,
                  "the probe of a WebSocket took too long");
  stop_probing(self);
  fl_eio_part(self, FL_WS_POLICY, "the probe took too long", TRUE);
}

static void take_probe(FlEioSession *self, gboolean is_binary, const guint8 *data, gsize len) {
  static const char probe[] = "probe";
  FlEioPacket packet = { 0 };
  gboolean good = !is_binary && fl_eio_packet_read(data, len, &packet);

  if (good && packet.type == FL_EIO_PING && packet.len == strlen(probe) && memcmp(packet.data, probe, packet.len) == 0) {
    fl_eio_send_packet(self->stream, FL_EIO_PONG, probe, strlen(probe));
    self->probed = TRUE;
    if (self->poll)
      fl_eio_answer_poll(self, FL_EIO_NOOP);
  } else if (good && packet.type == FL_EIO_UPGRADE) {
    upgrade(self);
  } else {
    stop_probing(self);
    fl_eio_part(self, FL_WS_PROTOCOL_ERROR, "a probe was expected", FALSE);
  }
}

static void on_message(FlStream *stream, gboolean is_binary, const guint8 *data, gsize len) {
  FlEioSession *self = ((Pipe *)fl_stream_data(stream))->session;
  FlEioPacket packet = { .type = FL_EIO_MESSAGE, .is_binary = TRUE, .data = data, .len = len };

  if (!self)
    return;
  fl_eio_session_ref(self);
  if (self->state == FL_EIO_PROBING)
    take_probe(self, is_binary, data, len);
  else if (is_binary || fl_eio_packet_read(data, len, &packet))
    fl_eio_session_take(self, &packet);
  else
    fl_eio_session_close(self, FL_EIO_END_MALFORMED);
  fl_eio_session_unref(self);
}

/* The WebSocket is closing or gone, and not by us. */
static void lose(FlEioSession *self, FlEioEnd end) {
  if (self->state == FL_EIO_PROBING) {
    stop_probing(self);
    self->stream = NULL;
  } else {
    fl_eio_session_close(self, end);
  }
}

static void input(FlStream *stream, const guint8 *data, gsize len) {
  Pipe *pipe = fl_stream_data(stream);
  const FlWsProtocol protocol = { pipe->engine->max_payload, on_message };

  pipe->engine->inside = stream;
  fl_ws_socket_input(stream, &pipe->socket, &protocol, data, len);
  if (pipe->socket.close_received && pipe->session) {
    FlEioSession *session = g_steal_pointer(&pipe->session);
    session->updates += fl_stream_updates(stream);
    session->stream = NULL;
    lose(session, FL_EIO_END_BY_CLIENT);
  }
  pipe->engine->inside = NULL;
}

typedef struct {
  FlEngine *engine;
  FlEioSession *session; /* NULL: there is none, or it has a WebSocket already */
  gboolean is_new;
} Opening;

static void opened(FlStream *stream, gpointer options, const FlGap *gap) {
  const Opening *opening = options;
  FlEioSession *session = opening->session;
  Pipe *pipe = g_new0(Pipe, 1);

  pipe->engine = opening->engine;
  pipe->session = session;
  fl_stream_set_data(stream, pipe);
  if (!session && fl_worker_is_draining(pipe->engine->worker)) {
    fl_ws_socket_close(stream, fl_eio_endings[FL_EIO_END_DRAIN].code, fl_eio_endings[FL_EIO_END_DRAIN].why, FALSE);
    return;
  }
  if (!session) {
    fl_client_erred(fl_stream_log(stream), fl_stream_transport(stream), fl_stream_ip(stream), fl_stream_id(stream),
                    "a WebSocket came for a session that has one, or has ended");
    fl_ws_socket_close(stream, FL_WS_POLICY, "there is no session to upgrade", FALSE);
    return;
  }
  session->stream = stream;
  session->state = opening->is_new ? FL_EIO_UPGRADED : FL_EIO_PROBING;
  if (!opening->is_new) {
    fl_deadline_start(&opening->engine->upgrades, &session->upgrade, fl_clock_now_ns());
    return;
  }
  GString *json = fl_eio_session_handshake(session, FALSE);
  fl_eio_session_send_packet(session, FL_EIO_OPEN, json->str, json->len);
  g_string_free(json, TRUE);
}

static void gap(FlStream *stream, const FlGap *missed) {
  Pipe *pipe = fl_stream_data(stream);
  if (pipe->session)
    pipe->engine->app->gap(pipe->session, missed);
}

static void heartbeat(FlStream *stream) {
  /* Engine.IO has its own. */
}

static void goodbye(FlStream *stream, FlGoodbye why) {
  Pipe *pipe = fl_stream_data(stream);
  FlEioEnd end = why == FL_GOODBYE_TOO_SLOW ? FL_EIO_END_TOO_SLOW : FL_EIO_END_DRAIN;

  pipe->engine->inside = stream;
  if (pipe->session)
    fl_eio_session_close(pipe->session, end);
  else
    fl_ws_socket_close(stream, fl_eio_endings[end].code, fl_eio_endings[end].why, TRUE);
  pipe->engine->inside = NULL;
}

static void left(FlStream *stream) {
  Pipe *pipe = fl_stream_data(stream);
  FlEioSession *session = g_steal_pointer(&pipe->session);

  if (session) {
    session->updates += fl_stream_updates(stream);
    session->stream = NULL;
    lose(session, FL_EIO_END_LOST);
  }
  fl_ws_socket_clear(&pipe->socket);
  g_free(pipe);
}

FlStreamKind fl_eio_stream_kind(const FlEioApp *app) {
  return (FlStreamKind){ app->name, app->frame_form, app->frame, opened, gap, heartbeat, input, goodbye, left };
}

void fl_eio_open_websocket(FlEngine *engine, const char *sid, int fd, guint64 id, const char *ip, const guint8 *early,
                           gsize early_len) {
  FlEioSession *session = sid ? g_hash_table_lookup(engine->sessions, sid) : fl_eio_session_new(engine, id, ip);
  Opening options = { engine, session && session->state == FL_EIO_POLLING ? session : NULL, sid == NULL };
  FlStreamOpening opening = {
    .fd = fd,
    .id = session ? session->id : id,
    .ip = ip,
    .waits = TRUE,
    .options = &options,
    .early = early,
    .early_len = early_len,
    .stats = fl_worker_stats(engine->worker, engine->place),
  };
  fl_stream_open(fl_worker_streams(engine->worker), &engine->kind, &opening);
}
