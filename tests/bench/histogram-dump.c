/* For histogram-golden.mjs: reads integers from stdin, one a line, and percentiles from its arguments; prints the value
 * at each percentile, then count, min, max, mean and standard deviation, one a line.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/histogram.h"

int main(int argc, char **argv) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  gint64 value;

  while (scanf("%" SCNd64, &value) == 1)
    fl_histogram_record(histogram, value);
  if (!feof(stdin)) {
    fprintf(stderr, "histogram-dump: that is no integer\n");
    return 1;
  }
  for (int i = 1; i < argc; i++)
    printf("%" PRId64 "\n", fl_histogram_percentile(histogram, strtod(argv[i], NULL)));
  printf("%" PRIu64 "\n%" PRId64 "\n%" PRId64 "\n", fl_histogram_count(histogram), fl_histogram_min(histogram),
         fl_histogram_max(histogram));
  printf("%.17g\n%.17g\n", fl_histogram_mean(histogram), fl_histogram_stddev(histogram));
  return 0;
}
