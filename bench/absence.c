/* Losing a connection and coming back. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/absence.h"

#include <errno.h>

#include "bench/reconnect.h"

#define PEAK_US 100000

typedef struct {
  guint attempts;   /* to come back, so far */
  FlNotice noticed; /* first, since the failure began */
  gint64 back_us;   /* its subscription stands again; 0: it does not, or was never lost */
  gint64 next_us;   /* the first update after the failure; 0: none yet */
  guint gaps;
} Absent;

/* A client, and when it is to try again. */
typedef struct {
  gint64 at_ns;
  guint client;
} Due;

struct _FlAbsences {
  const FlReconnectRule *rule;
  GRand *random;
  Absent *absents;
  guint clients;
  gint64 begin_us, end_us;        /* atomic; 0: not yet */
  gboolean roams;                 /* atomic */
  GSequence *due;                 /* of Due, the next one first */
  GArray *connections, *requests; /* of gint64, Unix µs */
  guint64 recovered, missed, untold;
};

/* --- words --------------------------------------------------------------------------------------------------------- */

const char *fl_notice_name(FlNotice notice) {
  static const char *const names[] = {
    [FL_NOTICE_NONE] = "none",     [FL_NOTICE_GOODBYE] = "goodbye",     [FL_NOTICE_END] = "end",
    [FL_NOTICE_RESET] = "reset",   [FL_NOTICE_HEARTBEAT] = "heartbeat", [FL_NOTICE_KERNEL] = "kernel",
    [FL_NOTICE_SYSTEM] = "system",
  };
  return names[notice];
}

FlNotice fl_notice_of_errno(int error) {
  return error == ECONNRESET || error == EPIPE || error == ECONNREFUSED ? FL_NOTICE_RESET : FL_NOTICE_KERNEL;
}

/* --- the object ---------------------------------------------------------------------------------------------------- */

FlAbsences *fl_absences_new(const char *transport, guint clients, guint64 seed) {
  FlAbsences *self = g_new0(FlAbsences, 1);

  self->rule = fl_reconnect_rule(transport);
  self->random = g_rand_new_with_seed((guint32)seed);
  self->absents = g_new0(Absent, clients);
  self->clients = clients;
  self->due = g_sequence_new(g_free);
  self->connections = g_array_new(FALSE, FALSE, sizeof(gint64));
  self->requests = g_array_new(FALSE, FALSE, sizeof(gint64));
  return self;
}

void fl_absences_free(FlAbsences *self) {
  if (!self)
    return;
  g_rand_free(self->random);
  g_sequence_free(self->due);
  g_array_unref(self->connections);
  g_array_unref(self->requests);
  g_free(self->absents);
  g_free(self);
}

void fl_absences_begin(FlAbsences *self, gint64 at_us) {
  __atomic_store_n(&self->begin_us, at_us, __ATOMIC_RELEASE);
}

void fl_absences_end(FlAbsences *self, gint64 at_us) {
  __atomic_store_n(&self->end_us, at_us, __ATOMIC_RELEASE);
}

void fl_absences_roam(FlAbsences *self) {
  __atomic_store_n(&self->roams, TRUE, __ATOMIC_RELEASE);
}

gboolean fl_absences_take_roam(FlAbsences *self) {
  return __atomic_exchange_n(&self->roams, FALSE, __ATOMIC_ACQ_REL);
}

static gint64 begun_us(const FlAbsences *self) {
  return __atomic_load_n(&self->begin_us, __ATOMIC_ACQUIRE);
}

static gint64 ended_us(const FlAbsences *self) {
  return __atomic_load_n(&self->end_us, __ATOMIC_ACQUIRE);
}

/* --- who is due ---------------------------------------------------------------------------------------------------- */

static gint by_time(gconstpointer a, gconstpointer b, gpointer ignored) {
  const Due *x = a, *y = b;
  return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

void fl_absences_lost(FlAbsences *self, guint client, FlNotice how, gint64 told_ns, gint64 now_ns) {
  Absent *absent = &self->absents[client];
  gint64 delay_ns = fl_reconnect_delay_ns(self->rule, absent->attempts++, told_ns, self->random);

  if (begun_us(self) > 0 && absent->noticed == FL_NOTICE_NONE)
    absent->noticed = how;
  absent->back_us = 0;
  if (delay_ns < 0)
    return;
  /* Who is told by its system comes back at once. */
  Due due = { now_ns + (how == FL_NOTICE_SYSTEM ? 0 : delay_ns), client };
  g_sequence_insert_sorted(self->due, g_memdup2(&due, sizeof due), by_time, NULL);
}

static const Due *next_due(const FlAbsences *self) {
  GSequenceIter *first = g_sequence_get_begin_iter(self->due);
  return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

gint64 fl_absences_due_ns(const FlAbsences *self) {
  const Due *due = next_due(self);
  return due ? due->at_ns : G_MAXINT64;
}

gboolean fl_absences_take_due(FlAbsences *self, gint64 now_ns, guint *ret_client) {
  const Due *due = next_due(self);

  if (!due || due->at_ns > now_ns)
    return FALSE;
  *ret_client = due->client;
  g_sequence_remove(g_sequence_get_begin_iter(self->due));
  return TRUE;
}

/* --- what happens -------------------------------------------------------------------------------------------------- */

void fl_absences_connection(FlAbsences *self, gint64 now_us) {
  if (begun_us(self) > 0)
    g_array_append_val(self->connections, now_us);
}

void fl_absences_request(FlAbsences *self, gint64 now_us) {
  if (begun_us(self) > 0)
    g_array_append_val(self->requests, now_us);
}

void fl_absences_back(FlAbsences *self, guint client, gint64 now_us) {
  self->absents[client].attempts = 0;
  self->absents[client].back_us = now_us;
}

/* Who never lost the connection is back when the first update comes through it again. */
void fl_absences_update(FlAbsences *self, guint client, gint64 t_us, gint64 now_us) {
  Absent *absent = &self->absents[client];
  gint64 begin_us = begun_us(self), end_us = ended_us(self);

  if (end_us > 0 && now_us >= end_us && absent->next_us == 0) {
    absent->next_us = now_us;
    if (absent->noticed == FL_NOTICE_NONE)
      absent->back_us = now_us;
  }
  if (begin_us > 0 && t_us >= begin_us && (absent->back_us == 0 || t_us < absent->back_us))
    self->recovered++;
}

gboolean fl_absences_gap(FlAbsences *self, guint client) {
  self->absents[client].gaps++;
  return begun_us(self) > 0;
}

guint64 fl_absences_miss(FlAbsences *self, guint client, guint64 updates) {
  guint64 untold = self->absents[client].gaps == 0 ? updates : 0;

  self->missed += updates;
  self->untold += untold;
  return untold;
}

/* --- the account --------------------------------------------------------------------------------------------------- */

static gint by_value(gconstpointer a, gconstpointer b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

static guint64 peak_of(GArray *times) {
  guint64 most = 0;

  g_array_sort(times, by_value);
  for (guint first = 0, i = 0; i < times->len; i++) {
    while (g_array_index(times, gint64, i) - g_array_index(times, gint64, first) >= PEAK_US)
      first++;
    most = MAX(most, i - first + 1);
  }
  return most;
}

static void add_clients(const FlAbsences *self, FlAbsenceAccount *sum) {
  for (guint i = 0; i < self->clients; i++) {
    const Absent *absent = &self->absents[i];
    sum->noticed[absent->noticed]++;
    if (absent->next_us == 0)
      continue;
    sum->returned++;
    fl_histogram_record(sum->next, absent->next_us - ended_us(self));
  }
  sum->clients += self->clients;
  sum->recovered += self->recovered;
  sum->missed += self->missed;
  sum->untold += self->untold;
}

void fl_absences_account(FlAbsences *const *all, guint n, FlAbsenceAccount *sum) {
  g_autoptr(GArray) connections = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(gint64));

  if (!sum->next)
    sum->next = fl_histogram_new();
  for (guint i = 0; i < n; i++) {
    add_clients(all[i], sum);
    g_array_append_vals(connections, all[i]->connections->data, all[i]->connections->len);
    g_array_append_vals(requests, all[i]->requests->data, all[i]->requests->len);
  }
  sum->connections += connections->len;
  sum->requests += requests->len;
  sum->peak_connections = MAX(sum->peak_connections, peak_of(connections));
  sum->peak_requests = MAX(sum->peak_requests, peak_of(requests));
}

void fl_absence_account_merge(FlAbsenceAccount *self, const FlAbsenceAccount *other) {
  fl_histogram_merge(self->next, other->next);
  for (guint i = 0; i < FL_NOTICES; i++)
    self->noticed[i] += other->noticed[i];
  self->clients += other->clients;
  self->returned += other->returned;
  self->recovered += other->recovered;
  self->missed += other->missed;
  self->untold += other->untold;
  self->connections += other->connections;
  self->requests += other->requests;
  self->peak_connections = MAX(self->peak_connections, other->peak_connections);
  self->peak_requests = MAX(self->peak_requests, other->peak_requests);
}
