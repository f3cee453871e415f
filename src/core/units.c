/* Quantities. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/units.h"

#include <math.h>
#include <string.h>

typedef struct {
  const char *suffix;
  double factor;
} Unit;

static gboolean read_quantity(const char *text, const Unit *units, gsize n_units, double *ret_value) {
  char *end;

  if (!g_ascii_isdigit(text[0]))
    return FALSE;
  double value = g_ascii_strtod(text, &end);
  for (gsize i = 0; i < n_units; i++)
    if (g_str_equal(end, units[i].suffix)) {
      value *= units[i].factor;
      if (!isfinite(value) || value > 9e18)
        return FALSE;
      *ret_value = value;
      return TRUE;
    }
  return FALSE;
}

static gboolean read_whole(const char *text, const Unit *units, gsize n_units, gint64 *ret_value) {
  double value;
  if (!read_quantity(text, units, n_units, &value))
    return FALSE;
  *ret_value = (gint64)llround(value);
  return TRUE;
}

gboolean fl_units_duration(const char *text, gint64 *ret_ns) {
  static const Unit units[] = { { "", 1e9 },  { "us", 1e3 },   { "ms", 1e6 },
                                { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };
  return read_whole(text, units, G_N_ELEMENTS(units), ret_ns);
}

static const Unit decimal[] = { { "", 1 }, { "k", 1e3 }, { "M", 1e6 } };

gboolean fl_units_count(const char *text, gint64 *ret_count) {
  return read_whole(text, decimal, G_N_ELEMENTS(decimal), ret_count);
}

gboolean fl_units_rate(const char *text, double *ret_hz) {
  return read_quantity(text, decimal, G_N_ELEMENTS(decimal), ret_hz);
}

gboolean fl_units_bytes(const char *text, gint64 *ret_bytes) {
  static const Unit binary[] = { { "", 1 },           { "B", 1 },          { "k", 1024 },          { "K", 1024 },
                                 { "M", 1024 * 1024 }, { "G", 1073741824 } };
  return read_whole(text, binary, G_N_ELEMENTS(binary), ret_bytes);
}
