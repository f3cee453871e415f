/* Several runs of several transports. They stand in blocks: each block holds every transport once, in an order drawn for it, so
 * that what the machine does in the meantime meets them all alike; runs of one block are compared with each other.
 *
 *     block 1    ws     poll   sse          arms: ws    ─ run 1, run 2, run 3
 *     block 2    poll   sse    ws                 poll  ─ run 1, run 2, run 3
 *     block 3    sse    ws     poll               sse   ─ run 1, run 2, run 3
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/figure.h"
#include "bench/model.h"
#include "bench/options.h"
#include "bench/statistics.h"

/* All runs of one transport, in the order of the blocks. */
typedef struct {
  const char *name; /* of the transport, or "floor" */
  FlResult *runs;
  guint n;
  FlResult merged; /* of all of them: histograms and counts */
} FlArm;

typedef struct {
  FlArm *arms;
  guint n_arms;
  guint blocks;
  guint *order;    /* blocks × n_arms: the arm that stands at each place */
  guint baseline;  /* of ratios: an arm; n_arms where there is none */
  FlSetting setting;
} FlExperiment;

/* FlProgress: called now and then: what is being done, and how far all of it is (0 … 1). `result`: of a run that has just ended,
 * else NULL. */
typedef void (*FlProgress)(const char *transport, const char *phase, double part, const FlResult *result);

/* fl_experiment_new: an experiment without runs yet: one arm a name (borrowed), `blocks` runs of each to come. The baseline may
 * be none of them. fl_experiment_add: take a run's result, of the block that is next for its arm; fl_experiment_end: all are
 * there. */
FlExperiment *fl_experiment_new(const FlSetting *setting, const char *const *names, guint blocks, const char *baseline);
void fl_experiment_add(FlExperiment *self, guint arm, const FlResult *result);
void fl_experiment_end(FlExperiment *self);

/* fl_experiment_run: run it all. Returns: NULL with an error where one run fails. */
FlExperiment *fl_experiment_run(const FlBenchOptions *options, const FlSetting *setting, FlProgress progress, GError **error);
void fl_experiment_free(FlExperiment *self);

/* fl_experiment_order: the places of `n` arms in `blocks` blocks, drawn by `seed`. The caller's. */
guint *fl_experiment_order(guint n, guint blocks, guint64 seed);

/* fl_arm_figure: the median of the runs with its 95 % bootstrap interval (low and high are NAN with one run). Where single
 * runs have too few samples for a percentile, and all together have enough, it is that of all together, without interval. */
FlInterval fl_arm_figure(const FlArm *arm, const FlFigure *figure, guint64 seed);

/* fl_experiment_ratio: an arm's figure to the baseline's, paired by block, with its 99 % interval; one run: without. NAN where
 * there is no baseline, or either is unsound. */
FlInterval fl_experiment_ratio(const FlExperiment *self, const FlArm *arm, const FlFigure *figure);

/* fl_experiment_ratio_to: the same to another arm than the baseline; NULL: none. */
FlInterval fl_experiment_ratio_to(const FlExperiment *self, const FlArm *arm, const FlArm *to, const FlFigure *figure);

/* fl_experiment_model: what the formulas say of an arm, with the CPU measured for it. */
FlModel fl_experiment_model(const FlExperiment *self, const FlArm *arm);

/* fl_arm_verdict: the worst of its runs; fl_experiment_verdict: of all. */
FlVerdict fl_arm_verdict(const FlArm *arm);
FlVerdict fl_experiment_verdict(const FlExperiment *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlExperiment, fl_experiment_free)
