/* feedlab-bench compare: two results, and whether the second is another than the first.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench/command.h"
#include "bench/comparison.h"
#include "bench/report.h"

typedef struct {
  char *json;
  gboolean fails_on_regression;
} Options;

static const char explanation[] =
    "Of each transport that both have, latency.p50 is the verdict: it differs where the 99 % interval of the ratio of "
    "the\n"
    "runs leaves out 1. The other costs are told beside it, by Holm's correction over all of them at 1 %.\n"
    "\n"
    "Exit status:\n"
    "  0   compared\n"
    "  1   a file is no result, or has fewer than two runs; with --fail-on-regression also where a verdict can't be "
    "given\n"
    "  2   usage\n"
    "  99  with --fail-on-regression: a transport of B is slower\n";

static FlExit report(const FlComparison *comparison, const Options *options, GError **error) {
  static const FlExit statuses[] = { [FL_CHANGE_NONE] = FL_EXIT_OK,
                                     [FL_CHANGE_BETTER] = FL_EXIT_OK,
                                     [FL_CHANGE_INCOMPARABLE] = FL_EXIT_FAILED,
                                     [FL_CHANGE_WORSE] = FL_EXIT_THRESHOLD };
  g_autofree char *table = fl_comparison_table(comparison);

  fputs(table, stdout);
  if (options->json) {
    json_t *json = fl_comparison_json(comparison);
    gboolean written = fl_report_write_json(json, options->json, error);
    json_decref(json);
    if (!written)
      return FL_EXIT_FAILED;
  }
  return options->fails_on_regression ? statuses[fl_comparison_worst(comparison)] : FL_EXIT_OK;
}

static FlExit compare(const char *path_a, const char *path_b, const Options *options, GError **error) {
  json_t *a = fl_comparison_read(path_a, error);
  json_t *b = a ? fl_comparison_read(path_b, error) : NULL;
  g_autoptr(FlComparison) comparison = b ? fl_comparison_new(a, b, error) : NULL;

  json_decref(a);
  json_decref(b);
  return comparison ? report(comparison, options, error) : FL_EXIT_FAILED;
}

static FlExit run_with(int argc, char **argv, Options *options, GError **error) {
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &options->json, "Write the comparison there", "FILE" },
    { "fail-on-regression", 0, 0, G_OPTION_ARG_NONE, &options->fails_on_regression, "Exit 99 where B is slower", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("A.json B.json — of feedlab-bench compare");

  g_option_context_set_summary(context, "Compares two results of feedlab-bench run: B against A.");
  g_option_context_set_description(context, explanation);
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return FL_EXIT_USAGE;
  if (argc == 3)
    return compare(argv[1], argv[2], options, error);
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "two results are wanted, A.json B.json: see --help");
  return FL_EXIT_USAGE;
}

static FlExit compare_main(int argc, char **argv) {
  Options options = { 0 };
  g_autoptr(GError) error = NULL;
  FlExit status = run_with(argc, argv, &options, &error);

  if (error)
    g_printerr("feedlab-bench: %s\n", error->message);
  g_free(options.json);
  return status;
}

const FlCommand fl_command_compare = { "compare", "compare two results", compare_main };
