/* Results as JSON, with the manifest that tells where they come from. The figures are the table's (bench/figure),
 * unrounded; beside them stand the counts that they are made from.
 * SPDX-License-Identifier: MIT */
#include <gio/gio.h>
#include <jansson.h>
#include <math.h>

#include "bench/figure.h"
#include "bench/manifest.h"
#include "bench/report.h"

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(guint64 value) {
  return json_integer((json_int_t)value);
}

/* -1 stands for what is not known. */
static json_t *known(gint64 value) {
  return value < 0 ? json_null() : json_integer(value);
}

static json_t *integrity(const FlIntegrity *check) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "expected", count(check->expected), "delivered",
                   count(check->delivered), "lost", count(check->lost), "duplicated", count(check->duplicated), "reordered",
                   count(check->reordered), "gaps", count(check->gaps), "negative", count(check->negative));
}

static json_t *counts(const FlResult *r) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "latency_samples",
                   count(fl_histogram_count(r->latency)), "bytes_received", count(r->bytes_in), "bytes_sent",
                   count(r->bytes_out), "requests", count(r->requests), "empty_polls", count(r->empty_polls),
                   "connect_failures", count(r->connect_failures), "missed_deadlines", known(r->missed_deadlines),
                   "clock_steps", known(r->clock_steps), "clock_step_ms", number((double)r->clock_step_ns / 1e6),
                   "server_cpu_ns", known(r->server_cpu_ns));
}

static json_t *result(const FlResult *r) {
  json_t *all = json_pack("{s:s, s:I, s:f, s:s, s:o, s:o}", "transport", r->name, "clients", (json_int_t)r->clients,
                          "duration_s", r->duration_s, "verdict", fl_verdict_name(fl_result_verdict(r)), "integrity",
                          integrity(&r->integrity), "counts", counts(r));
  json_t *group = NULL;

  for (const FlFigure *figure = fl_figures; figure->key; figure++) {
    if (figure->value)
      json_object_set_new(group, figure->key, number(figure->value(r)));
    else
      json_object_set_new(all, figure->key, group = json_object());
  }
  return all;
}

gboolean fl_report_write_json(const FlResult *results, guint n, const FlSetting *setting, const char *path,
                              GError **error) {
  json_t *list = json_array();
  for (guint i = 0; i < n; i++)
    json_array_append_new(list, result(&results[i]));
  json_t *all = json_pack("{s:s, s:o, s:o}", "verdict", fl_verdict_name(fl_result_verdict_of_all(results, n)), "manifest",
                          fl_manifest_json(results, n, setting), "results", list);
  char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
  json_decref(all);
  g_autoptr(GString) line = g_string_new(text);
  g_string_append_c(line, '\n');
  free(text);
  return g_file_set_contents(path, line->str, (gssize)line->len, error);
}
