/* A transport: a path, and what is done with a request for it. Adding one is a file with one const table and a line in
 * the registry.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

typedef struct {
  const char *name; /* as in /stats, the log and the bench */
  const char *path; /* of Socket.IO: by default */
  /* accept: answer, hold, detach or upgrade the request; Host and Origin have been checked. `index` is the transport's
   * place in the registry, under which its counters stand. */
  void (*accept)(FlWorker *worker, FlRequest *request, guint index);
  /* encode: the wire form of one update in this transport, as docs/wire shows it; without the batch around it. */
  FlEncode encode;
} FlTransport;

extern const FlTransport fl_transport_poll;
extern const FlTransport fl_transport_longpoll;
extern const FlTransport fl_transport_sse;
extern const FlTransport fl_transport_ws;
extern const FlTransport fl_transport_socketio;

/* fl_transport_get: the n-th transport, NULL after the last. */
const FlTransport *fl_transport_get(guint index);

/* fl_transport_find: the transport of a path, its place in ret_index. */
const FlTransport *fl_transport_find(const char *path, guint *ret_index);
