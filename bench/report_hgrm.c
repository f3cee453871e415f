/* Latency in HdrHistogram's percentile format, as its outputPercentileDistribution writes it with 5 steps a half distance to 100 %
 * and three digits: what hdrhistogram.github.io/HdrHistogram/plotFiles.html draws. Values in ms.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/report_formats.h"

#define STEPS_PER_HALF 5
#define US_PER_MS 1000.0
/* HdrHistogram's for an hour in µs at three digits: the smallest number of doublings of 2,048 that hold it. */
#define SUB_BUCKETS 2048
#define BUCKETS 22
G_STATIC_ASSERT(((gint64)SUB_BUCKETS << (BUCKETS - 1)) > FL_HISTOGRAM_MAX);
G_STATIC_ASSERT(((gint64)SUB_BUCKETS << (BUCKETS - 2)) <= FL_HISTOGRAM_MAX);

/* The level after `level`, in per cent: each half of the distance to 100 in equal steps. */
static double next_level(double level) {
  return level + 100 / (STEPS_PER_HALF * pow(2, floor(log2(100 / (100 - level))) + 1));
}

static void append_level(GString *out, gint64 value, double level, guint64 total) {
  g_string_append_printf(out, "%12.3f %2.12f %10" G_GUINT64_FORMAT, (double)value / US_PER_MS, level / 100, total);
  if (level < 100)
    g_string_append_printf(out, " %14.2f", 1 / (1 - level / 100));
  g_string_append_c(out, '\n');
}

/* A line a level that a value reaches; the last value's lines end at 100 %. */
static void append_levels(GString *out, const FlHistogram *histogram) {
  guint64 all = fl_histogram_count(histogram), total = 0, n;
  double level = 0;
  gint64 value;

  for (gsize slot = 0; fl_histogram_next(histogram, &slot, &value, &n);) {
    total += n;
    while (total < all && 100 * (double)total / (double)all >= level) {
      append_level(out, value, level, total);
      level = next_level(level);
    }
    if (total == all) {
      append_level(out, value, level, total);
      append_level(out, value, 100, total);
    }
  }
}

char *fl_report_hgrm(const json_t *result) {
  g_autoptr(FlHistogram) histogram = fl_result_file_latency(result);
  GString *out = g_string_new("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
  gboolean is_empty = fl_histogram_count(histogram) == 0;

  append_levels(out, histogram);
  g_string_append_printf(out,
                         "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n"
                         "#[Max     = %12.3f, Total count    = %12" G_GUINT64_FORMAT "]\n"
                         "#[Buckets = %12d, SubBuckets     = %12d]\n",
                         is_empty ? 0 : fl_histogram_mean(histogram) / US_PER_MS,
                         is_empty ? 0 : fl_histogram_stddev(histogram) / US_PER_MS,
                         (double)fl_histogram_max(histogram) / US_PER_MS, fl_histogram_count(histogram), BUCKETS,
                         SUB_BUCKETS);
  return g_string_free(out, FALSE);
}
