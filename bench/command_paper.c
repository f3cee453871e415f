/* feedlab-bench paper: published experiments, run again.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "bench/command.h"
#include "bench/paper.h"
#include "bench/report.h"
#include "core/units.h"

#define BUDGET_NS G_GINT64_CONSTANT(45000000000)

typedef struct {
  gboolean list, quiet;
  char *duration, *budget, *json, **names;
} Options;

static const char explanation[] =
    "Prints what the paper published beside what is measured here and what the formulas say (docs/papers.md). The command\n"
    "lines of its runs are printed too. Figures that were read in a review of the paper are marked as such.\n"
    "\n"
    "Exit status: as of `feedlab-bench run`, the worst of the runs; 2 for a paper that there is none of. hashrocket searches as\n"
    "`capacity` does: 4 where the bench itself was saturated first.";

static void no_progress(const char *transport, const char *phase, double part, const FlResult *result) {
}

static void show_progress(const char *transport, const char *phase, double part, const FlResult *result) {
  fprintf(stderr, "\r\033[K%-16s  %s", transport, phase);
}

static void print_list(void) {
  for (const FlPaper *const *paper = fl_papers; *paper; paper++)
    printf("%-12s %s\n             %s\n", (*paper)->name, (*paper)->about, (*paper)->citation);
}

static gboolean take_budget(const Options *options, FlPaperChoice *choice, GError **error) {
  choice->budget_ns = BUDGET_NS;
  if (!options->budget || (fl_units_duration(options->budget, &choice->budget_ns) && choice->budget_ns > 0))
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--budget %s: a duration such as 45s is wanted", options->budget);
  return FALSE;
}

static FlExit report(const FlPaperRun *run, const Options *options, GError **error) {
  g_autofree char *table = fl_paper_table(run);

  fputs(table, stdout);
  if (options->json) {
    json_t *json = fl_paper_json(run);
    gboolean written = fl_report_write_json(json, options->json, error);
    json_decref(json);
    if (!written)
      return FL_EXIT_FAILED;
  }
  return fl_command_status(fl_paper_run_verdict(run));
}

static FlExit run_paper(const FlPaper *paper, const Options *options, FlPaperChoice *choice, GError **error) {
  g_autoptr(FlPaperRun) run = fl_paper_run(paper, choice, error);

  if (choice->progress == show_progress)
    fputs("\r\033[K", stderr);
  if (run)
    return report(run, options, error);
  return g_error_matches(*error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE) ? FL_EXIT_USAGE : FL_EXIT_FAILED;
}

static FlExit run_named(const Options *options, FlPaperChoice *choice, GError **error) {
  const FlPaper *paper;

  if (!options->names || options->names[1]) {
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "one paper is wanted, or --list: see paper --help");
    return FL_EXIT_USAGE;
  }
  if (!take_budget(options, choice, error) || !(paper = fl_paper_find(options->names[0], error)))
    return FL_EXIT_USAGE;
  choice->duration = options->duration;
  choice->progress = options->quiet || !isatty(STDERR_FILENO) ? no_progress : show_progress;
  return run_paper(paper, options, choice, error);
}

static FlExit run_with(int argc, char **argv, Options *options, FlPaperChoice *choice, GError **error) {
  const GOptionEntry entries[] = {
    { "list", 0, 0, G_OPTION_ARG_NONE, &options->list, "The papers that there are", NULL },
    { "duration", 'd', 0, G_OPTION_ARG_STRING, &options->duration, "Time that is measured in each run",
      "TIME" },
    { "budget", 0, 0, G_OPTION_ARG_STRING, &options->budget, "Time for a search, of hashrocket (45s)", "TIME" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &options->json, "Write the figures there, with the results of all runs", "FILE" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet, "No progress", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->names, NULL, "NAME" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("— of feedlab-bench paper");

  g_option_context_set_summary(context, "Runs a published experiment again, scaled down to about a minute.");
  g_option_context_set_description(context, explanation);
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return FL_EXIT_USAGE;
  if (!options->list)
    return run_named(options, choice, error);
  print_list();
  return FL_EXIT_OK;
}

static FlExit paper_main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autofree char *arguments = g_strjoinv(" ", argv);
  g_autofree char *command_line = g_strconcat("feedlab-bench ", arguments, NULL);
  FlPaperChoice choice = { .command_line = command_line };
  Options options = { 0 };
  FlExit status = run_with(argc, argv, &options, &choice, &error);

  if (error)
    g_printerr("feedlab-bench: %s\n", error->message);
  for (char **text = &options.duration; text <= &options.json; text++)
    g_free(*text);
  g_strfreev(options.names);
  return status;
}

const FlCommand fl_command_paper = { "paper", "run a published experiment again", paper_main };
