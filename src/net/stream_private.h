/* What stream.c and stream_set.c share: the stream's body. For no one else.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "net/stream.h"

typedef enum {
  FL_STREAM_OPEN,       /* updates flow */
  FL_STREAM_LAST_WORDS, /* no more updates; the frame in progress and the outbox still go out */
  FL_STREAM_AWAIT_PEER, /* all sent; the peer's last words are awaited */
  FL_STREAM_LINGER,     /* our end of stream is sent; the peer's is awaited */
  FL_STREAM_DEAD,       /* to be freed */
} FlStreamState;

struct _FlStream {
  /* What a fan-out touches comes first, in two lines of the cache. */
  FlPollable pollable; /* first */
  const FlStreamKind *kind;
  FlStreamSet *set;
  FlTransportStats *stats;
  guint64 cursor;     /* the last update that the kernel has got, wholly or in part */
  FlUpdate *frame;    /* the update of which it has got a part … */
  gsize frame_sent;   /* … and how much */
  GByteArray *outbox; /* NULL while empty */
  gsize outbox_sent;
  FlStreamState state;
  guint blocked : 1; /* the socket is full; EPOLLOUT will come */
  guint read_paused : 1;
  guint await_peer : 1;
  guint peer_done : 1;
  guint follows : 1;   /* the feed */
  guint caught_up : 1; /* it has been at the head once: from then on --max-lag counts */
  guint leaving : 1;   /* the server goes away: up to leave_at it still gets what there is, then goodbye */
  guint64 updates, bytes_out;

  GBytes *latest; /* waits for an empty outbox */
  gpointer data;  /* the transport's */
  guint64 leave_at;
  FlDeadline beat, end;
  guint index; /* in the set */
  int code;    /* how it ended: a close code, 0 where there is none */
  guint64 id;
  guint64 bytes_in;
  gint64 opened_ns;
  char ip[]; /* NUL-terminated */
};

struct _FlStreamSet {
  FlStreamSetConfig config;
  GPtrArray *streams;
  guint next;      /* where the walk goes on */
  guint remaining; /* streams that it has still to visit */
  FlDeadlineList heartbeats;
  FlDeadlineList grace, drain_grace;
  gboolean draining;
  gint64 tick_ns; /* the time of the tick being run */
};

/* Move everything that can be moved. Ends in any state; a DEAD stream is the caller's to leave. */
void fl_stream_pump(FlStream *self);

/* The poller's callback; frees the stream where it is dead. */
void fl_stream_ready(FlPollable *pollable, guint32 events);

/* Bytes that were read before the stream existed. */
void fl_stream_on_input(FlStream *self, const guint8 *data, gsize len);

/* Let epoll tell again what is ready now. */
void fl_stream_rearm(FlStream *self);

/* Take the stream out of the set, tell that it left, close its socket, free it. */
void fl_stream_leave(FlStream *self);

/* Close and free, out of the set already. */
void fl_stream_release(FlStream *self);

gboolean fl_stream_is_behind(const FlStream *self);
