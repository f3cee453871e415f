/* When short polls are due. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/poll_schedule.h"

#include <stdlib.h>

struct _FlPollSchedule {
  guint clients;
  gint64 interval_ns, pause_ns;
  gint64 *due_ns;    /* of each client's next poll; G_MAXINT64: it awaits an answer */
  guint *ring;       /* of clients, by that … */
  guint first, used; /* … from `first` on */
};

static void join(FlPollSchedule *self, guint client, gint64 due_ns) {
  g_assert(self->used < self->clients);
  self->due_ns[client] = due_ns;
  self->ring[(self->first + self->used++) % self->clients] = client;
}

static int by_value(const void *a, const void *b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

FlPollSchedule *fl_poll_schedule_new(const FlPollScheduleConfig *config, gint64 begin_ns) {
  g_autoptr(GRand) random = g_rand_new_with_seed((guint32)config->seed);
  FlPollSchedule *self = g_new0(FlPollSchedule, 1);
  g_autofree gint64 *offsets_ns = g_new(gint64, config->clients);
  double span_ns = (double)(config->pause_ns > 0 ? config->pause_ns : config->interval_ns);

  self->clients = config->clients;
  self->interval_ns = config->interval_ns;
  self->pause_ns = config->pause_ns;
  self->due_ns = g_new0(gint64, self->clients);
  self->ring = g_new0(guint, self->clients);
  for (guint i = 0; i < config->first; i++)
    g_rand_double(random);
  for (guint i = 0; i < self->clients; i++)
    offsets_ns[i] = (gint64)(g_rand_double(random) * span_ns);
  qsort(offsets_ns, self->clients, sizeof *offsets_ns, by_value);
  for (guint i = 0; i < self->clients; i++)
    join(self, i, begin_ns + offsets_ns[i]);
  return self;
}

void fl_poll_schedule_free(FlPollSchedule *self) {
  if (!self)
    return;
  g_free(self->due_ns);
  g_free(self->ring);
  g_free(self);
}

gint64 fl_poll_schedule_due_ns(const FlPollSchedule *self) {
  return self->used > 0 ? self->due_ns[self->ring[self->first]] : G_MAXINT64;
}

guint fl_poll_schedule_take(FlPollSchedule *self) {
  guint client = self->ring[self->first];

  g_assert(self->used > 0);
  self->first = (self->first + 1) % self->clients;
  self->used--;
  if (self->pause_ns > 0)
    self->due_ns[client] = G_MAXINT64;
  else
    join(self, client, self->due_ns[client] + self->interval_ns);
  return client;
}

void fl_poll_schedule_answered(FlPollSchedule *self, guint client, gint64 now_ns) {
  if (self->due_ns[client] == G_MAXINT64)
    join(self, client, now_ns + self->pause_ns);
}
