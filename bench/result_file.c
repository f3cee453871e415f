/* Reading results. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/result_file.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "bench/report.h"

/* More samples than this a double does not count one by one. */
#define MOST_SAMPLES (G_GUINT64_CONSTANT(1) << 53)

double fl_result_file_number(const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *fl_result_file_text(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

char *fl_result_file_link(const json_t *json) {
  const json_t *setting = json_object_get(json_object_get(json, "manifest"), "setting");
  const char *text = fl_result_file_text(setting, "link");
  double worst_ms = NAN, percentile = NAN;
  gsize i;
  json_t *result;

  json_array_foreach(json_object_get(json, "results"), i, result) {
    const json_t *link = json_object_get(result, "link");
    double late_ms = fl_result_file_number(link, "late_ms");
    if (isnan(late_ms) || late_ms <= worst_ms)
      continue;
    worst_ms = late_ms;
    percentile = fl_result_file_number(link, "late_percentile");
  }
  if (isnan(worst_ms))
    return g_strdup(text);
  return g_strdup_printf("emulated link %s, itself late by up to %.2f ms (p%.0f)", text, worst_ms, percentile);
}

FlInterval fl_result_file_interval(const json_t *interval) {
  return (FlInterval){ .value = fl_result_file_number(interval, "value"),
                       .low = fl_result_file_number(interval, "low"),
                       .high = fl_result_file_number(interval, "high"),
                       .p = fl_result_file_number(interval, "p") };
}

FlHistogram *fl_result_file_latency(const json_t *result) {
  FlHistogram *histogram = fl_histogram_new();
  gsize i;
  json_t *pair;

  json_array_foreach(json_object_get(result, "latency_us"), i, pair) {
    gint64 value = json_integer_value(json_array_get(pair, 0));
    fl_histogram_record_n(histogram, value, (guint64)json_integer_value(json_array_get(pair, 1)));
  }
  return histogram;
}

/* --- is it a result ------------------------------------------------------------------------------------------------ */

/* Values from 0 on that rise, each at least once. */
static gboolean is_histogram(const json_t *pairs) {
  json_int_t before = -1;
  guint64 total = 0;
  gsize i;
  json_t *pair;

  json_array_foreach(pairs, i, pair) {
    const json_t *value = json_array_get(pair, 0), *n = json_array_get(pair, 1);
    if (!json_is_integer(value) || !json_is_integer(n) || json_integer_value(value) <= before ||
        json_integer_value(n) < 1)
      return FALSE;
    before = json_integer_value(value);
    total += MIN((guint64)json_integer_value(n), MOST_SAMPLES);
    if (total > MOST_SAMPLES)
      return FALSE;
  }
  return json_is_array(pairs);
}

static gboolean is_figure(const json_t *figure) {
  const json_t *value = json_object_get(figure, "value");
  return (json_is_number(value) || json_is_null(value)) && json_is_string(json_object_get(figure, "unit")) &&
         json_is_array(json_object_get(figure, "runs"));
}

static char *wrong_with(gsize index, const json_t *result) {
  json_t *figures = json_object_get(result, "figures");
  const char *name;
  json_t *figure;

  if (!json_is_string(json_object_get(result, "name")))
    return g_strdup_printf("results[%zu] has no name", index);
  if (!json_is_object(figures))
    return g_strdup_printf("results[%zu] has no figures", index);
  json_object_foreach(figures, name, figure) {
    if (!is_figure(figure))
      return g_strdup_printf("results[%zu].figures: '%s' is no figure", index, name);
  }
  if (!is_histogram(json_object_get(result, "latency_us")))
    return g_strdup_printf("results[%zu].latency_us is no histogram", index);
  return NULL;
}

static char *check_single(const json_t *json) {
  json_t *results = json_object_get(json, "results");
  char *wrong = NULL;
  gsize i;
  json_t *result;

  if (json_array_size(results) == 0)
    return g_strdup("no result of feedlab-bench: it has no results");
  json_array_foreach(results, i, result) {
    g_autofree char *what = wrong ? NULL : wrong_with(i, result);
    if (what)
      wrong = g_strconcat("no result of feedlab-bench: ", what, NULL);
  }
  return wrong;
}

static char *check_sweep(const json_t *sweep) {
  const json_t *values = json_object_get(sweep, "values");
  json_t *results = json_object_get(sweep, "results");
  char *wrong = NULL;
  gsize i;
  json_t *result;

  if (!json_is_string(json_object_get(sweep, "parameter")) || json_array_size(results) == 0 ||
      json_array_size(values) != json_array_size(results))
    return g_strdup("no result of feedlab-bench: its sweep has no parameter, or not a result a value");
  json_array_foreach(results, i, result) {
    if (!wrong)
      wrong = json_is_number(json_array_get(values, i)) ? check_single(result)
                                                        : g_strdup("no result of feedlab-bench: a value is no number");
  }
  return wrong;
}

char *fl_result_file_check(const json_t *json) {
  const json_t *version = json_object_get(json, "schema"), *sweep = json_object_get(json, "sweep");

  if (!json_is_integer(version))
    return g_strdup("no result of feedlab-bench: it has no \"schema\"");
  if (json_integer_value(version) != FL_REPORT_SCHEMA)
    return g_strdup_printf("a result of schema version %" JSON_INTEGER_FORMAT "; this feedlab-bench reads version %d",
                           json_integer_value(version), FL_REPORT_SCHEMA);
  if (json_object_get(json, "comparison"))
    return g_strdup("a comparison: reports are made of results");
  return sweep ? check_sweep(sweep) : check_single(json);
}

/* --- files --------------------------------------------------------------------------------------------------------- */

void fl_result_file_clear(FlResultFile *self) {
  g_clear_pointer(&self->name, g_free);
  g_clear_pointer(&self->json, json_decref);
  g_clear_pointer(&self->parameter, g_free);
}

static void clear(gpointer file) {
  fl_result_file_clear(file);
}

GArray *fl_result_files_new(void) {
  GArray *files = g_array_new(FALSE, FALSE, sizeof(FlResultFile));
  g_array_set_clear_func(files, clear);
  return files;
}

static char *name_of(const char *path) {
  char *name = *path ? g_path_get_basename(path) : g_strdup("");
  if (g_str_has_suffix(name, ".json"))
    name[strlen(name) - strlen(".json")] = '\0';
  return name;
}

static void add_sweep(GArray *files, const json_t *sweep, const char *name) {
  const char *parameter = fl_result_file_text(sweep, "parameter");
  gsize i;
  json_t *result;

  json_array_foreach(json_object_get(sweep, "results"), i, result) {
    double at = json_number_value(json_array_get(json_object_get(sweep, "values"), i));
    FlResultFile file = { g_strdup_printf("%s%s%s=%g", name, *name ? " " : "", parameter, at), json_incref(result),
                          g_strdup(parameter), at };
    g_array_append_val(files, file);
  }
}

/* One that has been checked. Takes the JSON. */
static void add(GArray *files, json_t *json, const char *path) {
  const json_t *sweep = json_object_get(json, "sweep");
  char *name = name_of(path);
  FlResultFile file = { .name = name, .json = json };

  if (sweep) {
    add_sweep(files, sweep, name);
    fl_result_file_clear(&file);
  } else {
    g_array_append_val(files, file);
  }
}

gboolean fl_result_files_read(GArray *files, const char *path, GError **error) {
  g_autofree char *content = NULL;
  gsize len;
  json_error_t syntax;

  if (!g_file_get_contents(path, &content, &len, error))
    return FALSE;
  json_t *json = json_loadb(content, len, JSON_REJECT_DUPLICATES, &syntax);
  g_autofree char *wrong =
      json ? fl_result_file_check(json) : g_strdup_printf("no JSON: line %d: %s", syntax.line, syntax.text);
  if (!wrong) {
    add(files, json, path);
    return TRUE;
  }
  json_decref(json);
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, wrong);
  return FALSE;
}

void fl_result_files_add(GArray *files, const json_t *json, const char *path) {
  char *text = json_dumps(json, JSON_REAL_PRECISION(FL_RESULT_DIGITS));
  add(files, json_loads(text, 0, NULL), path);
  free(text);
}
