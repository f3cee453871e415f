/* Results as Markdown (GitHub's tables), for a README or a pull request: medians with half of their interval, and how many times the
 * baseline's they are.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "bench/figure.h"
#include "bench/column.h"
#include "bench/number.h"
#include "bench/report_formats.h"

/* A file may be anybody's: nothing in it is markup, a mention or an end of the line. */
static void append_text(GString *out, const char *text) {
  for (const char *c = text; *c; c++) {
    if ((guchar)*c < ' ')
      g_string_append_c(out, ' ');
    else if (*c == '<' || *c == '>' || *c == '&' || *c == '@')
      g_string_append_printf(out, "&#%d;", *c);
    else
      g_string_append_printf(out, strchr("\\`*_[]|~#!", *c) ? "\\%c" : "%c", *c);
  }
}

static void append_value(GString *out, FlInterval interval, const char *name) {
  const FlFigure *figure = fl_figure_find(name);
  g_autofree char *value = figure ? fl_column_number(interval.value, figure->decimals) : fl_number_brief(interval.value);
  double half = (interval.high - interval.low) / 2;
  g_autofree char *around = figure ? fl_column_number(half, figure->decimals) : fl_number_brief(half);

  g_string_append(out, value);
  if (isfinite(half))
    g_string_append_printf(out, " ± %s", around);
}

/* Or that there is no difference: the interval holds 1. */
static void append_ratio(GString *out, FlInterval ratio) {
  g_autofree char *times = fl_number_ratio(ratio.value);

  if (ratio.low <= 1 && ratio.high >= 1)
    g_string_append(out, " ≈");
  else if (*times)
    g_string_append_printf(out, " (%s)", times);
}

static gboolean has_value(const json_t *results, const char *name) {
  gsize i;
  json_t *result;

  json_array_foreach(results, i, result) {
    if (isfinite(fl_result_file_number(json_object_get(json_object_get(result, "figures"), name), "value")))
      return TRUE;
  }
  return FALSE;
}

static void append_row(GString *out, const json_t *results, const char *name, const json_t *like) {
  gsize i;
  json_t *result;

  g_string_append(out, "| ");
  append_text(out, fl_result_file_text(like, "label"));
  g_string_append(out, *fl_result_file_text(like, "unit") ? ", " : "");
  append_text(out, fl_result_file_text(like, "unit"));
  json_array_foreach(results, i, result) {
    const json_t *figure = json_object_get(json_object_get(result, "figures"), name);
    g_string_append(out, " | ");
    append_value(out, fl_result_file_interval(figure), name);
    append_ratio(out, fl_result_file_interval(json_object_get(figure, "ratio")));
  }
  g_string_append(out, " |\n");
}

static void append_head(GString *out, const json_t *results) {
  gsize i;
  json_t *result;

  g_string_append(out, "| ");
  json_array_foreach(results, i, result) {
    g_string_append(out, g_str_equal(fl_result_file_text(result, "verdict"), "sound") ? " | " : " | ✗ ");
    append_text(out, fl_result_file_text(result, "name"));
  }
  g_string_append(out, " |\n|---");
  for (i = 0; i < json_array_size(results); i++)
    g_string_append(out, "|--:");
  g_string_append(out, "|\n");
}

/* What is not sound, in a line each; one line where all are. */
static void append_checks(GString *out, const json_t *results) {
  gboolean all_sound = TRUE;
  gsize i;
  json_t *result;

  json_array_foreach(results, i, result) {
    const json_t *check = json_object_get(result, "integrity");
    const char *verdict = fl_result_file_text(result, "verdict");
    if (g_str_equal(verdict, "sound"))
      continue;
    all_sound = FALSE;
    g_string_append(out, "✗ **");
    append_text(out, fl_result_file_text(result, "name"));
    g_string_append(out, ": ");
    append_text(out, verdict);
    g_string_append_printf(out,
                           "** (%.0f delivered, %.0f lost, %.0f duplicated, %.0f reordered): stands for nothing.\n\n",
                           fl_result_file_number(check, "delivered"), fl_result_file_number(check, "lost"),
                           fl_result_file_number(check, "duplicated"), fl_result_file_number(check, "reordered"));
  }
  if (all_sound)
    g_string_append(out, "✓ Every update once and in order, on every transport.\n\n");
}

/* As it stands in the setting. */
static void append_link(GString *out, const json_t *setting) {
  const char *link = fl_result_file_text(setting, "link");

  if (!*link)
    return;
  g_string_append(out, strchr(link, '=') ? "\nEmulated link: " : "\nLink: ");
  append_text(out, link);
  g_string_append_c(out, '.');
}

static void append_legend(GString *out, const FlResultFile *file) {
  const char *baseline = fl_result_file_text(file->json, "baseline");
  const json_t *manifest = json_object_get(file->json, "manifest");

  g_string_append(out, "\nMedians of the runs ± half of the 95 % interval. – not measured, or too few samples.");
  if (*baseline) {
    g_string_append(out, " × of ");
    append_text(out, baseline);
    g_string_append(out, "; ≈ no difference (99 % interval).");
  }
  append_link(out, json_object_get(manifest, "setting"));
  g_string_append(out, "\nfeedlab ");
  append_text(out, fl_result_file_text(manifest, "feedlab"));
  g_string_append(out, ", ");
  append_text(out, fl_result_file_text(manifest, "date"));
  g_string_append(out, ": ");
  append_text(out, fl_result_file_text(manifest, "command_line"));
  g_string_append_c(out, '\n');
}

static void append_file(GString *out, const FlResultFile *file) {
  const json_t *results = json_object_get(file->json, "results");
  const char *name;
  json_t *figure;

  if (g_str_equal(fl_result_file_text(file->json, "verdict"), "sound")) {
    append_text(out, fl_result_file_text(file->json, "sentence"));
    g_string_append(out, "\n\n");
  }
  append_checks(out, results);
  append_head(out, results);
  json_object_foreach(json_object_get(json_array_get(results, 0), "figures"), name, figure) {
    if (has_value(results, name))
      append_row(out, results, name, figure);
  }
  append_legend(out, file);
}

char *fl_report_markdown(const FlResultFile *files, guint n) {
  GString *out = g_string_new(NULL);

  for (guint i = 0; i < n; i++) {
    if (n > 1) {
      g_string_append(out, i > 0 ? "\n### " : "### ");
      append_text(out, files[i].name);
      g_string_append(out, "\n\n");
    }
    append_file(out, &files[i]);
  }
  return g_string_free(out, FALSE);
}
