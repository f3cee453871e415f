/* Numbers for people. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/number.h"

#include <math.h>

#include "bench/column.h"

char *fl_number_brief(double value) {
  double size = fabs(value);
  return fl_column_number(value, size == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.1 ? 2 : 3);
}

char *fl_number_ratio(double value) {
  if (!isfinite(value))
    return g_strdup("");
  if (fabs(value) >= 1e6)
    return g_strdup_printf("×%.0e", value);
  g_autofree char *number = fl_column_number(value, value < 10 ? 2 : value < 100 ? 1 : 0);
  return g_strconcat("×", number, NULL);
}
