/* One epoll set, for every socket that no library polls for us. A watched object embeds FlPollable; nothing is
 * allocated per descriptor. Adding, changing and removing (of any pollable, also of one whose event is still in the
 * batch being dispatched) is allowed inside a callback.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/epoll.h>

typedef struct _FlPoller FlPoller;
typedef struct _FlPollable FlPollable;

/* ready: called with the EPOLL* bits that hold. The pollable may free itself here, after fl_poller_remove. */
typedef void (*FlPollableReady)(FlPollable *pollable, guint32 events);

struct _FlPollable {
  int fd;
  FlPollableReady ready;
};

FlPoller *fl_poller_new(void);
void fl_poller_free(FlPoller *self);

/* fl_poller_fd: the epoll descriptor, readable when a callback is due; for nesting in another loop. Borrowed. */
int fl_poller_fd(const FlPoller *self);

/* fl_poller_add, fl_poller_modify: watch pollable->fd for `events` (EPOLLIN … with EPOLLET where wanted).
 * Returns: 0, or an errno value. */
int fl_poller_add(FlPoller *self, FlPollable *pollable, guint32 events);
int fl_poller_modify(FlPoller *self, FlPollable *pollable, guint32 events);

/* fl_poller_remove: stop watching; no callback of this pollable runs after this call. Call it before close(fd). */
void fl_poller_remove(FlPoller *self, FlPollable *pollable);

/* fl_poller_forget: like fl_poller_remove for a descriptor that is closed already or is about to be. */
void fl_poller_forget(FlPoller *self, FlPollable *pollable);

/* fl_poller_dispatch: wait up to timeout_ms (0: not at all, -1: for ever) and call back what is ready, one batch.
 * Returns: the number of callbacks made; 0 also when a signal interrupted the wait. */
int fl_poller_dispatch(FlPoller *self, int timeout_ms);
