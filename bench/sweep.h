/* An experiment for each value of one parameter (`-P clients=1,10,100`): how costs grow with it. Each is an experiment like any
 * other, with its own blocks, one after the other in the order of the values.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/experiment.h"

typedef struct {
  const char *parameter; /* as in -P; borrowed from the options */
  char **texts;          /* of its values, likewise */
  double *values;        /* 1, 1/s, bytes, or seconds */
  FlExperiment **experiments;
  guint n;
} FlSweep;

/* fl_sweep_run: run it all; `setting` is that of the first values. Returns: NULL with an error where one run fails, which names
 * the value. */
FlSweep *fl_sweep_run(const FlBenchOptions *options, const FlSetting *setting, FlProgress progress, GError **error);
void fl_sweep_free(FlSweep *self);

/* fl_sweep_verdict: the worst of all. */
FlVerdict fl_sweep_verdict(const FlSweep *self);

/* fl_sweep_table: a table for each of five figures: a row a value, a column a transport. The caller's.
 * fl_sweep_json: all results, as docs/result.schema.json has it. A new reference. */
char *fl_sweep_table(const FlSweep *self);
json_t *fl_sweep_json(const FlSweep *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlSweep, fl_sweep_free)
