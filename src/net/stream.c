/* One stream: its states and its pump. See the header; the set is in stream_set.c.
 *
 *     OPEN ──finish──► LAST_WORDS ──all sent──► AWAIT_PEER ──peer done──► LINGER ──peer's end of stream──► DEAD
 *                          └───────────────(nothing to await)───────────────┘
 *     Every state but OPEN is bounded by the grace; a reset leads from every state to DEAD.
 *
 * SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/clock.h"
#include "net/stream_private.h"

#define IOV_MOST 256        /* frames in one sendmsg */
#define READ_BYTES 16384    /* in one recv … */
#define READS_A_TURN 4      /* … and how many of them before others get their turn */

static gsize outbox_left(const FlStream *self) {
  return self->outbox ? self->outbox->len - self->outbox_sent : 0;
}

gboolean fl_stream_queue(FlStream *self, const void *data, gsize len) {
  if (!self->outbox)
    self->outbox = g_byte_array_sized_new((guint)len);
  g_byte_array_append(self->outbox, data, (guint)len);
  return self->outbox->len - self->outbox_sent <= FL_OUTBOX_MAX;
}

void fl_stream_queue_latest(FlStream *self, const void *data, gsize len) {
  g_clear_pointer(&self->latest, g_bytes_unref);
  if (self->latest || outbox_left(self) > FL_OUTBOX_MAX / 2)
    self->latest = g_bytes_new(data, len);
  else
    fl_stream_queue(self, data, len);
}

static gboolean outbox_full(const FlStream *self) {
  return outbox_left(self) > FL_OUTBOX_MAX;
}

static gboolean is_fed(const FlStream *self) {
  return self->state == FL_STREAM_OPEN && self->follows;
}

/* What one sendmsg gathers, in this order. */
typedef struct {
  struct iovec iov[IOV_MOST];
  guint n;
  gsize frame_bytes;  /* of the rest of the frame in progress */
  gsize outbox_bytes;
  gsize bytes; /* in all */
} Gathering;

static void gather_bytes(Gathering *to, const void *data, gsize len) {
  to->iov[to->n++] = (struct iovec){ .iov_base = (void *)data, .iov_len = len };
  to->bytes += len;
}

static const guint8 *frame_of(const FlStream *self, FlUpdate *update, gsize *ret_len) {
  return fl_update_form(update, self->kind->form, self->kind->encode, ret_len);
}

static void gather(FlStream *self, Gathering *to) {
  const FlFeed *feed = self->set->config.feed;
  gsize len;

  to->n = 0;
  to->bytes = to->frame_bytes = to->outbox_bytes = 0;
  if (self->frame) {
    const guint8 *data = frame_of(self, self->frame, &len);
    to->frame_bytes = len - self->frame_sent;
    gather_bytes(to, data + self->frame_sent, to->frame_bytes);
  }
  if (outbox_left(self) > 0) {
    to->outbox_bytes = outbox_left(self);
    gather_bytes(to, self->outbox->data + self->outbox_sent, to->outbox_bytes);
  }
  if (!is_fed(self))
    return;
  guint64 head = fl_feed_head(feed);
  for (guint64 seq = self->cursor + 1; seq <= head && to->n < IOV_MOST; seq++) {
    const guint8 *data = frame_of(self, fl_feed_get(feed, seq), &len);
    gather_bytes(to, data, len);
  }
}

static void settle_outbox(FlStream *self, gsize sent) {
  self->outbox_sent += sent;
  if (outbox_left(self) > 0)
    return;
  self->outbox_sent = 0;
  if (self->latest) {
    gsize len;
    const void *data = g_bytes_get_data(self->latest, &len);
    g_byte_array_set_size(self->outbox, 0);
    g_byte_array_append(self->outbox, data, (guint)len);
    g_clear_pointer(&self->latest, g_bytes_unref);
  } else if (self->outbox) {
    g_clear_pointer(&self->outbox, g_byte_array_unref);
  }
}

/* Note what the kernel took. A frame that it took a part of is the frame in progress, with a reference of its own. */
static void settle(FlStream *self, const Gathering *from, gsize sent) {
  const FlFeed *feed = self->set->config.feed;
  guint64 delivered = 0;
  gsize n;

  self->bytes_out += sent;
  fl_counter_add(&self->stats->bytes_out, (gint64)sent);
  if (self->frame) {
    n = MIN(sent, from->frame_bytes);
    self->frame_sent += n;
    sent -= n;
    if (n < from->frame_bytes)
      return;
    g_clear_pointer(&self->frame, fl_update_unref);
  }
  n = MIN(sent, from->outbox_bytes);
  if (from->outbox_bytes > 0)
    settle_outbox(self, n);
  sent -= n;
  while (sent > 0) {
    FlUpdate *update = fl_feed_get(feed, ++self->cursor);
    gsize len;
    frame_of(self, update, &len);
    delivered++;
    if (sent < len) {
      self->frame = fl_update_ref(update);
      self->frame_sent = sent;
      break;
    }
    sent -= len;
  }
  self->updates += delivered;
  fl_counter_add(&self->stats->deliveries, (gint64)delivered);
}

/* A backlog that a subscriber asked for is no lag. */
static guint64 max_lag(const FlStream *self) {
  return self->caught_up ? self->set->config.max_lag : 0;
}

static void tell_gap(FlStream *self) {
  FlGap gap;

  if (!fl_feed_skip(self->set->config.feed, max_lag(self), &self->cursor, &gap))
    return;
  fl_counter_add(&self->stats->gaps, 1);
  fl_log(self->set->config.log, "gap", FL_FIELD("transport", self->kind->transport), FL_FIELD("ip", self->ip),
         FL_FIELD_INT("client", self->id), FL_FIELD_INT("from", gap.from), FL_FIELD_INT("to", gap.to));
  self->kind->gap(self, &gap);
}

static gboolean too_slow(const FlStream *self) {
  const FlStreamSetConfig *config = &self->set->config;
  guint64 cursor = self->cursor;
  FlGap gap;
  return config->slow == FL_SLOW_CLOSE && is_fed(self) &&
         fl_feed_skip(config->feed, max_lag(self), &cursor, &gap);
}

/* All of the last words are with the kernel. */
static void after_last_words(FlStream *self) {
  if (self->await_peer && !self->peer_done) {
    self->state = FL_STREAM_AWAIT_PEER;
    return;
  }
  /* Closing with unread input would make the kernel reset the connection and throw away what is on its way. */
  shutdown(self->pollable.fd, SHUT_WR);
  self->state = FL_STREAM_LINGER;
}

static gboolean may_leave(const FlStream *self) {
  return self->leaving && self->state == FL_STREAM_OPEN && (!self->follows || self->cursor >= self->leave_at);
}

/* send() is cheaper than sendmsg() where there is but one piece: most of the time, unless there is a backlog. */
static ssize_t send_gathering(int fd, Gathering *what) {
  struct msghdr message = { .msg_iov = what->iov, .msg_iovlen = what->n };

  if (what->n == 1)
    return send(fd, what->iov[0].iov_base, what->iov[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void fl_stream_pump(FlStream *self) {
  Gathering gathering;

  if (too_slow(self))
    self->kind->goodbye(self, FL_GOODBYE_TOO_SLOW);
  while (!self->blocked && self->state <= FL_STREAM_LAST_WORDS) {
    if (is_fed(self))
      tell_gap(self);
    if (may_leave(self))
      self->kind->goodbye(self, FL_GOODBYE_DRAIN);
    gather(self, &gathering);
    if (gathering.n == 0) {
      self->caught_up = TRUE;
      if (self->state == FL_STREAM_LAST_WORDS)
        after_last_words(self);
      return;
    }
    ssize_t sent = send_gathering(self->pollable.fd, &gathering);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && errno == EAGAIN) {
      self->blocked = TRUE;
      return;
    }
    if (sent < 0) {
      self->state = FL_STREAM_DEAD;
      return;
    }
    settle(self, &gathering, (gsize)sent);
    /* A short write says that the socket is full; EPOLLOUT tells when it no longer is. */
    self->blocked = (gsize)sent < gathering.bytes;
  }
}

void fl_stream_finish(FlStream *self, int code, gboolean await_peer) {
  if (self->state != FL_STREAM_OPEN)
    return;
  self->state = FL_STREAM_LAST_WORDS;
  self->code = code;
  self->await_peer = await_peer;
  fl_deadline_stop(&self->beat);
  fl_deadline_start(self->set->draining ? &self->set->drain_grace : &self->set->grace, &self->end, fl_clock_now_ns());
}

void fl_stream_peer_done(FlStream *self, int code) {
  self->peer_done = TRUE;
  if (self->state == FL_STREAM_OPEN || self->code == 0)
    self->code = code;
  if (self->state == FL_STREAM_AWAIT_PEER)
    after_last_words(self);
}

/* Read what there is, within this turn's share. Returns: FALSE at the peer's end of stream. */
static gboolean read_input(FlStream *self) {
  guint8 data[READ_BYTES];

  for (int turn = 0; turn < READS_A_TURN && self->state != FL_STREAM_DEAD; turn++) {
    if (outbox_full(self)) { /* the peer asks faster than it reads: it has to read first */
      self->read_paused = TRUE;
      return TRUE;
    }
    ssize_t n = recv(self->pollable.fd, data, sizeof data, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return TRUE;
    if (n <= 0)
      return FALSE;
    self->bytes_in += (guint64)n;
    fl_counter_add(&self->stats->bytes_in, n);
    if (self->state != FL_STREAM_LINGER)
      self->kind->input(self, data, (gsize)n);
  }
  fl_stream_rearm(self);
  return TRUE;
}

void fl_stream_on_input(FlStream *self, const guint8 *data, gsize len) {
  self->bytes_in += len;
  fl_counter_add(&self->stats->bytes_in, (gint64)len);
  self->kind->input(self, data, len);
}

void fl_stream_ready(FlPollable *pollable, guint32 events) {
  FlStream *self = (FlStream *)pollable; /* its first member */

  if (events & EPOLLOUT)
    self->blocked = FALSE;
  if (events & (EPOLLERR | EPOLLHUP))
    self->state = FL_STREAM_DEAD;
  else if ((events & (EPOLLIN | EPOLLRDHUP)) && !read_input(self)) {
    /* The peer will send no more, which for a subscriber means that it is leaving: what is ready still goes out. */
    fl_stream_pump(self);
    self->state = FL_STREAM_DEAD;
  }
  fl_stream_pump(self);
  if (self->read_paused && !outbox_full(self)) {
    self->read_paused = FALSE;
    fl_stream_rearm(self);
  }
  if (self->state == FL_STREAM_DEAD)
    fl_stream_leave(self);
}

gboolean fl_stream_is_behind(const FlStream *self) {
  if (is_fed(self) && self->cursor < fl_feed_head(self->set->config.feed))
    return TRUE;
  return self->state <= FL_STREAM_LAST_WORDS && (self->frame || outbox_left(self) > 0);
}

void fl_stream_flush(FlStream *self) {
  fl_stream_pump(self);
  if (self->state == FL_STREAM_DEAD)
    fl_stream_leave(self);
}

void fl_stream_read(FlStream *self) {
  fl_stream_ready(&self->pollable, EPOLLIN);
}

void fl_stream_release(FlStream *self) {
  g_clear_pointer(&self->frame, fl_update_unref);
  g_clear_pointer(&self->outbox, g_byte_array_unref);
  g_clear_pointer(&self->latest, g_bytes_unref);
  close(self->pollable.fd);
  g_free(self);
}

/* --- for transports ------------------------------------------------------------------------------------------------ */

guint64 fl_stream_id(const FlStream *self) {
  return self->id;
}

int fl_stream_fd(const FlStream *self) {
  return self->pollable.fd;
}

const char *fl_stream_ip(const FlStream *self) {
  return self->ip;
}

guint64 fl_stream_cursor(const FlStream *self) {
  return self->cursor;
}

const FlFeed *fl_stream_feed(const FlStream *self) {
  return self->set->config.feed;
}

FlLog *fl_stream_log(const FlStream *self) {
  return self->set->config.log;
}

gpointer fl_stream_user(const FlStream *self) {
  return self->set->config.user;
}

const char *fl_stream_transport(const FlStream *self) {
  return self->kind->transport;
}

guint64 fl_stream_updates(const FlStream *self) {
  return self->updates;
}

guint64 fl_stream_bytes_in(const FlStream *self) {
  return self->bytes_in;
}

guint64 fl_stream_bytes_out(const FlStream *self) {
  return self->bytes_out;
}

gint64 fl_stream_age_ns(const FlStream *self) {
  return fl_clock_now_ns() - self->opened_ns;
}

int fl_stream_code(const FlStream *self) {
  return self->code;
}

FlTransportStats *fl_stream_stats(const FlStream *self) {
  return self->stats;
}

gpointer fl_stream_data(const FlStream *self) {
  return self->data;
}

void fl_stream_set_data(FlStream *self, gpointer data) {
  self->data = data;
}

gboolean fl_stream_is_open(const FlStream *self) {
  return self->state == FL_STREAM_OPEN;
}

void fl_stream_follow(FlStream *self, guint64 cursor) {
  self->cursor = cursor;
  self->follows = TRUE;
  self->caught_up = FALSE;
}

void fl_stream_unfollow(FlStream *self) {
  self->follows = FALSE;
}
