/* The feed as one worker sees it: a ring of the newest updates, bounded in number and in bytes. Resume, replay, long
 * polling and slow consumers are all "read from a cursor"; this module says where such a reading begins and what, if
 * anything, it has missed.
 *
 *        oldest            head
 *     …  [ 13 ][ 14 ][ 15 ][ 16 ]      a cursor at 14 reads 15 next; a cursor at 5 has missed 6 to 12
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/cursor.h"
#include "core/update.h"

typedef struct _FlFeed FlFeed;

typedef enum {
  FL_GAP_NONE,
  FL_GAP_RANGE, /* updates from … to (inclusive) are no longer kept */
  FL_GAP_EPOCH, /* the cursor belongs to another run of the feed: how much was missed can't be known */
} FlGapKind;

typedef struct {
  FlGapKind kind;
  guint64 from, to;
} FlGap;

/* fl_feed_new: an empty feed that keeps at most `history` updates (at least 1) of `history_bytes` of JSON in all. The
 * newest update is kept whatever its size. */
FlFeed *fl_feed_new(const char *epoch, gsize history, gsize history_bytes);
void fl_feed_free(FlFeed *self);

const char *fl_feed_epoch(const FlFeed *self);

/* fl_feed_append: add the next update; takes the reference. Its seq must be head + 1. */
void fl_feed_append(FlFeed *self, FlUpdate *update);

/* fl_feed_begin: let an empty feed go on after `seq`, as if all up to it were no longer kept. */
void fl_feed_begin(FlFeed *self, guint64 seq);

/* The newest update's seq, 0 where there never was one; and the oldest kept one's, head + 1 where none is. */
guint64 fl_feed_head(const FlFeed *self);
guint64 fl_feed_oldest(const FlFeed *self);

/* fl_feed_get: the update of that seq, borrowed; NULL where it is not kept. */
FlUpdate *fl_feed_get(const FlFeed *self, guint64 seq);

/* fl_feed_locate: where reading `since` begins. NULL: from now on. "0": all that is kept, never a gap.
 * Returns: FALSE where `since` is no cursor; else TRUE, ret_seq the cursor to read on from (which may be ahead of the
 * head: it waits) and ret_gap what was missed. */
gboolean fl_feed_locate(const FlFeed *self, const char *since, guint64 *ret_seq, FlGap *ret_gap);

/* fl_feed_skip: move a cursor that has left the window of the newest `max_lag` updates (0: of all that are kept).
 * Returns: TRUE where it had; *seq is then moved to the window's begin and ret_gap filled in. */
gboolean fl_feed_skip(const FlFeed *self, guint64 max_lag, guint64 *seq, FlGap *ret_gap);

/* fl_gap_append: append the gap's JSON object: {"from":5,"to":9}, or {"epoch":"k3f9tz","from":null}. */
void fl_gap_append(GString *out, const FlGap *gap, const char *epoch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlFeed, fl_feed_free)
