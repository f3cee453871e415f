/* What all workers see of the server as a whole: set up before they start, then only read (the counters apart).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/source.h"
#include "net/allowance.h"
#include "net/line_set.h"
#include "net/worker.h"

typedef struct {
  FlSequencer *sequencer;
  FlAccess *access;
  FlAllowance *publishing; /* NULL: as often as anyone likes */
  FlSource *source;
  FlSourceStats *source_stats;
  FlLineSet *lines;   /* NULL: the demo's controls are off */
  char *url;          /* of the first worker's listen socket */
  char *web_root;     /* a real path, NULL: the built-in page */
  char *socketio_path;       /* begins and ends with a slash */
  char **namespaces;         /* of Socket.IO, beside `/`; NULL-terminated, or NULL */
  gint64 ping_interval_ns;   /* of Engine.IO: between a pong and the next ping */
  gint64 ping_timeout_ns;    /* for the pong */
  gint64 connect_timeout_ns; /* for the first CONNECT of Socket.IO */
  gboolean deflate;          /* permessage-deflate is taken on /ws */
  gsize max_body;            /* bytes of a WebSocket message */
  gsize max_payload;         /* bytes that an Engine.IO client may send at once */
  GPtrArray *workers; /* FlWorker */
  gint64 started_ns;
} FlApplication;

/* The application of a request's worker. */
static inline FlApplication *fl_application_of(const FlWorker *worker) {
  return fl_worker_application(worker);
}
