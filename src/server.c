/* Beginning and ending. See the header.
 * SPDX-License-Identifier: MIT */
#include "server.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/resource.h>
#include <unistd.h>

#include "codec/json.h"
#include "core/clock.h"
#include "core/source.h"
#include "transport/client_log.h"
#include "transport/conformance.h"
#include "transport/router.h"

#define LINE_CONNECTIONS_MOST 64 /* of a page's line */
#define MANY 10000000      /* clients, or files, that no one will have */
#define OWN_DESCRIPTORS 64 /* that are not clients' */
#define SERVED_CHECK_MS 20
#define MAX_PAYLOAD 1000000 /* of Engine.IO, as in the reference implementation */

struct _FlServer {
  const FlOptions *options;
  FlSupervisor *supervisor;
  FlLog *log;
  GMainLoop *loop;
  FlApplication application;
  FlSourceStats source_stats;
  FlLimit limit;
  FlCrowd *crowd; /* NULL: addresses have no limit */
  guint watches[2];
  guint served_check;
  guint unanswered; /* workers that have not said yet … */
  FlBehind behind;  /* … how many of their clients are behind */
  gint64 patience_end_ns; /* for clients that poll, after the end of input */
  FlJournal *journal; /* NULL: none */
};

/* --- the end ------------------------------------------------------------------------------------------------------- */

static gboolean on_signal(gpointer user) {
  FlServer *self = user;
  g_main_loop_quit(self->loop);
  return G_SOURCE_CONTINUE;
}

static void ask_whether_served(FlServer *self);

static gboolean ask_again(gpointer user) {
  FlServer *self = user;
  self->served_check = 0;
  ask_whether_served(self);
  return G_SOURCE_REMOVE;
}

typedef struct {
  FlServer *server;
  FlBehind behind;
} Answer;

/* In the main thread again. */
static gboolean on_answer(gpointer data) {
  Answer *answer = data;
  FlServer *self = answer->server;

  self->behind.streams += answer->behind.streams;
  self->behind.pollers += answer->behind.pollers;
  if (--self->unanswered > 0)
    return G_SOURCE_REMOVE;
  gboolean wait_for_pollers = self->behind.pollers > 0 && fl_clock_now_ns() < self->patience_end_ns;
  if (self->behind.streams == 0 && !wait_for_pollers)
    g_main_loop_quit(self->loop);
  else
    self->served_check = g_timeout_add(SERVED_CHECK_MS, ask_again, self);
  return G_SOURCE_REMOVE;
}

static void on_behind(gpointer user, FlBehind behind) {
  Answer *answer = g_new(Answer, 1);
  *answer = (Answer){ user, behind };
  g_idle_add_full(G_PRIORITY_DEFAULT, on_answer, answer, g_free);
}

static void ask_whether_served(FlServer *self) {
  self->behind = (FlBehind){ 0 };
  self->unanswered = self->application.workers->len;
  for (guint i = 0; i < self->application.workers->len; i++)
    fl_worker_ask_behind(self->application.workers->pdata[i], on_behind, self);
}

static void on_source_ended(gpointer user) {
  FlServer *self = user;

  self->patience_end_ns = fl_clock_now_ns() + self->options->drain_ns;
  if (self->options->exit_at_eof)
    ask_whether_served(self);
}

/* --- the beginning ------------------------------------------------------------------------------------------------- */

static gboolean set_limit(FlServer *self, GError **error) {
  gint64 wanted = self->options->max_clients;
  struct rlimit files = { .rlim_max = MANY };

  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  gint64 possible = (gint64)MIN(files.rlim_max, MANY) - OWN_DESCRIPTORS - FL_LIMIT_SURPLUS;
  if (possible < 1) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
                "the limit of open files, %d, leaves none for clients: raise it (ulimit -n) to %d at least",
                (int)files.rlim_max, OWN_DESCRIPTORS + FL_LIMIT_SURPLUS + 1);
    return FALSE;
  }
  self->limit.most = (gint)(wanted > 0 ? MIN(wanted, possible) : possible);
  return TRUE;
}

static gboolean add_worker(FlServer *self, int listen_fd, guint index, GError **error) {
  const FlOptions *options = self->options;
  FlWorkerConfig config = {
    .index = index,
    .count = (guint)options->workers,
    .listen_fd = listen_fd,
    .sequencer = self->application.sequencer,
    .log = self->log,
    .limit = &self->limit,
    .crowd = self->crowd,
    .history = (gsize)options->history,
    .history_bytes = (gsize)options->history_bytes,
    .max_body = (gsize)options->max_body,
    .arrival = { options->head_timeout_ns, options->body_timeout_ns, options->idle_timeout_ns },
    .max_lag = (guint64)options->max_lag,
    .slow = options->slow,
    .heartbeat_ns = options->heartbeat_ns,
    .drain_ns = options->drain_ns,
    .sndbuf_bytes = (int)options->sndbuf_bytes,
    .verbose = options->verbose,
    .handle = options->conformance ? fl_conformance_handle : fl_router_handle,
    .peer_left = fl_client_peer_left,
    .began = options->conformance ? fl_conformance_began : fl_router_began,
    .application = &self->application,
  };
  FlWorker *worker = fl_worker_new(&config, error);
  if (!worker)
    return FALSE;
  g_ptr_array_add(self->application.workers, worker);
  return TRUE;
}

/* On by itself while only this machine can reach it; its controls are the publisher's. */
static gboolean set_up_demo(FlServer *self, int listen_fd, FlAccessConfig *access, GError **error) {
  const FlOptions *options = self->options;

  if (options->no_demo || options->conformance || (!access->on_loopback && !options->demo))
    return TRUE;
  if (!access->on_loopback && !access->publish_token) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "--demo: beyond loopback it needs --publish-token");
    return FALSE;
  }
  FlLineSetConfig lines = { .host = options->listen, .idle_ns = options->line_idle_ns, .connections_most = LINE_CONNECTIONS_MOST,
                            .log = self->log };
  lines.server_len = fl_listener_near_address(listen_fd, &lines.server);
  self->application.lines = fl_line_set_new(&lines);
  access->page_port = fl_listener_port(listen_fd);
  return TRUE;
}

static gboolean holds_token(gconstpointer access, const char *text, gsize len) {
  return fl_access_holds_token(access, text, len);
}

/* The socket that worker `index` accepts from; all are bound to one port, that of the first (0: there is none yet). Of passed
 * ones each worker has one, in turn. */
static int open_socket(FlServer *self, guint index, guint16 port, GError **error) {
  const FlOptions *options = self->options;
  guint passed = fl_supervisor_sockets(self->supervisor);

  if (passed > 0)
    return fl_supervisor_socket(self->supervisor, index % passed, error);
  if (index > 0)
    return fl_listener_bind(options->listen, port, FL_LISTENER_FURTHER, error);
  return fl_listener_bind(options->listen, options->port, options->workers > 1 ? FL_LISTENER_FIRST : FL_LISTENER_ALONE, error);
}

/* Into `ret_fds`, of which -1 says: not opened. */
static gboolean open_sockets(FlServer *self, int *ret_fds, GError **error) {
  guint passed = fl_supervisor_sockets(self->supervisor);
  guint16 port = 0;

  if (passed > (guint)self->options->workers) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%u sockets were passed: each wants a worker, --workers %u",
                passed, passed);
    return FALSE;
  }
  for (guint i = 0; i < (guint)self->options->workers; i++) {
    if ((ret_fds[i] = open_socket(self, i, port, error)) < 0)
      return FALSE;
    port = fl_listener_port(ret_fds[i]);
  }
  fl_supervisor_drop_sockets(self->supervisor);
  return TRUE;
}

/* Who may do what, and how many may come from one address. Some rules go by whether others than this machine can reach the server. */
static gboolean set_up_access(FlServer *self, const int *fds, GError **error) {
  FlAccessConfig access = self->options->access;

  access.on_loopback = TRUE;
  for (guint i = 0; i < (guint)self->options->workers; i++)
    access.on_loopback = access.on_loopback && fl_listener_is_loopback(fds[i]);
  if (set_up_demo(self, fds[0], &access, error))
    self->application.access = fl_access_new(&access, error);
  if (!self->application.access)
    return FALSE;
  fl_log_keep_secret(self->log, holds_token, self->application.access);
  if (self->options->max_clients_per_address > 0 && !self->options->conformance)
    self->crowd = fl_crowd_new((guint)self->options->max_clients_per_address, self->application.access);
  return TRUE;
}

static gboolean add_workers(FlServer *self, GError **error) {
  guint count = (guint)self->options->workers;
  g_autofree int *fds = g_new(int, count);

  for (guint i = 0; i < count; i++)
    fds[i] = -1;
  gboolean ok = open_sockets(self, fds, error) && set_up_access(self, fds, error);
  if (ok)
    self->application.url = fl_listener_url(fds[0]);
  for (guint i = 0; ok && i < count; i++) {
    ok = add_worker(self, fds[i], i, error);
    fds[i] = -1; /* taken in either case */
  }
  for (guint i = 0; i < count; i++)
    if (fds[i] >= 0)
      close(fds[i]);
  return ok;
}

static gboolean start_source(FlServer *self, GError **error) {
  const FlOptions *options = self->options;
  FlSourceConfig config = {
    .sequencer = self->application.sequencer,
    .stats = &self->source_stats,
    .log = self->log,
    .line_to_json = fl_json_from_line,
    .record_to_json = fl_json_record,
    .ended = on_source_ended,
    .user = self,
    .interval_ns = options->interval_ns,
    .size_bytes = (gsize)options->size_bytes,
    .speed = options->speed,
    .input_fd = STDIN_FILENO,
  };
  self->application.source = fl_source_start(options->source, &config, error);
  return self->application.source != NULL;
}

static gboolean open_journal(FlServer *self, GError **error) {
  const FlOptions *options = self->options;
  FlJournalConfig config = { .path = options->journal, .sync = options->journal_sync, .history = (gsize)options->history,
                             .history_bytes = (gsize)options->history_bytes, .log = self->log };
  char epoch[FL_EPOCH_MAX + 1];

  fl_epoch_generate(epoch);
  if (options->journal && !(self->journal = fl_journal_open(&config, error)))
    return FALSE;
  self->application.sequencer = fl_sequencer_new(self->journal ? fl_journal_epoch(self->journal) : epoch);
  return TRUE;
}

FlServer *fl_server_new(const FlOptions *options, FlSupervisor *supervisor, FlLog *log, GError **error) {
  FlServer *self = g_new0(FlServer, 1);

  self->options = options;
  self->supervisor = supervisor;
  self->log = log;
  self->loop = g_main_loop_new(NULL, FALSE);
  if (!open_journal(self, error)) {
    fl_server_free(self);
    return NULL;
  }
  self->application.source_stats = &self->source_stats;
  if (options->publish_rate_hz > 0)
    self->application.publishing = fl_allowance_new(options->publish_rate_hz);
  self->application.web_root = options->web_root;
  self->application.socketio_path = options->socketio_path;
  self->application.namespaces = options->namespaces;
  self->application.ping_interval_ns = options->ping_interval_ns;
  self->application.ping_timeout_ns = options->ping_timeout_ns;
  self->application.connect_timeout_ns = options->connect_timeout_ns;
  self->application.deflate = options->deflate;
  self->application.max_body = (gsize)options->max_body;
  self->application.max_payload = (gsize)MIN(options->max_body, MAX_PAYLOAD);
  self->application.started_ns = fl_clock_now_ns();
  self->application.workers = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))fl_worker_free);
  self->watches[0] = g_unix_signal_add(SIGTERM, on_signal, self);
  self->watches[1] = g_unix_signal_add(SIGINT, on_signal, self);
  if (!set_limit(self, error) || !add_workers(self, error)) {
    fl_server_free(self);
    return NULL;
  }
  if (self->journal) /* now that the workers have their inboxes */
    fl_sequencer_keep(self->application.sequencer, self->journal);
  if (!start_source(self, error)) {
    fl_server_free(self);
    return NULL;
  }
  return self;
}

static void tell(FlServer *self, const char *state) {
  g_autoptr(GError) error = NULL;
  if (!fl_supervisor_tell(self->supervisor, state, &error))
    fl_log(self->log, "erred", FL_FIELD("why", error->message));
}

void fl_server_run(FlServer *self) {
  for (guint i = 0; i < self->application.workers->len; i++)
    fl_worker_start(self->application.workers->pdata[i]);
  fl_log_listening(self->log, self->application.url);
  tell(self, "READY=1");
  g_main_loop_run(self->loop);

  tell(self, "STOPPING=1");
  fl_log(self->log, "draining", FL_FIELD_INT("clients", self->limit.now));
  /* GLib restores the signals' default: a second one ends the process at once. */
  for (gsize i = 0; i < G_N_ELEMENTS(self->watches); i++)
    g_clear_handle_id(&self->watches[i], g_source_remove);
  fl_source_stop(self->application.source);
  for (guint i = 0; i < self->application.workers->len; i++)
    fl_worker_drain(self->application.workers->pdata[i]);
  for (guint i = 0; i < self->application.workers->len; i++)
    fl_worker_join(self->application.workers->pdata[i]);
  g_ptr_array_set_size(self->application.workers, 0);
  /* Now that the server has said its last, lines pass it on. */
  fl_line_set_free(g_steal_pointer(&self->application.lines));
}

void fl_server_free(FlServer *self) {
  if (!self)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS(self->watches); i++)
    g_clear_handle_id(&self->watches[i], g_source_remove);
  if (self->served_check)
    g_source_remove(self->served_check);
  if (self->application.workers)
    g_ptr_array_unref(self->application.workers);
  fl_source_free(self->application.source);
  fl_line_set_free(self->application.lines);
  fl_crowd_free(self->crowd);
  fl_log_keep_secret(self->log, NULL, NULL);
  fl_access_free(self->application.access);
  fl_allowance_free(self->application.publishing);
  fl_sequencer_free(self->application.sequencer);
  fl_journal_free(self->journal);
  g_free(self->application.url);
  g_main_loop_unref(self->loop);
  g_free(self);
}
