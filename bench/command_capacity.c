/* feedlab-bench capacity: how many subscribers a transport serves before a condition on its latency, or on another figure, fails.
 * Options that `run` has too are handed to its parser.
 * SPDX-License-Identifier: MIT */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/capacity.h"
#include "bench/column.h"
#include "bench/command.h"
#include "bench/progress.h"
#include "bench/report.h"
#include "bench/setting.h"
#include "bench/threshold.h"
#include "core/clock.h"
#include "core/units.h"

#define INVALID_MOST 3      /* runs that say nothing, one after the other */

/* Of `run`, as they stand in the command line. */
typedef struct {
  char *transport, *rate, *size, *duration, *warmup, *poll_interval, *poll_pause, *heartbeat, *seed, *threads;
} Texts;

typedef struct {
  FlBenchOptions *run;
  FlSetting setting;
  FlThresholdNames names;
  char *slo, *step_text, *start_text, *max_text, *budget_text;
  gint64 step, start, most, budget_ns;
  gboolean is_limited_by_files;
} Options;

/* What the probes have seen so far. */
typedef struct {
  const Options *options;
  gint64 begun_ns, last_ns; /* last_ns: how long the last probe took */
  double peak_cpu;          /* of the server: 1 is a whole CPU */
  double bench_cpu;         /* of the bench, in the last one */
  char *held, *failed;      /* the condition's left side at the last ones */
  GError *error;
} Probing;

/* --- one probe ----------------------------------------------------------------------------------------------------- */

typedef struct {
  FlProbe probe;
  char *why; /* of the caller */
} Judgement;

/* A run that is late or overloaded is judged like any other: latency counts from the schedule, so it is in the figure. A bench
 * that is saturated measures too much, never too little: where the condition holds all the same, it holds. */
static Judgement judge(Probing *self, const FlExperiment *experiment) {
  FlVerdict verdict = fl_experiment_verdict(experiment);
  FlThresholdOutcome outcome;

  if (verdict == FL_VERDICT_BROKEN)
    return (Judgement){ FL_PROBE_FAILS, g_strdup("updates were lost, duplicated or reordered") };
  if (experiment->arms[0].merged.integrity.delivered == 0)
    return (Judgement){ FL_PROBE_FAILS, g_strdup("no update came in time") };
  json_t *json = fl_report_json(experiment);
  gboolean known = fl_threshold_evaluate(self->options->slo, &self->options->names, json, &outcome, &self->error);
  json_decref(json);
  if (!known)
    return (Judgement){ FL_PROBE_ERROR, NULL };
  FlProbe probe = outcome.holds                     ? FL_PROBE_HOLDS
                  : verdict == FL_VERDICT_SATURATED ? FL_PROBE_SATURATED
                                                    : FL_PROBE_FAILS;
  return (Judgement){ probe, fl_quantity_text(&outcome.left) };
}

static void print_row(const Probing *self, guint clients, const FlResult *result, const Judgement *judgement) {
  static const char *const words[] = {
    [FL_PROBE_HOLDS] = "holds", [FL_PROBE_FAILS] = "fails", [FL_PROBE_SATURATED] = "bench saturated"
  };
  g_autoptr(GString) out = g_string_new("  ");
  g_autofree char *number = fl_column_number(clients, 0);

  fl_column_append(out, number, 10, TRUE);
  g_string_append(out, "   ");
  if (result && result->server_cpu_ns >= 0)
    g_string_append_printf(out, "server %3.0f %%   ", 100 * (double)result->server_cpu_ns / (double)result->wall_ns);
  if (result)
    g_string_append_printf(out, "bench %3.0f %%   ", 100 * self->bench_cpu);
  fl_column_append(out, words[judgement->probe], 7, FALSE);
  g_string_append_printf(out, " %s", judgement->why);
  if (result && result->missed_deadlines > 0)
    g_string_append_printf(out, "; %" G_GINT64_FORMAT " deadlines missed", result->missed_deadlines);
  puts(out->str);
  fflush(stdout);
}

static void note(Probing *self, const Judgement *judgement) {
  char **place = judgement->probe == FL_PROBE_HOLDS ? &self->held : &self->failed;
  g_free(*place);
  *place = judgement->why;
}

/* The clock was set: that says nothing of the server. Returns: NULL with an error. */
static FlExperiment *run_valid(Probing *self, guint clients, GError **error) {
  FlBenchOptions own = *self->options->run;
  FlSetting its = self->options->setting;

  own.clients = clients;
  fl_setting_take(&its, &own);
  for (guint i = 0; i < INVALID_MOST; i++) {
    FlExperiment *experiment = fl_experiment_run(&own, &its, fl_progress_for(TRUE), error);
    if (!experiment || experiment->arms[0].merged.integrity.delivered == 0 ||
        fl_experiment_verdict(experiment) != FL_VERDICT_INVALID)
      return experiment;
    fl_experiment_free(experiment);
  }
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
              "%d runs with %u subscribers are invalid: is the clock being set?", INVALID_MOST, clients);
  return NULL;
}

static FlProbe measure(Probing *self, guint clients) {
  g_autoptr(GError) error = NULL;
  g_autoptr(FlExperiment) experiment = run_valid(self, clients, &error);
  const FlResult *result = experiment ? &experiment->arms[0].runs[0] : NULL;

  if (!experiment && self->last_ns == 0) { /* it does not run at all */
    self->error = g_steal_pointer(&error);
    return FL_PROBE_ERROR;
  }
  Judgement judgement = experiment ? judge(self, experiment) : (Judgement){ FL_PROBE_FAILS, g_strdup(error->message) };
  if (judgement.probe == FL_PROBE_ERROR)
    return FL_PROBE_ERROR;
  if (result) {
    self->bench_cpu = fl_result_client_load(result);
    self->peak_cpu = MAX(self->peak_cpu, (double)result->server_cpu_ns / (double)result->wall_ns);
  }
  print_row(self, clients, result, &judgement);
  note(self, &judgement);
  return judgement.probe;
}

static FlProbe probe(guint clients, gpointer user) {
  Probing *self = user;
  gint64 begin_ns = fl_clock_now_ns();

  if (self->last_ns > 0 && begin_ns + self->last_ns - self->begun_ns > self->options->budget_ns)
    return FL_PROBE_SPENT;
  FlProbe result = measure(self, clients);
  self->last_ns = fl_clock_now_ns() - begin_ns;
  return result;
}

/* --- what it comes to ---------------------------------------------------------------------------------------------- */

static char *place_text(guint clients) {
  return clients > 0 ? fl_column_number(clients, 0) : g_strdup("no number");
}

static void print_found(const Probing *self, const FlCapacity *found) {
  const char *slo = self->options->slo,
             *limit = self->options->is_limited_by_files ? "the open files it may have" : "--max";
  g_autofree char *holds = place_text(found->holds);
  g_autofree char *fails = place_text(found->fails);

  switch (found->end) {
  case FL_CAPACITY_FOUND:
    printf("largest N %s: %s held in %d of %d runs more (%s); fails at %s, in %u of %u (%s)\n", holds, slo,
           FL_CAPACITY_CONFIRMING, FL_CAPACITY_CONFIRMING, self->held, fails, found->failed, found->runs, self->failed);
    break;
  case FL_CAPACITY_UNSTEADY:
    printf("about %s: %s fails there in %u of %u runs; %s held in all\n", fails, slo, found->failed, found->runs,
           found->holds > 0 ? holds : "nothing below");
    break;
  case FL_CAPACITY_NONE:
    printf("%s fails already at %s, in %u of %u runs (%s)\n", slo, fails, found->failed, found->runs, self->failed);
    break;
  case FL_CAPACITY_OPEN:
    printf("not saturated up to %s (%s): %s holds (%s), peak server CPU %.0f %%\n", holds, limit, slo, self->held,
           100 * self->peak_cpu);
    break;
  case FL_CAPACITY_BENCH:
    printf("the bench itself was saturated first, at %s: %.0f %% of its CPU; %s held up to %s\n", fails,
           100 * self->bench_cpu, slo, holds);
    break;
  case FL_CAPACITY_SPENT:
    printf("not settled after %u runs: --budget is spent; %s held at %s, failed at %s\n", found->probes, slo, holds,
           fails);
    break;
  case FL_CAPACITY_ERROR:
    break;
  }
}

static FlExit search(const Options *options) {
  static const FlExit statuses[] = {
    [FL_CAPACITY_FOUND] = FL_EXIT_OK,    [FL_CAPACITY_UNSTEADY] = FL_EXIT_OK,     [FL_CAPACITY_NONE] = FL_EXIT_OK,
    [FL_CAPACITY_OPEN] = FL_EXIT_OK,     [FL_CAPACITY_BENCH] = FL_EXIT_SATURATED, [FL_CAPACITY_SPENT] = FL_EXIT_FAILED,
    [FL_CAPACITY_ERROR] = FL_EXIT_FAILED
  };
  g_autofree char *bench = fl_setting_bench_text(&options->setting);
  Probing probing = { .options = options, .begun_ns = fl_clock_now_ns() };
  FlCapacityConfig config = { .start = (guint)options->start,
                              .step = (guint)options->step,
                              .most = (guint)options->most,
                              .probe = probe,
                              .user = &probing };

  printf("feedlab %s   capacity of %s: how many subscribers with %s · %g updates/s · %" G_GINT64_FORMAT " B\n",
         FL_VERSION, options->run->transports[0], options->slo, options->run->rate_hz, options->run->size_bytes);
  printf("loopback%s%s%s · a run each, then %d at both sides of the knee\n\n",
         options->setting.cpus.server < 0 ? ": server and bench SHARE one CPU" : "", bench ? " · " : "", bench ? bench : "",
         FL_CAPACITY_CONFIRMING);
  FlCapacity found = fl_capacity_search(&config);
  if (probing.error)
    g_printerr("feedlab-bench: %s\n", probing.error->message);
  else
    printf("\n%s: ", options->run->transports[0]);
  print_found(&probing, &found);
  g_clear_error(&probing.error);
  g_free(probing.held);
  g_free(probing.failed);
  return statuses[found.end];
}

/* --- options ------------------------------------------------------------------------------------------------------- */

static gboolean take_number(const char *flag, const char *text, gint64 *value, GError **error) {
  if (!text || (fl_units_count(text, value) && *value >= 1 && *value <= 1000000))
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: a number of clients such as 100 or 5k is wanted",
              flag, text);
  return FALSE;
}

static gboolean take_search(Options *self, GError **error) {
  self->step = 1000;
  self->most = 10000;
  self->budget_ns = G_GINT64_CONSTANT(600000000000);
  if (self->budget_text && (!fl_units_duration(self->budget_text, &self->budget_ns) || self->budget_ns < 1)) {
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--budget %s: a duration such as 10m is wanted",
                self->budget_text);
    return FALSE;
  }
  if (!take_number("--step", self->step_text, &self->step, error) ||
      !take_number("--max", self->max_text, &self->most, error))
    return FALSE;
  gint64 wanted = self->most;
  self->most = fl_capacity_most((guint)wanted, self->run->threads > 0 ? (guint)self->run->threads : FL_THREADS_UNASKED);
  self->is_limited_by_files = self->most < wanted;
  self->start = MIN(self->step, self->most);
  if (!take_number("--start", self->start_text, &self->start, error))
    return FALSE;
  if (self->start <= self->most)
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--start %s: no more than --max is wanted",
              self->start_text);
  return FALSE;
}

static gboolean take_slo(Options *self, GError **error) {
  self->names = (FlThresholdNames){ (const char *const *)self->run->transports, self->run->transports[0] };
  if (!self->slo) {
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--slo is wanted, such as --slo 'p95<500ms'");
    return FALSE;
  }
  if (fl_threshold_check(self->slo, &self->names, error))
    return TRUE;
  g_prefix_error_literal(error, "--slo ");
  return FALSE;
}

static gboolean take_run(const Texts *texts, Options *self, GError **error) {
  const struct {
    const char *flag, *text;
  } given[] = { { "-t", texts->transport ? texts->transport : "ws" },
                { "-R", texts->rate },
                { "-s", texts->size },
                { "-d", texts->duration },
                { "--warmup", texts->warmup },
                { "--poll-interval", texts->poll_interval },
                { "--poll-pause", texts->poll_pause },
                { "--heartbeat", texts->heartbeat },
                { "--seed", texts->seed },
                { "-T", texts->threads } };
  const char *words[1 + 2 * G_N_ELEMENTS(given) + 1] = { "run" };
  char **argv = (char **)words;
  int argc = 1;

  for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
    if (!given[i].text)
      continue;
    words[argc++] = given[i].flag;
    words[argc++] = given[i].text;
  }
  self->run = fl_bench_options_parse(&argc, &argv, error);
  if (!self->run || !self->run->transports[1])
    return self->run != NULL;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-t %s: one transport is wanted", texts->transport);
  return FALSE;
}

static const char explanation[] =
    "The condition is one that must hold, as --fail-if of run takes it; names without a transport are the measured "
    "one's, and\n"
    "p95 is latency.p95. Late and overloaded runs count by their latency, which runs from the schedule.\n"
    "\n"
    "Exit status:\n"
    "  0  the knee was found, or there is none up to --max, or the condition fails from the start\n"
    "  1  a run failed, a figure of the condition is null, or --budget was spent\n"
    "  2  usage\n"
    "  4  the bench itself was saturated first\n";

static gboolean read_arguments(int argc, char **argv, Texts *texts, Options *self, GError **error) {
  const GOptionEntry entries[] = {
    { "transport", 't', 0, G_OPTION_ARG_STRING, &texts->transport, "One transport (ws)", "NAME" },
    { "slo", 0, 0, G_OPTION_ARG_STRING, &self->slo, "What must hold, such as 'p95<500ms'", "CONDITION" },
    { "step", 0, 0, G_OPTION_ARG_STRING, &self->step_text, "How exactly the number is wanted (1k)", "N" },
    { "start", 0, 0, G_OPTION_ARG_STRING, &self->start_text, "The first number (that of --step)", "N" },
    { "max", 0, 0, G_OPTION_ARG_STRING, &self->max_text, "The last (10k)", "N" },
    { "budget", 0, 0, G_OPTION_ARG_STRING, &self->budget_text, "Time for all of it (10m)", "TIME" },
    { "rate", 'R', 0, G_OPTION_ARG_STRING, &texts->rate, "Updates per second (10)", "RATE" },
    { "size", 's', 0, G_OPTION_ARG_STRING, &texts->size, "Bytes of an update's data (128)", "BYTES" },
    { "duration", 'd', 0, G_OPTION_ARG_STRING, &texts->duration, "Time that is measured in each run (5s)", "TIME" },
    { "warmup", 0, 0, G_OPTION_ARG_STRING, &texts->warmup, "Time before it, with all connected (1s)", "TIME" },
    { "poll-interval", 0, 0, G_OPTION_ARG_STRING, &texts->poll_interval, "Time between a client's short polls (1s)",
      "TIME" },
    { "poll-pause", 0, 0, G_OPTION_ARG_STRING, &texts->poll_pause, "Instead: time between an answer and the next poll", "TIME" },
    { "heartbeat", 0, 0, G_OPTION_ARG_STRING, &texts->heartbeat, "Of the server, Socket.IO's pings too (15s)", "TIME" },
    { "seed", 0, 0, G_OPTION_ARG_STRING, &texts->seed, "Of the first polls' places in the interval (1)", "N" },
    { "threads", 'T', 0, G_OPTION_ARG_STRING, &texts->threads, "Of the bench (one a CPU but the server's, 8 at most)", "N" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("— of feedlab-bench capacity");

  g_option_context_set_summary(context, "Finds how many subscribers a transport serves before a condition fails.");
  g_option_context_set_description(context, explanation);
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return FALSE;
  if (argc == 1)
    return take_run(texts, self, error) && take_search(self, error) && take_slo(self, error);
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "'%s' is not expected: see --help", argv[1]);
  return FALSE;
}

static FlExit capacity_main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autofree char *arguments = g_strjoinv(" ", argv);
  g_autofree char *command_line = g_strconcat("feedlab-bench ", arguments, NULL);
  Options options = { 0 };
  Texts texts = { 0 };
  FlExit status = FL_EXIT_USAGE;

  if (read_arguments(argc, argv, &texts, &options, &error) &&
      fl_setting_begin(options.run, command_line, &options.setting, &error))
    status = search(&options);
  else
    g_printerr("feedlab-bench: %s\n", error->message);
  for (char **text = (char **)&texts; text < (char **)(&texts + 1); text++)
    g_free(*text);
  for (char **text = &options.slo; text <= &options.budget_text; text++)
    g_free(*text);
  fl_bench_options_free(options.run);
  return status;
}

const FlCommand fl_command_capacity = { "capacity", "find how many subscribers are served in time", capacity_main };
