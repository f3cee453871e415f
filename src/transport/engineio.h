/* Engine.IO 4: sessions over HTTP polling, over WebSocket, and from the one to the other. What is said in a session is the
 * business of an app: Socket.IO, or an echo. One engine a worker and app; the sid names the worker that owns its session,
 * to which requests that arrive elsewhere are taken (ask.h). See docs/wire/socketio.md.
 *
 *               ┌───────────── probe fails, or takes too long ─────────────┐
 *               ▼                                                          │
 *     POLLING ──┴─ WebSocket with this sid ──► PROBING ── `5` ──► UPGRADED │   CLOSED from each of them
 *                                                 └────────────────────────┘
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

typedef struct _FlEngine FlEngine;
typedef struct _FlEioSession FlEioSession;

/* What speaks over sessions: one const table each, every slot filled. All calls are in the owner's thread. */
typedef struct {
  const char *name; /* in the log */
  /* An update as a frame of WebSocket, and as a record of a polling payload. */
  FlForm frame_form, record_form;
  FlEncode frame, record;
  void (*opened)(FlEioSession *session);
  /* A message came. The session may be closed in here. */
  void (*message)(FlEioSession *session, gboolean is_binary, const guint8 *data, gsize len);
  /* Tell the client what it missed: queue it, it leaves before the next update. */
  void (*gap)(FlEioSession *session, const FlGap *gap);
  /* The session is over: free what is the app's of it. */
  void (*closed)(FlEioSession *session);
} FlEioApp;

/* Why a session ends. */
typedef enum {
  FL_EIO_END_BY_CLIENT,  /* it said so */
  FL_EIO_END_LOST,       /* its WebSocket, its poll or its POST was cut */
  FL_EIO_END_MALFORMED,  /* what it sent is none of the protocol's packets, or not here */
  FL_EIO_END_OVERLAP,    /* two polls or two POSTs at once */
  FL_EIO_END_SILENT,     /* no pong in time */
  FL_EIO_END_IMPATIENCE, /* what the app expected did not come in time */
  FL_EIO_END_GREEDY,     /* asked for more than it read */
  FL_EIO_END_TOO_SLOW,   /* --slow close */
  FL_EIO_END_DRAIN,      /* the server is going away */
} FlEioEnd;

/* fl_engine_of: the worker's engine of an app, made where there is none yet. `place` is the transport's in the registry:
 * of its counters, and of the engine among the worker's parts. */
FlEngine *fl_engine_of(FlWorker *worker, guint place, const FlEioApp *app);

/* fl_engine_began, fl_engine_accept: as FlWorkerConfig.began and FlTransport.accept; Host and Origin have been checked. */
void fl_engine_began(FlEngine *self, FlRequest *request);
void fl_engine_accept(FlEngine *self, FlRequest *request);

/* For apps, in their callbacks. */
FlWorker *fl_eio_session_worker(const FlEioSession *self);
guint64 fl_eio_session_id(const FlEioSession *self); /* as in the log; not the sid, which is a secret */
const char *fl_eio_session_ip(const FlEioSession *self);
FlTransportStats *fl_eio_session_stats(const FlEioSession *self);
const char *fl_eio_session_name(const FlEioSession *self); /* of the app */
gboolean fl_eio_session_is_open(const FlEioSession *self);
gpointer fl_eio_session_data(const FlEioSession *self);
void fl_eio_session_set_data(FlEioSession *self, gpointer data);

/* fl_eio_session_send: queue a message. Messages queued in one callback leave one after the other, with nothing in between. */
void fl_eio_session_send(FlEioSession *self, gboolean is_binary, const guint8 *data, gsize len);

/* fl_eio_session_follow: send updates from `cursor` on; fl_eio_session_unfollow: no more. */
void fl_eio_session_follow(FlEioSession *self, guint64 cursor);
void fl_eio_session_unfollow(FlEioSession *self);

/* fl_eio_session_cursor: the last update sent. */
guint64 fl_eio_session_cursor(const FlEioSession *self);

/* fl_eio_session_expect: end the session unless fl_eio_session_content is called within --connect-timeout. */
void fl_eio_session_expect(FlEioSession *self);
void fl_eio_session_content(FlEioSession *self);

void fl_eio_session_close(FlEioSession *self, FlEioEnd end);
