/* The table of profiles. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/line_profile.h"

static const FlLineProfile profiles[] = {
  { "none", 0, 0, 0, 0 },
  { "wifi", 10, 3, 0.001, 50000 },
  { "4g", 170, 0, 0, 9000 },
  { "3g", 300, 0, 0, 1600 },
  { "satellite", 600, 5, 0.001, 10000 },
  { "flaky", 120, 40, 0.03, 2000 },
};

const FlLineProfile *fl_line_profile_get(guint index) {
  return index < G_N_ELEMENTS(profiles) ? &profiles[index] : NULL;
}

const FlLineProfile *fl_line_profile_find(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(profiles); i++)
    if (g_str_equal(profiles[i].name, name))
      return &profiles[i];
  return NULL;
}
