/* What an emulated link did: packets by their fate, and how late it was itself.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/histogram.h"
#include "bench/link_queue.h"

/* One direction. */
typedef struct {
  guint64 packets[FL_FATES]; /* by fate; those that passed too */
  guint64 bytes;             /* of IP packets that passed */
  guint64 segments;          /* of TCP, sent into the link … */
  guint64 segments_passed;   /* … and out of it again */
} FlLinkWayAccount;

/* Plain values and a histogram, owned; all 0 and NULL where there was no link. */
typedef struct {
  FlLinkWayAccount ways[FL_LINK_WAYS];
  guint64 overruns;      /* packets that the kernel dropped because the emulator did not read them in time */
  FlHistogram *lateness; /* µs that packets left after the time that the link was to hold them for */
} FlLinkAccount;

/* fl_link_account_init: without anything in it. fl_link_account_clear: frees the histogram. */
void fl_link_account_init(FlLinkAccount *self);
void fl_link_account_clear(FlLinkAccount *self);

/* fl_link_account_merge: add another one. Without links: nothing. */
void fl_link_account_merge(FlLinkAccount *self, const FlLinkAccount *other);

/* fl_link_account_offered: packets sent into it in that direction. */
guint64 fl_link_account_offered(const FlLinkAccount *self, FlLinkDirection direction);

/* fl_link_account_lateness_ms: its p99. With fewer packets than that needs (10/(1 − p), docs/method.md) p90, and else the median;
 * NAN where none passed. ret_percentile: which one it is; may be NULL. */
double fl_link_account_lateness_ms(const FlLinkAccount *self, int *ret_percentile);

/* fl_link_account_late_limit_ms: what that may be with a round trip of `rtt_ms`: 5 % of it, and 0.5 ms at the least: that is what the
 * link is held to one way, and without a delay there would be no limit to keep. */
double fl_link_account_late_limit_ms(double rtt_ms);

/* fl_link_account_is_kept: whether the link was what it was to be: late within the limit, and no packet lost but by it. */
gboolean fl_link_account_is_kept(const FlLinkAccount *self, double rtt_ms);

/* fl_link_account_describe: `up 120 packets, 3 lost (loss 2, queue 1); down …; late by at most …`, in a line. The caller's. */
char *fl_link_account_describe(const FlLinkAccount *self);

/* fl_link_account_write, fl_link_account_read: over a socket, from one process of this program to another.
 * Returns: FALSE where the other side is gone. The reader's is the caller's to clear. */
gboolean fl_link_account_write(const FlLinkAccount *self, int fd);
gboolean fl_link_account_read(int fd, FlLinkAccount *ret_account);
