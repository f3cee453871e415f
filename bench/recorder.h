/* What the subscribers of one run received: whether each update came once and in order, and how late. A subscriber is
 * checked by `seq` alone, because times never order; the window is of scheduled times, so that an update belongs to it
 * or not whenever it comes.
 *
 * Latency runs from the scheduled time of an update to its receipt, in microseconds: a server that is late cannot hide
 * it (no coordinated omission). Beside it stands the uncorrected one, from the time at which the update was really published.
 *
 * The age of what a subscriber shows (age of information: Kaul, Yates, Gruteser, "Real-time status: how often should one
 * update?", 2012) is the time since its newest update was scheduled, averaged over time instead of over updates: it is what
 * someone sees who looks at a random moment.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/histogram.h"
#include "bench/stamp.h"
#include "core/cursor.h"

typedef struct _FlRecorder FlRecorder;

/* One subscriber. A plain value, zero at first; fl_subscriber_clear frees what it holds. */
typedef struct {
  guint epoch;       /* the run of the feed that it follows, in the order in which the recorder heard of them */
  guint64 next;      /* the seq that must come now; 0 while nothing is known */
  guint64 first;     /* the first seq that this subscriber has to get */
  guint64 in_window; /* distinct updates of the window received, of all runs of the feed */
  GArray *missing;   /* ranges skipped so far; NULL while there is none */
  gboolean past;     /* an update scheduled after the window has come */
  gint64 shown_us;   /* t of the newest update, since … */
  gint64 since_us;   /* … this moment; 0 while there is none */
} FlSubscriber;

/* The window in slices of equal length, by scheduled times. */
#define FL_SLICES 20
typedef struct {
  guint64 delivered;
  const FlHistogram *latency; /* borrowed */
} FlSlice;

typedef struct {
  guint64 expected;   /* updates of the window, as known from the subscriber who saw most of it, or from fl_recorder_published */
  guint64 delivered;  /* distinct (update, subscriber) pairs of the window */
  guint64 lost;       /* expected × subscribers - delivered */
  guint64 duplicated; /* came again */
  guint64 reordered;  /* came after a later one */
  guint64 gaps;       /* told by the server, in the window or not: a subscriber has missed updates */
  guint64 negative;   /* came before their scheduled time: the clocks disagree, the run is invalid */
} FlIntegrity;

FlRecorder *fl_recorder_new(void);
void fl_recorder_free(FlRecorder *self);

/* fl_recorder_open: the window is from_us <= t < to_us, Unix microseconds. Before this call nothing is in it. */
void fl_recorder_open(FlRecorder *self, gint64 from_us, gint64 to_us);

/* fl_subscriber_begin: the subscriber stands after `seq`, as its cursor says. One without a cursor begins with the first
 * update that it gets. */
void fl_subscriber_begin(FlSubscriber *subscriber, guint64 seq);
void fl_subscriber_clear(FlSubscriber *subscriber);

/* fl_recorder_epoch: from here on the subscriber follows the run of the feed of that name (the epoch of its cursor): in one that is
 * new to it, it has to get every update from the first on, and what it did not get of the old one it never will. Who follows
 * one run only need not say so. fl_recorder_epoch_name: the one that a subscriber follows, "" where it has not said; borrowed. */
void fl_recorder_epoch(FlRecorder *self, FlSubscriber *subscriber, const char *epoch);
const char *fl_recorder_epoch_name(const FlRecorder *self, const FlSubscriber *subscriber);

/* fl_recorder_published: this update of that run of the feed is known to have been published, whether or not anyone got it. */
void fl_recorder_published(FlRecorder *self, const char *epoch, const FlStamp *stamp);

/* fl_recorder_take: an update came at now_us (Unix microseconds). Returns: whether it is one of the window, for the first time. */
gboolean fl_recorder_take(FlRecorder *self, FlSubscriber *subscriber, const FlStamp *stamp, gint64 now_us);

/* fl_recorder_gap: the server told a subscriber that it has missed updates. What it missed of the window is found by `seq`
 * as well; that it was told is kept also where that lies outside. */
void fl_recorder_gap(FlRecorder *self);

/* fl_recorder_past: subscribers that have received an update from after the window, and so, where the order holds, all
 * of the window. */
guint fl_recorder_past(const FlRecorder *self);

/* fl_recorder_expected: updates of the window so far, of all runs of the feed, as FlIntegrity has it. */
guint64 fl_recorder_expected(const FlRecorder *self);

/* fl_recorder_merge: add what `other` saw, in the same window, of other subscribers: as if one recorder had seen it all. */
void fl_recorder_merge(FlRecorder *self, const FlRecorder *other);

/* fl_recorder_settle: the account of the window for these subscribers, at the end of the run. */
FlIntegrity fl_recorder_settle(const FlRecorder *self, FlSubscriber *const *subscribers, guint n);

/* fl_integrity_holds: whether every subscriber had every update once and in order, as far as there were any. */
gboolean fl_integrity_holds(const FlIntegrity *self);

/* fl_recorder_latency: latencies of the window's updates in µs; fl_recorder_uncorrected: from the time of publication, empty
 * where that is not known. Borrowed. */
const FlHistogram *fl_recorder_latency(const FlRecorder *self);
const FlHistogram *fl_recorder_uncorrected(const FlRecorder *self);

/* fl_recorder_age_us: the mean age of what is shown, over the window and all subscribers; NAN where nothing was. */
double fl_recorder_age_us(const FlRecorder *self);

/* fl_recorder_slice: the n-th of FL_SLICES. */
FlSlice fl_recorder_slice(const FlRecorder *self, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlRecorder, fl_recorder_free)
