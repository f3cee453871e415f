/* Blocks of runs. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/experiment.h"

#include <math.h>

#include "bench/programs.h"
#include "bench/run.h"

#define BESIDES_BYTES 100 /* of a packet, besides the update's data: IP, TCP, a frame's head, the object around the data */
#define SHOWN_LEVEL 0.95  /* of intervals behind medians */
#define JUDGED_LEVEL 0.99 /* of those by which something is said to differ */

/* Fisher and Yates, in each block. */
guint *fl_experiment_order(guint n, guint blocks, guint64 seed) {
  g_autoptr(GRand) random = g_rand_new_with_seed((guint32)seed);
  guint *order = g_new(guint, (gsize)n * blocks);

  for (guint block = 0; block < blocks; block++) {
    guint *places = order + (gsize)block * n;
    for (guint i = 0; i < n; i++)
      places[i] = i;
    for (guint i = n - 1; i > 0; i--) {
      guint k = (guint)g_rand_int_range(random, 0, (gint32)i + 1);
      guint moved = places[i];
      places[i] = places[k];
      places[k] = moved;
    }
  }
  return order;
}

/* What the progress of one run is a part of. */
typedef struct {
  FlProgress progress;
  guint done, all, a_block;
} Part;

static void on_progress(const char *transport, const char *phase, double part, gpointer user) {
  const Part *of = user;
  of->progress(transport, phase, (of->done + part) / of->all, NULL);
}

static FlResult empty_result(const FlResult *like) {
  FlResult merged = *like;

  merged.latency = fl_histogram_new();
  merged.uncorrected = fl_histogram_new();
  merged.lag = fl_histogram_new();
  merged.connect = fl_histogram_new();
  merged.absence = (FlAbsenceAccount){ .next = like->absence.next ? fl_histogram_new() : NULL };
  merged.integrity = (FlIntegrity){ 0 };
  merged.connect_failures = 0;
  merged.missed_deadlines = merged.clock_steps = merged.clock_step_ns = 0;
  merged.server_library = NULL;
  if (like->link.lateness)
    fl_link_account_init(&merged.link);
  return merged;
}

FlExperiment *fl_experiment_new(const FlSetting *setting, const char *const *names, guint blocks, const char *baseline) {
  FlExperiment *self = g_new0(FlExperiment, 1);

  self->setting = *setting;
  self->blocks = blocks;
  self->n_arms = g_strv_length((char **)names);
  self->arms = g_new0(FlArm, self->n_arms);
  self->baseline = self->n_arms;
  for (guint i = 0; i < self->n_arms; i++) {
    self->arms[i].name = names[i];
    self->arms[i].runs = g_new0(FlResult, blocks);
    if (g_str_equal(names[i], baseline))
      self->baseline = i;
  }
  self->order = fl_experiment_order(self->n_arms, blocks, setting->seed);
  return self;
}

void fl_experiment_add(FlExperiment *self, guint arm, const FlResult *result) {
  g_assert(self->arms[arm].n < self->blocks);
  self->arms[arm].runs[self->arms[arm].n++] = *result;
}

void fl_experiment_end(FlExperiment *self) {
  for (guint i = 0; i < self->n_arms; i++) {
    FlArm *arm = &self->arms[i];
    arm->merged = empty_result(&arm->runs[0]);
    for (guint k = 0; k < arm->n; k++)
      fl_result_merge(&arm->merged, &arm->runs[k]);
  }
}

/* All runs of a block meet the same fates, and each block others. */
static guint64 link_seed(const FlSetting *setting) {
  return setting->link_spec.seed >= 0 ? (guint64)setting->link_spec.seed : setting->seed;
}

static gboolean run_one(const FlBenchOptions *options, const FlPrograms *programs, const FlSetting *setting, const char *name,
                        const Part *part, FlResult *ret_result, GError **error) {
  gboolean is_floor = g_str_equal(name, "floor");
  const FlEndpoint *endpoint = fl_endpoints_find(options->endpoints, name);
  FlRunConfig config = { .options = options,
                         .setting = setting,
                         .target = endpoint       ? FL_TARGET_ENDPOINT
                                   : is_floor     ? FL_TARGET_FLOOR
                                   : options->url ? FL_TARGET_URL
                                                  : FL_TARGET_SERVER,
                         .endpoint = endpoint,
                         .program = is_floor ? programs->floor : programs->server,
                         .transport = is_floor ? "ws" : name,
                         .seed = setting->seed + part->done,
                         .link_seed = link_seed(setting) + part->done / part->a_block,
                         .progress = on_progress,
                         .user = (gpointer)part };
  return fl_run(&config, ret_result, error);
}

FlExperiment *fl_experiment_run(const FlBenchOptions *options, const FlSetting *setting, FlProgress progress, GError **error) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  g_autoptr(FlPrograms) programs = fl_programs_find();

  for (char **name = options->transports; *name; name++)
    g_ptr_array_add(names, *name);
  if (options->floor)
    g_ptr_array_add(names, (gpointer) "floor");
  g_ptr_array_add(names, NULL);
  g_autoptr(FlExperiment) self =
      fl_experiment_new(setting, (const char *const *)names->pdata, (guint)options->runs, options->baseline);
  Part part = { progress, 0, self->n_arms * self->blocks, self->n_arms };
  for (; part.done < part.all; part.done++) {
    guint arm = self->order[part.done];
    FlResult result;
    if (!run_one(options, programs, setting, self->arms[arm].name, &part, &result, error))
      return NULL;
    fl_experiment_add(self, arm, &result);
    progress(self->arms[arm].name, "done", (part.done + 1.0) / part.all, &result);
  }
  fl_experiment_end(self);
  return g_steal_pointer(&self);
}

void fl_experiment_free(FlExperiment *self) {
  if (!self)
    return;
  for (guint i = 0; i < self->n_arms; i++) {
    for (guint k = 0; k < self->arms[i].n; k++)
      fl_result_clear(&self->arms[i].runs[k]);
    fl_result_clear(&self->arms[i].merged);
    g_free(self->arms[i].runs);
  }
  g_free(self->arms);
  g_free(self->order);
  g_free(self);
}

/* --- figures ------------------------------------------------------------------------------------------------------- */

static double *values_of(const FlArm *arm, const FlFigure *figure) {
  double *values = g_new(double, arm->n);
  for (guint i = 0; i < arm->n; i++)
    values[i] = figure->value(&arm->runs[i]);
  return values;
}

FlInterval fl_arm_figure(const FlArm *arm, const FlFigure *figure, guint64 seed) {
  g_autofree double *values = values_of(arm, figure);
  FlInterval result = fl_bootstrap_median(values, arm->n, SHOWN_LEVEL, seed);

  if (figure->of_runs == FL_ALL_RUNS)
    return (FlInterval){ figure->value(&arm->merged), NAN, NAN, NAN };
  if (isnan(result.value) && figure->of_runs == FL_ALL_WHERE_FEW)
    result.value = figure->value(&arm->merged);
  return result;
}

static gboolean is_sound(const FlArm *arm) {
  return fl_arm_verdict(arm) == FL_VERDICT_SOUND;
}

FlInterval fl_experiment_ratio(const FlExperiment *self, const FlArm *arm, const FlFigure *figure) {
  return fl_experiment_ratio_to(self, arm, self->baseline < self->n_arms ? &self->arms[self->baseline] : NULL, figure);
}

FlInterval fl_experiment_ratio_to(const FlExperiment *self, const FlArm *arm, const FlArm *baseline, const FlFigure *figure) {
  FlInterval none = { NAN, NAN, NAN, NAN };

  if (!figure->is_cost || !baseline || baseline == arm || !is_sound(baseline) || !is_sound(arm))
    return none;
  g_autofree double *mine = values_of(arm, figure);
  g_autofree double *theirs = values_of(baseline, figure);
  if (self->blocks > 1)
    return fl_interval_of_pairs(mine, theirs, self->blocks, JUDGED_LEVEL);
  none.value = mine[0] / theirs[0];
  return none;
}

/* An update's time on the emulated line, at its rate. */
static double line_s(const FlSetting *setting) {
  double rate_bps = setting->link_spec.ways[FL_LINK_DOWN].rate_bps;
  return rate_bps > 0 ? 8.0 * (double)(setting->size_bytes + BESIDES_BYTES) / rate_bps : 0;
}

FlModel fl_experiment_model(const FlExperiment *self, const FlArm *arm) {
  double cpu_us = fl_arm_figure(arm, fl_figure_find("cpu.total"), 1).value;
  FlModelInput input = { .one_way_s = (double)self->setting.link_spec.ways[FL_LINK_DOWN].delay_ns / 1e9,
                         .round_trip_s = (double)fl_link_spec_rtt_ns(&self->setting.link_spec) / 1e9,
                         .line_s = line_s(&self->setting),
                         .rate_hz = self->setting.rate_hz,
                         .poll_interval_s = (double)self->setting.poll_interval_ns / 1e9,
                         .poll_pause_s = (double)self->setting.poll_pause_ns / 1e9,
                         .clients = arm->runs[0].clients,
                         .send_s = cpu_us / 1e6 };
  return fl_model_of(fl_result_transport(&arm->runs[0]), &input);
}

FlVerdict fl_arm_verdict(const FlArm *arm) {
  return fl_result_verdict_of_all(arm->runs, arm->n);
}

FlVerdict fl_experiment_verdict(const FlExperiment *self) {
  FlVerdict worst = FL_VERDICT_SOUND;
  for (guint i = 0; i < self->n_arms; i++)
    worst = MAX(worst, fl_arm_verdict(&self->arms[i]));
  return worst;
}
