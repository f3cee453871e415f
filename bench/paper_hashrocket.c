/* Hashrocket's shootout: to how many WebSockets a server broadcasts in time.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"
#include "core/clock.h"

#define SLO_P95_MS 500.0
#define STEP 1000
#define START 4000
#define MOST 30000

static const char *const trials[] = {
  "-t ws -R 10 -s 128 -d 1s --warmup 200ms --slo p95<500ms --step 1k --start 4k --max 30k --budget 45s", NULL
};
static const char arguments[] = "-t ws -R 10 -s 128 -d 1s --warmup 200ms -c 1000";

typedef struct {
  FlPaperRun *run;
  const FlPaperChoice *choice;
  FlBenchOptions *options;
  gint64 begun_ns, last_ns;
  GError *error;
} Search;

static void keep(Search *self, FlExperiment *experiment) {
  if (self->run->n_trials > 0)
    fl_experiment_free(self->run->trials[0]);
  self->run->trials[0] = experiment;
  self->run->n_trials = 1;
}

static FlProbe judge(const FlExperiment *experiment) {
  const FlResult *result = &experiment->arms[0].runs[0];
  gboolean holds = fl_integrity_holds(&result->integrity) && result->integrity.delivered > 0 &&
                   fl_figure_find("latency.p95")->value(result) < SLO_P95_MS;

  if (holds)
    return FL_PROBE_HOLDS;
  return fl_result_verdict(result) == FL_VERDICT_SATURATED ? FL_PROBE_SATURATED : FL_PROBE_FAILS;
}

/* The last run that held is what the table is about; without one, the last. */
static FlProbe probe(guint clients, gpointer user) {
  Search *self = user;
  gint64 begun_ns = fl_clock_now_ns();

  if (begun_ns - self->begun_ns + self->last_ns > self->choice->budget_ns)
    return FL_PROBE_SPENT;
  self->options->clients = clients;
  g_clear_error(&self->error);
  FlExperiment *experiment = fl_experiment_run(self->options, &self->run->setting, self->choice->progress, &self->error);
  self->last_ns = fl_clock_now_ns() - begun_ns;
  if (!experiment) /* too many connections are a failure of the server, unless it does not run at all */
    return self->run->n_trials > 0 ? FL_PROBE_FAILS : FL_PROBE_ERROR;
  FlProbe found = judge(experiment);
  if (found == FL_PROBE_HOLDS || self->run->n_trials == 0)
    keep(self, experiment);
  else
    fl_experiment_free(experiment);
  return found;
}

static gboolean search(FlPaperRun *run, const FlPaperChoice *choice, GError **error) {
  Search self = { .run = run, .choice = choice, .begun_ns = fl_clock_now_ns() };
  FlCapacityConfig config = { .start = START, .step = STEP, .most = MOST, .probe = probe, .user = &self };

  self.options = fl_paper_options(run, choice, arguments, error);
  if (!self.options)
    return FALSE;
  config.most = fl_capacity_most(config.most, FL_THREADS_UNASKED);
  run->capacity = fl_capacity_search(&config);
  if (run->n_trials > 0) {
    g_clear_error(&self.error);
    return TRUE;
  }
  g_propagate_error(error, self.error);
  return FALSE;
}

static double clients(const FlPaperRun *run, const FlPaperRow *row) {
  return run->capacity.holds > 0 ? run->capacity.holds : NAN;
}

static double messages(const FlPaperRun *run, const FlPaperRow *row) {
  return clients(run, row) * run->trials[0]->setting.rate_hz;
}

/* 1/s: the server's CPU an update, by the last run that held, fills one CPU. */
static double messages_model(const FlPaperRun *run, const FlPaperRow *row) {
  return 1e6 / fl_result_cpu_us(fl_paper_result(run, row));
}

static double clients_model(const FlPaperRun *run, const FlPaperRow *row) {
  return messages_model(run, row) / run->trials[0]->setting.rate_hz;
}

static const FlPaperRow rows[] = {
  { "clients with p95 below 500 ms", "", 0, 22000, 30000, 0, "ws", "", clients, clients_model },
  { "messages that they get", "1/s", 0, 276000, 285000, 0, "ws", "", messages, messages_model },
  { "server CPU a message, at the last that held", "µs", 2, NAN, NAN, 0, "ws", "cpu.total", fl_paper_figure, fl_paper_unknown },
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_hashrocket = {
  "hashrocket",
  "Jack Christensen: Websocket Shootout: Clojure, C++, Elixir, Go, NodeJS, and Ruby. Hashrocket's blog, 2016.",
  "the largest number of WebSockets with p95 of a broadcast within 500 ms",
  FL_PAPER_READ,
  "updates come from the server's clock, 10 a second, instead of from clients that wait for their own message; runs take 1 s, "
  "and the search ends with --budget (45 s). Server and bench share one machine, so the bench may be the first to have no "
  "more CPU.",
  "uWebSockets with one thread broadcast to 22,000 to 30,000 clients with p95 within 500 ms, at 276,000 to 285,000 messages a "
  "second.",
  "how much of that is the server's and how much the client's, as the time runs until the sender has its message again; and "
  "at the limit it is sends a second that count, so a number of clients means nothing without its rate of messages.",
  trials,
  rows,
  search,
};
