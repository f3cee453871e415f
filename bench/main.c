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

#include "bench/build_info.h"
#include "bench/report.h"
#include "bench/run.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTEGRITY, EXIT_SATURATED };

static void no_progress(const char *transport, const char *phase, double part) {
}

static void show_progress(const char *transport, const char *phase, double part) {
  fprintf(stderr, "\r\033[K%-16s  %-10s %3.0f %%", transport, phase, 100 * part);
}

/* The path of a program that was built or installed beside this one. */
static char *beside(const char *name) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname(self ? self : ".");

  return g_build_filename(folder, name, NULL);
}

static char *server_path(void) {
  const char *named = g_getenv("FEEDLAB_SERVER");
  return named ? g_strdup(named) : beside("feedlab-server");
}

/* In the build tree it is below this program, installed it is among the programs that people do not call. */
static char *floor_path(void) {
  const char *named = g_getenv("FEEDLAB_FLOOR");
  g_autofree char *built = beside("bench/floor");

  if (named)
    return g_strdup(named);
  return g_file_test(built, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&built) : g_strdup(FL_BUILD_LIBEXECDIR "/floor");
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

static int status_of(FlVerdict verdict) {
  static const int statuses[] = {
    [FL_VERDICT_SOUND] = EXIT_OK,       [FL_VERDICT_LATE] = EXIT_FAILED,      [FL_VERDICT_SATURATED] = EXIT_SATURATED,
    [FL_VERDICT_INVALID] = EXIT_FAILED, [FL_VERDICT_BROKEN] = EXIT_INTEGRITY,
  };
  return statuses[verdict];
}

static int report(const FlResult *results, guint n, const FlSetting *setting, const char *json) {
  g_autofree char *table = fl_report_table(results, n, setting);
  g_autoptr(GError) error = NULL;

  fputs(table, stdout);
  if (json && !fl_report_write_json(results, n, setting, json, &error)) {
    g_printerr("feedlab-bench: %s\n", error->message);
    return EXIT_FAILED;
  }
  return status_of(fl_result_verdict_of_all(results, n));
}

/* Returns: how many runs gave results. */
static guint run_all(const FlBenchOptions *options, const FlSetting *setting, FlResult *results, GError **error) {
  g_autofree char *server = server_path();
  g_autofree char *bare = floor_path();
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
