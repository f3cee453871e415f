/* The answer to a poll, short or long: the updates after a cursor, as one JSON object.
 *     {"cursor":"k3f9tz-17","updates":[…]}      and where they apply  "gap":{…}  and  "more":true
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/feed.h"

/* An answer holds at most this many updates, or the first update beyond this many bytes. */
#define FL_BATCH_UPDATES 1000
#define FL_BATCH_BYTES (1000 * 1000)

typedef struct {
  guint64 since;
  FlGap gap;
  guint64 last; /* the seq that the answer's cursor names */
  gboolean more;
} FlBatch;

/* fl_batch_plan: what the answer to `since` holds. Returns: FALSE where `since` is no cursor. */
gboolean fl_batch_plan(const FlFeed *feed, const char *since, FlBatch *ret_batch);

/* fl_batch_is_empty: nothing to tell: neither updates nor a gap. */
gboolean fl_batch_is_empty(const FlBatch *self);

/* fl_batch_updates: how many updates it holds. */
guint64 fl_batch_updates(const FlBatch *self);

/* fl_batch_encode: the JSON object and a line end. */
GString *fl_batch_encode(const FlBatch *self, const FlFeed *feed);
