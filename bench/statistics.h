/* What several runs say together. The unit is the run, never the message: within a run the updates share one server, one
 * schedule and one moment of the machine.
 *
 * Two kinds of interval, because five runs can't carry one:
 * - fl_bootstrap_median: what is printed behind a median. With n runs it can't be wider than from the least to the greatest of
 *   them, which holds the median of all runs in 1 - 2^(1-n) of cases only: 94 % with 5 runs, 99.8 % with 10.
 * - fl_interval_of_logs and fl_interval_of_two: what verdicts are made by. Student's t on logarithms (ratios are what is compared,
 *   and the logarithms of run medians are much nearer to normal than they are): it has its level with few runs too.
 * See docs/method.md, "Statistics".
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* An interval and what it is around; NAN where the data are too few. */
typedef struct {
  double value, low, high;
  double p; /* of the hypothesis that the true ratio is 1 (two-sided); NAN for a median */
} FlInterval;

/* fl_median: of `n` values, which are not changed; NAN where there is none or one is not a number. */
double fl_median(const double *values, guint n);

/* fl_slope: of the line through `n` points by least squares. */
double fl_slope(const double *x, const double *y, guint n);

/* fl_bootstrap_median: the median with its percentile-bootstrap interval (Efron 1979): `level` such as 0.95, 10,000
 * resamples drawn by `seed`. */
FlInterval fl_bootstrap_median(const double *values, guint n, double level, guint64 seed);

/* fl_interval_of_pairs: the ratio a[i]/b[i] of paired runs (the same block): geometric mean, and its t interval. All positive;
 * NAN where n < 2. */
FlInterval fl_interval_of_pairs(const double *a, const double *b, guint n, double level);

/* fl_interval_of_two: the ratio of unpaired groups of runs: Welch's t interval of the difference of mean logarithms (Welch
 * 1947), with the degrees of freedom of Satterthwaite (1946). */
FlInterval fl_interval_of_two(const double *a, guint n_a, const double *b, guint n_b, double level);

/* fl_holm: which of `n` hypotheses are rejected at `alpha` in all by Holm's step-down rule (Holm 1979). NAN is never. */
void fl_holm(const double *p, guint n, double alpha, gboolean *ret_rejected);

/* fl_t_two_sided: the probability that Student's t with `df` degrees of freedom is further from 0 than `t`, by the incomplete
 * beta function; fl_t_quantile: the t that it exceeds, in absolute value, with probability 1 - level. */
double fl_t_two_sided(double t, double df);
double fl_t_quantile(double level, double df);
