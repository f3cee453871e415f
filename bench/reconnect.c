/* When to come back. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/reconnect.h"

#include <math.h>

#define MS G_GINT64_CONSTANT(1000000)
#define DEVIATION 0.5 /* Socket.IO's randomizationFactor */

static const FlReconnectRule at_slot = { FL_RECONNECT_AT_SLOT, 0, 0 };
static const FlReconnectRule event_source = { FL_RECONNECT_AS_TOLD, 3000 * MS, 3000 * MS };
static const FlReconnectRule socket_io = { FL_RECONNECT_DEVIATION, 1000 * MS, 5000 * MS };
static const FlReconnectRule ours = { FL_RECONNECT_FULL_JITTER, 500 * MS, 5000 * MS };

const FlReconnectRule *fl_reconnect_rule(const char *transport) {
  if (g_str_equal(transport, "poll"))
    return &at_slot;
  if (g_str_equal(transport, "sse"))
    return &event_source;
  return g_str_has_prefix(transport, "socketio") ? &socket_io : &ours;
}

/* As contrib/backo2 of socket.io-client draws it: one number gives how far, and its first decimal which way; the cap comes last,
 * so that a delay of 5 s is shortened but never prolonged. */
static double deviate(double delay_ms, GRand *random) {
  double drawn = g_rand_double(random);
  double deviation = floor(drawn * DEVIATION * delay_ms);
  return (int)(drawn * 10) % 2 == 0 ? delay_ms - deviation : delay_ms + deviation;
}

gint64 fl_reconnect_delay_ns(const FlReconnectRule *rule, guint attempts, gint64 told_ns, GRand *random) {
  double most = (double)rule->most_ns;
  double doubled = (double)rule->first_ns * pow(2, attempts), deviated;

  switch (rule->kind) {
  case FL_RECONNECT_AT_SLOT:
    return -1;
  case FL_RECONNECT_AS_TOLD:
    return told_ns >= 0 ? told_ns : rule->first_ns;
  case FL_RECONNECT_FULL_JITTER:
    return (gint64)(g_rand_double(random) * MIN(doubled, most));
  case FL_RECONNECT_DEVIATION:
    deviated = deviate(doubled / MS, random) * MS;
    return (gint64)MIN(deviated, most);
  }
  return -1;
}
