/* When bytes that came may leave: the model of a line, without clocks and sockets.
 *
 *     bytes come ──► wait for the wire ──► pass it at its rate ──► half the RTT, jitter, perhaps a stall ──► may leave
 *                    (shared by the line's connections)            (of each connection; never out of order)
 *
 * It is a model of streams, not of packets: a lost segment is a stall of one retransmission timeout in all that follows
 * on its connection (RFC 6298: 200 ms at least, as Linux has it; two RTTs here where that is more). Slow start and the
 * loss of acknowledgements are left out.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "net/line_profile.h"

/* The payload of a TCP segment on Ethernet, with timestamps. */
#define FL_LINE_SEGMENT_BYTES 1448

/* One direction of a line. Zeroed: free. */
typedef struct {
  gint64 free_ns; /* when what was sent has passed */
} FlLineWire;

/* One direction of one connection. */
typedef struct {
  gint64 begin_ns; /* nothing enters the wire before */
  gint64 last_ns;  /* nothing leaves before */
  guint64 random;  /* state of the generator (SplitMix64) */
} FlLineFlow;

/* fl_line_flow_init: a connection made at `now_ns`: its first bytes enter the wire one RTT later, when the handshake
 * would be over. The same `seed` gives the same jitter and stalls. */
void fl_line_flow_init(FlLineFlow *self, const FlLineProfile *profile, gint64 now_ns, guint64 seed);

/* fl_line_delay: send `bytes` (0: the end of the stream) that came at `now_ns`. Returns: when the last of them may leave. */
gint64 fl_line_delay(const FlLineProfile *profile, FlLineWire *wire, FlLineFlow *flow, gint64 now_ns, gsize bytes);

/* fl_line_stall_ns: how long a loss holds up. */
gint64 fl_line_stall_ns(const FlLineProfile *profile);
