/* Reading the clocks. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <time.h>

static gint64 read_ns(clockid_t id) {
  struct timespec ts;
  clock_gettime(id, &ts);
  return (gint64)ts.tv_sec * G_GINT64_CONSTANT(1000000000) + ts.tv_nsec;
}

gint64 fl_clock_now_ns(void) {
  return read_ns(CLOCK_MONOTONIC);
}

gint64 fl_clock_offset_ns(void) {
  gint64 best_width = G_MAXINT64;
  gint64 offset = 0;

  for (int i = 0; i < 3; i++) {
    gint64 before = read_ns(CLOCK_MONOTONIC);
    gint64 real = read_ns(CLOCK_REALTIME);
    gint64 width = read_ns(CLOCK_MONOTONIC) - before;
    if (width < best_width) {
      best_width = width;
      offset = real - before - width / 2;
    }
  }
  return offset;
}

gint64 fl_clock_unix_us(gint64 monotonic_ns, gint64 offset_ns) {
  return (monotonic_ns + offset_ns) / 1000;
}
