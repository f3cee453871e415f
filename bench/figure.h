/* The figures of a run: one list, from which the table, JSON, CSV, Markdown, the HTML report, thresholds and comparisons are all
 * made, so that none has one that another lacks. A figure's name is what stands in results and in --fail-if.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/result.h"

/* What a figure of several runs is. */
typedef enum {
  FL_MEDIAN,        /* the median of the runs' */
  FL_ALL_WHERE_FEW, /* that, but of all runs together where one of them has too few samples */
  FL_ALL_RUNS,      /* of all runs together: the greatest of all is no median */
} FlOfRuns;

/* A figure; or, without a value, the heading of those that follow it. */
typedef struct {
  const char *name;                        /* such as latency.p99; of a heading: the part before the dot */
  const char *label;                       /* in the table */
  const char *unit;                        /* "" for none */
  double (*value)(const FlResult *result); /* NAN where it was not measured */
  int decimals;
  gboolean is_cost; /* less is better: worth a ratio to the baseline */
  FlOfRuns of_runs;
} FlFigure;

/* fl_figures: all of them, in their order, the first one a heading. The list ends with a name of NULL. */
extern const FlFigure fl_figures[];

/* fl_figure_belongs: whether a result has it at all, with or without a value: figures of a failure are of scenarios only. */
gboolean fl_figure_belongs(const FlFigure *figure, const FlResult *result);

/* fl_figure_find: a figure by its name; NULL where there is none. */
const FlFigure *fl_figure_find(const char *name);

/* fl_figure_primary: the one that verdicts on a transport are made by: latency.p50. */
const FlFigure *fl_figure_primary(void);
