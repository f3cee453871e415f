/* The one place where updates get their number: whatever the source, and whichever thread it is on, publishing goes
 * through here. Each worker has an inbox; an update is put into all of them in the same order, under one lock, and the
 * worker is woken by the inbox's eventfd. Nothing else is shared between threads on the data path.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/feed.h"
#include "core/journal.h"

typedef struct _FlSequencer FlSequencer;
typedef struct _FlInbox FlInbox;

FlSequencer *fl_sequencer_new(const char *epoch);
void fl_sequencer_free(FlSequencer *self);

const char *fl_sequencer_epoch(const FlSequencer *self);

/* fl_sequencer_keep: go on where the journal (borrowed) ends: what it holds goes into every inbox, and what is published
 * from now on into the journal first. After the inboxes have been added, before the first update. */
void fl_sequencer_keep(FlSequencer *self, FlJournal *journal);

/* fl_sequencer_add_inbox: a new inbox, owned by the sequencer. Only before the first update. */
FlInbox *fl_sequencer_add_inbox(FlSequencer *self);

/* fl_sequencer_publish: number an update and hand it to every inbox. `data`: one JSON value, validated and stripped
 * (codec/json). `t_us`: Unix microseconds. Any thread. Returns: its seq;
 * 0 where the journal could not keep it: it then has no number, and no one gets it. */
guint64 fl_sequencer_publish(FlSequencer *self, const char *data, gsize len, gint64 t_us);

/* fl_sequencer_head: the newest seq. Any thread. */
guint64 fl_sequencer_head(FlSequencer *self);

/* fl_inbox_fd: readable while the inbox holds updates. Borrowed. */
int fl_inbox_fd(const FlInbox *self);

/* fl_inbox_drain: move what came in into the feed. Returns: how many. */
guint fl_inbox_drain(FlInbox *self, FlFeed *feed);
