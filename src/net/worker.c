/* A worker and its loop. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/worker.h"

#include <unistd.h>

#include "core/clock.h"

#define WALK_SLICE 128          /* streams pumped before others get their turn */
#define ACCEPT_SLICE 64         /* connections likewise */
#define GRACE_NS G_GINT64_CONSTANT(5000000000)
#define HTTP_TICK_NS G_GINT64_CONSTANT(1000000000) /* libmicrohttpd's own time-outs */
#define ANSWERS_MOST 1024       /* in the cache between two updates */

typedef struct {
  GSource source; /* first */
  FlWorker *worker;
} Turn;

struct _FlWorker {
  FlWorkerConfig config;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  Turn *turn;
  gpointer http_tag, poller_tag, listen_tag; /* of its descriptors */

  FlInbox *inbox; /* the sequencer's */
  FlFeed *feed;
  FlPoller *poller;
  FlArrivals arrivals;
  FlHttpd *httpd;
  FlListener *listener; /* NULL once draining */
  FlStreamSet *streams;
  FlTransportStats stats[FL_TRANSPORTS_MAX];

  FlDeadlineList holds[FL_HOLD_MAX_SECONDS + 1]; /* held requests, by how long */
  GPtrArray *watched;                            /* FlDeadlineList, of the parts */
  const FlWorkerPart *parts[FL_TRANSPORTS_MAX];
  gpointer part_states[FL_TRANSPORTS_MAX];
  GHashTable *answers;                           /* cursor → FlResponse */
  gboolean walking;
  gint64 http_tick_ns;
  gint64 drain_end_ns; /* 0: not draining */
};

/* --- the parts' callbacks ------------------------------------------------------------------------------------------ */

static void on_accepted(gpointer user, int fd, const struct sockaddr *address, socklen_t address_len,
                        gboolean surplus) {
  FlWorker *self = user;
  if (!fl_httpd_add(self->httpd, fd, address, address_len, surplus))
    fl_limit_release(self->config.limit);
}

/* One that is too many by far is owed no answer, and one that were wrong for its kind would be worse than none. */
static void on_peer_came(FlPeer *peer, gpointer user) {
  FlWorker *self = user;
  fl_crowd_count(self->config.crowd, &peer->place, peer->ip);
  if (peer->place.far_over)
    shutdown(peer->fd, SHUT_RDWR);
}

static void on_peer_closed(FlPeer *peer, gboolean detached, gpointer user) {
  FlWorker *self = user;
  if (!detached) { /* else the stream is counted in its place */
    fl_limit_release(self->config.limit);
    fl_crowd_leave_place(self->config.crowd, &peer->place);
  }
  self->config.peer_left(peer, self);
}

static void on_request(FlRequest *request, gpointer user) {
  FlWorker *self = user;
  self->config.handle(request, self);
}

static void on_request_began(FlRequest *request, gpointer user) {
  FlWorker *self = user;
  self->config.began(request, self);
}

static void on_stream_left(FlStream *stream, gpointer user) {
  FlWorker *self = user;
  fl_limit_release(self->config.limit);
  fl_crowd_leave(self->config.crowd, fl_stream_ip(stream));
}

static void on_hold_over(FlDeadline *entry, gpointer user) {
  fl_request_resume(fl_request_of_deadline(entry));
}

/* --- held requests and shared answers ------------------------------------------------------------------------------ */

void fl_worker_hold(FlWorker *self, FlRequest *request, guint seconds) {
  fl_deadline_start(&self->holds[MIN(seconds, FL_HOLD_MAX_SECONDS)], fl_request_deadline(request), fl_clock_now_ns());
  fl_request_hold(request);
}

static void resume_held(FlWorker *self) {
  for (guint i = 0; i < G_N_ELEMENTS(self->holds); i++)
    while (self->holds[i].first)
      fl_request_resume(fl_request_of_deadline(self->holds[i].first));
}

FlResponse *fl_worker_answer(FlWorker *self, guint64 since) {
  return g_hash_table_lookup(self->answers, &since);
}

void fl_worker_keep_answer(FlWorker *self, guint64 since, FlResponse *response) {
  if (g_hash_table_size(self->answers) >= ANSWERS_MOST)
    g_hash_table_remove_all(self->answers);
  guint64 *key = g_new(guint64, 1);
  *key = since;
  g_hash_table_insert(self->answers, key, response);
}

/* --- the loop ------------------------------------------------------------------------------------------------------ */

static void take_updates(FlWorker *self) {
  if (fl_inbox_drain(self->inbox, self->feed) == 0)
    return;
  g_hash_table_remove_all(self->answers);
  resume_held(self);
  fl_stream_set_wake(self->streams);
  self->walking = TRUE;
  for (guint i = 0; i < FL_TRANSPORTS_MAX; i++)
    if (self->parts[i])
      self->parts[i]->grew(self->part_states[i]);
}

/* Only after all have run: one deadline may start another. */
static gint64 next_deadline(const FlWorker *self) {
  gint64 next_ns = fl_stream_set_next(self->streams);

  for (guint i = 0; i < G_N_ELEMENTS(self->holds); i++)
    next_ns = MIN(next_ns, fl_deadline_list_next(&self->holds[i]));
  for (guint i = 0; i < self->watched->len; i++)
    next_ns = MIN(next_ns, fl_deadline_list_next(self->watched->pdata[i]));
  if (fl_httpd_connections(self->httpd) > 0)
    next_ns = MIN(next_ns, self->http_tick_ns);
  return self->drain_end_ns > 0 ? MIN(next_ns, self->drain_end_ns) : next_ns;
}

static void run_deadlines(FlWorker *self) {
  gint64 now_ns = fl_clock_now_ns();

  if (fl_httpd_connections(self->httpd) > 0 && now_ns >= self->http_tick_ns) {
    self->http_tick_ns = now_ns + HTTP_TICK_NS;
    fl_httpd_run(self->httpd);
  }
  for (guint i = 0; i < G_N_ELEMENTS(self->holds); i++)
    fl_deadline_list_run(&self->holds[i], now_ns);
  for (guint i = 0; i < self->watched->len; i++)
    fl_deadline_list_run(self->watched->pdata[i], now_ns);
  fl_stream_set_tick(self->streams, now_ns);
  if (self->drain_end_ns > 0) {
    gboolean gone = fl_stream_set_size(self->streams) == 0 && fl_httpd_requests(self->httpd) == 0;
    if (gone || now_ns >= self->drain_end_ns)
      g_main_loop_quit(self->loop);
  }
}

static gboolean turn(GSource *source, GSourceFunc callback, gpointer user) {
  FlWorker *self = ((Turn *)source)->worker;

  take_updates(self);
  /* Before libmicrohttpd reads it, it has to be seen that a request begins: net/arrival.h. */
  if (g_source_query_unix_fd(source, self->poller_tag))
    fl_poller_dispatch(self->poller, 0);
  if (fl_httpd_must_run(self->httpd) || g_source_query_unix_fd(source, self->http_tag))
    fl_httpd_run(self->httpd);
  if (self->listener && g_source_query_unix_fd(source, self->listen_tag))
    fl_listener_accept(self->listener, ACCEPT_SLICE);
  if (self->walking)
    self->walking = fl_stream_set_walk(self->streams, WALK_SLICE);
  run_deadlines(self);
  gint64 next_ns = next_deadline(self);

  gboolean at_once = fl_httpd_must_run(self->httpd) || self->walking;
  g_source_set_ready_time(source, at_once ? 0 : next_ns == G_MAXINT64 ? -1 : (next_ns + 999) / 1000);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs turn_funcs = { .dispatch = turn };

static void watch_arrivals(FlWorker *self) {
  fl_arrivals_init(&self->arrivals, &self->config.arrival, self->config.log);
  fl_worker_watch(self, &self->arrivals.heads);
  fl_worker_watch(self, &self->arrivals.bodies);
  fl_worker_watch(self, &self->arrivals.idles);
}

static gboolean set_up_parts(FlWorker *self, GError **error) {
  const FlWorkerConfig *config = &self->config;

  self->poller = fl_poller_new();
  FlStreamSetConfig streams = {
    .feed = self->feed,
    .poller = self->poller,
    .log = config->log,
    .max_lag = config->max_lag,
    .slow = config->slow,
    .heartbeat_ns = config->heartbeat_ns,
    .grace_ns = GRACE_NS,
    .drain_ns = MAX(config->drain_ns, 1000000),
    .left = on_stream_left,
    .user = self,
  };
  self->streams = fl_stream_set_new(&streams);
  self->listener =
      fl_listener_new(config->listen_fd, config->limit, config->sndbuf_bytes, on_accepted, self, error);
  if (!self->listener)
    return FALSE;
  watch_arrivals(self);
  FlHttpdConfig httpd = {
    .handle = on_request,
    .began = on_request_began,
    .peer_came = on_peer_came,
    .peer_closed = on_peer_closed,
    .user = self,
    .log = config->log,
    .poller = self->poller,
    .arrivals = &self->arrivals,
    .max_body = config->max_body,
    .verbose = config->verbose,
    .id_first = config->index + 1,
    .id_step = config->count,
  };
  self->httpd = fl_httpd_new(&httpd, error);
  return self->httpd != NULL;
}

FlWorker *fl_worker_new(const FlWorkerConfig *config, GError **error) {
  FlWorker *self = g_new0(FlWorker, 1);
  self->config = *config;
  self->context = g_main_context_new();
  self->loop = g_main_loop_new(self->context, FALSE);
  self->inbox = fl_sequencer_add_inbox(config->sequencer);
  self->feed = fl_feed_new(fl_sequencer_epoch(config->sequencer), config->history, config->history_bytes);
  self->answers =
      g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)(void (*)(void))fl_response_unref);
  self->watched = g_ptr_array_new();
  for (guint i = 0; i < G_N_ELEMENTS(self->holds); i++)
    fl_deadline_list_init(&self->holds[i], i * G_GINT64_CONSTANT(1000000000), on_hold_over, self);
  if (!set_up_parts(self, error)) {
    fl_worker_free(self);
    return NULL;
  }

  self->turn = (Turn *)g_source_new(&turn_funcs, sizeof(Turn));
  self->turn->worker = self;
  g_source_add_unix_fd(&self->turn->source, fl_inbox_fd(self->inbox), G_IO_IN);
  self->http_tag = g_source_add_unix_fd(&self->turn->source, fl_httpd_fd(self->httpd), G_IO_IN);
  self->poller_tag = g_source_add_unix_fd(&self->turn->source, fl_poller_fd(self->poller), G_IO_IN);
  self->listen_tag = g_source_add_unix_fd(&self->turn->source, fl_listener_fd(self->listener), G_IO_IN);
  g_source_attach(&self->turn->source, self->context);
  return self;
}

static gpointer run(gpointer user) {
  FlWorker *self = user;

  g_main_context_push_thread_default(self->context);
  g_main_loop_run(self->loop);
  /* What is left now has had its time. libmicrohttpd wants nothing held and everything run when it stops. */
  resume_held(self);
  fl_httpd_run(self->httpd);
  g_main_context_pop_thread_default(self->context);
  return NULL;
}

void fl_worker_start(FlWorker *self) {
  fl_inbox_drain(self->inbox, self->feed); /* a journal's: there before the first who asks */
  g_autofree char *name = g_strdup_printf("worker-%u", self->config.index);
  self->thread = g_thread_new(name, run, self);
}

static void begin_drain(gpointer user) {
  FlWorker *self = user;

  self->drain_end_ns = fl_clock_now_ns() + MAX(self->config.drain_ns, 1);
  g_source_remove_unix_fd(&self->turn->source, self->listen_tag);
  g_clear_pointer(&self->listener, fl_listener_free);
  take_updates(self);
  fl_httpd_close_after_answer(self->httpd);
  g_hash_table_remove_all(self->answers);
  resume_held(self);
  fl_stream_set_drain(self->streams);
  for (guint i = 0; i < FL_TRANSPORTS_MAX; i++)
    if (self->parts[i])
      self->parts[i]->drain(self->part_states[i]);
}

typedef struct {
  FlWorker *worker;
  void (*func)(gpointer data);
  gpointer data;
  GDestroyNotify destroy;
} Errand;

static gboolean run_errand(gpointer user) {
  Errand *errand = user;
  errand->func(errand->data);
  /* Deadlines may have changed, requests may have been resumed. */
  g_source_set_ready_time(&errand->worker->turn->source, 0);
  return G_SOURCE_REMOVE;
}

static void free_errand(gpointer user) {
  Errand *errand = user;
  if (errand->destroy)
    errand->destroy(errand->data);
  g_free(errand);
}

void fl_worker_post(FlWorker *self, void (*func)(gpointer data), gpointer data, GDestroyNotify destroy) {
  g_autoptr(GSource) source = g_idle_source_new();
  Errand *errand = g_new(Errand, 1);

  *errand = (Errand){ self, func, data, destroy };
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, run_errand, errand, free_errand);
  g_source_attach(source, self->context);
}

void fl_worker_drain(FlWorker *self) {
  fl_worker_post(self, begin_drain, self, NULL);
}

void fl_worker_join(FlWorker *self) {
  if (self->thread)
    g_thread_join(g_steal_pointer(&self->thread));
}

void fl_worker_free(FlWorker *self) {
  if (!self)
    return;
  if (self->turn) {
    g_source_destroy(&self->turn->source);
    g_source_unref(&self->turn->source);
  }
  fl_stream_set_free(self->streams);
  fl_httpd_free(self->httpd);
  for (guint i = 0; i < FL_TRANSPORTS_MAX; i++)
    if (self->parts[i])
      self->parts[i]->free(self->part_states[i]);
  g_ptr_array_unref(self->watched);
  fl_listener_free(self->listener);
  g_hash_table_unref(self->answers);
  fl_feed_free(self->feed);
  fl_poller_free(self->poller);
  g_main_loop_unref(self->loop);
  g_main_context_unref(self->context);
  g_free(self);
}

typedef struct {
  FlWorker *worker;
  void (*answer)(gpointer user, FlBehind behind);
  gpointer user;
} Question;

static void answer_behind(gpointer data) {
  Question *question = data;
  FlWorker *self = question->worker;

  take_updates(self);
  FlBehind behind = { fl_stream_set_behind(self->streams), fl_httpd_behind(self->httpd, fl_feed_head(self->feed)) };
  for (guint i = 0; i < FL_TRANSPORTS_MAX; i++)
    if (self->parts[i])
      behind.pollers += self->parts[i]->behind(self->part_states[i]);
  question->answer(question->user, behind);
}

void fl_worker_ask_behind(FlWorker *self, void (*answer)(gpointer user, FlBehind behind), gpointer user) {
  Question *question = g_new(Question, 1);
  *question = (Question){ self, answer, user };
  fl_worker_post(self, answer_behind, question, g_free);
}

/* --- for what runs here -------------------------------------------------------------------------------------------- */

gpointer fl_worker_application(const FlWorker *self) {
  return self->config.application;
}

guint fl_worker_index(const FlWorker *self) {
  return self->config.index;
}

FlLog *fl_worker_log(const FlWorker *self) {
  return self->config.log;
}

FlHttpd *fl_worker_httpd(const FlWorker *self) {
  return self->httpd;
}

FlStreamSet *fl_worker_streams(const FlWorker *self) {
  return self->streams;
}

gboolean fl_worker_is_draining(const FlWorker *self) {
  return self->drain_end_ns > 0;
}

const FlFeed *fl_worker_feed(FlWorker *self) {
  take_updates(self);
  return self->feed;
}

const FlFeed *fl_worker_ring(const FlWorker *self) {
  return self->feed;
}

void fl_worker_add_part(FlWorker *self, guint place, const FlWorkerPart *part, gpointer state) {
  g_assert(place < FL_TRANSPORTS_MAX && !self->parts[place]);
  self->parts[place] = part;
  self->part_states[place] = state;
}

gpointer fl_worker_part(const FlWorker *self, guint place) {
  return self->part_states[place];
}

void fl_worker_watch(FlWorker *self, FlDeadlineList *deadlines) {
  g_ptr_array_add(self->watched, deadlines);
}

FlCrowd *fl_worker_crowd(const FlWorker *self) {
  return self->config.crowd;
}

guint fl_worker_clients_most(const FlWorker *self) {
  return (guint)self->config.limit->most;
}

FlTransportStats *fl_worker_stats(FlWorker *self, guint transport) {
  return &self->stats[transport];
}
