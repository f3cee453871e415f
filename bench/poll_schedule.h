/* When short polls are due. No I/O, no clock of its own.
 *
 * One ring holds who polls next, by time. Slots: who is taken joins again an interval later, whenever the answer comes. Pauses: who has
 * been answered joins again, a pause from then. All intervals and pauses are equally long, and the first polls are spread over no more
 * than one of them, so that who joins is always due last.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlPollSchedule FlPollSchedule;

/* fl_poll_schedule_new: of so many clients; a pause above 0 takes the place of the interval. The first polls are spread uniformly over
 * one of it from `begin_ns` on, by the seed, the first client's first. */
FlPollSchedule *fl_poll_schedule_new(guint clients, gint64 interval_ns, gint64 pause_ns, guint64 seed, gint64 begin_ns);
void fl_poll_schedule_free(FlPollSchedule *self);

/* fl_poll_schedule_due_ns: of the next poll; G_MAXINT64 where all clients await an answer. */
gint64 fl_poll_schedule_due_ns(const FlPollSchedule *self);

/* fl_poll_schedule_take: the client whose poll that is; there must be one. */
guint fl_poll_schedule_take(FlPollSchedule *self);

/* fl_poll_schedule_answered: a client that was taken has its answer now. Slots don't care. */
void fl_poll_schedule_answered(FlPollSchedule *self, guint client, gint64 now_ns);
