/* A worker's streams: coming, going, and the walk that fans out. See stream.h.
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "net/stream_private.h"

#define SILENCE_MIN_MS 20000 /* probes of a full window come ever more seldom */
#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* A peer is dead when bytes wait for it and its host has acknowledged nothing, not even a probe of a full window, for
 * two heartbeats. A reader that is merely slow acknowledges probes. */
static gboolean is_silent(const FlStream *stream) {
  gint64 patience_ms = MAX(2 * stream->set->config.heartbeat_ns / 1000000, SILENCE_MIN_MS);
  struct tcp_info info;
  socklen_t len = sizeof info;
  int waiting = 0;

  if (ioctl(stream->pollable.fd, SIOCOUTQ, &waiting) != 0 || waiting == 0)
    return FALSE;
  return getsockopt(stream->pollable.fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
         info.tcpi_last_ack_recv > patience_ms;
}

static void on_heartbeat(FlDeadline *entry, gpointer user) {
  FlStreamSet *self = user;
  FlStream *stream = (FlStream *)((char *)entry - offsetof(FlStream, beat));

  if (is_silent(stream)) {
    fl_log(self->config.log, "silent", FL_FIELD("transport", stream->kind->transport), FL_FIELD("ip", stream->ip),
           FL_FIELD_INT("client", stream->id));
    fl_stream_leave(stream);
    return;
  }
  fl_deadline_start(&self->heartbeats, &stream->beat, self->tick_ns);
  if (stream->blocked)
    return;
  stream->kind->heartbeat(stream);
  fl_stream_flush(stream);
}

static void on_grace_over(FlDeadline *entry, gpointer user) {
  fl_stream_leave((FlStream *)((char *)entry - offsetof(FlStream, end)));
}

FlStreamSet *fl_stream_set_new(const FlStreamSetConfig *config) {
  FlStreamSet *self = g_new0(FlStreamSet, 1);
  self->config = *config;
  self->streams = g_ptr_array_new();
  fl_deadline_list_init(&self->heartbeats, config->heartbeat_ns, on_heartbeat, self);
  fl_deadline_list_init(&self->grace, config->grace_ns, on_grace_over, self);
  fl_deadline_list_init(&self->drain_grace, config->drain_ns, on_grace_over, self);
  return self;
}

void fl_stream_set_free(FlStreamSet *self) {
  if (!self)
    return;
  while (self->streams->len > 0)
    fl_stream_leave(self->streams->pdata[self->streams->len - 1]);
  g_ptr_array_unref(self->streams);
  g_free(self);
}

guint fl_stream_set_size(const FlStreamSet *self) {
  return self->streams->len;
}

gpointer fl_stream_set_user(FlStreamSet *self) {
  return self->config.user;
}

FlStream *fl_stream_set_find(const FlStreamSet *self, guint64 id) {
  for (guint i = 0; i < self->streams->len; i++) {
    FlStream *stream = self->streams->pdata[i];
    if (stream->id == id)
      return stream;
  }
  return NULL;
}

guint fl_stream_set_behind(const FlStreamSet *self) {
  guint behind = 0;
  for (guint i = 0; i < self->streams->len; i++)
    behind += (guint)fl_stream_is_behind(self->streams->pdata[i]);
  return behind;
}

void fl_stream_set_wake(FlStreamSet *self) {
  guint n = self->streams->len;

  /* Each fan-out starts elsewhere, so that no subscriber is always last: steps of the golden ratio spread evenly. */
  if (self->remaining == 0 && n > 0)
    self->next = (guint)(self->next + n * 0.6180339887) % n;
  self->remaining = n;
}

/* While one stream is in the kernel, the next one's two lines come into the cache. */
static void prefetch(const FlStream *stream) {
  __builtin_prefetch(stream);
  __builtin_prefetch((const char *)stream + 64);
}

gboolean fl_stream_set_walk(FlStreamSet *self, guint slice) {
  for (; slice > 0 && self->remaining > 0; slice--) {
    self->remaining--;
    if (self->next >= self->streams->len)
      self->next = 0;
    FlStream *stream = self->streams->pdata[self->next++];
    if (self->next < self->streams->len)
      prefetch(self->streams->pdata[self->next]);
    fl_stream_flush(stream);
  }
  return self->remaining > 0;
}

void fl_stream_set_tick(FlStreamSet *self, gint64 now_ns) {
  self->tick_ns = now_ns;
  fl_deadline_list_run(&self->heartbeats, now_ns);
  fl_deadline_list_run(&self->grace, now_ns);
  fl_deadline_list_run(&self->drain_grace, now_ns);
}

gint64 fl_stream_set_next(const FlStreamSet *self) {
  gint64 end_ns = MIN(fl_deadline_list_next(&self->grace), fl_deadline_list_next(&self->drain_grace));
  return MIN(fl_deadline_list_next(&self->heartbeats), end_ns);
}

void fl_stream_set_drain(FlStreamSet *self) {
  self->draining = TRUE;
  for (guint i = self->streams->len; i > 0; i--) {
    FlStream *stream = self->streams->pdata[i - 1];
    stream->leaving = TRUE;
    stream->leave_at = fl_feed_head(self->config.feed);
    fl_stream_flush(stream);
  }
}

void fl_stream_open(FlStreamSet *set, const FlStreamKind *kind, const FlStreamOpening *opening) {
  gsize ip_len = strlen(opening->ip) + 1;
  FlStream *self = g_malloc0(sizeof *self + ip_len);
  int on = 1;

  self->pollable = (FlPollable){ .fd = opening->fd, .ready = fl_stream_ready };
  self->kind = kind;
  self->set = set;
  self->stats = opening->stats;
  self->id = opening->id;
  self->cursor = opening->cursor;
  self->follows = !opening->waits;
  self->leaving = set->draining;
  self->leave_at = fl_feed_head(set->config.feed);
  self->opened_ns = fl_clock_now_ns();
  memcpy(self->ip, opening->ip, ip_len);
  self->index = set->streams->len;
  g_ptr_array_add(set->streams, self);

  fcntl(self->pollable.fd, F_SETFL, fcntl(self->pollable.fd, F_GETFL) | O_NONBLOCK);
  /* libmicrohttpd clears it at an upgrade. */
  setsockopt(self->pollable.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fl_deadline_start(&set->heartbeats, &self->beat, self->opened_ns);

  kind->opened(self, opening->options, &opening->gap);
  if (opening->early_len > 0)
    fl_stream_on_input(self, opening->early, opening->early_len);
  fl_stream_pump(self);
  if (fl_poller_add(set->config.poller, &self->pollable, EVENTS) != 0)
    self->state = FL_STREAM_DEAD;
  if (self->state == FL_STREAM_DEAD)
    fl_stream_leave(self);
}

void fl_stream_rearm(FlStream *self) {
  fl_poller_modify(self->set->config.poller, &self->pollable, EVENTS);
}

void fl_stream_leave(FlStream *self) {
  FlStreamSet *set = self->set;

  FlStream *last = g_ptr_array_steal_index(set->streams, set->streams->len - 1);
  if (last != self) {
    last->index = self->index;
    set->streams->pdata[self->index] = last;
  }
  /* The one that moved may now stand where the walk has been: walk round once more. */
  if (set->remaining > 0)
    set->remaining = set->streams->len;
  fl_deadline_stop(&self->beat);
  fl_deadline_stop(&self->end);
  fl_poller_remove(set->config.poller, &self->pollable);
  self->kind->left(self);
  set->config.left(self, set->config.user);
  fl_stream_release(self);
}
