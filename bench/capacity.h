/* The largest number of subscribers for which a condition holds: doubled until it fails, halved to the step, then confirmed, since
 * one run tells little near the knee.
 *
 *     start ─► 2× ─► 4× ─► fails       ┆ halving between the last two      ┆ 3 further runs at each side:
 *     1,000    2,000  4,000  8,000     ┆ 6,000 fails, 5,000 holds          ┆ 5,000 must hold in all, 6,000 fail in most
 *
 * One that fails at the lower side moves the search a step down; an upper side that holds in all three was no knee, and the
 * search goes on upwards from there. The search knows nothing of runs: it asks a probe.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  FL_PROBE_HOLDS,
  FL_PROBE_FAILS,
  FL_PROBE_SATURATED, /* the bench was the bottleneck: it can't be said */
  FL_PROBE_SPENT,     /* there is no time for it: it was not made */
  FL_PROBE_ERROR,
} FlProbe;

typedef struct {
  guint start, step, most; /* 1 … most */
  FlProbe (*probe)(guint clients, gpointer user);
  gpointer user;
} FlCapacityConfig;

typedef enum {
  FL_CAPACITY_FOUND,    /* holds at `holds`, fails at `fails` */
  FL_CAPACITY_UNSTEADY, /* holds at `holds`; at `fails` it fails now and then */
  FL_CAPACITY_NONE,     /* fails at `fails`, and at nothing below that is a step away; `holds` is 0 */
  FL_CAPACITY_OPEN,     /* holds at `most` */
  FL_CAPACITY_BENCH,    /* the bench was saturated at `fails` */
  FL_CAPACITY_SPENT,    /* no time, or FL_CAPACITY_PROBES_MOST of probes: not confirmed */
  FL_CAPACITY_ERROR,
} FlCapacityEnd;

typedef struct {
  FlCapacityEnd end;
  guint holds, fails; /* 0: none */
  guint failed, runs; /* of the confirming runs at `fails` */
  guint probes;       /* in all */
} FlCapacity;

#define FL_CAPACITY_CONFIRMING 3
#define FL_CAPACITY_PROBES_MOST 60

/* fl_capacity_most: so many subscribers, or as many as the limit of open files allows a bench of that many threads. */
guint fl_capacity_most(guint wanted, guint threads);

/* fl_capacity_search: ask until it is known, or can't be. */
FlCapacity fl_capacity_search(const FlCapacityConfig *config);
