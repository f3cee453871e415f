/* The model of a line. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/line_delay.h"

#define MS_NS G_GINT64_CONSTANT(1000000)
#define RTO_LEAST_NS (200 * MS_NS)

void fl_line_flow_init(FlLineFlow *self, const FlLineProfile *profile, gint64 now_ns, guint64 seed) {
  *self = (FlLineFlow){ .begin_ns = now_ns + (gint64)(profile->rtt_ms * MS_NS), .random = seed };
}

gint64 fl_line_stall_ns(const FlLineProfile *profile) {
  return MAX((gint64)(2 * profile->rtt_ms * MS_NS), RTO_LEAST_NS);
}

/* Evenly in [0, 1). */
static double draw(guint64 *state) {
  guint64 z = *state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
  return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static gboolean is_held_up(const FlLineProfile *profile, FlLineFlow *flow, gsize bytes) {
  double all_arrive = 1;

  if (profile->loss <= 0)
    return FALSE;
  for (gsize sent = 0; sent == 0 || sent < bytes; sent += FL_LINE_SEGMENT_BYTES)
    all_arrive *= 1 - profile->loss;
  return draw(&flow->random) >= all_arrive;
}

gint64 fl_line_delay(const FlLineProfile *profile, FlLineWire *wire, FlLineFlow *flow, gint64 now_ns, gsize bytes) {
  gint64 ns = MAX(now_ns, flow->begin_ns);

  if (profile->kbit > 0) {
    ns = MAX(ns, wire->free_ns) + (gint64)(bytes * 8 * MS_NS / profile->kbit);
    wire->free_ns = ns;
  }
  ns += (gint64)(profile->rtt_ms * MS_NS / 2);
  if (profile->jitter_ms > 0)
    ns += (gint64)(draw(&flow->random) * profile->jitter_ms * MS_NS);
  if (is_held_up(profile, flow, bytes))
    ns += fl_line_stall_ns(profile);
  flow->last_ns = MAX(flow->last_ns, ns);
  return flow->last_ns;
}
