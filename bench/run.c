/* One run. See the header.
 *
 *     start ─► connect, with memory at four points ─► warm-up ─►
 *     [ window: CPU, bytes, requests ] ─► the window's stragglers ─► stop
 *
 * The window is of scheduled times, so that an update belongs to it or not however late it comes.
 * SPDX-License-Identifier: MIT */
#include "bench/run.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "bench/child.h"
#include "bench/crew.h"
#include "bench/link_stream.h"
#include "bench/publisher.h"
#include "bench/scenario.h"
#include "bench/source_state.h"
#include "bench/sparkline.h"
#include "bench/statistics.h"
#include "bench/usage.h"
#include "core/clock.h"

#define CONNECT_NS G_GINT64_CONSTANT(60000000000)
#define STRAGGLERS_NS G_GINT64_CONSTANT(10000000000)
#define LINK_STRAGGLERS_NS G_GINT64_CONSTANT(60000000000) /* TCP doubles its waiting at each loss of the same segment */
#define MEMORY_POINTS 4
#define CLIENTS_FOR_MEMORY 400 /* with fewer, the slope drowns in the noise of pages */

typedef struct {
  const FlRunConfig *config;
  FlChild *child;         /* NULL where the server runs already */
  FlPublisher *publisher; /* NULL where the server publishes by itself */
  char *host;             /* that the subscribers dial … */
  char *direct_host;      /* … and how it is reached without the link; the same on loopback */
  guint16 port;
  guint16 dial_port;      /* that the subscribers dial: the same but for streams that stand in for a link … */
  FlLinkStream *streams;  /* … NULL: there are none */
  FlCrew *crew;
  FlScenario *scenario; /* NULL: none; it has the child, where it restarts it, from the window on */
  guint64 published;    /* by us, in the window */
  FlResult result;
} Run;

/* --- the server ---------------------------------------------------------------------------------------------------- */

/* Over the link, the subscribers alone: what the bench asks or publishes beside them is none of theirs. */
static void set_hosts(Run *self, const char *host) {
  gboolean over_link = self->config->setting->link != NULL;

  self->host = g_strdup(over_link ? FL_LINK_DIAL : host);
  self->direct_host = g_strdup(over_link ? FL_LINK_SERVER : host);
}

static gboolean start_other(Run *self, GError **error) {
  const FlEndpoint *endpoint = self->config->endpoint;

  if (endpoint->command) {
    self->child = fl_child_start((const char *const *)endpoint->command, self->config->setting->cpus.server, error);
    if (!self->child)
      return FALSE;
  }
  set_hosts(self, endpoint->url.host);
  self->port = endpoint->url.port ? endpoint->url.port : fl_child_port(self->child);
  return TRUE;
}

/* Before the subscribers come: a long poll is answered by an update. */
static gboolean start_publisher(Run *self, GError **error) {
  const FlEndpoint *endpoint = self->config->endpoint;

  if (!endpoint || !endpoint->publishes)
    return TRUE;
  FlPublisherConfig config = { .host = self->config->setting->link ? FL_LINK_SERVER : endpoint->publish.host,
                               .port = endpoint->publish.port ? endpoint->publish.port : fl_child_port(self->child),
                               .target = endpoint->publish.target,
                               .rate_hz = self->config->options->rate_hz,
                               .size_bytes = (gsize)self->config->options->size_bytes };
  self->publisher = fl_publisher_start(&config, error);
  return self->publisher != NULL;
}

/* Whose CPU and memory count; 0: nobody's. */
static pid_t server_pid(const Run *self) {
  return self->child ? fl_child_pid(self->child) : self->config->endpoint ? self->config->endpoint->pid : 0;
}

static const char *listen_address(const FlRunConfig *config) {
  return config->setting->link ? FL_LINK_SERVER : "127.0.0.1";
}

/* The history covers what a slow poller may leave lying, so that a gap is the server's fault. */
static char **server_command(const FlRunConfig *config) {
  char rate[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(rate, sizeof rate, "%.9g", config->options->rate_hz);
  g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT, config->options->size_bytes);
  g_autofree char *heartbeat = g_strdup_printf("%" G_GINT64_FORMAT "us", config->options->heartbeat_ns / 1000);
  const char *const server[] = { config->program,
                                 "--listen",
                                 listen_address(config),
                                 "--port",
                                 "0",
                                 "--rate",
                                 rate,
                                 "--size",
                                 size,
                                 "--history",
                                 "100k",
                                 "--history-bytes",
                                 "256M",
                                 "--heartbeat",
                                 heartbeat,
                                 "--ping-interval",
                                 heartbeat,
                                 NULL };
  const char *const bare[] = { config->program, rate, size, listen_address(config), NULL };

  return g_strdupv((char **)(config->target == FL_TARGET_FLOOR ? bare : server));
}

static gboolean start_server(Run *self, GError **error) {
  const FlRunConfig *config = self->config;

  if (config->target == FL_TARGET_ENDPOINT)
    return start_other(self, error);
  if (config->target == FL_TARGET_URL) {
    set_hosts(self, config->options->host);
    self->port = config->options->port;
    return TRUE;
  }
  g_auto(GStrv) command = server_command(config);
  self->child = fl_child_start((const char *const *)command, config->setting->cpus.server, error);
  if (!self->child)
    return FALSE;
  set_hosts(self, listen_address(config));
  self->port = fl_child_port(self->child);
  self->result.server_library = fl_usage_library(fl_child_pid(self->child), "libmicrohttpd.so");
  return TRUE;
}

static FlSourceState source_state(const Run *self) {
  if (self->config->target == FL_TARGET_ENDPOINT)
    return (FlSourceState){ self->publisher ? fl_publisher_missed(self->publisher) : -1, -1 };
  return fl_source_state_fetch(self->direct_host, self->port);
}

static gint64 difference(gint64 before, gint64 after) {
  return before < 0 || after < 0 ? -1 : after - before;
}

/* --- phases -------------------------------------------------------------------------------------------------------- */

/* Then its CPU, memory and lateness are not measured any more: it is two processes. */
static gboolean server_restarts(const Run *self) {
  return fl_scenario_restarts(self->config->options->scenario);
}

/* In the middle of the window. */
static gboolean start_scenario(Run *self, gint64 begin_ns, gint64 end_ns, GError **error) {
  const FlBenchOptions *options = self->config->options;

  if (options->scenario == FL_SCENARIO_NONE)
    return TRUE;
  FlScenarioConfig config = { .kind = options->scenario,
                              .at_ns = begin_ns + (end_ns - begin_ns - options->outage_ns) / 2,
                              .lasts_ns = options->outage_ns,
                              .absences = fl_crew_absences(self->crew),
                              .absences_n = fl_crew_threads(self->crew),
                              .link = self->config->setting->link };
  if (server_restarts(self)) {
    config.host = self->direct_host;
    config.child = g_steal_pointer(&self->child);
    config.command = server_command(self->config);
    config.cpu = self->config->setting->cpus.server;
  }
  self->scenario = fl_scenario_start(&config, error);
  return self->scenario != NULL;
}

static gboolean fails_as_meant(const Run *self, GError **error) {
  g_autofree char *wrong = self->scenario ? fl_scenario_error(self->scenario) : NULL;

  if (wrong)
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", self->config->transport, wrong);
  return wrong == NULL;
}

static void set_load_error(const Run *self, GError **error) {
  g_autofree char *words = self->child ? fl_child_last_words(self->child) : NULL;
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s%s%s", fl_crew_error(self->crew),
              words ? "\nThe server's last words:\n" : "", words ? words : "");
}

static void tell(const Run *self, const char *phase, double part) {
  self->config->progress(self->config->transport, phase, part, self->config->user);
}

static gboolean publishes_on(const Run *self, GError **error) {
  g_autofree char *wrong = self->publisher ? fl_publisher_error(self->publisher) : NULL;

  if (wrong)
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", self->config->transport, wrong);
  return wrong == NULL;
}

typedef struct {
  const Run *run;
  const char *phase;
  gint64 begin_ns, end_ns;
  guint seen;               /* slices … */
  double p50_ms[FL_SLICES]; /* … and what they have shown */
} Watch;

/* Of the slices since the last look, and of the one that it was in. */
static void look(Watch *self, double part) {
  const FlRecorder *recorder = fl_crew_calling_recorder(self->run->crew);
  guint now = (guint)CLAMP(part * FL_SLICES, 0, FL_SLICES - 1);

  for (guint i = self->seen; i <= now; i++)
    self->p50_ms[i] = fl_series_of(fl_recorder_slice(recorder, i)).p50_ms;
  self->seen = now;
}

static gboolean watch(gpointer user) {
  Watch *self = user;
  double part = (double)(fl_clock_now_ns() - self->begin_ns) / (double)(self->end_ns - self->begin_ns);

  look(self, part);
  g_autofree char *bars = fl_sparkline(self->p50_ms, FL_SLICES);
  g_autofree char *what = g_strchomp(g_strdup_printf("%s  %s", self->phase, bars));
  tell(self->run, what, part);
  return publishes_on(self->run, NULL) && fails_as_meant(self->run, NULL);
}

static gboolean receive_until(Run *self, const char *phase, gint64 begin_ns, gint64 end_ns, GError **error) {
  Watch watching = { .run = self, .phase = phase, .begin_ns = begin_ns, .end_ns = end_ns };

  fl_crew_receive(self->crew, end_ns, watch, &watching);
  if (!fl_crew_error(self->crew))
    return publishes_on(self, error) && fails_as_meant(self, error);
  set_load_error(self, error);
  return FALSE;
}

/* Connect in four equal parts, and read the server's memory after each: what it has before the first client, and what it keeps from
 * the busiest moment, is in all of them. */
static gboolean connect_parts(Run *self, guint clients) {
  gint64 until_ns = fl_clock_now_ns() + CONNECT_NS + MEMORY_POINTS * self->config->options->settle_ns;
  double count[MEMORY_POINTS], pss[MEMORY_POINTS];
  gboolean measured = server_pid(self) > 0 && clients >= CLIENTS_FOR_MEMORY;

  for (guint i = 0; i < MEMORY_POINTS; i++) {
    guint so_far = clients * (i + 1) / MEMORY_POINTS;
    tell(self, "connecting", (double)i / MEMORY_POINTS);
    if (!fl_crew_connect(self->crew, so_far, until_ns))
      return FALSE;
    if (!fl_crew_receive(self->crew, fl_clock_now_ns() + self->config->options->settle_ns, NULL, NULL))
      return FALSE;
    count[i] = so_far;
    pss[i] = measured ? (double)fl_usage_pss_bytes(server_pid(self)) : -1;
    measured = measured && pss[i] >= 0;
  }
  self->result.memory_slope = measured ? fl_slope(count, pss, MEMORY_POINTS) : NAN;
  return TRUE;
}

static const FlClientKind *client_kind(const FlRunConfig *config) {
  return config->endpoint ? fl_client_other(config->endpoint->transport) : fl_client_kind(config->transport);
}

static gboolean connect_all(Run *self, GError **error) {
  const FlBenchOptions *options = self->config->options;
  FlCrewConfig crew = { .threads = self->config->setting->threads,
                        .cpus = &self->config->setting->cpus,
                        .absences_of = options->scenario != FL_SCENARIO_NONE ? self->config->transport : NULL,
                        .load = { .kind = client_kind(self->config),
                                  .endpoint = self->config->endpoint,
                                  .host = self->host,
                                  .port = self->dial_port,
                                  .clients = (guint)options->clients,
                                  .poll_interval_ns = options->poll_interval_ns,
                                  .poll_pause_ns = options->poll_pause_ns,
                                  .header_bytes = (guint)options->header_bytes,
                                  .radio = options->radio,
                                  .seed = self->config->seed } };

  self->crew = fl_crew_new(&crew);
  gboolean connected = connect_parts(self, crew.load.clients);
  self->result.connect_failures = fl_crew_failures(self->crew);
  fl_crew_add_connect_times(self->crew, self->result.connect);
  if (!publishes_on(self, error))
    return FALSE;
  if (!connected) {
    set_load_error(self, error);
    return FALSE;
  }
  fl_crew_begin_polls(self->crew);
  return TRUE;
}

static gint64 server_cpu_ns(const Run *self) {
  return server_pid(self) > 0 ? fl_usage_cpu_ns(server_pid(self)) : -1;
}

/* Sums of clock ticks: user and system. With few of them the proportion is chance. */
#define TICKS_ENOUGH 20
typedef struct {
  guint64 user, system;
} Ticks;

static Ticks server_ticks(const Run *self) {
  Ticks ticks = { 0, 0 };
  if (server_pid(self) > 0)
    fl_usage_ticks(server_pid(self), &ticks.user, &ticks.system);
  return ticks;
}

static double user_share(Ticks before, Ticks after) {
  double user = (double)(after.user - before.user), system = (double)(after.system - before.system);
  return user + system >= TICKS_ENOUGH ? user / (user + system) : NAN;
}

static FlTcpAccount tcp_between(FlTcpAccount before, FlTcpAccount after) {
  return (FlTcpAccount){ .bytes_in = after.bytes_in - before.bytes_in,
                         .bytes_out = after.bytes_out - before.bytes_out,
                         .segs_in = after.segs_in - before.segs_in,
                         .segs_out = after.segs_out - before.segs_out,
                         .retrans_bytes = after.retrans_bytes - before.retrans_bytes };
}

/* After the account of TCP. */
static FlRadioCost radio_cost(const Run *self, const FlLoadCounts *counts) {
  const FlTcpAccount *tcp = &self->result.tcp;
  double up = (double)(tcp->bytes_out + FL_SEGMENT_BYTES * tcp->segs_out);
  double down = (double)(tcp->bytes_in + FL_SEGMENT_BYTES * tcp->segs_in);

  return fl_radio_cost(&self->config->options->radio, &counts->radio, up, down,
                       self->result.clients * (double)self->result.wall_ns / 1e9);
}

static gboolean measure_window(Run *self, gint64 begin_ns, gint64 end_ns, GError **error) {
  FlTcpAccount tcp = fl_crew_tcp(self->crew);
  Ticks ticks = server_ticks(self);
  gint64 cpu_ns = server_cpu_ns(self);

  fl_crew_reset(self->crew);
  if (!receive_until(self, "measuring", begin_ns, end_ns, error))
    return FALSE;
  FlLoadCounts counts = fl_crew_counts(self->crew);
  self->result.server_cpu_ns = cpu_ns < 0 ? -1 : server_cpu_ns(self) - cpu_ns;
  self->result.client_cpu_ns = fl_crew_cpu_ns(self->crew);
  self->result.wall_ns = fl_clock_now_ns() - begin_ns;
  self->result.server_user = user_share(ticks, server_ticks(self));
  self->result.tcp = tcp_between(tcp, fl_crew_tcp(self->crew));
  fl_crew_add_lag(self->crew, self->result.lag);
  self->result.bytes_in = counts.bytes_in;
  self->result.bytes_out = counts.bytes_out;
  self->result.requests = counts.requests;
  self->result.empty_polls = counts.empty_polls;
  self->result.radio = radio_cost(self, &counts);
  self->result.exchanges = counts.exchanges;
  self->result.head_bytes = counts.head_bytes;
  self->result.answer_head_bytes = counts.answer_head_bytes;
  self->result.updates = counts.updates;
  self->result.payload_bytes = counts.payload_bytes;
  return TRUE;
}

/* Between polls that are answered at once. */
static gint64 between_polls_ns(const FlRunConfig *config) {
  const FlBenchOptions *options = config->options;
  gint64 rtt_ns = fl_link_spec_rtt_ns(&config->setting->link_spec);
  return options->poll_pause_ns > 0 ? options->poll_pause_ns + rtt_ns : options->poll_interval_ns;
}

/* Who polls gets the last of the window at its next poll. */
static gboolean wait_for_stragglers(Run *self, GError **error) {
  double update_ns = isfinite(self->config->setting->rate_hz) ? 1e9 / self->config->setting->rate_hz : 3e9;
  gint64 patience_ns = self->config->setting->link ? LINK_STRAGGLERS_NS : STRAGGLERS_NS;
  gint64 until_ns = fl_clock_now_ns() + patience_ns + 2 * between_polls_ns(self->config) + 2 * (gint64)update_ns;

  tell(self, "last ones", 1);
  if (!fl_crew_wait_past(self->crew, until_ns) && fl_crew_error(self->crew)) {
    set_load_error(self, error);
    return FALSE;
  }
  return TRUE;
}

/* Who publishes knows what every subscriber has to get, also where none of them got it. */
static void expect_what_was_published(Run *self) {
  FlIntegrity *integrity = &self->result.integrity;

  if (self->published > integrity->expected) {
    integrity->lost += (self->published - integrity->expected) * self->result.clients;
    integrity->expected = self->published;
  }
}

/* With a scenario, by what the server had really published. */
static gboolean settle(Run *self, GError **error) {
  g_autoptr(FlRecorder) recorder = fl_crew_recorder(self->crew);

  if (self->scenario && !fl_scenario_tell(self->scenario, recorder, error))
    return FALSE;
  self->result.integrity = fl_crew_integrity(self->crew, recorder);
  fl_crew_add_absences(self->crew, &self->result.absence);
  expect_what_was_published(self);
  self->result.connect_bytes = fl_crew_connect_bytes(self->crew);
  self->result.round_trips = fl_crew_round_trips(self->crew);
  fl_histogram_merge(self->result.latency, fl_recorder_latency(recorder));
  fl_histogram_merge(self->result.uncorrected, fl_recorder_uncorrected(recorder));
  self->result.age_us = fl_recorder_age_us(recorder);
  for (guint i = 0; i < FL_SLICES; i++)
    self->result.series[i] = fl_series_of(fl_recorder_slice(recorder, i));
  return TRUE;
}

/* Before the server and its connections end: those of one run are not to be in the next one's account. */
static gboolean stop_link(Run *self, GError **error) {
  const FlSetting *setting = self->config->setting;

  self->result.link_rtt_ms = (double)fl_link_spec_rtt_ns(&setting->link_spec) / 1e6;
  return !setting->link || fl_link_stop(setting->link, &self->result.link, error);
}

/* Outages count from here. */
static gboolean start_link(Run *self, GError **error) {
  const FlSetting *setting = self->config->setting;

  self->dial_port = self->port;
  if (setting->link_streams) {
    self->streams = fl_link_stream_start(&setting->link_spec, self->port, (guint)self->config->options->clients, error);
    self->dial_port = self->streams ? fl_link_stream_port(self->streams) : 0;
    return self->streams != NULL;
  }
  return !setting->link || fl_link_start(setting->link, &setting->link_spec, self->config->link_seed, error);
}

static gboolean measure(Run *self, GError **error) {
  const FlBenchOptions *options = self->config->options;
  gint64 offset_ns = fl_clock_offset_ns();

  if (!start_publisher(self, error) || !start_link(self, error) || !connect_all(self, error))
    return FALSE;
  gint64 connected_ns = fl_clock_now_ns();
  gint64 begin_ns = connected_ns + options->warmup_ns;
  gint64 end_ns = begin_ns + options->duration_ns;
  gint64 from_us = fl_clock_unix_us(begin_ns, offset_ns), to_us = fl_clock_unix_us(end_ns, offset_ns);
  fl_crew_open(self->crew, from_us, to_us);
  if (!start_scenario(self, begin_ns, end_ns, error))
    return FALSE;
  self->published = self->publisher ? fl_publisher_count(self->publisher, from_us, to_us) : 0;
  if (!receive_until(self, "warming up", connected_ns, begin_ns, error))
    return FALSE;
  FlSourceState before = source_state(self);
  if (!measure_window(self, begin_ns, end_ns, error))
    return FALSE;
  FlSourceState after = source_state(self);
  self->result.missed_deadlines =
      server_restarts(self) ? -1 : difference(before.missed_deadlines, after.missed_deadlines);
  self->result.clock_steps = server_restarts(self) ? -1 : difference(before.clock_steps, after.clock_steps);
  if (!wait_for_stragglers(self, error) || !settle(self, error))
    return FALSE;
  self->result.clock_step_ns = fl_clock_offset_ns() - offset_ns;
  return stop_link(self, error);
}

gboolean fl_run(const FlRunConfig *config, FlResult *ret_result, GError **error) {
  const FlBenchOptions *options = config->options;
  gboolean polls = client_kind(config)->is_polling;
  Run self = {
    .config = config,
    .result = { .name = config->target == FL_TARGET_FLOOR ? "floor" : config->transport,
                .transport = config->endpoint ? config->endpoint->transport : NULL,
                .server = config->endpoint ? config->endpoint->server : NULL,
                .scenario = fl_scenario_name(options->scenario),
                .clients = (guint)options->clients,
                .duration_s = (double)options->duration_ns / 1e9,
                .latency = fl_histogram_new(),
                .uncorrected = fl_histogram_new(),
                .lag = fl_histogram_new(),
                .connect = fl_histogram_new(),
                .polls_wanted_hz = polls ? (double)options->clients * 1e9 / (double)between_polls_ns(config) : NAN },
  };
  gboolean ok = start_server(&self, error) && measure(&self, error);

  fl_scenario_free(self.scenario);
  fl_crew_free(self.crew);
  fl_link_stream_free(self.streams);
  fl_publisher_free(self.publisher);
  if (self.child)
    fl_child_stop(self.child);
  g_free(self.host);
  g_free(self.direct_host);
  if (ok)
    *ret_result = self.result;
  else
    fl_result_clear(&self.result);
  return ok;
}
