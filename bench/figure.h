/* The figures of a result: one list, from which the table and the JSON are both made, so that neither has one that the
 * other lacks.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/result.h"

/* A figure; or, without a value, the heading of those that follow it. */
typedef struct {
  const char *key;                         /* in JSON, with its unit */
  const char *label;                       /* in the table */
  double (*value)(const FlResult *result); /* NAN where it was not measured */
  int decimals;
  gboolean is_cost; /* less is better: worth a ratio to the baseline */
} FlFigure;

/* fl_figures: all of them, in their order, the first one a heading. The list ends with a key of NULL. */
extern const FlFigure fl_figures[];
