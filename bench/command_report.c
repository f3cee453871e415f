/* feedlab-bench report: results of earlier runs, from their files, in other formats and side by side.
 * SPDX-License-Identifier: MIT */
#include "bench/command.h"
#include "bench/report_formats.h"

typedef struct {
  char *csv, *markdown, *html, *hgrm, **files;
} Texts;

static const char explanation[] =
    "FILE may be - for stdout, for one of the formats. docs/report.md describes them.\n"
    "\n"
    "Exit status: 0 ok, 1 a file cannot be written, 2 usage, or a file that is no result of this version.";

static gboolean read_arguments(int *argc, char ***argv, Texts *texts, GError **error) {
  const GOptionEntry entries[] = {
    { "html", 'o', 0, G_OPTION_ARG_FILENAME, &texts->html, "Write a page there, with charts", "FILE" },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &texts->csv, "Write a row a transport and figure there", "FILE" },
    { "markdown", 0, 0, G_OPTION_ARG_FILENAME, &texts->markdown, "Write a table there for a README or a pull request",
      "FILE" },
    { "hgrm", 0, 0, G_OPTION_ARG_FILENAME, &texts->hgrm, "Write HdrHistogram's percentiles there, a file a transport",
      "DIR" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts->files, NULL, "RESULT.json…" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("— of feedlab-bench report");

  g_option_context_set_summary(
      context, "Makes reports of what `feedlab-bench run --json` wrote; several results stand side by side.");
  g_option_context_set_description(context, explanation);
  g_option_context_add_main_entries(context, entries, NULL);
  return g_option_context_parse(context, argc, argv, error);
}

static gboolean check(const Texts *texts, const FlReportOutputs *outputs, GError **error) {
  const char *wrong = NULL;

  if (!texts->files)
    wrong = "report: a result is wanted that `feedlab-bench run --json` wrote";
  else if (!outputs->csv && !outputs->markdown && !outputs->html && !outputs->hgrm)
    wrong = "report: where to is wanted: -o, --csv, --markdown or --hgrm";
  else if (fl_report_outputs_stdout(outputs) > 1)
    wrong = "report: only one format can go to stdout";
  if (wrong)
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
  return !wrong;
}

static gboolean read_files(GArray *files, char **paths, GError **error) {
  for (char **path = paths; *path; path++)
    if (!fl_result_files_read(files, *path, error))
      return FALSE;
  return TRUE;
}

static FlExit report(const Texts *texts, GError **error) {
  FlReportOutputs outputs = { texts->csv, texts->markdown, texts->html, texts->hgrm };
  g_autoptr(GArray) files = fl_result_files_new();

  if (!check(texts, &outputs, error) || !read_files(files, texts->files, error))
    return FL_EXIT_USAGE;
  return fl_report_outputs_write(&outputs, (FlResultFile *)files->data, files->len, error) ? FL_EXIT_OK
                                                                                           : FL_EXIT_FAILED;
}

static FlExit report_main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  Texts texts = { 0 };
  FlExit status = read_arguments(&argc, &argv, &texts, &error) ? report(&texts, &error) : FL_EXIT_USAGE;

  if (error)
    g_printerr("feedlab-bench: %s\n", error->message);
  g_free(texts.csv);
  g_free(texts.markdown);
  g_free(texts.html);
  g_free(texts.hgrm);
  g_strfreev(texts.files);
  return status;
}

const FlCommand fl_command_report = { "report", "make pages and tables of results", report_main };
