/* What a server of ours says of its source, in /stats.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* So far; -1 where it does not say. */
typedef struct {
  gint64 missed_deadlines; /* met too late */
  gint64 clock_steps;
} FlSourceState;

/* fl_source_state_fetch: by a connection of its own, waiting for the answer. `host`: an IPv4 address. */
FlSourceState fl_source_state_fetch(const char *host, guint16 port);
