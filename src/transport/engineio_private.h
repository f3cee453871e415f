/* What engineio.c (requests) and the sessions (eio_session.c, eio_poll.c, eio_websocket.c) share. For no one else.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "codec/engineio.h"
#include "core/token.h"
#include "transport/ask.h"
#include "transport/engineio.h"

/* Two hexadecimal digits of the worker, and a token. */
#define FL_EIO_SID_LEN (2 + FL_TOKEN_LEN)

struct _FlEngine {
  FlWorker *worker;
  const FlEioApp *app;
  guint place;
  gsize max_payload;
  FlStreamKind kind;    /* of the sessions' WebSockets */
  GHashTable *sessions; /* sid (the session's own) → FlEioSession, a reference */
  GQueue waiting;       /* sessions whose poll is held until the feed grows */
  FlStream *inside;     /* the stream in whose callback we are: it is pumped anyway, and must not be freed */
  FlDeadlineList pings, pongs, patience, upgrades, noops;
};

FlStreamKind fl_eio_stream_kind(const FlEioApp *app);
void fl_eio_engine_deadlines(FlEngine *self, const FlApplication *application);

/* fl_eio_session_new: a session that is POLLING, in its engine's table; borrowed. */
FlEioSession *fl_eio_session_new(FlEngine *engine, guint64 id, const char *ip);
void fl_eio_session_unref(gpointer self);

/* fl_eio_session_has_stream: whether its WebSocket is the way out, and will be told itself when the server goes away. */
gboolean fl_eio_session_has_stream(const FlEioSession *self);

/* fl_eio_session_is_behind: whether it polls, and has not been sent all there is. */
gboolean fl_eio_session_is_behind(const FlEioSession *self);

/* fl_eio_session_handshake: the data of the open packet. Owned by the caller. */
GString *fl_eio_session_handshake(const FlEioSession *self, gboolean may_upgrade);

/* fl_eio_session_poll, fl_eio_session_post: an ask that is whole; it will be answered. fl_eio_session_began: one more POST
 * is under way; fl_eio_session_cut: an ask's client has gone. */
void fl_eio_session_poll(FlEioSession *self, FlAsk *ask);
void fl_eio_session_post(FlEioSession *self, FlAsk *ask);
void fl_eio_session_began(FlEioSession *self, FlAsk *ask);
void fl_eio_session_cut(FlEioSession *self, FlAsk *ask);

/* fl_eio_open_websocket: make a stream of an upgraded connection: of a new session, or of session `sid`, which may have
 * gone meanwhile. Takes fd. */
void fl_eio_open_websocket(FlEngine *engine, const char *sid, int fd, guint64 id, const char *ip, const guint8 *early,
                           gsize early_len);

/* fl_eio_grew: the feed has: answer the polls that wait for it. */
void fl_eio_grew(FlEngine *self);

/* fl_eio_refuse: answer an ask with one of the protocol's errors. */
void fl_eio_refuse(FlAsk *ask, FlEioError error);
