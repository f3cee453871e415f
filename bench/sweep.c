/* Sweeps. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/sweep.h"

#include <math.h>

#include "bench/column.h"
#include "bench/report.h"
#include "bench/setting.h"

#define VALUE_WIDTH 16
#define CELL_WIDTH 18

/* The experiment of one value; its number in the unit of the JSON. */
static FlExperiment *run_value(const FlBenchOptions *options, const char *text, const FlSetting *setting,
                               FlProgress progress, double *ret_value, GError **error) {
  FlBenchOptions own = *options; /* its strings stay the options' */
  FlSetting its = *setting;
  g_autofree char *what = g_strdup_printf("%s=%s", options->sweep_parameter, text);

  if (!fl_bench_options_set(&own, options->sweep_parameter, text, ret_value, error))
    return NULL;
  fl_setting_take(&its, &own);
  progress(what, "begins", 0, NULL);
  FlExperiment *experiment = fl_experiment_run(&own, &its, progress, error);
  if (!experiment)
    g_prefix_error(error, "%s: ", what);
  return experiment;
}

FlSweep *fl_sweep_run(const FlBenchOptions *options, const FlSetting *setting, FlProgress progress, GError **error) {
  g_autoptr(FlSweep) self = g_new0(FlSweep, 1);
  guint all = g_strv_length(options->sweep_values);

  self->parameter = options->sweep_parameter;
  self->texts = options->sweep_values;
  self->values = g_new0(double, all);
  self->experiments = g_new0(FlExperiment *, all);
  for (; self->n < all; self->n++) {
    self->experiments[self->n] =
        run_value(options, self->texts[self->n], setting, progress, &self->values[self->n], error);
    if (!self->experiments[self->n])
      return NULL;
  }
  return g_steal_pointer(&self);
}

void fl_sweep_free(FlSweep *self) {
  if (!self)
    return;
  for (guint i = 0; i < self->n; i++)
    fl_experiment_free(self->experiments[i]);
  g_free(self->experiments);
  g_free(self->values);
  g_free(self);
}

FlVerdict fl_sweep_verdict(const FlSweep *self) {
  FlVerdict worst = FL_VERDICT_SOUND;
  for (guint i = 0; i < self->n; i++)
    worst = MAX(worst, fl_experiment_verdict(self->experiments[i]));
  return worst;
}

/* --- the table ----------------------------------------------------------------------------------------------------- */

static gboolean has_figure(const FlSweep *self, const FlFigure *figure) {
  for (guint i = 0; i < self->n; i++)
    for (guint k = 0; k < self->experiments[i]->n_arms; k++)
      if (isfinite(fl_arm_figure(&self->experiments[i]->arms[k], figure, 1).value))
        return TRUE;
  return FALSE;
}

static void append_cell(GString *out, const FlExperiment *experiment, const FlArm *arm, const FlFigure *figure) {
  g_autofree char *number =
      fl_column_number(fl_arm_figure(arm, figure, experiment->setting.seed).value, figure->decimals);
  g_autofree char *cell = g_strconcat(fl_arm_verdict(arm) == FL_VERDICT_SOUND ? "" : "✗ ", number, NULL);

  fl_column_append(out, cell, CELL_WIDTH, TRUE);
}

static void append_figure(GString *out, const FlSweep *self, const FlFigure *figure) {
  const FlExperiment *first = self->experiments[0];

  g_string_append_printf(out, "%s, %s: %s\n  ", figure->name, figure->unit, figure->label);
  fl_column_append(out, self->parameter, VALUE_WIDTH - 2, FALSE);
  for (guint k = 0; k < first->n_arms; k++)
    fl_column_append(out, first->arms[k].name, CELL_WIDTH, TRUE);
  fl_column_end(out);
  for (guint i = 0; i < self->n; i++) {
    g_string_append(out, "  ");
    fl_column_append(out, self->texts[i], VALUE_WIDTH - 2, FALSE);
    for (guint k = 0; k < first->n_arms; k++)
      append_cell(out, self->experiments[i], &self->experiments[i]->arms[k], figure);
    fl_column_end(out);
  }
  g_string_append_c(out, '\n');
}

static void append_verdicts(GString *out, const FlSweep *self) {
  for (guint i = 0; i < self->n; i++)
    for (guint k = 0; k < self->experiments[i]->n_arms; k++) {
      const FlArm *arm = &self->experiments[i]->arms[k];
      FlVerdict verdict = fl_arm_verdict(arm);
      if (verdict != FL_VERDICT_SOUND)
        g_string_append_printf(out, "  ✗ %s at %s=%s: %s: its figures stand for nothing\n", arm->name, self->parameter,
                               self->texts[i], fl_verdict_name(verdict));
    }
}

char *fl_sweep_table(const FlSweep *self) {
  static const char *const names[] = { "latency.p50", "latency.p99", "cpu.total", "bytes.ip", "memory.user" };
  GString *out = g_string_new(NULL);

  g_string_append_printf(out, "feedlab %s   a sweep over %s · %u run%s of each\n\n", FL_VERSION, self->parameter,
                         self->experiments[0]->blocks, self->experiments[0]->blocks == 1 ? "" : "s");
  append_verdicts(out, self);
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (has_figure(self, fl_figure_find(names[i])))
      append_figure(out, self, fl_figure_find(names[i]));
  g_string_append(out, "Medians of the runs. – : not measured, or too few samples.\n");
  return g_string_free(out, FALSE);
}

json_t *fl_sweep_json(const FlSweep *self) {
  json_t *values = json_array(), *results = json_array();

  for (guint i = 0; i < self->n; i++) {
    json_array_append_new(values, json_real(self->values[i]));
    json_array_append_new(results, fl_report_json(self->experiments[i]));
  }
  return json_pack("{s:i, s:{s:s, s:o, s:o}}", "schema", FL_REPORT_SCHEMA, "sweep", "parameter", self->parameter,
                   "values", values, "results", results);
}
