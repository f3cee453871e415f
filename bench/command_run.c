/* feedlab-bench run: the transports in blocks of runs, and what they cost.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench/command.h"
#include "bench/progress.h"
#include "bench/report.h"
#include "bench/report_formats.h"
#include "bench/setting.h"
#include "bench/sweep.h"
#include "bench/threshold.h"

FlExit fl_command_status(FlVerdict verdict) {
  static const FlExit statuses[] = {
    [FL_VERDICT_SOUND] = FL_EXIT_OK,       [FL_VERDICT_LATE] = FL_EXIT_FAILED,
    [FL_VERDICT_SATURATED] = FL_EXIT_SATURATED, [FL_VERDICT_INVALID] = FL_EXIT_FAILED,
    [FL_VERDICT_BROKEN] = FL_EXIT_INTEGRITY,   [FL_VERDICT_LINK] = FL_EXIT_FAILED,
  };
  return statuses[verdict];
}

static FlReportOutputs outputs_of(const FlBenchOptions *options) {
  return (FlReportOutputs){ options->csv, options->markdown, options->html, options->hgrm };
}

/* Where the table goes: stdout, unless one of the formats goes there. */
static FILE *for_people(const FlBenchOptions *options) {
  FlReportOutputs outputs = outputs_of(options);
  return fl_report_outputs_stdout(&outputs) > 0 ? stderr : stdout;
}

/* Below the table: what each --fail-if comes to. `what`: whose result it is, for a sweep. */
static FlExit check_conditions(const FlBenchOptions *options, const char *what, const json_t *result, GError **error) {
  static const FlExit statuses[] = { FL_EXIT_FAILED, FL_EXIT_OK, FL_EXIT_THRESHOLD };
  g_autofree const char **names = fl_bench_options_names(options);
  FlThresholdNames known = { names, NULL };
  g_autoptr(GString) lines = g_string_new(NULL);

  if (!options->fail_if)
    return FL_EXIT_OK;
  int holds = fl_threshold_report((const char *const *)options->fail_if, &known, result, lines, error);
  fprintf(for_people(options), "\n--fail-if%s\n%s", what, lines->str);
  return statuses[holds + 1];
}

/* As JSON and in the other formats. Takes the JSON. Returns: FALSE with an error. */
static gboolean write_all(const FlBenchOptions *options, json_t *json, GError **error) {
  FlReportOutputs outputs = outputs_of(options);
  g_autoptr(GArray) files = fl_result_files_new();

  fl_result_files_add(files, json, options->json ? options->json : "");
  gboolean written = (!options->json || fl_report_write_json(json, options->json, error)) &&
                     fl_report_outputs_write(&outputs, (FlResultFile *)files->data, files->len, error);
  json_decref(json);
  return written;
}

/* What an unsound run says of a condition counts for nothing. */
static FlExit worse_of(FlExit of_verdict, FlExit of_conditions) {
  return of_verdict != FL_EXIT_OK ? of_verdict : of_conditions;
}

static FlExit report(const FlExperiment *experiment, const FlBenchOptions *options, GError **error) {
  g_autofree char *table = fl_report_table(experiment);
  json_t *json = fl_report_json(experiment);

  fputs(table, for_people(options));
  FlExit status = check_conditions(options, "", json, error);
  if (!write_all(options, json, *error ? NULL : error))
    return FL_EXIT_FAILED;
  return worse_of(fl_command_status(fl_experiment_verdict(experiment)), status);
}

static FlExit report_sweep(const FlSweep *sweep, const FlBenchOptions *options, GError **error) {
  g_autofree char *table = fl_sweep_table(sweep);
  json_t *json = fl_sweep_json(sweep), *result;
  FlExit status = FL_EXIT_OK;
  gsize i;

  fputs(table, for_people(options));
  json_array_foreach(json_object_get(json_object_get(json, "sweep"), "results"), i, result) {
    g_autofree char *what = g_strdup_printf(" at %s=%s", sweep->parameter, sweep->texts[i]);
    FlExit one = check_conditions(options, what, result, *error ? NULL : error);
    status = status == FL_EXIT_OK || one == FL_EXIT_FAILED ? one : status;
  }
  if (!write_all(options, json, *error ? NULL : error))
    return FL_EXIT_FAILED;
  return worse_of(fl_command_status(fl_sweep_verdict(sweep)), status);
}

static FlExit run(const FlBenchOptions *options, const FlSetting *setting, GError **error) {
  g_autoptr(FlExperiment) experiment = fl_experiment_run(options, setting, fl_progress_for(options->quiet), error);

  fl_progress_end(options->quiet);
  return experiment ? report(experiment, options, error) : FL_EXIT_FAILED;
}

static FlExit run_sweep(const FlBenchOptions *options, const FlSetting *setting, GError **error) {
  g_autoptr(FlSweep) sweep = fl_sweep_run(options, setting, fl_progress_for(options->quiet), error);

  fl_progress_end(options->quiet);
  return sweep ? report_sweep(sweep, options, error) : FL_EXIT_FAILED;
}

static FlExit run_in_setting(const FlBenchOptions *options, char *command_line, GError **error) {
  FlSetting setting;

  if (!fl_setting_begin(options, command_line, &setting, error))
    return g_error_matches(*error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE) ? FL_EXIT_USAGE : FL_EXIT_FAILED;
  FlExit status = (options->sweep_parameter ? run_sweep : run)(options, &setting, error);
  fl_setting_end(&setting);
  return status;
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
  FlExit status = run_in_setting(options, command_line, &error);
  if (error)
    g_printerr("feedlab-bench: %s\n", error->message);
  fl_bench_options_free(options);
  return status;
}

const FlCommand fl_command_run = { "run", "measure and compare transports", run_main };
