/* Which TCP connections of the emulated link are of an address that their client no longer has: when a client roams, what belongs
 * to its old connections is dropped both ways, without a word to either end. A connection is known by the client's port; one whose
 * SYN comes after the roaming is of the new address. Pure.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/link_spec.h"

/* A plain value, zero at first: all pass. */
typedef struct {
  guint8 left[65536 / 8]; /* a bit a port */
} FlLinkFlows;

/* fl_link_flows_leave: the clients have another address from now on. */
void fl_link_flows_leave(FlLinkFlows *self);

/* fl_link_flows_pass: whether a packet of TCP, IPv4 or IPv6, on its way in that direction, still has a client. */
gboolean fl_link_flows_pass(FlLinkFlows *self, const guint8 *packet, gsize len, FlLinkDirection direction);
