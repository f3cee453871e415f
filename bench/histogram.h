/* A histogram of 64-bit integers, log-linear as in HdrHistogram (Gil Tene, hdrhistogram.org): exact below 2,048, three
 * significant digits above, in 192 kB whatever is recorded. Percentiles are those of HdrHistogram for the same data.
 *
 *     values   0 … 2047   2048 … 4095   4096 … 8191   …        counts[1024 · (bucket + 1) + (value >> bucket) - 1024]
 *     steps of        1             2             4   …
 *
 * Histograms are merged, percentiles never averaged.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The largest value told apart; larger ones are counted in its place. An hour in microseconds. */
#define FL_HISTOGRAM_MAX G_GINT64_CONSTANT(3600000000)

typedef struct _FlHistogram FlHistogram;

FlHistogram *fl_histogram_new(void);
void fl_histogram_free(FlHistogram *self);

/* fl_histogram_record: count a value. Returns: FALSE for a negative one, which is not counted. */
gboolean fl_histogram_record(FlHistogram *self, gint64 value);
gboolean fl_histogram_record_n(FlHistogram *self, gint64 value, guint64 n);

/* fl_histogram_merge: add everything in `other`. */
void fl_histogram_merge(FlHistogram *self, const FlHistogram *other);

guint64 fl_histogram_count(const FlHistogram *self);

/* fl_histogram_min, fl_histogram_max: as recorded, to the unit; 0 where there is nothing. */
gint64 fl_histogram_min(const FlHistogram *self);
gint64 fl_histogram_max(const FlHistogram *self);

/* fl_histogram_percentile: the highest value equivalent to the smallest one that `percentile` (0 to 100) per cent of
 * the values do not exceed; the lowest equivalent one for 0. 0 where there is nothing. */
gint64 fl_histogram_percentile(const FlHistogram *self, double percentile);

/* fl_histogram_next: step over the values that were counted, in rising order: `*slot` is 0 at first. ret_value: the highest
 * value equivalent to what was recorded. Returns: FALSE after the last. */
gboolean fl_histogram_next(const FlHistogram *self, gsize *slot, gint64 *ret_value, guint64 *ret_n);

/* fl_histogram_mean, fl_histogram_stddev: over the middles of the steps; the population's deviation. */
double fl_histogram_mean(const FlHistogram *self);
double fl_histogram_stddev(const FlHistogram *self);

/* fl_histogram_has_percentile: whether there are the 10 / (1 - p) samples that percentile p needs (docs/method.md). */
gboolean fl_histogram_has_percentile(const FlHistogram *self, double percentile);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlHistogram, fl_histogram_free)
