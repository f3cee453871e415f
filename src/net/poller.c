/* One epoll set. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/poller.h"

#include <errno.h>
#include <unistd.h>

#define BATCH 256

struct _FlPoller {
  int epoll_fd;
  int next;  /* index of the event being dispatched, plus one */
  int count; /* events of the current batch */
  struct epoll_event batch[BATCH];
};

FlPoller *fl_poller_new(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0)
    g_error("epoll_create1: %s", g_strerror(errno));
  FlPoller *self = g_new0(FlPoller, 1);
  self->epoll_fd = fd;
  return self;
}

void fl_poller_free(FlPoller *self) {
  if (!self)
    return;
  close(self->epoll_fd);
  g_free(self);
}

int fl_poller_fd(const FlPoller *self) {
  return self->epoll_fd;
}

static int control(FlPoller *self, int op, FlPollable *pollable, guint32 events) {
  struct epoll_event event = { .events = events, .data.ptr = pollable };
  return epoll_ctl(self->epoll_fd, op, pollable->fd, &event) == 0 ? 0 : errno;
}

int fl_poller_add(FlPoller *self, FlPollable *pollable, guint32 events) {
  return control(self, EPOLL_CTL_ADD, pollable, events);
}

int fl_poller_modify(FlPoller *self, FlPollable *pollable, guint32 events) {
  return control(self, EPOLL_CTL_MOD, pollable, events);
}

void fl_poller_forget(FlPoller *self, FlPollable *pollable) {
  for (int i = self->next; i < self->count; i++)
    if (self->batch[i].data.ptr == pollable)
      self->batch[i].data.ptr = NULL;
}

void fl_poller_remove(FlPoller *self, FlPollable *pollable) {
  epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, pollable->fd, NULL);
  fl_poller_forget(self, pollable);
}

int fl_poller_dispatch(FlPoller *self, int timeout_ms) {
  int n = epoll_wait(self->epoll_fd, self->batch, BATCH, timeout_ms);
  int called = 0;

  self->count = MAX(n, 0);
  for (self->next = 0; self->next < self->count;) {
    const struct epoll_event *event = &self->batch[self->next++];
    FlPollable *pollable = event->data.ptr;
    if (!pollable)
      continue;
    pollable->ready(pollable, event->events);
    called++;
  }
  self->count = self->next = 0;
  return called;
}
