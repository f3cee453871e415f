/* feedlab-bench run: the transports in blocks of runs, and what they cost.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/command.h"
#include "bench/report.h"

static void no_progress(const char *transport, const char *phase, double part, const FlResult *result) {
}

static void show_progress(const char *transport, const char *phase, double part, const FlResult *result) {
  fprintf(stderr, "\r\033[K%3.0f %%  %-16s  %s", 100 * part, transport, phase);
}

/* Where stderr is no terminal: a line a run. */
static void print_progress(const char *transport, const char *phase, double part, const FlResult *result) {
  if (result)
    fprintf(stderr, "%3.0f %%  %-16s  p50 %.2f ms\n", 100 * part, transport, fl_figure_primary()->value(result));
}

static FlProgress progress_for(const FlBenchOptions *options) {
  if (options->quiet)
    return no_progress;
  return isatty(STDERR_FILENO) ? show_progress : print_progress;
}

/* The server gets the last CPU that we may use, the bench the first; with one CPU they share it. */
static void choose_cpus(FlSetting *setting) {
  cpu_set_t may, own;

  setting->server_cpu = setting->client_cpu = -1;
  if (setting->url || sched_getaffinity(0, sizeof may, &may) != 0 || CPU_COUNT(&may) < 2)
    return;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET((size_t)cpu, &may))
      continue;
    if (setting->client_cpu < 0)
      setting->client_cpu = cpu;
    setting->server_cpu = cpu;
  }
  CPU_ZERO(&own);
  CPU_SET((size_t)setting->client_cpu, &own);
  sched_setaffinity(0, sizeof own, &own);
}

static FlExit status_of(FlVerdict verdict) {
  static const FlExit statuses[] = {
    [FL_VERDICT_SOUND] = FL_EXIT_OK,       [FL_VERDICT_LATE] = FL_EXIT_FAILED,
    [FL_VERDICT_SATURATED] = FL_EXIT_SATURATED, [FL_VERDICT_INVALID] = FL_EXIT_FAILED,
    [FL_VERDICT_BROKEN] = FL_EXIT_INTEGRITY,
  };
  return statuses[verdict];
}

static FlExit report(const FlExperiment *experiment, const FlBenchOptions *options) {
  g_autofree char *table = fl_report_table(experiment);
  g_autoptr(GError) error = NULL;

  fputs(table, stdout);
  json_t *json = fl_report_json(experiment);
  gboolean written = !options->json || fl_report_write_json(json, options->json, &error);
  json_decref(json);
  if (!written) {
    g_printerr("feedlab-bench: %s\n", error->message);
    return FL_EXIT_FAILED;
  }
  return status_of(fl_experiment_verdict(experiment));
}

static FlExit run(const FlBenchOptions *options, char *command_line) {
  g_autoptr(GError) error = NULL;
  FlSetting setting = {
    .rate_hz = options->url ? NAN : options->rate_hz,
    .size_bytes = options->size_bytes,
    .poll_interval_ns = options->poll_interval_ns,
    .warmup_ns = options->warmup_ns,
    .seed = (guint64)options->seed,
    .url = options->url,
    .command_line = command_line,
  };

  choose_cpus(&setting);
  g_autoptr(FlExperiment) experiment = fl_experiment_run(options, &setting, progress_for(options), &error);
  if (!options->quiet && isatty(STDERR_FILENO))
    fputs("\r\033[K", stderr);
  if (experiment)
    return report(experiment, options);
  g_printerr("feedlab-bench: %s\n", error->message);
  return FL_EXIT_FAILED;
}

static FlExit run_main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autofree char *arguments = g_strjoinv(" ", argv);
  g_autofree char *command_line = g_strconcat("feedlab-bench ", arguments, NULL);
  FlBenchOptions *options = fl_bench_options_parse(&argc, &argv, &error);

  if (!options) {
    g_printerr("feedlab-bench: %s\n", error->message);
    return FL_EXIT_USAGE;
  }
  FlExit status = run(options, command_line);
  fl_bench_options_free(options);
  return status;
}

const FlCommand fl_command_run = { "run", "measure and compare transports", run_main };
