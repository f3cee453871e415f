/* A worker: one thread with one loop that owns its listen socket, its HTTP connections, its streams and its ring of
 * the feed. Workers share nothing on the data path but the immutable updates in their inboxes.
 *
 * A turn of the loop: drain the inbox, serve HTTP, serve streams, accept, walk a slice of the fan-out, run deadlines.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/sequencer.h"
#include "net/access.h"
#include "net/httpd.h"
#include "net/listener.h"
#include "net/stream.h"

typedef struct _FlWorker FlWorker;

/* What a transport keeps in a worker beside requests and streams, such as sessions: one const table, every slot filled. */
typedef struct {
  void (*grew)(gpointer state);  /* the feed has grown */
  guint (*behind)(gpointer state); /* clients that have not been sent all there is, streams apart */
  void (*drain)(gpointer state);   /* the server is going away: say goodbye, hold no request any longer */
  void (*free)(gpointer state);
} FlWorkerPart;

#define FL_TRANSPORTS_MAX FL_PEER_TRANSPORTS

typedef struct {
  guint index, count; /* this worker and how many there are */
  int listen_fd;      /* bound; taken */
  FlSequencer *sequencer;
  FlLog *log;
  FlLimit *limit;
  FlCrowd *crowd; /* NULL: no limit an address */
  gsize history, history_bytes;
  gsize max_body;
  FlArrivalLimits arrival;
  guint64 max_lag;
  FlSlowPolicy slow;
  gint64 heartbeat_ns;
  gint64 drain_ns;
  int sndbuf_bytes;
  gboolean verbose;
  /* What lies above: the router of requests, the logging of clients that leave. */
  void (*handle)(FlRequest *request, gpointer user);
  void (*began)(FlRequest *request, gpointer user);
  void (*peer_left)(FlPeer *peer, FlWorker *worker);
  gpointer application; /* fl_worker_application */
} FlWorkerConfig;

/* fl_worker_new: set up, without a thread yet. Returns: NULL with an error. */
FlWorker *fl_worker_new(const FlWorkerConfig *config, GError **error);

/* fl_worker_start: run in a thread of its own. */
void fl_worker_start(FlWorker *self);

/* fl_worker_drain: any thread: accept no more, say goodbye to streams, answer held requests; the thread ends when all
 * clients are gone, or when the drain time is over. */
void fl_worker_drain(FlWorker *self);

/* fl_worker_join: wait for the thread's end. */
void fl_worker_join(FlWorker *self);
void fl_worker_free(FlWorker *self);

/* Clients that have not been sent all there is. Those that poll may never come back for it. */
typedef struct {
  guint streams, pollers;
} FlBehind;

/* fl_worker_ask_behind: any thread: have `answer` called in the worker's thread with their numbers. */
void fl_worker_ask_behind(FlWorker *self, void (*answer)(gpointer user, FlBehind behind), gpointer user);

/* fl_worker_post: any thread: have `func(data)` called in the worker's thread, where its result is ignored. `destroy` is
 * called in any case, also where the worker has ended before that. */
void fl_worker_post(FlWorker *self, void (*func)(gpointer data), gpointer data, GDestroyNotify destroy);

/* For what runs in the worker's thread. */
gpointer fl_worker_application(const FlWorker *self);
guint fl_worker_index(const FlWorker *self);
FlLog *fl_worker_log(const FlWorker *self);
FlHttpd *fl_worker_httpd(const FlWorker *self);
FlStreamSet *fl_worker_streams(const FlWorker *self);
gboolean fl_worker_is_draining(const FlWorker *self);

/* fl_worker_feed: the worker's ring, after draining the inbox: a cursor is never judged by an old head.
 * fl_worker_ring: the same as it is, for what is called because it has grown. */
const FlFeed *fl_worker_feed(FlWorker *self);
const FlFeed *fl_worker_ring(const FlWorker *self);

/* fl_worker_add_part: keep `state` at a place (0 … FL_TRANSPORTS_MAX - 1) until the worker is freed; fl_worker_part: what is
 * kept there, NULL while nothing is. */
void fl_worker_add_part(FlWorker *self, guint place, const FlWorkerPart *part, gpointer state);
gpointer fl_worker_part(const FlWorker *self, guint place);

/* fl_worker_watch: run these deadlines too; borrowed, for as long as the worker lives. */
void fl_worker_watch(FlWorker *self, FlDeadlineList *deadlines);

/* fl_worker_crowd: who is here, by address; NULL where no one counts. */
FlCrowd *fl_worker_crowd(const FlWorker *self);

/* fl_worker_clients_most: how many clients the server takes. */
guint fl_worker_clients_most(const FlWorker *self);

/* fl_worker_stats: the counters of transport n; others may read them. */
FlTransportStats *fl_worker_stats(FlWorker *self, guint transport);

/* fl_worker_hold: hold a request until the feed grows, the worker drains, or `seconds` (0 … 30) are over. */
#define FL_HOLD_MAX_SECONDS 30
void fl_worker_hold(FlWorker *self, FlRequest *request, guint seconds);

/* fl_worker_answer: the answer to polls from cursor `since`, shared by all that come before the feed grows; borrowed, NULL
 * where there is none yet. fl_worker_keep_answer takes one. */
FlResponse *fl_worker_answer(FlWorker *self, guint64 since);
void fl_worker_keep_answer(FlWorker *self, guint64 since, FlResponse *response);
