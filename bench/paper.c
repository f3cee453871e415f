/* Running published experiments. See the header; the table is made in paper_report.c.
 * SPDX-License-Identifier: MIT */
#include "bench/paper.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "bench/setting.h"
#include "bench/spelling.h"

const FlPaper *const fl_papers[] = {
  &fl_paper_lubbers, &fl_paper_pimentel,    &fl_paper_bozdag,     &fl_paper_appelqvist,
  &fl_paper_abril,   &fl_paper_vandevyvere, &fl_paper_hashrocket, NULL,
};

const FlPaper *fl_paper_find(const char *name, GError **error) {
  const char *names[G_N_ELEMENTS(fl_papers)] = { NULL };
  guint n = 0;

  for (; fl_papers[n]; n++) {
    if (g_str_equal(fl_papers[n]->name, name))
      return fl_papers[n];
    names[n] = fl_papers[n]->name;
  }
  g_autofree char *near = fl_spelling_near(name, names);
  g_autofree char *all = fl_spelling_list(names, n);
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is no paper%s%s%s: %s is wanted, see paper --list", name,
              near ? " (perhaps " : "", near ? near : "", near ? ")" : "", all);
  return NULL;
}

static FlBenchOptions *parse(const FlPaperChoice *choice, const char *arguments, GError **error) {
  g_autofree char *line =
      g_strconcat("run ", arguments, choice->duration ? " -d " : "", choice->duration ? choice->duration : "", NULL);
  g_auto(GStrv) words = g_strsplit(line, " ", -1);
  g_autofree char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof *words); /* the parser takes words out */
  char **at = argv;
  int argc = (int)g_strv_length(words);

  return fl_bench_options_parse(&argc, &at, error);
}

FlBenchOptions *fl_paper_options(FlPaperRun *run, const FlPaperChoice *choice, const char *arguments, GError **error) {
  FlBenchOptions *options = parse(choice, arguments, error);

  if (!options)
    return NULL;
  g_ptr_array_add(run->options, options);
  if (run->options->len > 1)
    fl_setting_take(&run->setting, options);
  else if (!fl_setting_begin(options, choice->command_line, &run->setting, error))
    return NULL;
  return options;
}

gboolean fl_paper_trials(FlPaperRun *run, const FlPaperChoice *choice, GError **error) {
  const char *const *trials = run->paper->trials;

  for (; trials[run->n_trials]; run->n_trials++) {
    const FlBenchOptions *options = fl_paper_options(run, choice, trials[run->n_trials], error);
    FlExperiment *experiment = options ? fl_experiment_run(options, &run->setting, choice->progress, error) : NULL;
    if (!experiment)
      return FALSE;
    run->trials[run->n_trials] = experiment;
  }
  return TRUE;
}

static void free_options(gpointer options) {
  fl_bench_options_free(options);
}

FlPaperRun *fl_paper_run(const FlPaper *paper, const FlPaperChoice *choice, GError **error) {
  g_autoptr(FlPaperRun) self = g_new0(FlPaperRun, 1);

  self->paper = paper;
  self->options = g_ptr_array_new_with_free_func(free_options);
  self->trials = g_new0(FlExperiment *, g_strv_length((char **)paper->trials));
  if (!paper->run(self, choice, error)) {
    g_prefix_error(error, "paper %s: ", paper->name);
    return NULL;
  }
  return g_steal_pointer(&self);
}

void fl_paper_run_free(FlPaperRun *self) {
  if (!self)
    return;
  for (guint i = 0; i < self->n_trials; i++)
    fl_experiment_free(self->trials[i]);
  g_free(self->trials);
  fl_setting_end(&self->setting);
  g_clear_pointer(&self->options, g_ptr_array_unref);
  g_free(self);
}

FlVerdict fl_paper_run_verdict(const FlPaperRun *self) {
  FlVerdict worst = FL_VERDICT_SOUND;

  if (self->capacity.probes > 0)
    return self->capacity.end == FL_CAPACITY_BENCH   ? FL_VERDICT_SATURATED
           : self->capacity.end == FL_CAPACITY_ERROR ? FL_VERDICT_INVALID
                                                     : FL_VERDICT_SOUND;
  for (guint i = 0; i < self->n_trials; i++)
    worst = MAX(worst, fl_experiment_verdict(self->trials[i]));
  return worst;
}

/* --- what rows are made of ----------------------------------------------------------------------------------------- */

const FlArm *fl_paper_arm(const FlPaperRun *run, guint trial, const char *name) {
  const FlExperiment *experiment = run->trials[trial];

  for (guint i = 0; i < experiment->n_arms; i++)
    if (g_str_equal(experiment->arms[i].name, name))
      return &experiment->arms[i];
  g_assert_not_reached();
}

const FlResult *fl_paper_result(const FlPaperRun *run, const FlPaperRow *row) {
  return &fl_paper_arm(run, row->trial, row->arm)->runs[0];
}

double fl_paper_figure(const FlPaperRun *run, const FlPaperRow *row) {
  return fl_figure_find(row->figure)->value(fl_paper_result(run, row));
}

double fl_paper_latency_model(const FlPaperRun *run, const FlPaperRow *row) {
  return 1e3 * fl_experiment_model(run->trials[row->trial], fl_paper_arm(run, row->trial, row->arm)).mean_s;
}

double fl_paper_overhead_model(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  double payload = (double)result->payload_bytes / (double)result->updates;
  const char *transport = fl_result_transport(result);

  if (g_str_equal(transport, "ws"))
    return payload <= 125 ? 2 : 4;
  if (g_str_equal(transport, "sse"))
    return 8 + strlen("id: epochx-17\n");
  return NAN;
}

double fl_paper_ip_model(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  double updates = (double)result->updates, requests = (double)result->requests / updates;
  double segments = requests > 0 ? FL_PAPER_POLL_SEGMENTS * requests : FL_PAPER_PUSH_SEGMENTS;

  return (double)(result->bytes_in + result->bytes_out) / updates + FL_SEGMENT_BYTES * segments;
}

double fl_paper_unknown(const FlPaperRun *run, const FlPaperRow *row) {
  return NAN;
}
