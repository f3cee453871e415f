/* Clients come, speak, and leave: what the log says of them, and the counters that go with it. A polling client is a
 * connection on which a transport's endpoint was asked at least once.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/transport.h"

/* fl_client_ip: the address to call the request's client by; owned by its peer. */
const char *fl_client_ip(FlWorker *worker, FlRequest *request);

/* fl_client_present: the request's connection is a client of transport `index`; it came, if it had not yet. */
void fl_client_present(FlWorker *worker, FlRequest *request, guint index);

/* fl_client_carries: the request's connection carries a client of transport `index` whose coming and going is told by
 * itself; the request and the connection's bytes are counted. */
void fl_client_carries(FlWorker *worker, FlRequest *request, guint index);

/* fl_client_polled: a poll of transport `index` was answered with `updates` updates. */
void fl_client_polled(FlWorker *worker, FlRequest *request, guint index, guint64 updates);

/* fl_client_came: a stream was opened. */
void fl_client_came(FlWorker *worker, const char *transport, const char *ip, guint64 id);

/* fl_client_spoke: a client sent a message over a stream; `kind` is text, binary, publish … */
void fl_client_spoke(FlStream *stream, const char *kind, const void *data, gsize len);

/* fl_client_message: the log's field for what a client sent; instead of the publish token it says so. */
FlLogField fl_client_message(const FlApplication *application, const void *data, gsize len);

/* fl_client_text: the log's field for a text of a client's, likewise; borrowed. */
FlLogField fl_client_text(const FlApplication *application, const char *key, const char *text);

/* fl_client_refused: a request was answered with an error; `why` says which. */
void fl_client_refused(FlWorker *worker, FlRequest *request, guint status, const char *why);

/* fl_client_erred: a client broke the rules; `why` says which. */
void fl_client_erred(FlLog *log, const char *transport, const char *ip, guint64 id, const char *why);

/* For the worker: a connection closed. */
void fl_client_peer_left(FlPeer *peer, FlWorker *worker);

/* fl_client_stream_left: a stream, which was a client by itself, ended. */
void fl_client_stream_left(FlStream *stream);
