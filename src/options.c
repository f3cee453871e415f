/* The command line. See the header.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "publish_token.h"

#define DEFAULT_HISTORY 4096
#define STDIN_HISTORY 1000000
#define DEFAULT_BODY (1024 * 1024)
#define CONFORMANCE_BODY (16 * 1024 * 1024)

/* What GOption hands over as text. */
typedef struct {
  char *port, *speed, *interval, *rate, *size, *history, *history_bytes, *heartbeat, *workers;
  char *ping_interval, *ping_timeout, *connect_timeout;
  char *max_clients, *max_lag, *slow, *max_body, *drain, *sndbuf, *log_format, *line_idle, *publish_token_file, *journal_sync;
  char *head_timeout, *body_timeout, *idle_timeout, *publish_rate, *max_clients_per_address;
} Texts;

static void fail(GError **error, const char *flag, const char *value, const char *wants) {
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: %s is wanted", flag, value, wants);
}

static gboolean take_count(const char *flag, const char *text, gint64 least, gint64 most, gint64 *ret, GError **error) {
  gint64 value;

  if (!text)
    return TRUE;
  if (fl_units_count(text, &value) && value >= least && value <= most) {
    *ret = value;
    return TRUE;
  }
  g_autofree char *wants =
      g_strdup_printf("a count from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", such as 500 or 5k", least, most);
  fail(error, flag, text, wants);
  return FALSE;
}

static gboolean take_bytes(const char *flag, const char *text, gint64 least, gint64 most, gint64 *ret, GError **error) {
  gint64 value;

  if (!text)
    return TRUE;
  if (fl_units_bytes(text, &value) && value >= least && value <= most) {
    *ret = value;
    return TRUE;
  }
  g_autofree char *wants = g_strdup_printf(
      "a size from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " bytes, such as 128, 64k or 1M", least, most);
  fail(error, flag, text, wants);
  return FALSE;
}

static gboolean take_duration(const char *flag, const char *text, gint64 least_ns, gint64 *ret, GError **error) {
  gint64 value;

  if (!text)
    return TRUE;
  if (fl_units_duration(text, &value) && value >= least_ns && value <= G_GINT64_CONSTANT(1000000000) * 86400 * 365) {
    *ret = value;
    return TRUE;
  }
  fail(error, flag, text, "a duration such as 500ms, 3s or 2m");
  return FALSE;
}

/* Socket.IO's own servers take milliseconds: a bare number is that. */
static gboolean take_milliseconds(const char *flag, const char *text, gint64 *ret, GError **error) {
  gboolean is_bare = text && *text && strspn(text, "0123456789") == strlen(text);
  g_autofree char *with_unit = is_bare ? g_strconcat(text, "ms", NULL) : g_strdup(text);
  return take_duration(flag, with_unit, 1000000, ret, error);
}

static gboolean take_rate(const Texts *texts, FlOptions *self, GError **error) {
  double hz;

  if (!texts->rate)
    return TRUE;
  if (texts->interval) {
    fail(error, "--rate", texts->rate, "either --rate or --interval, not both,");
    return FALSE;
  }
  if (!fl_units_rate(texts->rate, &hz) || hz < 1e-6 || hz > 1e6) {
    fail(error, "--rate", texts->rate, "updates per second, up to 1M, such as 50 or 0.2,");
    return FALSE;
  }
  self->interval_ns = (gint64)(1e9 / hz + 0.5);
  return TRUE;
}

static gboolean take_publish_rate(const char *text, double *ret_hz, GError **error) {
  double hz;

  if (!text)
    return TRUE;
  if (fl_units_rate(text, &hz) && hz >= 1e-6 && hz <= 1e6) {
    *ret_hz = hz;
    return TRUE;
  }
  fail(error, "--publish-rate", text, "updates per second, up to 1M, such as 50 or 0.2,");
  return FALSE;
}

static gboolean take_speed(const char *text, double *ret, GError **error) {
  if (!text)
    return TRUE;
  g_autofree char *number = g_strdup(text);
  if (g_str_has_suffix(number, "x"))
    number[strlen(number) - 1] = '\0';
  double speed;
  if (fl_units_rate(number, &speed) && speed > 0) {
    *ret = speed;
    return TRUE;
  }
  fail(error, "--speed", text, "a factor above 0 such as 10x");
  return FALSE;
}

static gboolean take_choice(const char *flag, const char *text, const char *first, const char *second, int *ret,
                            GError **error) {
  if (!text)
    return TRUE;
  if (g_str_equal(text, first) || g_str_equal(text, second)) {
    *ret = g_str_equal(text, second);
    return TRUE;
  }
  g_autofree char *wants = g_strdup_printf("%s or %s", first, second);
  fail(error, flag, text, wants);
  return FALSE;
}

static gboolean take_sync(const char *text, FlJournalSync *ret, GError **error) {
  static const char *const names[] = { "none", "interval", "always", NULL };

  for (int i = 0; names[i]; i++)
    if (!text || g_str_equal(text, names[i])) {
      *ret = text ? (FlJournalSync)i : FL_JOURNAL_SYNC_INTERVAL;
      return TRUE;
    }
  fail(error, "--journal-sync", text, "none, interval or always");
  return FALSE;
}

static gboolean take_all(const Texts *texts, FlOptions *self, GError **error) {
  gint64 port = 8080;
  int slow = FL_SLOW_GAP, format = FL_LOG_TEXT;
  gboolean ok =
      take_count("--port", texts->port, 0, 65535, &port, error) && take_speed(texts->speed, &self->speed, error) &&
      take_duration("--interval", texts->interval, 1000, &self->interval_ns, error) && take_rate(texts, self, error) &&
      take_bytes("--size", texts->size, 2, 1024 * 1024, &self->size_bytes, error) &&
      take_count("--history", texts->history, 1, 10000000, &self->history, error) &&
      take_bytes("--history-bytes", texts->history_bytes, 1, G_MAXINT64 / 2, &self->history_bytes, error) &&
      take_duration("--heartbeat", texts->heartbeat, 10000000, &self->heartbeat_ns, error) &&
      take_count("--workers", texts->workers, 1, 256, &self->workers, error) &&
      take_count("--max-clients", texts->max_clients, 1, 10000000, &self->max_clients, error) &&
      take_count("--max-clients-per-address", texts->max_clients_per_address, 1, 10000000, &self->max_clients_per_address, error) &&
      take_count("--max-lag", texts->max_lag, 1, 10000000, &self->max_lag, error) &&
      take_milliseconds("--ping-interval", texts->ping_interval, &self->ping_interval_ns, error) &&
      take_milliseconds("--ping-timeout", texts->ping_timeout, &self->ping_timeout_ns, error) &&
      take_milliseconds("--connect-timeout", texts->connect_timeout, &self->connect_timeout_ns, error) &&
      take_bytes("--max-body", texts->max_body, 1, 1024 * 1024 * 1024, &self->max_body, error) &&
      take_publish_rate(texts->publish_rate, &self->publish_rate_hz, error) &&
      take_duration("--head-timeout", texts->head_timeout, 1000000, &self->head_timeout_ns, error) &&
      take_duration("--body-timeout", texts->body_timeout, 1000000, &self->body_timeout_ns, error) &&
      take_duration("--idle-timeout", texts->idle_timeout, 1000000, &self->idle_timeout_ns, error) &&
      take_duration("--drain", texts->drain, 0, &self->drain_ns, error) &&
      take_duration("--line-idle", texts->line_idle, 1000000, &self->line_idle_ns, error) &&
      take_bytes("--sndbuf", texts->sndbuf, 1, 1024 * 1024 * 1024, &self->sndbuf_bytes, error) &&
      take_sync(texts->journal_sync, &self->journal_sync, error) &&
      take_choice("--slow", texts->slow, "gap", "close", &slow, error) &&
      take_choice("--log-format", texts->log_format, "text", "json", &format, error);

  self->port = (guint16)port;
  self->slow = (FlSlowPolicy)slow;
  self->log_format = (FlLogFormat)format;
  return ok;
}

static gboolean take_web_root(FlOptions *self, GError **error) {
  if (!self->web_root)
    return TRUE;
  char *real = realpath(self->web_root, NULL);
  if (!real || !g_file_test(real, G_FILE_TEST_IS_DIR)) {
    fail(error, "--web-root", self->web_root, "a folder");
    free(real);
    return FALSE;
  }
  g_free(self->web_root);
  self->web_root = g_strdup(real);
  free(real);
  return TRUE;
}

/* Only what can stand in a path as it is; given the slashes around it. */
static gboolean take_socketio_path(FlOptions *self, GError **error) {
  const char *path = self->socketio_path ? self->socketio_path : "/socket.io";
  gsize len = strlen(path);

  if (path[0] != '/' || len < 2 || strspn(path, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/._~-") < len) {
    fail(error, "--socketio-path", path, "a path such as /socket.io");
    return FALSE;
  }
  char *whole = g_str_has_suffix(path, "/") ? g_strdup(path) : g_strconcat(path, "/", NULL);
  g_free(self->socketio_path);
  self->socketio_path = whole;
  return TRUE;
}

static gboolean check_namespaces(const FlOptions *self, GError **error) {
  for (char **nsp = self->namespaces; nsp && *nsp; nsp++)
    if ((*nsp)[0] != '/' || strchr(*nsp, ',')) {
      fail(error, "--namespace", *nsp, "a name that begins with a slash and has no comma");
      return FALSE;
    }
  return TRUE;
}

static gboolean check_demo(const FlOptions *self, GError **error) {
  if (!self->demo || (!self->no_demo && !self->conformance))
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--demo: it goes neither with --no-demo nor with --conformance");
  return FALSE;
}

static void clear_texts(Texts *texts) {
  char **all = (char **)texts;
  for (gsize i = 0; i < sizeof *texts / sizeof *all; i++)
    g_free(all[i]);
}

static gboolean read_arguments(int *argc, char ***argv, FlOptions *self, Texts *texts, GError **error) {
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_STRING, &texts->port, "Listen on this port; 0: any free one (8080, or $PORT)", "PORT" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &self->listen, "Listen on this address (127.0.0.1); systemd's sockets go before", "ADDR" },
    { "source", 0, 0, G_OPTION_ARG_STRING, &self->source, "Updates from clock, stdin, replay:FILE or none (clock)", "SOURCE" },
    { "interval", 0, 0, G_OPTION_ARG_STRING, &texts->interval, "clock: time between updates (3s)", "TIME" },
    { "rate", 0, 0, G_OPTION_ARG_STRING, &texts->rate, "clock: updates per second, instead of --interval", "RATE" },
    { "size", 0, 0, G_OPTION_ARG_STRING, &texts->size, "clock: bytes of an update's data (the time of day)", "BYTES" },
    { "speed", 0, 0, G_OPTION_ARG_STRING, &texts->speed, "replay: play so much faster (1x)", "FACTOR" },
    { "exit-at-eof", 0, 0, G_OPTION_ARG_NONE, &self->exit_at_eof, "End when the input has, and all have been served", NULL },
    { "history", 0, 0, G_OPTION_ARG_STRING, &texts->history, "Updates kept for those who come back (4096; 1M of stdin)", "UPDATES" },
    { "history-bytes", 0, 0, G_OPTION_ARG_STRING, &texts->history_bytes, "Bytes of them at most (64M)", "BYTES" },
    { "journal", 0, 0, G_OPTION_ARG_FILENAME, &self->journal, "Keep the updates in this file, and go on from it at the next start", "FILE" },
    { "journal-sync", 0, 0, G_OPTION_ARG_STRING, &texts->journal_sync, "When it is synced to the disk: none, interval (a second) or always (interval)", "POLICY" },
    { "heartbeat", 0, 0, G_OPTION_ARG_STRING, &texts->heartbeat, "Time between signs of life on a stream (15s)", "TIME" },
    { "workers", 0, 0, G_OPTION_ARG_STRING, &texts->workers, "Threads that serve clients (1)", "N" },
    { "max-clients", 0, 0, G_OPTION_ARG_STRING, &texts->max_clients, "Connections at most (what the limit of open files allows)", "N" },
    { "max-clients-per-address", 0, 0, G_OPTION_ARG_STRING, &texts->max_clients_per_address, "Connections of one address at most (no limit)", "N" },
    { "max-lag", 0, 0, G_OPTION_ARG_STRING, &texts->max_lag, "Updates that a stream may fall behind once it has caught up (--history)", "UPDATES" },
    { "slow", 0, 0, G_OPTION_ARG_STRING, &texts->slow, "What happens to one that does: gap or close (gap)", "POLICY" },
    { "max-body", 0, 0, G_OPTION_ARG_STRING, &texts->max_body, "Bytes of a request's body or a WebSocket message at most (1M)", "BYTES" },
    { "head-timeout", 0, 0, G_OPTION_ARG_STRING, &texts->head_timeout, "Time for a request's head to arrive, in all (10s)", "TIME" },
    { "body-timeout", 0, 0, G_OPTION_ARG_STRING, &texts->body_timeout, "Time for a request's body to arrive, in all (30s)", "TIME" },
    { "idle-timeout", 0, 0, G_OPTION_ARG_STRING, &texts->idle_timeout, "Time between requests of a connection, and for an answer to move on (120s)", "TIME" },
    { "drain", 0, 0, G_OPTION_ARG_STRING, &texts->drain, "Time for clients to leave at SIGTERM (10s)", "TIME" },
    { "sndbuf", 0, 0, G_OPTION_ARG_STRING, &texts->sndbuf, "SO_SNDBUF of clients' sockets (the kernel's own)", "BYTES" },
    { "allow-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->access.allow_hosts, "Answer under this host name too (again for more)", "HOST" },
    { "allow-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->access.allow_origins, "Let pages of this origin in (again for more)", "ORIGIN" },
    { "publish-token", 0, 0, G_OPTION_ARG_STRING, &self->access.publish_token, "Publishing needs this bearer token", "TOKEN" },
    { "publish-token-file", 0, 0, G_OPTION_ARG_FILENAME, &texts->publish_token_file, "Read it from here, or from $FEEDLAB_PUBLISH_TOKEN", "FILE" },
    { "publish-rate", 0, 0, G_OPTION_ARG_STRING, &texts->publish_rate, "Updates per second that one address may publish (no limit)", "RATE" },
    { "trust-proxy", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->access.trust_proxies, "Believe X-Forwarded-For from here (again for more)", "CIDR" },
    { "web-root", 0, 0, G_OPTION_ARG_FILENAME, &self->web_root, "Serve this folder instead of the built-in page", "DIR" },
    { "demo", 0, 0, G_OPTION_ARG_NONE, &self->demo, "Let the page change the feed and open lines beyond loopback too (with --publish-token)", NULL },
    { "no-demo", 0, 0, G_OPTION_ARG_NONE, &self->no_demo, "Don't let it do that at all", NULL },
    { "line-idle", 0, 0, G_OPTION_ARG_STRING, &texts->line_idle, "End a line of the page's that no one has used for so long (60s)", "TIME" },
    { "socketio-path", 0, 0, G_OPTION_ARG_STRING, &self->socketio_path, "Where Socket.IO is served (/socket.io)", "PATH" },
    { "namespace", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->namespaces, "Socket.IO: take this namespace too (again for more)", "NAME" },
    { "ping-interval", 0, 0, G_OPTION_ARG_STRING, &texts->ping_interval, "Socket.IO: time between pings (25000, in ms)", "TIME" },
    { "ping-timeout", 0, 0, G_OPTION_ARG_STRING, &texts->ping_timeout, "Socket.IO: time for the pong (20000)", "TIME" },
    { "connect-timeout", 0, 0, G_OPTION_ARG_STRING, &texts->connect_timeout, "Socket.IO: time for the CONNECT (45000)", "TIME" },
    { "deflate", 0, 0, G_OPTION_ARG_NONE, &self->deflate, "Take permessage-deflate on /ws, where a client offers it", NULL },
    { "conformance", 0, 0, G_OPTION_ARG_NONE, &self->conformance, "No feed: echo, as the protocols' test suites want it", NULL },
    { "log-format", 0, 0, G_OPTION_ARG_STRING, &texts->log_format, "text or json (text)", "FORMAT" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->verbose, "Log what the HTTP library has to say as well", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->show_version, "Print the version", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);

  g_option_context_set_summary(context, "Serves one feed of updates by polling, long polling, Server-Sent Events, WebSocket "
                                        "and Socket.IO.");
  g_option_context_add_main_entries(context, entries, NULL);
  int n_given = *argc;
  g_autofree char **given = g_memdup2(*argv, (gsize)n_given * sizeof **argv);
  gboolean parsed = g_option_context_parse(context, argc, argv, error);
  fl_publish_token_hide(n_given, given);
  if (!parsed)
    return FALSE;
  if (*argc > 1) {
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "'%s' is not expected: see --help", (*argv)[1]);
    return FALSE;
  }
  if (!texts->port)
    texts->port = g_strdup(g_getenv("PORT"));
  return TRUE;
}

FlOptions *fl_options_parse(int *argc, char ***argv, GError **error) {
  FlOptions *self = g_new0(FlOptions, 1);
  Texts texts = { 0 };

  self->speed = 1;
  self->interval_ns = G_GINT64_CONSTANT(3000000000);
  self->history_bytes = 64 * 1024 * 1024;
  self->heartbeat_ns = G_GINT64_CONSTANT(15000000000);
  self->workers = 1;
  self->ping_interval_ns = G_GINT64_CONSTANT(25000000000);
  self->ping_timeout_ns = G_GINT64_CONSTANT(20000000000);
  self->connect_timeout_ns = G_GINT64_CONSTANT(45000000000);
  self->head_timeout_ns = G_GINT64_CONSTANT(10000000000);
  self->body_timeout_ns = G_GINT64_CONSTANT(30000000000);
  self->idle_timeout_ns = G_GINT64_CONSTANT(120000000000);
  self->drain_ns = G_GINT64_CONSTANT(10000000000);
  self->line_idle_ns = G_GINT64_CONSTANT(60000000000);
  gboolean ok = read_arguments(argc, argv, self, &texts, error) && take_all(&texts, self, error) &&
                take_web_root(self, error) && take_socketio_path(self, error) && check_namespaces(self, error) &&
                fl_publish_token_take(&self->access.publish_token, texts.publish_token_file, error) && check_demo(self, error);
  clear_texts(&texts);
  if (!ok) {
    fl_options_free(self);
    return NULL;
  }
  if (!self->listen)
    self->listen = g_strdup("127.0.0.1");
  /* What is read from a file is there at once, before anyone can have come; --history-bytes bounds it. */
  if (self->history == 0)
    self->history = self->source && g_str_equal(self->source, "stdin") ? STDIN_HISTORY : DEFAULT_HISTORY;
  if (!self->source)
    self->source = g_strdup(self->conformance ? "none" : "clock");
  if (self->max_body == 0)
    self->max_body = self->conformance ? CONFORMANCE_BODY : DEFAULT_BODY;
  return self;
}

void fl_options_free(FlOptions *self) {
  if (!self)
    return;
  g_free(self->listen);
  g_free(self->source);
  g_free(self->journal);
  g_free(self->web_root);
  g_free(self->socketio_path);
  g_strfreev(self->namespaces);
  g_strfreev(self->access.allow_hosts);
  g_strfreev(self->access.allow_origins);
  g_strfreev(self->access.trust_proxies);
  g_free(self->access.publish_token);
  g_free(self);
}
