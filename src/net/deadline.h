/* Deadlines without a timer each: entries that all wait equally long stand in one FIFO list, so the first is always the
 * next to expire, and adding, removing and looking cost nothing. The owner of the lists arms one timer for all.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlDeadline FlDeadline;
typedef struct _FlDeadlineList FlDeadlineList;

/* An entry; embed it. Zeroed: in no list. */
struct _FlDeadline {
  FlDeadline *prev, *next;
  FlDeadlineList *list;
  gint64 at_ns;
};

/* FlDeadlineExpired: called with the entry already out of its list; it may be added again. */
typedef void (*FlDeadlineExpired)(FlDeadline *entry, gpointer user);

struct _FlDeadlineList {
  FlDeadline *first, *last;
  gint64 interval_ns;
  FlDeadlineExpired expired;
  gpointer user;
};

void fl_deadline_list_init(FlDeadlineList *self, gint64 interval_ns, FlDeadlineExpired expired, gpointer user);

/* fl_deadline_start: let the entry expire one interval after `now_ns`; in a list already, it is moved. */
void fl_deadline_start(FlDeadlineList *self, FlDeadline *entry, gint64 now_ns);

/* fl_deadline_stop: take the entry out of its list, if it is in one. */
void fl_deadline_stop(FlDeadline *entry);

/* fl_deadline_list_run: expire what is due. What that does may start and stop entries of any list, so that the next one is
 * asked for when all lists have run.
 * Returns: when the next one of this list is, G_MAXINT64 where none waits; fl_deadline_list_next tells it too. */
gint64 fl_deadline_list_run(FlDeadlineList *self, gint64 now_ns);
gint64 fl_deadline_list_next(const FlDeadlineList *self);
