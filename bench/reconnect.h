/* After how long a client that lost its connection tries again: by the rule of the real client of its transport, where there is
 * one. Pure, and seeded. docs/scenarios.md has the sources.
 *
 *     EventSource   the stream's `retry:`, without jitter          WHATWG HTML, section 9.2
 *     Socket.IO     1 s, doubled, ± up to half, at most 5 s        socket.io-client, defaults of Manager
 *     WebSocket     ours: 0 … 500 ms, doubled, at most 0 … 5 s     "full jitter": Brooker, "Exponential Backoff And Jitter", 2015
 *     long polls    the same
 *     short polls   the client's next slot
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  FL_RECONNECT_AT_SLOT,     /* a poll is due anyway */
  FL_RECONNECT_AS_TOLD,     /* by the server */
  FL_RECONNECT_FULL_JITTER, /* anywhere from 0 to the delay */
  FL_RECONNECT_DEVIATION,   /* the delay, more or less up to half of it */
} FlReconnectKind;

typedef struct {
  FlReconnectKind kind;
  gint64 first_ns; /* doubled at each attempt; AS_TOLD: while the server has not told */
  gint64 most_ns;
} FlReconnectRule;

/* fl_reconnect_rule: that of a transport, by its client's name; static. */
const FlReconnectRule *fl_reconnect_rule(const char *transport);

/* fl_reconnect_delay_ns: from the loss, or from the attempt that failed, to the next attempt; `attempts`: made before it.
 * `told_ns`: what the server asked for, -1 where it did not. Returns: -1 with FL_RECONNECT_AT_SLOT. */
gint64 fl_reconnect_delay_ns(const FlReconnectRule *rule, guint attempts, gint64 told_ns, GRand *random);
