/* The tables of the HTML report: the checks, all figures, and the manifest.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "bench/figure.h"
#include "bench/markup.h"
#include "bench/column.h"
#include "bench/number.h"
#include "bench/report_html.h"

static gboolean is_sound(const FlReportColumn *column) {
  return g_str_equal(fl_result_file_text(column->result, "verdict"), "sound");
}

/* --- checks -------------------------------------------------------------------------------------------------------- */

/* A count that should be 0. */
static void add_count(GString *out, const json_t *counts, const char *name) {
  double value = fl_result_file_number(counts, name);
  g_autofree char *text = fl_column_number(value, 0);
  fl_markup_add(out, "<td class=\"%s\">%s</td>", value > 0 ? "bad" : "quiet", text);
}

void fl_report_part_checks(GString *out, const FlReportView *view) {
  static const char *const integrity[] = { "lost", "duplicated", "reordered", "gaps", "negative" };
  static const char *const counts[] = { "connect_failures", "missed_deadlines", "clock_steps" };

  for (guint i = 0; i < view->n_columns; i++) {
    const FlReportColumn *column = &view->columns[i];
    const json_t *check = json_object_get(column->result, "integrity");
    g_autofree char *delivered = fl_column_number(fl_result_file_number(check, "delivered"), 0);
    fl_report_group(out, view, i, 11);
    g_string_append(out, "<tr>");
    fl_report_name(out, column);
    fl_markup_add(out, "<td class=\"word %s\">%s %s</td><td>%s</td>", is_sound(column) ? "good" : "bad",
                  is_sound(column) ? "✓" : "✗", fl_result_file_text(column->result, "verdict"), delivered);
    for (gsize k = 0; k < G_N_ELEMENTS(integrity); k++)
      add_count(out, check, integrity[k]);
    for (gsize k = 0; k < G_N_ELEMENTS(counts); k++)
      add_count(out, json_object_get(column->result, "counts"), counts[k]);
    g_string_append(out, "</tr>\n");
  }
  g_string_append(out, "</tbody>");
}

/* --- figures ------------------------------------------------------------------------------------------------------- */

static char *figure_text(const FlFigure *figure, double value) {
  return figure ? fl_column_number(value, figure->decimals) : fl_number_brief(value);
}

static void add_ratio(GString *out, FlInterval ratio) {
  g_autofree char *times = fl_number_ratio(ratio.value);
  g_autofree char *low = fl_number_ratio(ratio.low), *high = fl_number_ratio(ratio.high);
  gboolean is_same = ratio.low <= 1 && ratio.high >= 1;

  if (*times)
    fl_markup_add(out, " <span class=\"ratio%s\">%s</span>", is_same ? " same" : "", is_same ? "≈" : times);
  if (*times && *low && *high && !g_str_equal(low, high))
    fl_markup_add(out, "<span class=\"interval\">%s–%s</span>", low, high + strlen("×"));
}

static void add_cell(GString *out, const FlReportColumn *column, const char *name) {
  const json_t *figure = json_object_get(json_object_get(column->result, "figures"), name);
  const FlFigure *known = fl_figure_find(name);
  FlInterval interval = fl_result_file_interval(figure);
  g_autofree char *value = figure_text(known, interval.value), *low = figure_text(known, interval.low),
                  *high = figure_text(known, interval.high);

  fl_markup_add(out, "<td><span class=\"value%s\">%s</span>", isfinite(interval.value) ? "" : " none", value);
  if (isfinite(interval.low) && isfinite(interval.high) && !g_str_equal(low, high))
    fl_markup_add(out, "<span class=\"interval\">%s–%s</span>", low, high);
  g_string_append(out, "</td><td class=\"to\">");
  add_ratio(out, fl_result_file_interval(json_object_get(figure, "ratio")));
  g_string_append(out, "</td>");
}

/* The heading that a figure stands under: the last one before it in the list; NULL for what the list doesn't have. */
static const char *heading_of(const char *name) {
  const char *heading = NULL;

  for (const FlFigure *figure = fl_figures; figure->name; figure++) {
    if (!figure->value)
      heading = figure->label;
    else if (g_str_equal(figure->name, name))
      return heading;
  }
  return NULL;
}

static gboolean has_value(const FlReportView *view, const char *name) {
  for (guint i = 0; i < view->n_columns; i++)
    if (isfinite(fl_report_figure(&view->columns[i], name).value))
      return TRUE;
  return FALSE;
}

static void add_heads(GString *out, const FlReportView *view) {
  g_string_append(out, "<thead>");
  if (view->n_files > 1) {
    g_string_append(out, "<tr><td></td>");
    for (guint i = 0; i < view->n_files; i++)
      fl_markup_add(out, "<th class=\"file\" colspan=\"%zu\" scope=\"colgroup\">%s</th>",
                    2 * json_array_size(json_object_get(view->files[i].json, "results")), view->files[i].name);
    g_string_append(out, "</tr>");
  }
  g_string_append(out, "<tr><td></td>");
  for (guint i = 0; i < view->n_columns; i++) {
    const FlReportColumn *column = &view->columns[i];
    gboolean is_baseline = g_str_equal(fl_result_file_text(column->file->json, "baseline"), column->name);
    fl_markup_add(out, "<th scope=\"col\"><span class=\"key c%d\"></span>%s%s</th><td class=\"to\">", column->hue,
                  is_sound(column) ? "" : "✗ ", column->name);
    g_string_append(out, is_baseline ? "<small>baseline</small></td>" : "</td>");
  }
  g_string_append(out, "</tr></thead>\n<tbody>");
}

/* Rows in the order of the first result; a figure that only others have comes after them. */
static GPtrArray *names_of(const FlReportView *view) {
  GPtrArray *names = g_ptr_array_new();
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  const char *name;
  json_t *figure;

  for (guint i = 0; i < view->n_columns; i++)
    json_object_foreach(json_object_get(view->columns[i].result, "figures"), name, figure) {
      if (g_hash_table_add(seen, (char *)name) && has_value(view, name))
        g_ptr_array_add(names, (char *)name);
    }
  return names;
}

static const json_t *figure_of_any(const FlReportView *view, const char *name) {
  for (guint i = 0; i < view->n_columns; i++) {
    const json_t *figure = json_object_get(json_object_get(view->columns[i].result, "figures"), name);
    if (figure)
      return figure;
  }
  return NULL;
}

void fl_report_part_figures(GString *out, const FlReportView *view) {
  g_autoptr(GPtrArray) names = names_of(view);
  const char *under = NULL;

  add_heads(out, view);
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index(names, i), *heading = heading_of(name);
    const json_t *like = figure_of_any(view, name);
    const char *unit = fl_result_file_text(like, "unit");
    if (heading && heading != under) {
      fl_markup_add(out, "<tr class=\"group\"><th colspan=\"%u\" scope=\"rowgroup\">%s</th></tr>\n",
                    1 + 2 * view->n_columns, heading);
      under = heading;
    }
    fl_markup_add(out, "<tr><th scope=\"row\" title=\"%s\">%s%s<small>%s</small></th>", name,
                  fl_result_file_text(like, "label"), *unit ? " " : "", unit);
    for (guint k = 0; k < view->n_columns; k++)
      add_cell(out, &view->columns[k], name);
    g_string_append(out, "</tr>\n");
  }
  g_string_append(out, "</tbody>");
}

/* --- the manifest -------------------------------------------------------------------------------------------------- */

static void add_value(GString *out, const json_t *value) {
  char *dumped = json_is_string(value) || json_is_null(value)
                     ? NULL
                     : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
  const char *text = json_is_string(value) ? json_string_value(value) : "–";

  fl_markup_add(out, "<dd>%s</dd>", dumped ? dumped : text);
  free(dumped);
}

static void add_list(GString *out, const json_t *object) {
  const char *name;
  json_t *value;

  g_string_append(out, "<dl>");
  json_object_foreach((json_t *)object, name, value) {
    if (json_is_object(value))
      continue;
    fl_markup_add(out, "<dt>%s</dt>", name);
    add_value(out, value);
  }
  g_string_append(out, "</dl>\n");
}

static void add_blocks(GString *out, const json_t *blocks) {
  gsize i, k;
  json_t *block, *name;

  g_string_append(out, "<h4>order of the runs</h4><ol>");
  json_array_foreach(blocks, i, block) {
    g_string_append(out, "<li>");
    json_array_foreach(block, k, name) {
      fl_markup_add(out, "%s%s", k > 0 ? ", " : "", json_is_string(name) ? json_string_value(name) : "–");
    }
    g_string_append(out, "</li>");
  }
  g_string_append(out, "</ol>\n");
}

void fl_report_part_manifest(GString *out, const FlReportView *view) {
  const char *name;
  json_t *value;

  for (guint i = 0; i < view->n_files; i++) {
    const json_t *manifest = json_object_get(view->files[i].json, "manifest");
    g_string_append(out, "<details>");
    fl_markup_add(out, "<summary>%s</summary>\n", view->n_files > 1 ? view->files[i].name : "The manifest");
    fl_markup_add(out, "<pre>%s</pre>\n", fl_result_file_text(manifest, "command_line"));
    add_list(out, manifest);
    json_object_foreach((json_t *)manifest, name, value) {
      if (!json_is_object(value))
        continue;
      fl_markup_add(out, "<h4>%s</h4>", name);
      add_list(out, value);
    }
    add_blocks(out, json_object_get(view->files[i].json, "blocks"));
    g_string_append(out, "</details>\n");
  }
}
