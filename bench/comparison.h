/* Two results against each other, by one rule (METHOD 16; docs/method.md, "Comparing"): of each transport that both have, the
 * primary figure alone is the verdict, by the 99 % interval of the ratio of the runs (fl_interval_of_two); the other costs are
 * told beside it, by Holm's correction over all of them at 1 %, so that one of thirty is not called different by chance.
 * Results are JSON as docs/result.schema.json describes it: A is what B is held against.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/figure.h"
#include "bench/statistics.h"

typedef enum {
  FL_CHANGE_INCOMPARABLE, /* fewer than two runs of it on a side, or a result that is not sound */
  FL_CHANGE_NONE,         /* the interval holds 1 */
  FL_CHANGE_BETTER,       /* B costs less */
  FL_CHANGE_WORSE,
} FlChange;

typedef struct {
  const FlFigure *figure;
  double a, b;      /* medians of the runs that have it; NAN: none */
  FlInterval ratio; /* B to A, 99 %; for one figure alone */
  FlChange change;
} FlComparedFigure;

typedef struct {
  const char *name;          /* borrowed from A */
  FlComparedFigure *figures; /* the costs that one of them has, in fl_figures' order */
  guint n_figures, n_judged; /* n_judged: those that Holm's correction is over */
  FlComparedFigure primary;
} FlComparedTransport;

typedef struct {
  json_t *a, *b;                   /* references */
  FlComparedTransport *transports; /* that both have, in A's order */
  guint n_transports;
  GPtrArray *warnings; /* char *: what is not alike */
} FlComparison;

/* fl_comparison_read: a result from a file.
 * Returns: NULL with an error that names the file: it is no result, or of another version of the schema. A new reference. */
json_t *fl_comparison_read(const char *path, GError **error);

/* fl_comparison_new: compare; takes references of its own. Returns: NULL with an error where no transport is in both, or one has
 * fewer than two runs. */
FlComparison *fl_comparison_new(json_t *a, json_t *b, GError **error);
void fl_comparison_free(FlComparison *self);

/* fl_comparison_worst: of the primary figures: FL_CHANGE_WORSE before FL_CHANGE_INCOMPARABLE; FL_CHANGE_NONE for both others. */
FlChange fl_comparison_worst(const FlComparison *self);

/* fl_comparison_table: for people; fl_comparison_json: as docs/result.schema.json has it. The caller's. */
char *fl_comparison_table(const FlComparison *self);
json_t *fl_comparison_json(const FlComparison *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlComparison, fl_comparison_free)
