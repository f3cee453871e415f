/* Engine.IO sessions: one cursor on the feed, and one way out for what is said, whichever transport it has. While polling,
 * what waits for the next poll stands in the outbox as a payload; after the upgrade the stream's outbox takes its place.
 * See engineio.h for the states.
 * SPDX-License-Identifier: MIT */
#include "transport/eio_session_private.h"

#include <string.h>

#include "core/clock.h"
#include "transport/client_log.h"

#define UPGRADE_NS G_GINT64_CONSTANT(10000000000) /* a probe may take; as in the reference implementation */
#define NOOP_NS G_GINT64_CONSTANT(100000000)      /* a poll is held during a probe; likewise */

const FlEioEnding fl_eio_endings[] = {
  [FL_EIO_END_BY_CLIENT] = { "the client said so", FL_WS_NORMAL, FALSE, TRUE },
  [FL_EIO_END_LOST] = { "the connection was lost", FL_WS_GOING_AWAY, FALSE, FALSE },
  [FL_EIO_END_MALFORMED] = { "a packet was malformed, or is not for here and now", FL_WS_PROTOCOL_ERROR, TRUE, FALSE },
  [FL_EIO_END_OVERLAP] = { "two polls or two POSTs came at once", FL_WS_POLICY, TRUE, FALSE },
  [FL_EIO_END_SILENT] = { "no pong came in time", FL_WS_POLICY, TRUE, FALSE },
  [FL_EIO_END_IMPATIENCE] = { "no CONNECT came in time", FL_WS_POLICY, TRUE, TRUE },
  [FL_EIO_END_GREEDY] = { "it asked for more than it read", FL_WS_POLICY, TRUE, FALSE },
  [FL_EIO_END_TOO_SLOW] = { "fell behind by more than --max-lag", FL_WS_POLICY, TRUE, TRUE },
  [FL_EIO_END_DRAIN] = { "the server is going away", FL_WS_GOING_AWAY, FALSE, TRUE },
};

FlTransportStats *fl_eio_session_stats(const FlEioSession *self) {
  return fl_worker_stats(self->engine->worker, self->engine->place);
}

/* --- the way out --------------------------------------------------------------------------------------------------- */

GByteArray *fl_eio_session_outbox(FlEioSession *self) {
  if (!self->outbox)
    self->outbox = g_byte_array_new();
  return self->outbox;
}

void fl_eio_session_send_packet(FlEioSession *self, FlEioType type, const void *data, gsize len) {
  if (self->state == FL_EIO_UPGRADED)
    fl_eio_send_packet(self->stream, type, data, len);
  else
    fl_eio_record_append(fl_eio_session_outbox(self), type, data, len);
}

void fl_eio_session_send(FlEioSession *self, gboolean is_binary, const guint8 *data, gsize len) {
  if (self->state == FL_EIO_CLOSED)
    return;
  if (!is_binary)
    fl_eio_session_send_packet(self, FL_EIO_MESSAGE, data, len);
  else if (self->state == FL_EIO_UPGRADED)
    fl_ws_socket_send(self->stream, FL_WS_BINARY, data, len);
  else
    fl_eio_binary_append(fl_eio_session_outbox(self), data, len);
}

void fl_eio_session_flush(FlEioSession *self) {
  if (self->state == FL_EIO_POLLING || self->state == FL_EIO_PROBING)
    fl_eio_serve_poll(self);
  else if (self->state == FL_EIO_UPGRADED && self->stream != self->engine->inside)
    fl_stream_flush(self->stream);
}

/* --- beginning and ending ------------------------------------------------------------------------------------------ */

FlEioSession *fl_eio_session_new(FlEngine *engine, guint64 id, const char *ip) {
  gsize ip_len = strlen(ip) + 1;
  FlEioSession *self = g_malloc0(sizeof *self + ip_len);
  FlTransportStats *stats = fl_worker_stats(engine->worker, engine->place);

  self->refs = 1;
  self->engine = engine;
  self->id = id;
  self->opened_ns = fl_clock_now_ns();
  memcpy(self->ip, ip, ip_len);
  g_snprintf(self->sid, sizeof self->sid, "%02x", fl_worker_index(engine->worker));
  fl_token_generate(self->sid + 2);
  g_hash_table_insert(engine->sessions, self->sid, self);
  fl_deadline_start(&engine->pings, &self->beat, self->opened_ns);
  fl_counter_add(&stats->opened, 1);
  fl_counter_add(&stats->clients, 1);
  fl_client_came(engine->worker, engine->app->name, ip, id);
  engine->app->opened(self);
  return self;
}

void fl_eio_session_unref(gpointer user) {
  FlEioSession *self = user;

  if (--self->refs > 0)
    return;
  if (self->outbox)
    g_byte_array_unref(self->outbox);
  g_free(self);
}

FlEioSession *fl_eio_session_ref(FlEioSession *self) {
  self->refs++;
  return self;
}

gboolean fl_eio_session_has_stream(const FlEioSession *self) {
  return self->state == FL_EIO_UPGRADED;
}

gboolean fl_eio_session_is_behind(const FlEioSession *self) {
  return self->state != FL_EIO_UPGRADED && self->follows && self->cursor < fl_feed_head(fl_worker_ring(self->engine->worker));
}

GString *fl_eio_session_handshake(const FlEioSession *self, gboolean may_upgrade) {
  const FlEngine *engine = self->engine;
  FlEioHandshake handshake = {
    .sid = self->sid,
    .may_upgrade = may_upgrade,
    .ping_interval_ms = engine->pings.interval_ns / 1000000,
    .ping_timeout_ms = engine->pongs.interval_ns / 1000000,
    .max_payload_bytes = (gint64)engine->max_payload,
  };
  return fl_eio_handshake_json(&handshake);
}

static void log_end(const FlEioSession *self, FlEioEnd end) {
  FlLog *log = fl_worker_log(self->engine->worker);
  const char *name = self->engine->app->name;

  if (fl_eio_endings[end].is_error)
    fl_client_erred(log, name, self->ip, self->id, fl_eio_endings[end].why);
  fl_log(log, "left", FL_FIELD("transport", name), FL_FIELD("ip", self->ip), FL_FIELD_INT("client", self->id),
         FL_FIELD("why", fl_eio_endings[end].why), FL_FIELD_INT("after_ms", (fl_clock_now_ns() - self->opened_ns) / 1000000),
         FL_FIELD_INT("updates", self->updates));
}

void fl_eio_session_close(FlEioSession *self, FlEioEnd end) {
  if (self->state == FL_EIO_CLOSED)
    return;
  self->state = FL_EIO_CLOSED;
  self->erred = fl_eio_endings[end].is_error;
  fl_deadline_stop(&self->beat);
  fl_deadline_stop(&self->patience);
  fl_deadline_stop(&self->upgrade);
  /* A client that closes has its poll ended by NOOP; others are told. */
  if (self->poll)
    fl_eio_answer_poll(self, end == FL_EIO_END_BY_CLIENT ? FL_EIO_NOOP : FL_EIO_CLOSE);
  if (self->stream)
    fl_eio_part(self, fl_eio_endings[end].code, fl_eio_endings[end].why, fl_eio_endings[end].await_peer);
  self->engine->app->closed(self);
  fl_counter_add(&fl_eio_session_stats(self)->clients, -1);
  log_end(self, end);
  g_hash_table_remove(self->engine->sessions, self->sid); /* and its reference */
}

/* --- what clients send --------------------------------------------------------------------------------------------- */

void fl_eio_session_take(FlEioSession *self, const FlEioPacket *packet) {
  switch (packet->type) {
  case FL_EIO_MESSAGE:
    self->engine->app->message(self, packet->is_binary, packet->data, packet->len);
    break;
  case FL_EIO_PONG:
    fl_deadline_start(&self->engine->pings, &self->beat, fl_clock_now_ns());
    break;
  case FL_EIO_CLOSE:
    fl_eio_session_close(self, FL_EIO_END_BY_CLIENT);
    break;
  case FL_EIO_PING: /* since revision 4 the server pings */
    fl_eio_session_close(self, FL_EIO_END_MALFORMED);
    break;
  case FL_EIO_OPEN:
  case FL_EIO_UPGRADE:
  case FL_EIO_NOOP:
    break;
  }
}

/* --- deadlines ----------------------------------------------------------------------------------------------------- */

static void on_ping_due(FlDeadline *entry, gpointer user) {
  FlEioSession *self = FL_EIO_SESSION_OF(entry, beat);
  fl_deadline_start(&self->engine->pongs, &self->beat, fl_clock_now_ns());
  fl_eio_session_send_packet(self, FL_EIO_PING, NULL, 0);
  fl_eio_session_flush(self);
}

static void on_pong_late(FlDeadline *entry, gpointer user) {
  fl_eio_session_close(FL_EIO_SESSION_OF(entry, beat), FL_EIO_END_SILENT);
}

static void on_impatience(FlDeadline *entry, gpointer user) {
  fl_eio_session_close(FL_EIO_SESSION_OF(entry, patience), FL_EIO_END_IMPATIENCE);
}

void fl_eio_engine_deadlines(FlEngine *self, const FlApplication *application) {
  const struct {
    FlDeadlineList *list;
    gint64 interval_ns;
    FlDeadlineExpired expired;
  } lists[] = {
    { &self->pings, application->ping_interval_ns, on_ping_due },
    { &self->pongs, application->ping_timeout_ns, on_pong_late },
    { &self->patience, application->connect_timeout_ns, on_impatience },
    { &self->upgrades, UPGRADE_NS, fl_eio_on_upgrade_late },
    { &self->noops, NOOP_NS, fl_eio_on_noop_due },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
    fl_deadline_list_init(lists[i].list, lists[i].interval_ns, lists[i].expired, self);
    fl_worker_watch(self->worker, lists[i].list);
  }
}

/* --- for apps ------------------------------------------------------------------------------------------------------ */

FlWorker *fl_eio_session_worker(const FlEioSession *self) {
  return self->engine->worker;
}

guint64 fl_eio_session_id(const FlEioSession *self) {
  return self->id;
}

const char *fl_eio_session_ip(const FlEioSession *self) {
  return self->ip;
}

const char *fl_eio_session_name(const FlEioSession *self) {
  return self->engine->app->name;
}

gboolean fl_eio_session_is_open(const FlEioSession *self) {
  return self->state != FL_EIO_CLOSED;
}

gpointer fl_eio_session_data(const FlEioSession *self) {
  return self->data;
}

void fl_eio_session_set_data(FlEioSession *self, gpointer data) {
  self->data = data;
}

void fl_eio_session_follow(FlEioSession *self, guint64 cursor) {
  self->follows = TRUE;
  self->cursor = cursor;
  if (self->state == FL_EIO_UPGRADED)
    fl_stream_follow(self->stream, cursor);
}

void fl_eio_session_unfollow(FlEioSession *self) {
  self->follows = FALSE;
  fl_eio_wait_no_more(self);
  if (self->state == FL_EIO_UPGRADED)
    fl_stream_unfollow(self->stream);
}

guint64 fl_eio_session_cursor(const FlEioSession *self) {
  return self->state == FL_EIO_UPGRADED ? fl_stream_cursor(self->stream) : self->cursor;
}

void fl_eio_session_expect(FlEioSession *self) {
  fl_deadline_start(&self->engine->patience, &self->patience, fl_clock_now_ns());
}

void fl_eio_session_content(FlEioSession *self) {
  fl_deadline_stop(&self->patience);
}
