/* Engine.IO sessions: one cursor on the feed, and one way out for what is said, whichever transport it has. While polling,
 * what waits for the next poll stands in the outbox as a payload; after the upgrade the stream's outbox takes its place.
 * See engineio.h for the states.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/clock.h"
#include "transport/batch.h"
#include "transport/client_log.h"
#include "transport/engineio_private.h"
#include "transport/ws_socket.h"

#define UPGRADE_NS G_GINT64_CONSTANT(10000000000) /* a probe may take; as in the reference implementation */
#define NOOP_NS G_GINT64_CONSTANT(100000000)      /* a poll is held during a probe; likewise */

typedef enum { POLLING, PROBING, UPGRADED, CLOSED } State;

struct _FlEioSession {
  guint refs;
  State state;
  FlEngine *engine;
  FlStream *stream;   /* of the WebSocket: probing, or upgraded */
  FlAsk *poll;        /* the GET that is held, a reference */
  GByteArray *outbox; /* a payload, NULL while empty */
  guint64 cursor;     /* while polling; then the stream has it */
  guint64 updates;
  guint posts; /* whose bodies are under way */
  guint follows : 1;
  guint probed : 1;
  guint erred : 1; /* it was closed for what its client did */
  GList waiting; /* in the engine's queue, where data is not NULL */
  FlDeadline beat, patience, upgrade, noop;
  gint64 opened_ns;
  guint64 id;
  gpointer data; /* the app's */
  char sid[FL_EIO_SID_LEN + 1];
  char ip[]; /* NUL-terminated */
};

/* The stream's own state. */
typedef struct {
  FlWsSocket socket;
  FlEngine *engine;
  FlEioSession *session; /* borrowed; NULL once the two have parted */
} Pipe;

static const struct {
  const char *why;
  int code;            /* of the close frame */
  gboolean is_error;   /* a line of its own in the log */
  gboolean await_peer; /* that the client's close frame is waited for */
} ends[] = {
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

static GByteArray *outbox(FlEioSession *self) {
  if (!self->outbox)
    self->outbox = g_byte_array_new();
  return self->outbox;
}

static void send_frame(FlStream *stream, FlEioType type, const void *data, gsize len) {
  g_autoptr(GByteArray) packet = g_byte_array_sized_new((guint)len + 1);
  fl_eio_record_append(packet, type, data, len);
  fl_ws_socket_send(stream, FL_WS_TEXT, packet->data, packet->len);
}

static void send_packet(FlEioSession *self, FlEioType type, const void *data, gsize len) {
  if (self->state == UPGRADED)
    send_frame(self->stream, type, data, len);
  else
    fl_eio_record_append(outbox(self), type, data, len);
}

void fl_eio_session_send(FlEioSession *self, gboolean is_binary, const guint8 *data, gsize len) {
  if (self->state == CLOSED)
    return;
  if (!is_binary)
    send_packet(self, FL_EIO_MESSAGE, data, len);
  else if (self->state == UPGRADED)
    fl_ws_socket_send(self->stream, FL_WS_BINARY, data, len);
  else
    fl_eio_binary_append(outbox(self), data, len);
}

/* --- polls --------------------------------------------------------------------------------------------------------- */

void fl_eio_refuse(FlAsk *ask, FlEioError error) {
  const char *text = fl_eio_error_json(error);
  fl_ask_answer(ask, 400, g_bytes_new_static(text, strlen(text)));
}

static void wait_no_more(FlEioSession *self) {
  if (self->waiting.data)
    g_queue_unlink(&self->engine->waiting, &self->waiting);
  self->waiting.data = NULL;
}

/* Takes the payload. */
static void answer_poll(FlEioSession *self, GByteArray *payload) {
  FlAsk *poll = g_steal_pointer(&self->poll);

  wait_no_more(self);
  fl_deadline_stop(&self->noop);
  fl_ask_answer(poll, 200, g_byte_array_free_to_bytes(payload));
  fl_ask_unref(poll);
}

static void answer_poll_with(FlEioSession *self, FlEioType type) {
  GByteArray *payload = g_byte_array_new();
  fl_eio_record_append(payload, type, NULL, 0);
  answer_poll(self, payload);
}

static void tell_gap(FlEioSession *self, const FlFeed *feed) {
  FlGap gap;

  if (!fl_feed_skip(feed, 0, &self->cursor, &gap))
    return;
  fl_counter_add(&fl_eio_session_stats(self)->gaps, 1);
  self->engine->app->gap(self, &gap);
}

static void append_updates(FlEioSession *self, const FlFeed *feed) {
  const FlEioApp *app = self->engine->app;
  guint64 head = fl_feed_head(feed);
  guint64 before = self->cursor;
  gsize len;

  while (self->cursor < head && self->cursor - before < FL_BATCH_UPDATES &&
         (!self->outbox || self->outbox->len < FL_BATCH_BYTES)) {
    FlUpdate *update = fl_feed_get(feed, ++self->cursor);
    const guint8 *record = fl_update_form(update, app->record_form, app->record, &len);
    fl_eio_packet_append(outbox(self), record, len);
  }
  self->updates += self->cursor - before;
  fl_counter_add(&fl_eio_session_stats(self)->deliveries, (gint64)(self->cursor - before));
}

/* Answer the poll that is held, if there is anything to say. */
static void serve_poll(FlEioSession *self) {
  FlEngine *engine = self->engine;

  if (!self->poll)
    return;
  if (self->follows) {
    const FlFeed *feed = fl_worker_ring(engine->worker);
    tell_gap(self, feed);
    append_updates(self, feed);
  }
  if (self->outbox) {
    answer_poll(self, g_steal_pointer(&self->outbox));
    return;
  }
  if (self->follows && !self->waiting.data) {
    self->waiting.data = self;
    g_queue_push_tail_link(&engine->waiting, &self->waiting);
  }
  if (self->probed && !self->noop.list)
    fl_deadline_start(&engine->noops, &self->noop, fl_clock_now_ns());
}

/* All that was queued in a callback leaves together. */
static void flush(FlEioSession *self) {
  if (self->state == POLLING || self->state == PROBING)
    serve_poll(self);
  else if (self->state == UPGRADED && self->stream != self->engine->inside)
    fl_stream_flush(self->stream);
}

void fl_eio_grew(FlEngine *self) {
  for (guint n = self->waiting.length; n > 0 && self->waiting.length > 0; n--) {
    FlEioSession *session = self->waiting.head->data;
    wait_no_more(session);
    serve_poll(session);
  }
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

static FlEioSession *ref(FlEioSession *self) {
  self->refs++;
  return self;
}

gboolean fl_eio_session_has_stream(const FlEioSession *self) {
  return self->state == UPGRADED;
}

gboolean fl_eio_session_is_behind(const FlEioSession *self) {
  return self->state != UPGRADED && self->follows && self->cursor < fl_feed_head(fl_worker_ring(self->engine->worker));
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

/* Session and stream part; the stream may be gone when this returns. */
static void part(FlEioSession *self, int code, const char *why, gboolean await_peer) {
  FlStream *stream = g_steal_pointer(&self->stream);
  Pipe *pipe = fl_stream_data(stream);

  pipe->session = NULL;
  self->updates += fl_stream_updates(stream);
  fl_ws_socket_close(stream, code, why, await_peer);
  if (stream != self->engine->inside)
    fl_stream_flush(stream);
}

static void log_end(const FlEioSession *self, FlEioEnd end) {
  FlLog *log = fl_worker_log(self->engine->worker);
  const char *name = self->engine->app->name;

  if (ends[end].is_error)
    fl_client_erred(log, name, self->ip, self->id, ends[end].why);
  fl_log(log, "left", FL_FIELD("transport", name), FL_FIELD("ip", self->ip), FL_FIELD_INT("client", self->id),
         FL_FIELD("why", ends[end].why), FL_FIELD_INT("after_ms", (fl_clock_now_ns() - self->opened_ns) / 1000000),
         FL_FIELD_INT("updates", self->updates));
}

void fl_eio_session_close(FlEioSession *self, FlEioEnd end) {
  if (self->state == CLOSED)
    return;
  self->state = CLOSED;
  self->erred = ends[end].is_error;
  fl_deadline_stop(&self->beat);
  fl_deadline_stop(&self->patience);
  fl_deadline_stop(&self->upgrade);
  /* A client that closes has its poll ended by NOOP; others are told. */
  if (self->poll)
    answer_poll_with(self, end == FL_EIO_END_BY_CLIENT ? FL_EIO_NOOP : FL_EIO_CLOSE);
  if (self->stream)
    part(self, ends[end].code, ends[end].why, ends[end].await_peer);
  self->engine->app->closed(self);
  fl_counter_add(&fl_eio_session_stats(self)->clients, -1);
  log_end(self, end);
  g_hash_table_remove(self->engine->sessions, self->sid); /* and its reference */
}

/* --- what clients send --------------------------------------------------------------------------------------------- */

static void take_packet(FlEioSession *self, const FlEioPacket *packet) {
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

static gboolean on_record(gpointer user, const FlEioPacket *packet) {
  FlEioSession *self = user;
  take_packet(self, packet);
  return self->state != CLOSED;
}

void fl_eio_session_began(FlEioSession *self, FlAsk *ask) {
  if (self->posts++ == 0 || self->state == UPGRADED)
    return;
  fl_ask_spoil(ask);
  fl_eio_session_close(self, FL_EIO_END_OVERLAP);
}

/* Returns: NULL, or why the session ends. */
static gboolean take_post(FlEioSession *self, FlAsk *ask, FlEioEnd *ret_end) {
  gsize len = 0;
  const guint8 *data = fl_ask_body(ask) ? g_bytes_get_data(fl_ask_body(ask), &len) : (const guint8 *)"";

  if (self->outbox && self->outbox->len > self->engine->max_payload) {
    *ret_end = FL_EIO_END_GREEDY;
    return FALSE;
  }
  *ret_end = FL_EIO_END_MALFORMED;
  return !fl_ask_is_octets(ask) && fl_eio_payload_read(data, len, on_record, self);
}

void fl_eio_session_post(FlEioSession *self, FlAsk *ask) {
  GBytes *body = fl_ask_body(ask);
  FlEioEnd end;

  self->posts--;
  if (self->state == UPGRADED) {
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
    return;
  }
  if (body && g_bytes_get_size(body) > self->engine->max_payload) {
    fl_ask_answer(ask, 413, NULL);
    return;
  }
  ref(self);
  if (!take_post(self, ask, &end))
    fl_eio_session_close(self, end);
  if (self->erred)
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  else
    fl_ask_answer(ask, 200, g_bytes_new_static("ok", 2));
  flush(self);
  fl_eio_session_unref(self);
}

void fl_eio_session_poll(FlEioSession *self, FlAsk *ask) {
  ref(self);
  /* The `5` that a client sent before this poll may not have been read yet. */
  if (self->state == PROBING)
    fl_stream_read(self->stream);
  if (self->state == UPGRADED) {
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  } else if (self->poll || self->state == CLOSED) {
    fl_eio_session_close(self, FL_EIO_END_OVERLAP);
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  } else {
    self->poll = fl_ask_ref(ask);
    serve_poll(self);
  }
  fl_eio_session_unref(self);
}

void fl_eio_session_cut(FlEioSession *self, FlAsk *ask) {
  gboolean is_post = fl_ask_kind(ask) == FL_ASK_POST;

  if (is_post)
    self->posts--;
  if (ask == self->poll || (is_post && self->state != UPGRADED))
    fl_eio_session_close(self, FL_EIO_END_LOST);
}

/* --- the WebSocket ------------------------------------------------------------------------------------------------- */

static gboolean send_record(gpointer user, const FlEioPacket *packet) {
  FlStream *stream = user;
  if (packet->is_binary)
    fl_ws_socket_send(stream, FL_WS_BINARY, packet->data, packet->len);
  else
    send_frame(stream, packet->type, packet->data, packet->len);
  return TRUE;
}

/* From here on the stream is the way out: first what no poll has taken, then the feed from where polling has come to. */
static void upgrade(FlEioSession *self) {
  self->state = UPGRADED;
  self->probed = FALSE;
  fl_deadline_stop(&self->upgrade);
  if (self->poll)
    answer_poll_with(self, FL_EIO_NOOP);
  if (self->outbox)
    fl_eio_payload_read(self->outbox->data, self->outbox->len, send_record, self->stream);
  g_clear_pointer(&self->outbox, g_byte_array_unref);
  if (self->follows)
    fl_stream_follow(self->stream, self->cursor);
  fl_log(fl_worker_log(self->engine->worker), "upgraded", FL_FIELD("transport", self->engine->app->name),
         FL_FIELD("ip", self->ip), FL_FIELD_INT("client", self->id));
}

static void stop_probing(FlEioSession *self) {
  self->state = POLLING;
  self->probed = FALSE;
  fl_deadline_stop(&self->upgrade);
  fl_deadline_stop(&self->noop);
}

static void take_probe(FlEioSession *self, gboolean is_binary, const guint8 *data, gsize len) {
  static const char probe[] = "probe";
  FlEioPacket packet = { 0 };
  gboolean good = !is_binary && fl_eio_packet_read(data, len, &packet);

  if (good && packet.type == FL_EIO_PING && packet.len == strlen(probe) && memcmp(packet.data, probe, packet.len) == 0) {
    send_frame(self->stream, FL_EIO_PONG, probe, strlen(probe));
    self->probed = TRUE;
    if (self->poll)
      answer_poll_with(self, FL_EIO_NOOP);
  } else if (good && packet.type == FL_EIO_UPGRADE) {
    upgrade(self);
  } else {
    stop_probing(self);
    part(self, FL_WS_PROTOCOL_ERROR, "a probe was expected", FALSE);
  }
}

static void on_message(FlStream *stream, gboolean is_binary, const guint8 *data, gsize len) {
  FlEioSession *self = ((Pipe *)fl_stream_data(stream))->session;
  FlEioPacket packet = { .type = FL_EIO_MESSAGE, .is_binary = TRUE, .data = data, .len = len };

  if (!self)
    return;
  ref(self);
  if (self->state == PROBING)
    take_probe(self, is_binary, data, len);
  else if (is_binary || fl_eio_packet_read(data, len, &packet))
    take_packet(self, &packet);
  else
    fl_eio_session_close(self, FL_EIO_END_MALFORMED);
  fl_eio_session_unref(self);
}

/* The WebSocket is closing or gone, and not by us. */
static void lose(FlEioSession *self, FlEioEnd end) {
  if (self->state == PROBING) {
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
    fl_ws_socket_close(stream, ends[FL_EIO_END_DRAIN].code, ends[FL_EIO_END_DRAIN].why, FALSE);
    return;
  }
  if (!session) {
    fl_client_erred(fl_stream_log(stream), fl_stream_transport(stream), fl_stream_ip(stream), fl_stream_id(stream),
                    "a WebSocket came for a session that has one, or has ended");
    fl_ws_socket_close(stream, FL_WS_POLICY, "there is no session to upgrade", FALSE);
    return;
  }
  session->stream = stream;
  session->state = opening->is_new ? UPGRADED : PROBING;
  if (!opening->is_new) {
    fl_deadline_start(&opening->engine->upgrades, &session->upgrade, fl_clock_now_ns());
    return;
  }
  GString *json = fl_eio_session_handshake(session, FALSE);
  send_packet(session, FL_EIO_OPEN, json->str, json->len);
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
    fl_ws_socket_close(stream, ends[end].code, ends[end].why, TRUE);
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
  Opening options = { engine, session && session->state == POLLING ? session : NULL, sid == NULL };
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

/* --- deadlines ----------------------------------------------------------------------------------------------------- */

#define SESSION_OF(entry, member) ((FlEioSession *)((char *)(entry)-offsetof(FlEioSession, member)))

static void on_ping_due(FlDeadline *entry, gpointer user) {
  FlEioSession *self = SESSION_OF(entry, beat);
  fl_deadline_start(&self->engine->pongs, &self->beat, fl_clock_now_ns());
  send_packet(self, FL_EIO_PING, NULL, 0);
  flush(self);
}

static void on_pong_late(FlDeadline *entry, gpointer user) {
  fl_eio_session_close(SESSION_OF(entry, beat), FL_EIO_END_SILENT);
}

static void on_impatience(FlDeadline *entry, gpointer user) {
  fl_eio_session_close(SESSION_OF(entry, patience), FL_EIO_END_IMPATIENCE);
}

static void on_upgrade_late(FlDeadline *entry, gpointer user) {
  FlEioSession *self = SESSION_OF(entry, upgrade);
  fl_client_erred(fl_worker_log(self->engine->worker), self->engine->app->name, self->ip, self->id,
                  "the probe of a WebSocket took too long");
  stop_probing(self);
  part(self, FL_WS_POLICY, "the probe took too long", TRUE);
}

static void on_noop_due(FlDeadline *entry, gpointer user) {
  FlEioSession *self = SESSION_OF(entry, noop);
  if (self->poll)
    answer_poll_with(self, FL_EIO_NOOP);
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
    { &self->upgrades, UPGRADE_NS, on_upgrade_late },
    { &self->noops, NOOP_NS, on_noop_due },
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
  return self->state != CLOSED;
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
  if (self->state == UPGRADED)
    fl_stream_follow(self->stream, cursor);
}

void fl_eio_session_unfollow(FlEioSession *self) {
  self->follows = FALSE;
  wait_no_more(self);
  if (self->state == UPGRADED)
    fl_stream_unfollow(self->stream);
}

guint64 fl_eio_session_cursor(const FlEioSession *self) {
  return self->state == UPGRADED ? fl_stream_cursor(self->stream) : self->cursor;
}

void fl_eio_session_expect(FlEioSession *self) {
  fl_deadline_start(&self->engine->patience, &self->patience, fl_clock_now_ns());
}

void fl_eio_session_content(FlEioSession *self) {
  fl_deadline_stop(&self->patience);
}
