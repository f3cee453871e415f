/* A session of Engine.IO, for the three files that are its life: eio_session.c (beginning, what is said, end), eio_poll.c (its
 * polls and POSTs) and eio_websocket.c (its WebSocket). For no one else.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/engineio_private.h"
#include "transport/ws_socket.h"

typedef enum { FL_EIO_POLLING, FL_EIO_PROBING, FL_EIO_UPGRADED, FL_EIO_CLOSED } FlEioState;

struct _FlEioSession {
  guint refs;
  FlEioState state;
  FlEngine *engine;
  FlStream *stream;   /* of the WebSocket: probing, or upgraded */
  FlAsk *poll;        /* the GET that is held, a reference */
  GByteArray *outbox; /* a payload, NULL while empty */
  guint64 cursor;     /* while polling; then the stream has it */
  guint64 updates;
  guint posts; /* whose bodies are under way */
  guint follows : 1;
  guint probed : 1;
  guint erred : 1; /* it was closed for what its client did */
  GList waiting; /* in the engine's queue, where data is not NULL */
  FlDeadline beat, patience, upgrade, noop;
  gint64 opened_ns;
  guint64 id;
  gpointer data; /* the app's */
  char sid[FL_EIO_SID_LEN + 1];
  char ip[]; /* NUL-terminated */
};

/* What each way to end looks like. */
typedef struct {
  const char *why;
  int code;            /* of the close frame */
  gboolean is_error;   /* a line of its own in the log */
  gboolean await_peer; /* that the client's close frame is waited for */
} FlEioEnding;

extern const FlEioEnding fl_eio_endings[]; /* by FlEioEnd */

FlEioSession *fl_eio_session_ref(FlEioSession *self);

/* fl_eio_session_outbox: the payload that waits for the next poll, made where there is none. */
GByteArray *fl_eio_session_outbox(FlEioSession *self);

/* fl_eio_session_send_packet: queue it on whichever way out there is. fl_eio_session_flush: all that was queued leaves together. */
void fl_eio_session_send_packet(FlEioSession *self, FlEioType type, const void *data, gsize len);
void fl_eio_session_flush(FlEioSession *self);

/* fl_eio_session_take: a packet of the client; the session may be closed by it. */
void fl_eio_session_take(FlEioSession *self, const FlEioPacket *packet);

/* --- its polls ----------------------------------------------------------------------------------------------------- */

/* fl_eio_serve_poll: answer the poll that is held, if there is anything to say. fl_eio_answer_poll: answer it with one empty
 * packet; it must be there. fl_eio_wait_no_more: no poll waits for the feed to grow. */
void fl_eio_serve_poll(FlEioSession *self);
void fl_eio_answer_poll(FlEioSession *self, FlEioType type);
void fl_eio_wait_no_more(FlEioSession *self);
void fl_eio_on_noop_due(FlDeadline *entry, gpointer user);

/* --- its WebSocket ------------------------------------------------------------------------------------------------- */

/* fl_eio_send_packet: queue it as a text frame. */
void fl_eio_send_packet(FlStream *stream, FlEioType type, const void *data, gsize len);

/* fl_eio_part: session and stream part, the stream is closed; it may be gone when this returns. */
void fl_eio_part(FlEioSession *self, int code, const char *why, gboolean await_peer);
void fl_eio_on_upgrade_late(FlDeadline *entry, gpointer user);

/* FL_EIO_SESSION_OF: the session whose deadline `member` this is. */
#define FL_EIO_SESSION_OF(entry, member) ((FlEioSession *)((char *)(entry)-offsetof(FlEioSession, member)))
