/* The command line. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/options.h"

#include <string.h>

#include "bench/client/client.h"
#include "core/units.h"

typedef struct {
  char *transports, *clients, *rate, *size, *duration, *warmup, *poll_interval, *heartbeat, *settle, *seed;
} Texts;

static gboolean fail(GError **error, const char *flag, const char *value, const char *wants) {
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: %s is wanted", flag, value, wants);
  return FALSE;
}

static gboolean take_duration(const char *flag, const char *text, gint64 least_ns, gint64 *ret, GError **error) {
  gint64 value;

  if (!text)
    return TRUE;
  if (!fl_units_duration(text, &value) || value < least_ns || value > G_GINT64_CONSTANT(86400000000000))
    return fail(error, flag, text, "a duration such as 500ms, 5s or 2m");
  *ret = value;
  return TRUE;
}

static gboolean take_transports(const char *text, FlBenchOptions *self, GError **error) {
  self->transports = g_strsplit(text ? text : "poll,longpoll,sse,ws", ",", -1);
  for (char **name = self->transports; *name; name++) {
    if (!fl_client_kind(*name))
      return fail(error, "-t", *name, "a list of poll, longpoll, sse and ws");
    for (char **before = self->transports; before < name; before++)
      if (g_str_equal(*before, *name))
        return fail(error, "-t", *name, "each transport once");
  }
  return self->transports[0] || fail(error, "-t", "''", "a list of poll, longpoll, sse and ws");
}

static gboolean take_numbers(const Texts *texts, FlBenchOptions *self, GError **error) {
  if (texts->clients &&
      (!fl_units_count(texts->clients, &self->clients) || self->clients < 1 || self->clients > 1000000))
    return fail(error, "-c", texts->clients, "a number of clients such as 100 or 5k");
  if (texts->rate && (!fl_units_rate(texts->rate, &self->rate_hz) || self->rate_hz < 1e-3 || self->rate_hz > 1e6))
    return fail(error, "-R", texts->rate, "updates per second such as 10 or 0.5");
  if (texts->size &&
      (!fl_units_bytes(texts->size, &self->size_bytes) || self->size_bytes < 2 || self->size_bytes > 1024 * 1024))
    return fail(error, "-s", texts->size, "a size from 2 bytes to 1M such as 128 or 4k");
  if (texts->seed && (!fl_units_count(texts->seed, &self->seed) || self->seed > G_MAXUINT32))
    return fail(error, "--seed", texts->seed, "a number below 2^32");
  return take_duration("-d", texts->duration, 1000000, &self->duration_ns, error) &&
         take_duration("--warmup", texts->warmup, 0, &self->warmup_ns, error) &&
         take_duration("--heartbeat", texts->heartbeat, 10000000, &self->heartbeat_ns, error) &&
         take_duration("--settle", texts->settle, 0, &self->settle_ns, error) &&
         take_duration("--poll-interval", texts->poll_interval, 1000000, &self->poll_interval_ns, error);
}

static gboolean check_together(const Texts *texts, const FlBenchOptions *self, GError **error) {
  if (self->url && !g_str_has_prefix(self->url, "http://"))
    return fail(error, "--url", self->url, "http://ADDRESS:PORT");
  if (self->url && (texts->rate || texts->size || self->floor))
    return fail(error, "--url", self->url, "a running server with a rate and size of its own: no -R, -s or --floor");
  /* Without an update in it, a window shows nothing. */
  if (!self->url && (double)self->duration_ns / 1e9 * self->rate_hz < 2)
    return fail(error, "-d", texts->duration ? texts->duration : "5s", "time for at least two updates at this -R");
  return TRUE;
}

static gboolean read_arguments(int *argc, char ***argv, FlBenchOptions *self, Texts *texts, GError **error) {
  const GOptionEntry entries[] = {
    { "transports", 't', 0, G_OPTION_ARG_STRING, &texts->transports, "What to compare (poll,longpoll,sse,ws)", "LIST" },
    { "clients", 'c', 0, G_OPTION_ARG_STRING, &texts->clients, "Subscribers of each (100)", "N" },
    { "rate", 'R', 0, G_OPTION_ARG_STRING, &texts->rate, "Updates per second (10)", "RATE" },
    { "size", 's', 0, G_OPTION_ARG_STRING, &texts->size, "Bytes of an update's data (128)", "BYTES" },
    { "duration", 'd', 0, G_OPTION_ARG_STRING, &texts->duration, "Time that is measured (5s)", "TIME" },
    { "warmup", 0, 0, G_OPTION_ARG_STRING, &texts->warmup, "Time before it, with all connected (1s)", "TIME" },
    { "poll-interval", 0, 0, G_OPTION_ARG_STRING, &texts->poll_interval, "Time between a client's short polls (1s)", "TIME" },
    { "heartbeat", 0, 0, G_OPTION_ARG_STRING, &texts->heartbeat, "Of the server (15s)", "TIME" },
    { "settle", 0, 0, G_OPTION_ARG_STRING, &texts->settle, "Wait before each reading of the server's memory (0s)", "TIME" },
    { "seed", 0, 0, G_OPTION_ARG_STRING, &texts->seed, "Of the first polls' places in the interval (1)", "N" },
    { "floor", 0, 0, G_OPTION_ARG_NONE, &self->floor, "Measure a bare loop of send() as well", NULL },
    { "url", 0, 0, G_OPTION_ARG_STRING, &self->url, "Measure the server that runs there", "URL" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &self->json, "Write the figures and the manifest there", "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->show_version, "Print the version", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("run");

  g_option_context_set_summary(context, "Measures what each transport costs: latency, bytes, requests, CPU, memory.\n"
                                        "Exit status: 0 ok, 1 the run failed, 2 usage, 3 updates lost, duplicated or "
                                        "reordered,\n4 the bench itself was saturated.");
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, argc, argv, error))
    return FALSE;
  if (self->show_version)
    return TRUE;
  if (*argc != 2 || !g_str_equal((*argv)[1], "run")) {
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "'feedlab-bench run' is what there is: see --help");
    return FALSE;
  }
  return take_transports(texts->transports, self, error) && take_numbers(texts, self, error) &&
         check_together(texts, self, error);
}

FlBenchOptions *fl_bench_options_parse(int *argc, char ***argv, GError **error) {
  FlBenchOptions *self = g_new0(FlBenchOptions, 1);
  Texts texts = { 0 };
  char **all = (char **)&texts;

  self->clients = 100;
  self->rate_hz = 10;
  self->size_bytes = 128;
  self->duration_ns = G_GINT64_CONSTANT(5000000000);
  self->heartbeat_ns = G_GINT64_CONSTANT(15000000000);
  self->warmup_ns = self->poll_interval_ns = G_GINT64_CONSTANT(1000000000);
  self->seed = 1;
  gboolean ok = read_arguments(argc, argv, self, &texts, error);
  for (gsize i = 0; i < sizeof texts / sizeof *all; i++)
    g_free(all[i]);
  if (ok)
    return self;
  fl_bench_options_free(self);
  return NULL;
}

void fl_bench_options_free(FlBenchOptions *self) {
  if (!self)
    return;
  g_strfreev(self->transports);
  g_free(self->url);
  g_free(self->json);
  g_free(self);
}
