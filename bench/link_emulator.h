/* The process that is the link: it reads every packet from the TUN device, asks bench/link_queue for its fate, and writes it
 * back at its time. A process and no thread, so that its CPU is not counted as the bench's, and the bench's work does not make
 * it late.
 *
 *     parent ── START, CUT, ROAM, STOP ──► emulator      a socket pair; the parent's end of file ends it
 *     parent ◄─── done, account ────
 *
 * Before START and after STOP packets pass at once, so that connections of a run that is over can end.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/link_account.h"
#include "bench/link_spec.h"

typedef enum { FL_LINK_START, FL_LINK_CUT, FL_LINK_ROAM, FL_LINK_STOP } FlLinkOrder;

/* What the parent sends. */
typedef struct {
  FlLinkOrder order;
  FlLinkSpec spec;    /* START */
  guint64 seed;       /* START */
  gint64 duration_ns; /* CUT */
} FlLinkMessage;

/* What comes back, at once: the time from which on it holds (CLOCK_MONOTONIC); after STOP, the account follows. */
typedef struct {
  gint64 at_ns;
} FlLinkDone;

/* fl_link_emulator_run: until the other end of `control_fd` is closed. In the child; does not return. */
G_NORETURN void fl_link_emulator_run(int tun_fd, int control_fd);
