/* The command line. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/options.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "bench/link_stream.h"
#include "bench/client/client.h"
#include "bench/cpus.h"
#include "bench/endpoint.h"
#include "bench/publisher.h"
#include "bench/spelling.h"
#include "bench/threshold.h"
#include "core/units.h"

#define TRANSPORTS "poll,longpoll,sse,ws,socketio"
/* What a poll and its answer have anyway is less; what the server takes in a request is more. */
#define HEADER_BYTES_MIN 400
#define HEADER_BYTES_MAX 8192

typedef struct {
  char *transports, *clients, *rate, *size, *duration, *warmup, *poll_interval, *poll_pause, *header_bytes, *radio;
  char *heartbeat, *settle, *scenario, *outage, *seed, *runs, *threads, *sweep;
  gboolean quick, full;
  FlEndpointTexts others;
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
  g_autofree char *names = fl_client_kind_names();
  g_autofree char *wants = g_strconcat("a list of ", names, NULL);

  self->transports = g_strsplit(text ? text : TRANSPORTS, ",", -1);
  for (char **name = self->transports; *name; name++) {
    if (!fl_client_kind(*name))
      return fail(error, "-t", *name, wants);
    for (char **before = self->transports; before < name; before++)
      if (g_str_equal(*before, *name))
        return fail(error, "-t", *name, "each transport once");
  }
  return self->transports[0] || fail(error, "-t", "''", wants);
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
  if (texts->header_bytes && (!fl_units_bytes(texts->header_bytes, &self->header_bytes) ||
                              self->header_bytes < HEADER_BYTES_MIN || self->header_bytes > HEADER_BYTES_MAX))
    return fail(error, "--header-bytes", texts->header_bytes, "a size from 400 to 8192 such as 871");
  if (texts->seed && (!fl_units_count(texts->seed, &self->seed) || self->seed > G_MAXUINT32))
    return fail(error, "--seed", texts->seed, "a number below 2^32");
  if (texts->threads && (!fl_units_count(texts->threads, &self->threads) || self->threads < 1 || self->threads > FL_THREADS_MOST))
    return fail(error, "-T", texts->threads, "a number of threads from 1 to " G_STRINGIFY(FL_THREADS_MOST));
  if (texts->radio && !fl_radio_parse(texts->radio, &self->radio, error)) {
    g_prefix_error_literal(error, "--radio: ");
    return FALSE;
  }
  return take_duration("-d", texts->duration, 1000000, &self->duration_ns, error) &&
         take_duration("--warmup", texts->warmup, 0, &self->warmup_ns, error) &&
         take_duration("--heartbeat", texts->heartbeat, 10000000, &self->heartbeat_ns, error) &&
         take_duration("--settle", texts->settle, 0, &self->settle_ns, error) &&
         take_duration("--poll-interval", texts->poll_interval, 1000000, &self->poll_interval_ns, error) &&
         take_duration("--poll-pause", texts->poll_pause, 1000000, &self->poll_pause_ns, error);
}

/* With --target, what is compared are the endpoints. */
static gboolean take_endpoints(const Texts *texts, FlBenchOptions *self, GError **error) {
  self->endpoints = fl_endpoints_parse(&texts->others, error);
  if (!self->endpoints)
    return FALSE;
  if (self->endpoints->len == 0)
    return take_transports(texts->transports, self, error);
  if (texts->transports || self->url || self->floor)
    return fail(error, "--target", texts->others.targets[0], "no -t, --url or --floor beside it");
  self->servers = fl_endpoints_describe(self->endpoints);
  self->transports = g_new0(char *, self->endpoints->len + 1);
  for (guint i = 0; i < self->endpoints->len; i++)
    self->transports[i] = g_strdup(((const FlEndpoint *)self->endpoints->pdata[i])->name);
  return TRUE;
}

/* --quick and --full are sets of defaults: what is given beside them holds. */
static void take_preset(const Texts *texts, FlBenchOptions *self) {
  if (texts->quick) {
    self->runs = 5;
    self->duration_ns = G_GINT64_CONSTANT(1000000000);
    self->warmup_ns = G_GINT64_CONSTANT(500000000);
  }
  if (texts->full) {
    self->runs = 10;
    self->duration_ns = G_GINT64_CONSTANT(10000000000);
    self->warmup_ns = G_GINT64_CONSTANT(2000000000);
  }
}

static gboolean take_runs(const Texts *texts, FlBenchOptions *self, GError **error) {
  if (texts->quick && texts->full)
    return fail(error, "--full", "--quick", "one of the two");
  if (texts->runs && (!fl_units_count(texts->runs, &self->runs) || self->runs < 1 || self->runs > 1000))
    return fail(error, "-n", texts->runs, "a number of runs such as 5");
  if (!self->baseline)
    self->baseline = g_strdup(self->endpoints->len > 0 ? self->transports[0] : "ws");
  else if (!g_strv_contains((const char *const *)self->transports, self->baseline) &&
           !(self->floor && g_str_equal(self->baseline, "floor")))
    return fail(error, "--baseline", self->baseline, "one of the transports that are compared");
  return TRUE;
}

static gboolean take_url(FlBenchOptions *self, GError **error) {
  static const char wants[] = "http://ADDRESS:PORT with an IPv4 address or localhost";
  g_autoptr(GUri) uri = self->url ? g_uri_parse(self->url, G_URI_FLAGS_NONE, NULL) : NULL;
  struct in_addr ignored;

  if (!self->url)
    return TRUE;
  if (!uri || g_strcmp0(g_uri_get_scheme(uri), "http") != 0)
    return fail(error, "--url", self->url, wants);
  const char *host = g_strcmp0(g_uri_get_host(uri), "localhost") == 0 ? "127.0.0.1" : g_uri_get_host(uri);
  if (!host || inet_pton(AF_INET, host, &ignored) != 1)
    return fail(error, "--url", self->url, wants);
  self->host = g_strdup(host);
  self->port = (guint16)(g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : 80);
  return TRUE;
}

static gboolean take_link(FlBenchOptions *self, GError **error) {
  if (self->link_level && !g_str_equal(self->link_level, "packet") && !g_str_equal(self->link_level, "stream"))
    return fail(error, "--link-level", self->link_level, "packet or stream");
  if (self->link_level && !self->link)
    return fail(error, "--link-level", self->link_level, "--link beside it");
  if (!self->link)
    return TRUE;
  if (self->url || (self->endpoints->len > 0 && !fl_endpoints_start(self->endpoints)))
    return fail(error, "--link", self->link, "a server that the bench starts itself: no --url, and --start beside --target");
  if (!fl_link_spec_parse(self->link, &self->link_spec, error)) {
    g_prefix_error_literal(error, "--link ");
    return FALSE;
  }
  self->link_text = fl_link_spec_text(&self->link_spec);
  self->link_stream_text = fl_link_stream_text(&self->link_spec);
  return TRUE;
}

/* After the numbers: without -d, the window has room for the failure and for coming back. */
static gboolean take_scenario(const Texts *texts, FlBenchOptions *self, GError **error) {
  if (!texts->scenario)
    return !texts->outage || fail(error, "--outage", texts->outage, "--scenario beside it");
  g_autofree char *names = fl_scenario_names();
  self->scenario = fl_scenario_find(texts->scenario);
  if (self->scenario == FL_SCENARIO_NONE)
    return fail(error, "--scenario", texts->scenario, names);
  if (self->url || self->endpoints->len > 0 || self->floor)
    return fail(error, "--scenario", texts->scenario, "a server of our own: no --url, --target or --floor beside it");
  if (!self->link && !fl_scenario_restarts(self->scenario))
    return fail(error, "--scenario", texts->scenario, "--link beside it: the network that fails is the emulated one");
  self->outage_ns = fl_scenario_lasts_ns(self->scenario);
  if (self->outage_ns == 0 && texts->outage)
    return fail(error, "--outage", texts->outage, "no --scenario roam beside it: it takes no time");
  if (!take_duration("--outage", texts->outage, 1000000, &self->outage_ns, error))
    return FALSE;
  if (!texts->duration && !texts->quick && !texts->full)
    self->duration_ns = MAX(self->duration_ns, 3 * self->outage_ns);
  return self->duration_ns >= 2 * self->outage_ns ||
         fail(error, "-d", texts->duration ? texts->duration : "1s", "at least twice the time of the failure (--outage)");
}

static int on_stdout(const FlBenchOptions *self) {
  return (g_strcmp0(self->csv, "-") == 0) + (g_strcmp0(self->markdown, "-") == 0) + (g_strcmp0(self->html, "-") == 0);
}

static gboolean check_together(const Texts *texts, const FlBenchOptions *self, GError **error) {
  if (self->poll_pause_ns > 0 && texts->poll_interval)
    return fail(error, "--poll-interval", texts->poll_interval, "no --poll-pause beside it: slots or pauses");
  if (self->url && (texts->rate || texts->size || self->floor))
    return fail(error, "--url", self->url, "a running server with a rate and size of its own: no -R, -s or --floor");
  gboolean is_other = self->endpoints->len > 0, publishes = fl_endpoints_publish(self->endpoints);
  if (is_other && !publishes && (texts->rate || texts->size))
    return fail(error, texts->rate ? "-R" : "-s", texts->rate ? texts->rate : texts->size, "--publish beside --target and this");
  if (self->header_bytes > 0 && is_other)
    return fail(error, "--header-bytes", texts->header_bytes, "a server of ours: no --target beside it");
  if (publishes && self->size_bytes < FL_PUBLISHER_SIZE_MIN)
    return fail(error, "-s", texts->size, "at least " G_STRINGIFY(FL_PUBLISHER_SIZE_MIN) " bytes with --publish");
  if (on_stdout(self) > 1)
    return fail(error, g_strcmp0(self->html, "-") == 0 ? "--html" : "--markdown", "-", "one format for stdout, files for the others");
  /* Without an update in it, a window shows nothing. */
  if (!self->url && (!is_other || publishes) && (double)self->duration_ns / 1e9 * self->rate_hz < 2)
    return fail(error, "-d", texts->duration ? texts->duration : "5s", "time for at least two updates at this -R");
  return TRUE;
}

/* --- sweeps and conditions ----------------------------------------------------------------------------------------- */

static double seconds_between_polls(const FlBenchOptions *self) {
  return (double)self->poll_interval_ns / 1e9;
}

static double clients_of(const FlBenchOptions *self) {
  return (double)self->clients;
}

static double bytes_of(const FlBenchOptions *self) {
  return (double)self->size_bytes;
}

static double rate_of(const FlBenchOptions *self) {
  return self->rate_hz;
}

static const struct {
  const char *name;
  gsize text; /* its place in Texts */
  double (*value)(const FlBenchOptions *self);
} parameters[] = {
  { "clients", offsetof(Texts, clients), clients_of },
  { "rate", offsetof(Texts, rate), rate_of },
  { "size", offsetof(Texts, size), bytes_of },
  { "poll-interval", offsetof(Texts, poll_interval), seconds_between_polls },
};

static gboolean fail_parameter(const char *name, GError **error) {
  const char *names[G_N_ELEMENTS(parameters) + 1] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++)
    names[i] = parameters[i].name;
  g_autofree char *near = fl_spelling_near(name, names);
  g_autofree char *all = fl_spelling_list(names, G_N_ELEMENTS(parameters));
  g_autofree char *wants = near ? g_strdup_printf("%s (perhaps %s)", all, near) : g_strdup(all);
  return fail(error, "parameter", name, wants);
}

gboolean fl_bench_options_set(FlBenchOptions *self, const char *parameter, const char *text, double *ret_value, GError **error) {
  for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
    Texts texts = { 0 };
    if (!g_str_equal(parameters[i].name, parameter))
      continue;
    *(const char **)((char *)&texts + parameters[i].text) = text;
    if (!take_numbers(&texts, self, error) || !check_together(&texts, self, error))
      return FALSE;
    *ret_value = parameters[i].value(self);
    return TRUE;
  }
  return fail_parameter(parameter, error);
}

/* Each value by itself, as it will be set. */
static gboolean take_sweep(const char *text, FlBenchOptions *self, GError **error) {
  const char *equals = text ? strchr(text, '=') : NULL;
  double ignored;

  if (!text)
    return TRUE;
  if (!equals)
    return fail(error, "-P", text, "a parameter and its values such as clients=1,10,100");
  self->sweep_parameter = g_strndup(text, (gsize)(equals - text));
  self->sweep_values = g_strsplit(equals + 1, ",", -1);
  if (!self->sweep_values[0])
    return fail(error, "-P", text, "at least one value");
  for (char **value = self->sweep_values; *value; value++) {
    FlBenchOptions own = *self;
    if (!fl_bench_options_set(&own, self->sweep_parameter, *value, &ignored, error)) {
      g_prefix_error(error, "-P %s: ", text);
      return FALSE;
    }
  }
  return TRUE;
}

const char **fl_bench_options_names(const FlBenchOptions *self) {
  guint n = g_strv_length(self->transports);
  const char **names = g_new0(const char *, n + 2);

  for (guint i = 0; i < n; i++)
    names[i] = self->transports[i];
  if (self->floor)
    names[n] = "floor";
  return names;
}

static gboolean check_conditions(const FlBenchOptions *self, GError **error) {
  g_autofree const char **names = fl_bench_options_names(self);
  FlThresholdNames known = { names, NULL };

  for (char **text = self->fail_if; text && *text; text++)
    if (!fl_threshold_check(*text, &known, error)) {
      g_prefix_error_literal(error, "--fail-if ");
      return FALSE;
    }
  return TRUE;
}

/* What the words stand for. A preset comes first: what is given beside it changes it. */
static gboolean take_all(const Texts *texts, FlBenchOptions *self, GError **error) {
  take_preset(texts, self);
  return take_numbers(texts, self, error) && take_endpoints(texts, self, error) && take_runs(texts, self, error) &&
         take_url(self, error) && take_link(self, error) && take_scenario(texts, self, error) &&
         check_together(texts, self, error) && take_sweep(texts->sweep, self, error) && check_conditions(self, error);
}

/* %s: the transports. */
static const char explanation[] =
    "Transports: %s.\n"
    "\n"
    "Exit status:\n"
    "  0  ok\n"
    "  1  the run failed, or is INVALID: a deadline of the schedule was missed in the measured time, a clock\n"
    "     was set, an update came before its time, or none came\n"
    "  2  usage\n"
    "  3  updates were lost, duplicated or reordered, or the server told a subscriber of a gap; with --scenario, what a\n"
    "     subscriber missed by the failure and was told of is counted apart\n"
    "  4  SATURATED: the bench itself was the bottleneck. An overload run; that deadlines were missed in it is\n"
    "     told and not counted against it\n"
    "  99 a --fail-if holds, and the run is sound\n"
    "Of several transports the worst counts: 3, then 1 for all but deadlines, then 4, then 1 for deadlines.\n"
    "Figures are printed all the same, marked, and without ratios.\n"
    "\n"
    "Conditions: 'ws.latency.p99>80ms', 'poll.bytes.ip/ws.bytes.ip<2'. TRANSPORT.FIGURE, the figures as in the JSON;\n"
    "numbers with us, ms, s, B, kB, MB or %%; + - * / ( ); one of < <= > >= == !=. See docs/method.md, \"Thresholds\".";

static gboolean read_arguments(int *argc, char ***argv, FlBenchOptions *self, Texts *texts, GError **error) {
  const GOptionEntry entries[] = {
    { "transports", 't', 0, G_OPTION_ARG_STRING, &texts->transports, "What to compare (" TRANSPORTS ")", "LIST" },
    { "clients", 'c', 0, G_OPTION_ARG_STRING, &texts->clients, "Subscribers of each (100)", "N" },
    { "rate", 'R', 0, G_OPTION_ARG_STRING, &texts->rate, "Updates per second (10)", "RATE" },
    { "size", 's', 0, G_OPTION_ARG_STRING, &texts->size, "Bytes of an update's data (128)", "BYTES" },
    { "duration", 'd', 0, G_OPTION_ARG_STRING, &texts->duration, "Time that is measured (5s)", "TIME" },
    { "warmup", 0, 0, G_OPTION_ARG_STRING, &texts->warmup, "Time before it, with all connected (1s)", "TIME" },
    { "poll-interval", 0, 0, G_OPTION_ARG_STRING, &texts->poll_interval, "Time between a client's short polls (1s)", "TIME" },
    { "poll-pause", 0, 0, G_OPTION_ARG_STRING, &texts->poll_pause, "Instead: time between an answer and the next poll", "TIME" },
    { "header-bytes", 0, 0, G_OPTION_ARG_STRING, &texts->header_bytes,
      "Of a poll and its answer together: requests are padded to it", "BYTES" },
    { "radio", 0, 0, G_OPTION_ARG_STRING, &texts->radio, "Other numbers of the modelled phone: tail=5s,tail-power=0.8", "SPEC" },
    { "heartbeat", 0, 0, G_OPTION_ARG_STRING, &texts->heartbeat, "Of the server, Socket.IO's pings too (15s)", "TIME" },
    { "settle", 0, 0, G_OPTION_ARG_STRING, &texts->settle, "Wait before each reading of the server's memory (0s)", "TIME" },
    { "scenario", 0, 0, G_OPTION_ARG_STRING, &texts->scenario, "In the middle: restart, crash, outage, roam: docs/scenarios.md", "NAME" },
    { "outage", 0, 0, G_OPTION_ARG_STRING, &texts->outage, "How long that lasts (1s; outage 5s)", "TIME" },
    { "seed", 0, 0, G_OPTION_ARG_STRING, &texts->seed, "Of the first polls' places in the interval (1)", "N" },
    { "runs", 'n', 0, G_OPTION_ARG_STRING, &texts->runs, "Runs of each, in blocks of random order (1)", "N" },
    { "threads", 'T', 0, G_OPTION_ARG_STRING, &texts->threads, "Of the bench (one a CPU but the server's, 8 at most)", "N" },
    { "quick", 0, 0, G_OPTION_ARG_NONE, &texts->quick, "-n 5 -d 1s --warmup 500ms", NULL },
    { "full", 0, 0, G_OPTION_ARG_NONE, &texts->full, "-n 10 -d 10s --warmup 2s", NULL },
    { "baseline", 0, 0, G_OPTION_ARG_STRING, &self->baseline, "The transport that ratios are to (ws)", "NAME" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, "No progress", NULL },
    { "floor", 0, 0, G_OPTION_ARG_NONE, &self->floor, "Measure a bare loop of send() as well", NULL },
    { "url", 0, 0, G_OPTION_ARG_STRING, &self->url, "Measure the server that runs there", "URL" },
    /* Not STRING: keys may hold any character, and the program has no locale to convert them from. */
    { "target", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.targets, "Measure other servers: docs/targets.md", "[SERVER@]TRANSPORT=URL,…" },
    { "stamp", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.stamps, "Their updates' scheduled time, in us (t)", "KEY[,s|ms|us|ns]" },
    { "seq", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.seqs, "Their updates' number (seq)", "KEY" },
    { "cursor", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.cursors, "Of polls: header:ETag, json:KEY,query:NAME, none", "RULE" },
    { "event", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.events, "The Socket.IO event that holds an update (news)", "NAME" },
    { "publish", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.publishes, "POST updates there, by -R and -s", "URL" },
    { "pid", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.pids, "Whose CPU and memory count, with its children", "PID" },
    { "start", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->others.starts, "Start the server of port 0, anew for each run", "COMMAND" },
    { "link", 0, 0, G_OPTION_ARG_STRING, &self->link, "Emulate a link: 3g, rtt=80ms,loss=1%: docs/link.md", "SPEC" },
    { "link-level", 0, 0, G_OPTION_ARG_STRING, &self->link_level, "packet, or stream: a stand-in (packet where that can be)", "LEVEL" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &self->json, "Write the figures and the manifest there", "FILE" },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &self->csv, "Write a row a transport and figure there (- for stdout)", "FILE" },
    { "markdown", 0, 0, G_OPTION_ARG_FILENAME, &self->markdown, "Write a table for a README there (- for stdout)", "FILE" },
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &self->html, "Write a page with charts there (- for stdout)", "FILE" },
    { "hgrm", 0, 0, G_OPTION_ARG_FILENAME, &self->hgrm, "Write HdrHistogram's percentiles there, a file a transport", "DIR" },
    { "fail-if", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->fail_if, "Exit 99 where it holds; may be given again", "CONDITION" },
    { "sweep", 'P', 0, G_OPTION_ARG_STRING, &texts->sweep, "Run for each value of clients, rate, size or poll-interval",
      "PARAM=LIST" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("— of feedlab-bench run");

  g_autofree char *names = fl_client_kind_names();
  g_autofree char *description = g_strdup_printf(explanation, names);
  g_option_context_set_summary(context, "Measures what each transport costs: latency, bytes, requests, CPU, memory.");
  g_option_context_set_description(context, description);
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, argc, argv, error))
    return FALSE;
  if (*argc > 1) {
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "'%s' is not expected: see --help", (*argv)[1]);
    return FALSE;
  }
  return take_all(texts, self, error);
}

FlBenchOptions *fl_bench_options_parse(int *argc, char ***argv, GError **error) {
  FlBenchOptions *self = g_new0(FlBenchOptions, 1);
  Texts texts = { 0 };
  char **all = (char **)&texts;

  self->runs = 1;
  self->clients = 100;
  self->rate_hz = 10;
  self->size_bytes = 128;
  self->duration_ns = G_GINT64_CONSTANT(5000000000);
  self->heartbeat_ns = G_GINT64_CONSTANT(15000000000);
  self->warmup_ns = self->poll_interval_ns = G_GINT64_CONSTANT(1000000000);
  self->seed = 1;
  self->radio = fl_radio_lte;
  gboolean ok = read_arguments(argc, argv, self, &texts, error);
  for (char ***list = (char ***)&texts.others; list < (char ***)(&texts.others + 1); list++)
    g_strfreev(*list);
  for (gsize i = 0; i < offsetof(Texts, quick) / sizeof *all; i++)
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
  g_clear_pointer(&self->endpoints, g_ptr_array_unref);
  g_free(self->servers);
  g_free(self->url);
  g_free(self->host);
  g_free(self->link);
  g_free(self->link_text);
  g_free(self->link_level);
  g_free(self->link_stream_text);
  g_free(self->json);
  g_free(self->csv);
  g_free(self->markdown);
  g_free(self->html);
  g_free(self->hgrm);
  g_free(self->baseline);
  g_strfreev(self->fail_if);
  g_free(self->sweep_parameter);
  g_strfreev(self->sweep_values);
  g_free(self);
}
