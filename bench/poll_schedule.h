/* When short polls are due. No I/O, no clock of its own.
 *
 * One ring holds who polls next, by time. Slots: who is taken joins again an interval later, whenever the answer comes. Pauses: who has
 * been answered joins again, a pause from then. All intervals and pauses are equally long, and the first polls are spread over no more
 * than one of them, so that who joins is always due last.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlPollSchedule FlPollSchedule;

typedef struct {
  guint clients;
  guint first;        /* the first one's number among the clients of all schedules of the seed */
  gint64 interval_ns; /* between slots */
  gint64 pause_ns;    /* above 0: takes the interval's place */
  guint64 seed;
} FlPollScheduleConfig;

/* fl_poll_schedule_new: the first polls are spread uniformly over an interval, or a pause, from `begin_ns` on, the first client's
 * first. Their places are drawn for the clients of all schedules together, so there are the same ones however these are split. */
FlPollSchedule *fl_poll_schedule_new(const FlPollScheduleConfig *config, gint64 begin_ns);
void fl_poll_schedule_free(FlPollSchedule *self);

/* fl_poll_schedule_due_ns: of the next poll; G_MAXINT64 where all clients await an answer. */
gint64 fl_poll_schedule_due_ns(const FlPollSchedule *self);

/* fl_poll_schedule_take: the client whose poll that is; there must be one. */
guint fl_poll_schedule_take(FlPollSchedule *self);

/* fl_poll_schedule_answered: a client that was taken has its answer now, or will never have it. Slots don't care, nor does it
 * matter for a client that awaits none. */
void fl_poll_schedule_answered(FlPollSchedule *self, guint client, gint64 now_ns);
