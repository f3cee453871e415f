/* The search. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/capacity.h"

#include <sys/resource.h>

#define FILES_OF_OUR_OWN 64 /* that are no subscribers: of the bench or of the server, which inherits the limit … */
#define FILES_A_THREAD 2    /* … and of each thread of the bench */

/* Confirming runs at a number of clients. */
typedef struct {
  guint clients, runs, failed;
} Tally;

typedef struct {
  const FlCapacityConfig *config;
  FlCapacity found;
  GArray *tallies; /* of Tally */
} Search;

/* Returns: FALSE where that ends the search. */
static gboolean ask(Search *self, guint clients, gboolean *ret_holds) {
  static const FlCapacityEnd ends[] = {
    [FL_PROBE_SATURATED] = FL_CAPACITY_BENCH, [FL_PROBE_SPENT] = FL_CAPACITY_SPENT, [FL_PROBE_ERROR] = FL_CAPACITY_ERROR
  };

  if (self->found.probes == FL_CAPACITY_PROBES_MOST) {
    self->found.end = FL_CAPACITY_SPENT;
    return FALSE;
  }
  FlProbe probe = self->config->probe(clients, self->config->user);
  self->found.probes += (guint)(probe != FL_PROBE_SPENT);
  *ret_holds = probe == FL_PROBE_HOLDS;
  if (probe <= FL_PROBE_FAILS)
    return TRUE;
  self->found.end = ends[probe];
  if (probe == FL_PROBE_SATURATED)
    self->found.fails = clients;
  return FALSE;
}

static gboolean ask_and_note(Search *self, guint clients) {
  gboolean holds;

  if (!ask(self, clients, &holds))
    return FALSE;
  if (holds)
    self->found.holds = clients;
  else
    self->found.fails = clients;
  return TRUE;
}

/* Double until it fails or there is no more. */
static gboolean grow(Search *self, guint from) {
  guint most = self->config->most;

  self->found.fails = 0;
  for (guint clients = MIN(from, most);; clients = clients > most / 2 ? most : 2 * clients) {
    if (!ask_and_note(self, clients))
      return FALSE;
    if (self->found.fails > 0 || clients == most)
      return TRUE;
  }
}

/* Halve, in whole steps, until the two are no more than a step apart. */
static gboolean narrow(Search *self) {
  guint step = self->config->step;

  while (self->found.fails > 0 && self->found.fails - self->found.holds > step) {
    guint half = (self->found.fails - self->found.holds) / 2;
    if (!ask_and_note(self, self->found.holds + MAX(step, half / step * step)))
      return FALSE;
  }
  return TRUE;
}

/* The tally of so many clients, with all its runs. */
static gboolean confirm(Search *self, guint clients, Tally *ret_tally) {
  Tally tally = { clients, 0, 0 };

  for (guint i = 0; i < self->tallies->len; i++) {
    const Tally *known = &g_array_index(self->tallies, Tally, i);
    if (known->clients == clients) {
      *ret_tally = *known;
      return TRUE;
    }
  }
  for (; tally.runs < FL_CAPACITY_CONFIRMING; tally.runs++) {
    gboolean holds;
    if (!ask(self, clients, &holds))
      return FALSE;
    tally.failed += (guint)!holds;
  }
  g_array_append_val(self->tallies, tally);
  *ret_tally = tally;
  return TRUE;
}

static gboolean end(Search *self, FlCapacityEnd how) {
  self->found.end = how;
  return FALSE;
}

/* The lower side. It moves down until it holds in all runs. */
static gboolean confirm_below(Search *self) {
  guint step = self->config->step;

  while (self->found.holds > 0) {
    Tally tally;
    if (!confirm(self, self->found.holds, &tally))
      return FALSE;
    if (tally.failed == 0)
      break;
    self->found.fails = self->found.holds;
    self->found.holds -= MIN(step, self->found.holds);
  }
  return self->found.fails > 0 || end(self, FL_CAPACITY_OPEN);
}

/* The upper side. Returns: FALSE where that is the end; TRUE where it was no knee. */
static gboolean confirm_above(Search *self) {
  Tally tally;

  if (!confirm(self, self->found.fails, &tally))
    return FALSE;
  self->found.failed = tally.failed;
  self->found.runs = tally.runs;
  if (2 * tally.failed > tally.runs)
    return end(self, self->found.holds > 0 ? FL_CAPACITY_FOUND : FL_CAPACITY_NONE);
  if (tally.failed > 0)
    return end(self, FL_CAPACITY_UNSTEADY);
  self->found.holds = self->found.fails;
  self->found.fails = 0;
  return self->found.holds < self->config->most || end(self, FL_CAPACITY_OPEN);
}

guint fl_capacity_most(guint wanted, guint threads) {
  guint own = FILES_OF_OUR_OWN + FILES_A_THREAD * threads;
  struct rlimit files;

  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= (rlim_t)wanted + own)
    return wanted;
  return files.rlim_cur > own ? (guint)files.rlim_cur - own : 1;
}

FlCapacity fl_capacity_search(const FlCapacityConfig *config) {
  Search self = { .config = config, .tallies = g_array_new(FALSE, FALSE, sizeof(Tally)) };
  guint from = config->start;

  while (grow(&self, from) && narrow(&self) && confirm_below(&self) && confirm_above(&self))
    from = 2 * self.found.holds;
  g_array_unref(self.tallies);
  return self.found;
}
