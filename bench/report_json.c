/* Results as JSON, as docs/result.schema.json describes them. The figures are the table's (bench/figure), unrounded; beside them
 * stand the counts that they are made from, the runs, the histograms, and the manifest that tells where they come from.
 * SPDX-License-Identifier: MIT */
#include <gio/gio.h>
#include <math.h>

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
  return json_pack("{s:o, s:o, s:o, s:o}", "connect_failures", count(r->connect_failures), "missed_deadlines",
                   known(r->missed_deadlines), "clock_steps", known(r->clock_steps), "clock_step_ms",
                   number((double)r->clock_step_ns / 1e6));
}

static json_t *interval(FlInterval value) {
  return json_pack("{s:o, s:o, s:o}", "value", number(value.value), "low", number(value.low), "high", number(value.high));
}

static json_t *runs_of(const FlArm *arm, const FlFigure *figure) {
  json_t *runs = json_array();
  for (guint i = 0; i < arm->n; i++)
    json_array_append_new(runs, number(figure->value(&arm->runs[i])));
  return runs;
}

/* A ratio with its p, where there is one. */
static json_t *ratio_json(FlInterval ratio) {
  if (!isfinite(ratio.value))
    return json_null();
  json_t *all = interval(ratio);
  json_object_set_new(all, "p", number(ratio.p));
  return all;
}

static json_t *figures(const FlExperiment *experiment, const FlArm *arm) {
  json_t *all = json_object();

  for (const FlFigure *figure = fl_figures; figure->name; figure++) {
    if (!figure->value || !fl_figure_belongs(figure, arm->runs))
      continue;
    json_t *one = interval(fl_arm_figure(arm, figure, experiment->setting.seed));
    json_object_set_new(one, "label", json_string(figure->label));
    json_object_set_new(one, "unit", json_string(figure->unit));
    json_object_set_new(one, "runs", runs_of(arm, figure));
    json_object_set_new(one, "ratio", ratio_json(fl_experiment_ratio(experiment, arm, figure)));
    json_object_set_new(all, figure->name, one);
  }
  return all;
}

static json_t *model(const FlExperiment *experiment, const FlArm *arm) {
  FlModel model = fl_experiment_model(experiment, arm);
  return json_pack("{s:o, s:o, s:o, s:o, s:o}", "latency.mean", number(model.mean_s * 1e3), "latency.p50",
                   number(model.p50_s * 1e3), "latency.p99", number(model.p99_s * 1e3), "requests",
                   number(model.requests_per_update), "polls.empty", number(model.empty_polls * 100));
}

/* [value in µs, how often] of all runs together, in rising order, without the empty ones. */
static json_t *histogram(const FlHistogram *from) {
  json_t *all = json_array();
  gint64 value;
  guint64 n;

  for (gsize slot = 0; fl_histogram_next(from, &slot, &value, &n);)
    json_array_append_new(all, json_pack("[I, I]", (json_int_t)value, (json_int_t)n));
  return all;
}

/* Of the first run: the window in slices. */
static json_t *series(const FlResult *r) {
  json_t *all = json_array();
  for (guint i = 0; i < FL_SLICES; i++)
    json_array_append_new(all, json_pack("{s:f, s:o, s:o, s:o, s:o}", "at_s", r->duration_s * i / FL_SLICES, "delivered",
                                         count(r->series[i].delivered), "p50_ms", number(r->series[i].p50_ms), "p99_ms",
                                         number(r->series[i].p99_ms), "max_ms", number(r->series[i].max_ms)));
  return all;
}

/* The exact counts of all runs; null without a scenario. */
static json_t *failure(const FlResult *r) {
  const FlAbsenceAccount *account = &r->absence;

  if (!r->scenario)
    return json_null();
  json_t *noticed = json_object();
  for (guint i = 0; i < FL_NOTICES; i++)
    json_object_set_new(noticed, fl_notice_name((FlNotice)i), count(account->noticed[i]));
  return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "scenario", r->scenario, "clients",
                   count(account->clients), "returned", count(account->returned), "recovered", count(account->recovered), "missed",
                   count(account->missed), "untold", count(account->untold), "connections", count(account->connections),
                   "peak_connections", count(account->peak_connections), "requests", count(account->requests), "peak_requests",
                   count(account->peak_requests), "noticed", noticed);
}

static json_t *link_way(const FlLinkAccount *account, FlLinkDirection direction) {
  const FlLinkWayAccount *way = &account->ways[direction];
  json_t *json = json_pack("{s:o, s:o, s:o, s:o}", "packets", count(fl_link_account_offered(account, direction)), "bytes_passed",
                           count(way->bytes), "segments", count(way->segments), "segments_passed", count(way->segments_passed));
  json_t *fates = json_object();

  for (int fate = 0; fate < FL_FATES; fate++)
    json_object_set_new(fates, fl_link_fate_name(fate), count(way->packets[fate]));
  json_object_set_new(json, "fates", fates);
  return json;
}

/* What the emulated link did in all runs together; null on loopback. */
static json_t *link_json(const FlResult *r) {
  const FlLinkAccount *account = &r->link;
  int percentile = 0;

  if (!account->lateness)
    return json_null();
  double late_ms = fl_link_account_lateness_ms(account, &percentile);
  return json_pack("{s:o, s:o, s:o, s:o, s:i, s:f, s:f}", "up", link_way(account, FL_LINK_UP), "down",
                   link_way(account, FL_LINK_DOWN), "overruns", count(account->overruns), "late_ms", number(late_ms),
                   "late_percentile", percentile, "late_max_ms", (double)fl_histogram_max(account->lateness) / 1000,
                   "late_limit_ms", fl_link_account_late_limit_ms(r->link_rtt_ms));
}

static json_t *arm_json(const FlExperiment *experiment, const FlArm *arm) {
  const FlResult *first = &arm->runs[0];

  return json_pack("{s:s, s:s, s:o, s:I, s:f, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", arm->name, "transport",
                   g_str_equal(arm->name, "floor") ? "ws" : fl_result_transport(first), "server",
                   first->server && *first->server ? json_string(first->server) : json_null(), "clients", (json_int_t)arm->runs[0].clients,
                   "duration_s", arm->runs[0].duration_s, "verdict", fl_verdict_name(fl_arm_verdict(arm)), "runs",
                   (int)arm->n, "integrity", integrity(&arm->merged.integrity), "counts", counts(&arm->merged), "failure", failure(&arm->merged), "figures",
                   figures(experiment, arm), "model", model(experiment, arm), "latency_us", histogram(arm->merged.latency),
                   "series", series(&arm->runs[0]), "link", link_json(&arm->merged));
}

static json_t *blocks(const FlExperiment *experiment) {
  json_t *all = json_array();

  for (guint block = 0; block < experiment->blocks; block++) {
    json_t *names = json_array();
    for (guint i = 0; i < experiment->n_arms; i++)
      json_array_append_new(names,
                            json_string(experiment->arms[experiment->order[block * experiment->n_arms + i]].name));
    json_array_append_new(all, names);
  }
  return all;
}

json_t *fl_report_json(const FlExperiment *experiment) {
  json_t *arms = json_array();
  g_autofree char *sentence = fl_report_sentence(experiment);
  const FlArm *baseline =
      experiment->baseline < experiment->n_arms ? &experiment->arms[experiment->baseline] : NULL;

  for (guint i = 0; i < experiment->n_arms; i++)
    json_array_append_new(arms, arm_json(experiment, &experiment->arms[i]));
  return json_pack("{s:i, s:s, s:o, s:s, s:o, s:o, s:o}", "schema", FL_REPORT_SCHEMA, "verdict",
                   fl_verdict_name(fl_experiment_verdict(experiment)), "baseline",
                   baseline ? json_string(baseline->name) : json_null(), "sentence", sentence, "manifest",
                   fl_manifest_json(experiment->arms[0].runs, 1, &experiment->setting), "blocks", blocks(experiment),
                   "results", arms);
}

gboolean fl_report_write_json(json_t *result, const char *path, GError **error) {
  char *text = json_dumps(result, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
  g_autoptr(GString) line = g_string_new(text);

  g_string_append_c(line, '\n');
  free(text);
  return g_file_set_contents(path, line->str, (gssize)line->len, error);
}
