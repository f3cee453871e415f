/* Results as CSV. A row a figure; what else is a number, the model's figures and the counts, follows as rows of the same shape.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "bench/report_formats.h"

static const char columns[] =
    "file,name,transport,clients,verdict,figure,label,unit,value,low,high,ratio,ratio_low,ratio_high,ratio_p";

/* Quoted where RFC 4180 asks for it. A file may be anybody's: what a spreadsheet would take for a formula begins with a '. */
static void append_text(GString *out, const char *text) {
  gboolean is_formula = *text && strchr("=+-@\t\r", *text);
  gboolean quotes = strpbrk(text, ",\"\r\n") != NULL;

  g_string_append(out, quotes ? "\"" : "");
  g_string_append(out, is_formula ? "'" : "");
  for (const char *c = text; *c; c++)
    g_string_append_printf(out, *c == '"' ? "\"\"" : "%c", *c);
  g_string_append(out, quotes ? "\"" : "");
}

/* As precise as in the JSON; nothing for what was not measured. */
static void append_number(GString *out, double value) {
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c(out, ',');
  if (isfinite(value))
    g_string_append(out, g_ascii_formatd(digits, sizeof digits, "%.12g", value));
}

static void append_interval(GString *out, FlInterval interval) {
  append_number(out, interval.value);
  append_number(out, interval.low);
  append_number(out, interval.high);
}

/* The columns that all rows of a result begin with. */
static char *beginning(const FlResultFile *file, const json_t *result) {
  GString *out = g_string_new(NULL);

  append_text(out, file->name);
  g_string_append_c(out, ',');
  append_text(out, fl_result_file_text(result, "name"));
  g_string_append_c(out, ',');
  append_text(out, fl_result_file_text(result, "transport"));
  append_number(out, fl_result_file_number(result, "clients"));
  g_string_append_c(out, ',');
  append_text(out, fl_result_file_text(result, "verdict"));
  return g_string_free(out, FALSE);
}

/* Where the rows of a result go, what they begin with, and how many columns there are for runs. */
typedef struct {
  GString *out;
  const char *begin;
  gsize most_runs;
} Rows;

static void append_figure(const Rows *rows, const char *name, const json_t *figure) {
  FlInterval ratio = fl_result_file_interval(json_object_get(figure, "ratio"));
  const char *texts[] = { name, fl_result_file_text(figure, "label"), fl_result_file_text(figure, "unit") };

  g_string_append(rows->out, rows->begin);
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_string_append_c(rows->out, ',');
    append_text(rows->out, texts[i]);
  }
  append_interval(rows->out, fl_result_file_interval(figure));
  append_interval(rows->out, ratio);
  append_number(rows->out, ratio.p);
  for (gsize i = 0; i < rows->most_runs; i++) {
    const json_t *run = json_array_get(json_object_get(figure, "runs"), i);
    append_number(rows->out, json_is_number(run) ? json_number_value(run) : NAN);
  }
  g_string_append(rows->out, "\r\n");
}

/* The members of `group` as figures named group.member, in the unit of the figure of the member's name. */
static void append_group(const Rows *rows, const json_t *result, const char *group) {
  const char *member;
  json_t *value;

  json_object_foreach(json_object_get(result, group), member, value) {
    g_autofree char *name = g_strconcat(group, ".", member, NULL);
    const json_t *like = json_object_get(json_object_get(result, "figures"), member);
    json_t *figure = json_pack("{s:O, s:s, s:s}", "value", value, "label", fl_result_file_text(like, "label"), "unit",
                               fl_result_file_text(like, "unit"));
    append_figure(rows, name, figure);
    json_decref(figure);
  }
}

static void append_result(GString *out, const FlResultFile *file, const json_t *result, gsize most_runs) {
  g_autofree char *begin = beginning(file, result);
  Rows rows = { out, begin, most_runs };
  const char *name;
  json_t *figure;

  json_object_foreach(json_object_get(result, "figures"), name, figure) {
    append_figure(&rows, name, figure);
  }
  append_group(&rows, result, "model");
  append_group(&rows, result, "integrity");
  append_group(&rows, result, "counts");
}

static gsize most_runs_of(const FlResultFile *files, guint n) {
  gsize most = 0, k;
  const char *name;
  json_t *result, *figure;

  for (guint i = 0; i < n; i++)
    json_array_foreach(json_object_get(files[i].json, "results"), k, result) {
      json_object_foreach(json_object_get(result, "figures"), name, figure) {
        most = MAX(most, json_array_size(json_object_get(figure, "runs")));
      }
    }
  return most;
}

char *fl_report_csv(const FlResultFile *files, guint n) {
  GString *out = g_string_new(columns);
  gsize most_runs = most_runs_of(files, n), k;
  json_t *result;

  for (gsize i = 1; i <= most_runs; i++)
    g_string_append_printf(out, ",run_%zu", i);
  g_string_append(out, "\r\n");
  for (guint i = 0; i < n; i++)
    json_array_foreach(json_object_get(files[i].json, "results"), k, result) {
      append_result(out, &files[i], result, most_runs);
    }
  return g_string_free(out, FALSE);
}
