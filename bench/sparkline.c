/* Small bars. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/sparkline.h"

#include <math.h>

#define LEAST_SPAN 8.0 /* largest to least: one height is then a factor of 8^(1/8) */

static gboolean is_shown(double value) {
  return isfinite(value) && value > 0;
}

char *fl_sparkline(const double *values, guint n) {
  static const char *const heights[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
  double least = INFINITY, largest = 0;
  GString *out = g_string_new(NULL);

  for (guint i = 0; i < n; i++)
    if (is_shown(values[i])) {
      least = MIN(least, values[i]);
      largest = MAX(largest, values[i]);
    }
  double span = log(MAX(largest / least, LEAST_SPAN));
  for (guint i = 0; i < n; i++) {
    guint height = is_shown(values[i]) ? (guint)(log(values[i] / least) / span * G_N_ELEMENTS(heights)) : 0;
    g_string_append(out, is_shown(values[i]) ? heights[MIN(height, G_N_ELEMENTS(heights) - 1)] : " ");
  }
  return g_string_free(out, FALSE);
}
