/* A subscriber of the bench: the mirror of a transport in src/transport. It parses what comes incrementally and strictly;
 * anything that is not exactly as docs/wire says is an error of the run.
 *
 *     CONNECTING ──connected──► OPENING ──first answer──► READY       (FAILED from each of them)
 *         ▲────────reconnect───────┘
 *
 * A lost connection is a failure of the run, unless the load has absences (bench/absence): then a client that was READY once comes
 * back, by the rule of bench/reconnect and with its cursor, however often.
 *
 *     CONNECTING … READY ──lost──► LOST ──put away──► AWAY ──due──► CONNECTING
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/absence.h"
#include "bench/endpoint.h"
#include "bench/recorder.h"
#include "bench/socketio_reader.h"
#include "codec/http.h"
#include "core/cursor.h"
#include "net/poller.h"

typedef struct _FlClient FlClient;
typedef struct _FlLoad FlLoad;

/* A transport as a client: one const table each, every slot filled. */
typedef struct {
  const char *name;
  /* Whether it asks at slots of its own (short polling). */
  gboolean is_polling;
  /* The connection is there: say what opens the subscription. */
  void (*open)(FlClient *client);
  /* Bytes came. Returns: NULL, or what was wrong with them. */
  const char *(*receive)(FlClient *client, const guint8 *data, gsize len);
  /* Short polling: ask now. */
  void (*poll)(FlClient *client);
  /* The connection is lost: forget what belonged to it, and keep what the next one is opened with. */
  void (*lost)(FlClient *client);
  void (*clear)(FlClient *client);
} FlClientKind;

typedef enum {
  FL_CLIENT_CONNECTING,
  FL_CLIENT_OPENING,
  FL_CLIENT_READY,
  FL_CLIENT_LOST, /* just now; its kind may still be at work */
  FL_CLIENT_AWAY,
  FL_CLIENT_FAILED
} FlClientState;

struct _FlClient {
  FlPollable pollable; /* first */
  const FlClientKind *kind;
  FlLoad *load;
  FlSubscriber subscriber;
  FlClientState state;
  gint64 begun_ns;       /* the first connect() */
  guint64 connect_bytes; /* both ways, until it is READY */
  guint round_trips;     /* until the first update: the times it had to wait for the server */
  gboolean has_heard;    /* bytes have come since it spoke last */
  gboolean has_update;
  FlHttpParser *http;
  GByteArray *body;
  char cursor[FL_CURSOR_MAX]; /* to hand back: of polls; of the others where they may come back */
  gpointer parser;            /* the kind's: of events, of frames */
  gboolean asking;            /* polls: an answer is awaited */
  gboolean slot_waits;        /* short polling: a slot came while one was */
  gint64 head_bytes;          /* polls: of the request and of its answer so far … */
  gint64 answer_head_bytes;   /* … of the answer alone … */
  gint64 head_debt;           /* … and what all polls so far had too few (--header-bytes) */
  gboolean head_known;        /* … which the first one does not count for */
  gint64 packet_ns;           /* when something came or went last; 0: nothing yet */
  guint answer_updates;       /* of the answer being read */
  /* Where it comes back: */
  gboolean comes_back;     /* it was READY once */
  gboolean ended;          /* the server said that this connection is over */
  FlNotice notice;         /* LOST: how it noticed */
  gboolean anew;           /* SSE: the EventSource has given up, the page makes another */
  gint64 told_ns;          /* when the server wants it back after a loss; -1: it didn't say */
  gint64 silent_after_ns;  /* without a ping until then, the connection is taken for dead; 0: it never is */
  char pid[FL_SOCKETIO_SID_MAX + 1]; /* Socket.IO: the private id */
};

/* fl_client_kind: the client of that transport; NULL where there is none. */
const FlClientKind *fl_client_kind(const char *name);

/* fl_client_kind_names: all of them, as `a, b and c`; the caller's. */
char *fl_client_kind_names(void);

/* fl_client_other, fl_client_other_names: the same for servers that aren't ours (bench/endpoint). */
const FlClientKind *fl_client_other(const char *name);
char *fl_client_other_names(void);

extern const FlClientKind fl_client_poll;
extern const FlClientKind fl_client_longpoll;
extern const FlClientKind fl_client_sse;
extern const FlClientKind fl_client_ws;
extern const FlClientKind fl_client_socketio;
extern const FlClientKind fl_client_socketio_polling;
extern const FlClientKind fl_client_socketio_ws;
extern const FlClientKind fl_client_other_poll;
extern const FlClientKind fl_client_other_longpoll;
extern const FlClientKind fl_client_other_sse;
extern const FlClientKind fl_client_other_ws;

/* What the kinds use of the load; fl_client_reconnect and fl_client_answered are of bench/load.c. */

/* fl_client_endpoint: what it is a client of; NULL where the server is ours. */
const FlEndpoint *fl_client_endpoint(const FlClient *client);

/* fl_client_send: send at once; a socket that is full is an error of the run. `request`: count it as one. */
void fl_client_send(FlClient *client, const void *data, gsize len, gboolean request);

/* fl_client_get: send GET of path-and-query with the head that all clients share, and `extra` header lines. */
void fl_client_get(FlClient *client, const char *target, const char *extra);

/* fl_client_get_padded: the same with a head of `head_bytes`, by a header that says nothing (X-Padding), as far as that can be:
 * no shorter than it is without, and a header has at least 13 bytes. */
void fl_client_get_padded(FlClient *client, const char *target, gsize head_bytes);

/* fl_client_header_bytes: what the heads of a poll and its answer shall have together; 0: what they have. */
guint fl_client_header_bytes(const FlClient *client);

/* fl_client_head: so many bytes of an answer were its head. */
void fl_client_head(FlClient *client, gsize bytes);

/* fl_client_exchanged: an answer is whole: its head and its request's count. */
void fl_client_exchanged(FlClient *client);

/* fl_client_post: send POST of a text, as browsers send one. */
void fl_client_post(FlClient *client, const char *target, const char *body);

/* fl_client_reconnect: close the connection and open another in its place; `open` is called when it is there. */
void fl_client_reconnect(FlClient *client);

/* fl_client_may_return: whether it comes back where its connection is lost; what it needs for that is to be kept then. */
gboolean fl_client_may_return(const FlClient *client);

/* fl_client_ended: the server has ended the connection or refuses to serve: what is returned to the load is an end, and not
 * against the protocol. Returns: `why`. */
const char *fl_client_ended(FlClient *client, const char *why);

/* fl_client_follows: what comes from here on is of that run of the feed (the epoch of a cursor). */
void fl_client_follows(FlClient *client, const char *epoch);

/* fl_client_keep_cursor: take the cursor of the last update that came for the one to hand back. */
void fl_client_keep_cursor(FlClient *client);

/* fl_client_expect_ping: the next ping has to come within that time. */
void fl_client_expect_ping(FlClient *client, gint64 within_ns);

/* fl_client_ready: the subscription is established. */
void fl_client_ready(FlClient *client);

/* fl_client_update: an update came, just now. */
void fl_client_update(FlClient *client, const FlStamp *stamp);

/* fl_client_gap: the server told of updates that this subscriber has missed. */
void fl_client_gap(FlClient *client);

/* fl_client_answered: short polling: an answer is complete and nothing is asked at once: a pause may begin. */
void fl_client_answered(FlClient *client);

/* fl_client_empty_poll: an answer held nothing. */
void fl_client_empty_poll(FlClient *client);
