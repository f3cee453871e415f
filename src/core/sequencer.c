/* Numbering and handing over. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/sequencer.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct _FlInbox {
  GMutex lock;
  GPtrArray *waiting; /* FlUpdate, owned */
  GPtrArray *spare;   /* the empty twin that drain swaps in; the worker's own */
  int event_fd;
  gint has_some; /* atomic: the eventfd is set, `waiting` is not empty */
};

struct _FlSequencer {
  GMutex lock; /* over numbering and handing over: every inbox sees the same order */
  char epoch[FL_EPOCH_MAX + 1];
  guint64 head;
  FlJournal *journal; /* borrowed; NULL: nothing is kept */
  GPtrArray *inboxes;
};

static FlInbox *inbox_new(void) {
  FlInbox *self = g_new0(FlInbox, 1);
  g_mutex_init(&self->lock);
  self->waiting = g_ptr_array_new();
  self->spare = g_ptr_array_new();
  self->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->event_fd < 0)
    g_error("eventfd: %s", g_strerror(errno));
  return self;
}

static void inbox_free(gpointer data) {
  FlInbox *self = data;
  for (guint i = 0; i < self->waiting->len; i++)
    fl_update_unref(self->waiting->pdata[i]);
  g_ptr_array_unref(self->waiting);
  g_ptr_array_unref(self->spare);
  g_mutex_clear(&self->lock);
  close(self->event_fd);
  g_free(self);
}

FlSequencer *fl_sequencer_new(const char *epoch) {
  FlSequencer *self = g_new0(FlSequencer, 1);
  g_mutex_init(&self->lock);
  g_strlcpy(self->epoch, epoch, sizeof self->epoch);
  self->inboxes = g_ptr_array_new_with_free_func(inbox_free);
  return self;
}

void fl_sequencer_free(FlSequencer *self) {
  if (!self)
    return;
  g_ptr_array_unref(self->inboxes);
  g_mutex_clear(&self->lock);
  g_free(self);
}

const char *fl_sequencer_epoch(const FlSequencer *self) {
  return self->epoch;
}

FlInbox *fl_sequencer_add_inbox(FlSequencer *self) {
  g_assert(self->head == 0);
  FlInbox *inbox = inbox_new();
  g_ptr_array_add(self->inboxes, inbox);
  return inbox;
}

static void inbox_put(FlInbox *self, FlUpdate *update) {
  g_mutex_lock(&self->lock);
  gboolean was_empty = self->waiting->len == 0;
  g_ptr_array_add(self->waiting, update);
  if (was_empty) {
    g_atomic_int_set(&self->has_some, 1);
    eventfd_write(self->event_fd, 1);
  }
  g_mutex_unlock(&self->lock);
}

void fl_sequencer_keep(FlSequencer *self, FlJournal *journal) {
  g_autoptr(GPtrArray) kept = fl_journal_take(journal);

  g_assert(self->head == 0);
  for (guint i = 0; i < kept->len; i++)
    for (guint k = 0; k < self->inboxes->len; k++)
      inbox_put(self->inboxes->pdata[k], fl_update_ref(kept->pdata[i]));
  self->head = fl_journal_head(journal);
  self->journal = journal;
}

guint64 fl_sequencer_publish(FlSequencer *self, const char *data, gsize len, gint64 t_us) {
  g_mutex_lock(&self->lock);
  guint64 seq = self->head + 1;
  if (self->journal && !fl_journal_append(self->journal, seq, t_us, data, len)) {
    g_mutex_unlock(&self->lock);
    return 0;
  }
  self->head = seq;
  g_autoptr(FlUpdate) update = fl_update_new(self->epoch, seq, t_us, data, len);
  for (guint i = 0; i < self->inboxes->len; i++)
    inbox_put(self->inboxes->pdata[i], fl_update_ref(update));
  g_mutex_unlock(&self->lock);
  return seq;
}

guint64 fl_sequencer_head(FlSequencer *self) {
  g_mutex_lock(&self->lock);
  guint64 head = self->head;
  g_mutex_unlock(&self->lock);
  return head;
}

int fl_inbox_fd(const FlInbox *self) {
  return self->event_fd;
}

guint fl_inbox_drain(FlInbox *self, FlFeed *feed) {
  eventfd_t ignored;

  if (!g_atomic_int_get(&self->has_some))
    return 0;
  g_mutex_lock(&self->lock);
  g_atomic_int_set(&self->has_some, 0);
  eventfd_read(self->event_fd, &ignored);
  GPtrArray *taken = self->waiting;
  self->waiting = self->spare;
  self->spare = taken;
  g_mutex_unlock(&self->lock);

  guint n = taken->len;
  if (n > 0 && fl_feed_head(feed) == 0)
    fl_feed_begin(feed, fl_update_seq(taken->pdata[0]) - 1);
  for (guint i = 0; i < n; i++)
    fl_feed_append(feed, taken->pdata[i]);
  g_ptr_array_set_size(taken, 0);
  return n;
}
