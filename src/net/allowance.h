/* How often each client address may do something: a token bucket an address, which holds what a second brings (one at
 * least) and is full at first. All workers share one, so it is locked.
 * Kept of a bucket is one number, the time at which it will be full again (the virtual scheduling of GCRA, ITU-T I.371): an
 * address whose bucket is full needs no entry.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlAllowance FlAllowance;

/* fl_allowance_new: `rate_hz` times a second, above 0. */
FlAllowance *fl_allowance_new(double rate_hz);
void fl_allowance_free(FlAllowance *self);

/* fl_allowance_take: once, for that address, if it may; an IPv6 address stands for its /64. A `self` of NULL allows all.
 * Returns: 0, or after how many ns it may again. */
gint64 fl_allowance_take(FlAllowance *self, const char *ip, gint64 now_ns);

/* fl_allowance_size: how many addresses are kept. */
guint fl_allowance_size(const FlAllowance *self);
