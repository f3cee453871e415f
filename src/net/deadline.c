/* FIFO deadlines. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/deadline.h"

void fl_deadline_list_init(FlDeadlineList *self, gint64 interval_ns, FlDeadlineExpired expired, gpointer user) {
  *self = (FlDeadlineList){ .interval_ns = interval_ns, .expired = expired, .user = user };
}

void fl_deadline_start(FlDeadlineList *self, FlDeadline *entry, gint64 now_ns) {
  fl_deadline_stop(entry);
  *entry = (FlDeadline){ .prev = self->last, .list = self, .at_ns = now_ns + self->interval_ns };
  if (self->last)
    self->last->next = entry;
  else
    self->first = entry;
  self->last = entry;
}

void fl_deadline_stop(FlDeadline *entry) {
  FlDeadlineList *list = entry->list;

  if (!list)
    return;
  if (entry->prev)
    entry->prev->next = entry->next;
  else
    list->first = entry->next;
  if (entry->next)
    entry->next->prev = entry->prev;
  else
    list->last = entry->prev;
  *entry = (FlDeadline){ 0 };
}

gint64 fl_deadline_list_run(FlDeadlineList *self, gint64 now_ns) {
  while (self->first && self->first->at_ns <= now_ns) {
    FlDeadline *entry = self->first;
    fl_deadline_stop(entry);
    self->expired(entry, self->user);
  }
  return fl_deadline_list_next(self);
}

gint64 fl_deadline_list_next(const FlDeadlineList *self) {
  return self->first ? self->first->at_ns : G_MAXINT64;
}
