/* feedlab-bench: what each transport costs, measured. schedule -> client -> recorder -> report. Results go to stdout,
 * progress to stderr where that is a terminal. The only place that prints errors and exits.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/run.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTEGRITY, EXIT_SATURATED };

static void no_progress(const char *transport, const char *phase, double part) {
}

static void show_progress(const char *transport, const char *phase, double part) {
  fprintf(stderr, "\r\033[K%-8s  %-10s %3.0f %%", transport, phase, 100 * part);
}

/* The path of a program that was built beside this one. */
static char *beside(const char *variable, const char *name) {
  const char *named = g_getenv(variable);
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname(self ? self : ".");

  return named ? g_strdup(named) : g_build_filename(folder, name, NULL);
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

static int verdict(const FlResult *results, guint n) {
  int status = EXIT_OK;

  for (guint i = 0; i < n; i++) {
    const FlIntegrity *check = &results[i].integrity;
    if (check->lost + check->duplicated + check->reordered > 0)
      return EXIT_INTEGRITY;
    if (check->delivered == 0 || check->negative > 0 || results[i].connect_failures > 0 ||
        ABS(results[i].clock_step_ns) > 1000000)
      status = EXIT_FAILED;
    else if (status == EXIT_OK && fl_result_client_load(&results[i]) > FL_RESULT_SATURATED)
      status = EXIT_SATURATED;
  }
  return status;
}

static int report(const FlResult *results, guint n, const FlSetting *setting, const char *json) {
  g_autofree char *table = fl_report_table(results, n, setting);
  g_autoptr(GError) error = NULL;

  fputs(table, stdout);
  if (json && !fl_report_write_json(results, n, setting, json, &error)) {
    g_printerr("feedlab-bench: %s\n", error->message);
    return EXIT_FAILED;
  }
  return verdict(results, n);
}

/* Returns: how many runs gave results. */
static guint run_all(const FlBenchOptions *options, const FlSetting *setting, FlResult *results, GError **error) {
  g_autofree char *server = beside("FEEDLAB_SERVER", "feedlab-server");
  g_autofree char *bare = beside("FEEDLAB_FLOOR", "bench/floor");
  FlRunConfig config = { .options = options,
                         .setting = setting,
                         .progress = isatty(STDERR_FILENO) ? show_progress : no_progress };
  guint n = 0;

  if (options->floor) {
    config.target = FL_TARGET_FLOOR;
    config.program = bare;
    config.transport = "ws";
    if (!fl_run(&config, &results[n], error))
      return n;
    n++;
  }
  config.target = options->url ? FL_TARGET_URL : FL_TARGET_SERVER;
  config.program = options->url ? NULL : server;
  for (char **name = options->transports; *name; name++, n++) {
    config.transport = *name;
    if (!fl_run(&config, &results[n], error))
      return n;
  }
  return n;
}

static int run(const FlBenchOptions *options, char *command_line) {
  g_autoptr(GError) error = NULL;
  guint most = g_strv_length(options->transports) + 1;
  g_autofree FlResult *results = g_new0(FlResult, most);
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
  guint n = run_all(options, &setting, results, &error);
  if (isatty(STDERR_FILENO))
    fputs("\r\033[K", stderr);
  int status = EXIT_FAILED;
  if (error)
    g_printerr("feedlab-bench: %s\n", error->message);
  else
    status = report(results, n, &setting, options->json);
  for (guint i = 0; i < n; i++)
    fl_result_clear(&results[i]);
  return status;
}

static void raise_file_limit(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0)
    return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autofree char *command_line = g_strjoinv(" ", argv);
  FlBenchOptions *options = fl_bench_options_parse(&argc, &argv, &error);

  if (!options) {
    g_printerr("feedlab-bench: %s\n", error->message);
    return EXIT_USAGE;
  }
  int status = EXIT_OK;
  if (options->show_version) {
    printf("feedlab-bench %s\n", FL_VERSION);
  } else {
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    status = run(options, command_line);
  }
  fl_bench_options_free(options);
  return status;
}
