/* Clients that lose their connection and come back: when each tries again, and the account of one failure of the network or the
 * server.
 *
 *            begin                 end
 *     ─────────┼───── failure ──────┼────────────────────────────────►  time
 *     client   │   lost ─► attempts │ ─► … ─► back ─► next update
 *              │    how noticed     │               └ measured from `end`
 *              └ updates scheduled from here until it is back: recovered, or missed
 *
 * They are those of one load (bench/load): its clients count from 0. The failure is told by another thread (bench/scenario);
 * all else is the load's thread's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/histogram.h"

/* How a client learns that its connection is of no more use. */
typedef enum {
  FL_NOTICE_NONE,      /* it never did: TCP carried the connection through */
  FL_NOTICE_GOODBYE,   /* the server said so, or refused to serve */
  FL_NOTICE_END,       /* FIN */
  FL_NOTICE_RESET,     /* RST */
  FL_NOTICE_HEARTBEAT, /* the server's pings did not come */
  FL_NOTICE_KERNEL,    /* TCP gave up */
  FL_NOTICE_SYSTEM,    /* its system told it that the network had changed */
  FL_NOTICES
} FlNotice;

/* fl_notice_name: a word for results; static. fl_notice_of_errno: what an error of a socket is. */
const char *fl_notice_name(FlNotice notice);
FlNotice fl_notice_of_errno(int error);

typedef struct _FlAbsences FlAbsences;

/* The account of one failure, or of several runs'. */
typedef struct {
  guint64 clients;
  guint64 returned;            /* clients that had an update after the failure */
  guint64 noticed[FL_NOTICES]; /* clients, by how they first noticed since it began */
  guint64 recovered; /* (update, client) pairs due since it began and before the client was back, that came anyway */
  guint64 missed;    /* pairs of the window that never came … */
  guint64 untold;    /* … of which the client was told of no gap */
  guint64 connections, requests;           /* made by clients on their way back */
  guint64 peak_connections, peak_requests; /* most of them in any 100 ms */
  FlHistogram *next;                       /* µs from the failure's end to a client's next update; owned */
} FlAbsenceAccount;

/* fl_absences_new: of `clients` of that transport, all of them there; the seed is of their jitter. */
FlAbsences *fl_absences_new(const char *transport, guint clients, guint64 seed);
void fl_absences_free(FlAbsences *self);

/* fl_absences_begin, fl_absences_end: the failure begins, and is over, at that moment (Unix µs). From any thread. */
void fl_absences_begin(FlAbsences *self, gint64 at_us);
void fl_absences_end(FlAbsences *self, gint64 at_us);

/* fl_absences_roam: the systems of all clients tell them that the network has changed. From any thread. fl_absences_take_roam:
 * whether they did since the last call. */
void fl_absences_roam(FlAbsences *self);
gboolean fl_absences_take_roam(FlAbsences *self);

/* fl_absences_lost: a client has no connection any more, or could not make one. `told_ns`: the server's own wish for when to come
 * back, -1 where it had none. The client is due after the delay of its rule, unless that is its next slot. */
void fl_absences_lost(FlAbsences *self, guint client, FlNotice how, gint64 told_ns, gint64 now_ns);

/* fl_absences_due_ns: when the next client is due, CLOCK_MONOTONIC; G_MAXINT64 where none is. fl_absences_take_due: one that is,
 * and no longer after this call. Returns: FALSE where none is. */
gint64 fl_absences_due_ns(const FlAbsences *self);
gboolean fl_absences_take_due(FlAbsences *self, gint64 now_ns, guint *ret_client);

/* fl_absences_connection, fl_absences_request: a client on its way back makes one, at that moment (Unix µs). */
void fl_absences_connection(FlAbsences *self, gint64 now_us);
void fl_absences_request(FlAbsences *self, gint64 now_us);

/* fl_absences_back: a client has its subscription again: its next loss counts attempts from 0. */
void fl_absences_back(FlAbsences *self, guint client, gint64 now_us);

/* fl_absences_update: an update of the window, scheduled at t_us, came to a client for the first time. */
void fl_absences_update(FlAbsences *self, guint client, gint64 t_us, gint64 now_us);

/* fl_absences_gap: a client was told of a gap. Returns: FALSE where no failure has begun that would explain it. */
gboolean fl_absences_gap(FlAbsences *self, guint client);

/* fl_absences_miss: at the end of the run: a client has not had `updates` of the window. Returns: how many of these it was
 * told nothing of. */
guint64 fl_absences_miss(FlAbsences *self, guint client, guint64 updates);

/* fl_absences_account: add all of one failure to `sum`, whose histogram is there or is made: `all` are of the `n` loads that its
 * clients are split over, since a peak is of all of them together. */
void fl_absences_account(FlAbsences *const *all, guint n, FlAbsenceAccount *sum);

/* fl_absence_account_merge: add one account to another; the peaks are the greater ones. */
void fl_absence_account_merge(FlAbsenceAccount *self, const FlAbsenceAccount *other);
