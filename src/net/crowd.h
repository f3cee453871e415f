/* Who is here, by address: how many connections each has, where --max-clients-per-address bounds that. Shared by the workers.
 * A trusted proxy's connections are no one's until a request comes over them; from then on each counts for the client whose
 * request came last, and a stream for the client that it was opened for.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "net/access.h"
#include "net/household.h"

typedef struct _FlCrowd FlCrowd;

/* What one connection counts as. Zeroed: as no one's. */
typedef struct {
  char household[FL_HOUSEHOLD_MAX];
  gboolean over; /* it is one more than its address may have … */
  gboolean far_over; /* … by so many that no answer is owed */
} FlCrowdPlace;

/* A few more than the limit are let in, so that they can be sent away in words that fit their request. */
#define FL_CROWD_SURPLUS 16

/* fl_crowd_new: `most` connections an address. `access` is borrowed: it knows the proxies. */
FlCrowd *fl_crowd_new(guint most, const FlAccess *access);
void fl_crowd_free(FlCrowd *self);

/* fl_crowd_count: let the place count for the client at `ip`, and for none that it counted for before. A `self` of NULL, here
 * and below, has no limit and counts nothing. */
void fl_crowd_count(FlCrowd *self, FlCrowdPlace *place, const char *ip);

/* fl_crowd_leave: what counts for the client at `ip`, or as the place, is gone. A place that a stream has taken over is left
 * by its client's address. */
void fl_crowd_leave(FlCrowd *self, const char *ip);
void fl_crowd_leave_place(FlCrowd *self, FlCrowdPlace *place);
