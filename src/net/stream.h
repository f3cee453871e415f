/* The one writer for everything that is pushed. A stream is a socket, a cursor on the feed, the frame being sent, and
 * a small outbox for bytes that are its own (head, hello, pong, echo, close, gap notice). There is no queue of updates
 * a subscriber: what it has not got yet is in the feed's ring, or is told as a gap.
 *
 *     socket ◄── rest of the frame in progress ◄── outbox ◄── frames from the cursor to the head of the feed
 *                (holds a reference: the ring          (between frames only)       (all in one sendmsg)
 *                 may move on under it)
 *
 * The set holds a worker's streams. When the feed has grown it is walked in slices, so that a fan-out to thousands
 * stalls no other request; each stream met is pumped to the head, so what came during a walk leaves in the same writes.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/feed.h"
#include "core/log.h"
#include "core/stats.h"
#include "net/deadline.h"
#include "net/poller.h"

typedef struct _FlStream FlStream;
typedef struct _FlStreamSet FlStreamSet;

typedef enum { FL_SLOW_GAP, FL_SLOW_CLOSE } FlSlowPolicy;

/* Why the server ends a stream. */
typedef enum {
  FL_GOODBYE_DRAIN,    /* the server is going away */
  FL_GOODBYE_TOO_SLOW, /* it fell behind by more than --max-lag and --slow is close */
} FlGoodbye;

/* What a transport adds to a stream: one const table each, every slot filled. */
typedef struct {
  const char *transport;
  FlForm form;
  FlEncode encode;

  /* The stream is in the set: its opening bytes may go to the outbox, then the gap, if any. */
  void (*opened)(FlStream *stream, gpointer options, const FlGap *gap);
  void (*gap)(FlStream *stream, const FlGap *gap);
  /* Queue a heartbeat. Not called while the socket is full: it would only add to what waits. */
  void (*heartbeat)(FlStream *stream);
  /* Bytes came from the peer. The stream may be closed in here. */
  void (*input)(FlStream *stream, const guint8 *data, gsize len);
  /* Queue the transport's last words. */
  void (*goodbye)(FlStream *stream, FlGoodbye why);
  /* The stream is out of the set: count it, log it, free what is the transport's of it. */
  void (*left)(FlStream *stream);
} FlStreamKind;

typedef struct {
  const FlFeed *feed; /* borrowed, like the rest */
  FlPoller *poller;
  FlLog *log;
  guint64 max_lag; /* updates, for streams that have once been at the head; 0: as far as the feed's history */
  FlSlowPolicy slow;
  gint64 heartbeat_ns;
  gint64 grace_ns; /* how long the peer may take to take the last words and go … */
  gint64 drain_ns; /* … and how long when the server goes away */
  void (*left)(FlStream *stream, gpointer user);
  gpointer user; /* also for transports: fl_stream_user */
} FlStreamSetConfig;

FlStreamSet *fl_stream_set_new(const FlStreamSetConfig *config);

/* fl_stream_set_free: close every socket and free every stream. */
void fl_stream_set_free(FlStreamSet *self);

guint fl_stream_set_size(const FlStreamSet *self);

/* fl_stream_set_find: the stream of that id; NULL where there is none. Looks at all of them. */
FlStream *fl_stream_set_find(const FlStreamSet *self, guint64 id);

/* fl_stream_set_behind: how many streams have not been sent all there is. */
guint fl_stream_set_behind(const FlStreamSet *self);

/* fl_stream_set_wake: the feed has grown. */
void fl_stream_set_wake(FlStreamSet *self);

/* fl_stream_set_walk: pump up to `slice` streams. Returns: TRUE where the walk is not over. */
gboolean fl_stream_set_walk(FlStreamSet *self, guint slice);

/* fl_stream_set_tick: heartbeats and ends of grace that are due. fl_stream_set_next: when the next one is (G_MAXINT64: none). */
void fl_stream_set_tick(FlStreamSet *self, gint64 now_ns);
gint64 fl_stream_set_next(const FlStreamSet *self);

/* fl_stream_set_drain: the server goes away: end every stream, each after it has got what the feed holds now. */
void fl_stream_set_drain(FlStreamSet *self);

typedef struct {
  int fd;            /* taken; made non-blocking, with TCP_NODELAY */
  guint64 id;
  const char *ip;    /* copied */
  gboolean waits;    /* no updates until fl_stream_follow */
  guint64 cursor;    /* to read on from */
  FlGap gap;         /* to tell at the opening */
  gpointer options;  /* handed to opened() */
  const guint8 *early; /* bytes of the peer that were read before; NULL: none */
  gsize early_len;
  FlTransportStats *stats; /* borrowed */
} FlStreamOpening;

/* fl_stream_open: add a stream to the set, open it, and pump it. It may be gone again when this returns. */
void fl_stream_open(FlStreamSet *set, const FlStreamKind *kind, const FlStreamOpening *opening);

/* For transports. */
guint64 fl_stream_id(const FlStream *self);
int fl_stream_fd(const FlStream *self); /* borrowed */
const char *fl_stream_ip(const FlStream *self);
guint64 fl_stream_cursor(const FlStream *self);
const FlFeed *fl_stream_feed(const FlStream *self);
FlLog *fl_stream_log(const FlStream *self);
gpointer fl_stream_user(const FlStream *self);
gpointer fl_stream_set_user(FlStreamSet *self);
const char *fl_stream_transport(const FlStream *self);
guint64 fl_stream_updates(const FlStream *self);
guint64 fl_stream_bytes_in(const FlStream *self);
guint64 fl_stream_bytes_out(const FlStream *self);
gint64 fl_stream_age_ns(const FlStream *self);
int fl_stream_code(const FlStream *self);
FlTransportStats *fl_stream_stats(const FlStream *self);

/* The transport's own state of this stream: NULL at first; its left() frees it. */
gpointer fl_stream_data(const FlStream *self);
void fl_stream_set_data(FlStream *self, gpointer data);

/* fl_stream_queue: append to the outbox; it leaves between two frames. Returns: FALSE where the outbox is full: it then
 * holds FL_OUTBOX_MAX bytes and a message, and nothing is read from the peer until it has gone. */
#define FL_OUTBOX_MAX 65536
gboolean fl_stream_queue(FlStream *self, const void *data, gsize len);

/* fl_stream_queue_latest: like fl_stream_queue, for an answer of which only the newest matters (a pong): where the
 * outbox is half full, it waits, and a later one takes its place. */
void fl_stream_queue_latest(FlStream *self, const void *data, gsize len);

/* fl_stream_finish: send no more updates; end when the outbox has gone. `code` is for the log. `await_peer`: the peer
 * has to say its last words too (WebSocket), within the grace. */
void fl_stream_finish(FlStream *self, int code, gboolean await_peer);

/* fl_stream_is_open: whether it has not been told to finish. */
gboolean fl_stream_is_open(const FlStream *self);

/* fl_stream_follow: send updates from `cursor` on, with the next pump; fl_stream_unfollow: send no more of them. */
void fl_stream_follow(FlStream *self, guint64 cursor);
void fl_stream_unfollow(FlStream *self);

/* For what happens outside the stream's own callbacks, where it is pumped anyway. The stream may be gone when they return.
 * fl_stream_flush: send what was queued. fl_stream_read: read what has come already. */
void fl_stream_flush(FlStream *self);
void fl_stream_read(FlStream *self);

/* fl_stream_peer_done: the peer has said its last words. */
void fl_stream_peer_done(FlStream *self, int code);
