/* Engine.IO requests: handshakes, polls, POSTs and upgrades, and the way from the worker at which they arrive to the one that
 * owns the session. Sessions are in eio_session.c, eio_poll.c and eio_websocket.c.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/client_log.h"
#include "transport/engineio_private.h"
#include "transport/reply.h"
#include "transport/ws_socket.h"

#define TEXT "text/plain; charset=UTF-8"

/* --- the worker's part --------------------------------------------------------------------------------------------- */

static void grew(gpointer state) {
  fl_eio_grew(state);
}

static void close_all(FlEngine *self, gboolean streams_too) {
  g_autoptr(GList) sessions = g_hash_table_get_values(self->sessions);
  for (GList *link = sessions; link; link = link->next)
    if (streams_too || !fl_eio_session_has_stream(link->data))
      fl_eio_session_close(link->data, FL_EIO_END_DRAIN);
}

static void drain(gpointer state) {
  close_all(state, FALSE);
}

static guint behind(gpointer state) {
  FlEngine *self = state;
  GHashTableIter each;
  gpointer session;
  guint n = 0;

  g_hash_table_iter_init(&each, self->sessions);
  while (g_hash_table_iter_next(&each, NULL, &session))
    n += (guint)fl_eio_session_is_behind(session);
  return n;
}

static void free_engine(gpointer state) {
  FlEngine *self = state;

  close_all(self, TRUE);
  g_hash_table_unref(self->sessions);
  g_free(self);
}

static const FlWorkerPart part = { grew, behind, drain, free_engine };

FlEngine *fl_engine_of(FlWorker *worker, guint place, const FlEioApp *app) {
  FlEngine *self = fl_worker_part(worker, place);
  const FlApplication *application = fl_application_of(worker);

  if (self)
    return self;
  self = g_new0(FlEngine, 1);
  self->worker = worker;
  self->app = app;
  self->place = place;
  self->max_payload = application->max_payload;
  self->kind = fl_eio_stream_kind(app);
  self->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, fl_eio_session_unref);
  fl_eio_engine_deadlines(self, application);
  fl_worker_add_part(worker, place, &part, self);
  return self;
}

/* --- refusals ------------------------------------------------------------------------------------------------------ */

static void refuse(FlEngine *self, FlRequest *request, FlEioError error) {
  const char *text = fl_eio_error_json(error);
  fl_reply(self->worker, request, 400, "application/json", g_bytes_new_static(text, strlen(text)));
}

/* Clients of Socket.IO 1 and 2 speak Engine.IO 3, and only say that they could not connect. */
static void log_old_protocol(FlEngine *self, FlRequest *request) {
  fl_log(fl_worker_log(self->worker), "refused", FL_FIELD("transport", self->app->name),
         FL_FIELD("ip", fl_client_ip(self->worker, request)), FL_FIELD("EIO", fl_request_query(request, "EIO")),
         FL_FIELD("why", "this server speaks Engine.IO 4: a client of Socket.IO 3 or 4 is needed"));
}

/* --- handshakes ---------------------------------------------------------------------------------------------------- */

static gboolean speaks_protocol(const FlRequest *request) {
  return g_strcmp0(fl_request_query(request, "EIO"), FL_EIO_PROTOCOL) == 0;
}

/* Sessions without a connection cost little, but not nothing. */
static gboolean is_full(const FlEngine *self) {
  return g_hash_table_size(self->sessions) >= fl_worker_clients_most(self->worker);
}

static void begin_polling(FlEngine *self, FlRequest *request) {
  FlEioSession *session =
      fl_eio_session_new(self, fl_request_peer(request)->id, fl_client_ip(self->worker, request));
  GString *text = fl_eio_session_handshake(session, TRUE);

  g_string_prepend_c(text, '0' + FL_EIO_OPEN);
  fl_reply(self->worker, request, 200, TEXT, fl_reply_gbytes(text));
}

/* What is known before the socket is ours. */
typedef struct {
  FlEngine *engine;
  FlAsk *ask; /* borrowed from the request; NULL: a new session */
  guint64 id;
  const char *ip;
} Upgrade;

/* An upgraded socket on its way to the worker that owns its session. */
typedef struct {
  FlAsk *ask;
  guint place;
  int fd;
  guint64 id;
  char *ip;
  GBytes *early;
} Handover;

/* The owner ended before it came: what it says to its streams is said here, as far as the socket takes it. */
static void say_goodbye(int fd) {
  g_autoptr(GByteArray) frame = g_byte_array_new();

  fl_ws_close_append(frame, NULL, FL_WS_GOING_AWAY, "the server is going away");
  send(fd, frame->data, frame->len, MSG_DONTWAIT | MSG_NOSIGNAL);
  close(fd);
}

static void free_handover(gpointer data) {
  Handover *self = data;

  if (self->fd >= 0)
    say_goodbye(self->fd);
  fl_ask_unref(self->ask);
  g_bytes_unref(self->early);
  g_free(self->ip);
  g_free(self);
}

static void on_handover(gpointer data) {
  Handover *self = data;
  FlWorker *owner = fl_ask_owner(self->ask);
  gsize len;
  const guint8 *early = g_bytes_get_data(self->early, &len);

  fl_eio_open_websocket(fl_worker_part(owner, self->place), fl_ask_sid(self->ask), self->fd, self->id, self->ip, early, len);
  self->fd = -1;
}

static void on_upgraded(gpointer user, int fd, const guint8 *early, gsize early_len) {
  const Upgrade *upgrade = user;
  FlEngine *engine = upgrade->engine;
  FlAsk *ask = upgrade->ask;

  if (fd < 0) {
    fl_client_erred(fl_worker_log(engine->worker), engine->app->name, upgrade->ip, upgrade->id,
                    "the process has no descriptor left");
    return;
  }
  if (!ask || fl_ask_owner(ask) == engine->worker) {
    fl_eio_open_websocket(engine, ask ? fl_ask_sid(ask) : NULL, fd, upgrade->id, upgrade->ip, early, early_len);
    return;
  }
  Handover *handover = g_new(Handover, 1);
  *handover = (Handover){ .ask = fl_ask_ref(ask),
                          .place = engine->place,
                          .fd = fd,
                          .id = upgrade->id,
                          .ip = g_strdup(upgrade->ip),
                          .early = g_bytes_new(early, early_len) };
  fl_worker_post(fl_ask_owner(ask), on_handover, handover, free_handover);
}

static void upgrade(FlEngine *self, FlRequest *request, FlAsk *ask) {
  char accept[FL_WS_ACCEPT_LEN + 1];

  if (!fl_ws_handshake(self->worker, request, accept))
    return;
  Upgrade *upgrade = g_new(Upgrade, 1);
  *upgrade = (Upgrade){ self, ask, fl_request_peer(request)->id, fl_client_ip(self->worker, request) };
  fl_request_upgrade(request, &(FlUpgradeAnswer){ .accept = accept }, on_upgraded, upgrade);
}

static void begin(FlEngine *self, FlRequest *request, gboolean is_websocket) {
  if (!g_str_equal(fl_request_method(request), "GET")) {
    refuse(self, request, FL_EIO_BAD_HANDSHAKE_METHOD);
  } else if (!speaks_protocol(request)) {
    log_old_protocol(self, request);
    refuse(self, request, FL_EIO_PROTOCOL_UNSUPPORTED);
  } else if (is_websocket != fl_ws_is_upgrade(request)) {
    refuse(self, request, FL_EIO_BAD_REQUEST);
  } else if (fl_worker_is_draining(self->worker) || is_full(self)) {
    fl_reply_problem(self->worker, request, 503, "The server has all the clients it takes, or is going away.");
  } else if (is_websocket) {
    upgrade(self, request, NULL);
  } else {
    begin_polling(self, request);
  }
}

/* --- requests of sessions ------------------------------------------------------------------------------------------ */

/* In the owner's thread. */
static void hear(FlEngine *self, FlAsk *ask, FlAskNews news) {
  FlEioSession *session = self ? g_hash_table_lookup(self->sessions, fl_ask_sid(ask)) : NULL;

  if (news == FL_ASK_GONE) {
    if (session)
      fl_eio_session_cut(session, ask);
  } else if (news == FL_ASK_BEGUN) {
    if (session)
      fl_eio_session_began(session, ask);
  } else if (fl_ask_is_spoilt(ask)) {
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  } else if (!session) {
    fl_eio_refuse(ask, FL_EIO_SID_UNKNOWN);
  } else if (fl_ask_kind(ask) == FL_ASK_UPGRADE) {
    fl_ask_answer(ask, 101, NULL);
  } else if (fl_ask_kind(ask) == FL_ASK_POST) {
    fl_eio_session_post(session, ask);
  } else {
    fl_eio_session_poll(session, ask);
  }
}

static void on_news(FlAsk *ask, FlAskNews news) {
  hear(fl_worker_part(fl_ask_owner(ask), fl_ask_place(ask)), ask, news);
}

/* Returns: the worker that a sid names; NULL where it names none. */
static FlWorker *owner_of(const FlEngine *self, const char *sid) {
  const GPtrArray *workers = fl_application_of(self->worker)->workers;

  if (strlen(sid) != FL_EIO_SID_LEN || !g_ascii_isxdigit(sid[0]) || !g_ascii_isxdigit(sid[1]))
    return NULL;
  guint index = (guint)(g_ascii_xdigit_value(sid[0]) << 4 | g_ascii_xdigit_value(sid[1]));
  return index < workers->len ? workers->pdata[index] : NULL;
}

static FlAsk *ask_owner(FlEngine *self, FlRequest *request, FlAskKind kind) {
  const char *sid = fl_request_query(request, "sid");
  FlWorker *owner = sid ? owner_of(self, sid) : NULL;
  FlAskOptions options = { kind, self->worker, owner, self->place, sid, on_news };
  return owner ? fl_ask_new(request, &options) : NULL;
}

void fl_engine_began(FlEngine *self, FlRequest *request) {
  gboolean is_polling = g_strcmp0(fl_request_query(request, "transport"), "polling") == 0;
  FlAsk *ask = is_polling && speaks_protocol(request) && !fl_worker_is_draining(self->worker) ? ask_owner(self, request, FL_ASK_POST) : NULL;
  if (ask)
    fl_ask_tell(ask, FL_ASK_BEGUN);
}

/* The client hung up, or the server goes away: then a poll is told so in words that its client understands. */
static void give_up(FlEngine *self, FlRequest *request, FlAsk *ask) {
  static const char close[] = { '0' + FL_EIO_CLOSE };

  if (fl_request_hung_up(request))
    fl_ask_tell(ask, FL_ASK_GONE);
  if (fl_ask_kind(ask) == FL_ASK_POLL)
    fl_reply(self->worker, request, 200, TEXT, g_bytes_new_static(close, sizeof close));
  else
    fl_reply_problem(self->worker, request, 503, "The server is going away.");
}

static void pass_on(FlEngine *self, FlRequest *request, FlAsk *ask) {
  GBytes *body;
  guint status = fl_ask_answered(ask, &body);

  if (status == 0) {
    give_up(self, request, ask);
  } else if (status == 101) {
    upgrade(self, request, ask);
  } else {
    fl_reply(self->worker, request, status, status == 200 ? TEXT : "application/json",
             body ? g_bytes_ref(body) : g_bytes_new_static("", 0));
  }
}

static void ask_or_hold(FlEngine *self, FlRequest *request, FlAsk *ask) {
  GBytes *body;

  if (!ask) {
    refuse(self, request, FL_EIO_SID_UNKNOWN);
    return;
  }
  if (fl_ask_kind(ask) == FL_ASK_POST) {
    const char *type = fl_request_headers(request)->content_type;
    fl_ask_take_body(ask, fl_request_body(request), type && g_str_equal(type, "application/octet-stream"));
  }
  if (fl_worker_is_draining(self->worker)) {
    fl_ask_abandon(ask);
    give_up(self, request, ask);
    return;
  }
  fl_ask_tell(ask, FL_ASK_WHOLE);
  if (fl_ask_answered(ask, &body) > 0)
    pass_on(self, request, ask);
  else
    fl_ask_hold(ask);
}

static void go_on(FlEngine *self, FlRequest *request, gboolean is_websocket) {
  gboolean is_post = g_str_equal(fl_request_method(request), "POST");
  gboolean is_get = g_str_equal(fl_request_method(request), "GET");

  if ((!is_get && !is_post) || is_websocket != fl_ws_is_upgrade(request) || (is_websocket && !is_get))
    refuse(self, request, FL_EIO_BAD_REQUEST);
  else if (is_post)
    ask_or_hold(self, request, fl_request_attached(request));
  else
    ask_or_hold(self, request, ask_owner(self, request, is_websocket ? FL_ASK_UPGRADE : FL_ASK_POLL));
}

void fl_engine_accept(FlEngine *self, FlRequest *request) {
  const char *transport = fl_request_query(request, "transport");
  const char *sid = fl_request_query(request, "sid");
  gboolean is_websocket = g_strcmp0(transport, "websocket") == 0;

  if (fl_request_resumed(request)) {
    pass_on(self, request, fl_request_attached(request));
    return;
  }
  fl_client_carries(self->worker, request, self->place);
  if (!is_websocket && g_strcmp0(transport, "polling") != 0)
    refuse(self, request, FL_EIO_TRANSPORT_UNKNOWN);
  else if (sid && !speaks_protocol(request))
    refuse(self, request, FL_EIO_PROTOCOL_UNSUPPORTED);
  else if (sid)
    go_on(self, request, is_websocket);
  else
    begin(self, request, is_websocket);
}
