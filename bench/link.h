/* An emulated link, for this process and its children: what the rest of the bench uses. docs/link.md is the manual.
 *
 *     open (once a process, before threads) ─► [ start ─► cut, roam … ─► stop ] … ─► close
 *
 * From `open` on the process is in a network of its own, for good: nothing outside can be reached. Servers bind FL_LINK_SERVER,
 * clients dial FL_LINK_DIAL, and what goes between them goes over the link; what dials FL_LINK_SERVER does not.
 * Before the first start, and between stop and start, packets pass at once.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/link_account.h"
#include "bench/link_packet.h"
#include "bench/link_spec.h"

typedef struct _FlLink FlLink;

/* fl_link_open: enter the namespaces and start the emulator, on any CPU that this process may use now.
 * Returns: NULL with an error where this machine doesn't allow it; the process is then of no use but to say so. */
FlLink *fl_link_open(GError **error);
void fl_link_close(FlLink *self);

/* fl_link_has_ipv6: whether the kernel has it. */
gboolean fl_link_has_ipv6(const FlLink *self);

/* fl_link_start: be that link from now on; outages count from now. With the same seed the n-th packet of a direction has the
 * same fate. Returns: FALSE with an error where the emulator is gone. */
gboolean fl_link_start(FlLink *self, const FlLinkSpec *spec, guint64 seed, GError **error);

/* fl_link_cut: an outage of both directions from now on. Another one replaces it.
 * ret_at_ns: when it began (CLOCK_MONOTONIC). */
gboolean fl_link_cut(FlLink *self, gint64 duration_ns, gint64 *ret_at_ns, GError **error);

/* fl_link_roam: every client has another address from now on: what belongs to a TCP connection that began before is dropped both
 * ways, until the next start. ret_at_ns: from when on (CLOCK_MONOTONIC). */
gboolean fl_link_roam(FlLink *self, gint64 *ret_at_ns, GError **error);

/* fl_link_stop: the account since the start, the caller's to clear. What is on its way arrives at once. */
gboolean fl_link_stop(FlLink *self, FlLinkAccount *ret_account, GError **error);
