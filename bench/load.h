/* A number of subscribers of one transport on one poller: connecting them, letting them receive, counting what they do.
 * One thread. Source addresses go from 127.0.0.1 upwards, a new one every 20,000 connections, where the server is on
 * loopback.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/client/client.h"
#include "bench/result.h"

typedef struct {
  const FlClientKind *kind;
  const char *host; /* an IPv4 address, and Host: of the requests */
  guint16 port;
  guint clients;
  gint64 poll_interval_ns; /* of short polling */
  guint64 seed;            /* of the first polls' places in the interval */
  FlRecorder *recorder;    /* borrowed */
  const FlEndpoint *endpoint; /* borrowed; NULL: the server is ours */
  FlAbsences *absences;       /* of as many clients; borrowed; NULL: a lost connection is an error */
} FlLoadConfig;

/* What the subscribers have done since the last fl_load_reset. */
typedef struct {
  guint64 bytes_in, bytes_out; /* application bytes, HTTP heads included */
  guint64 requests, empty_polls;
} FlLoadCounts;

FlLoad *fl_load_new(const FlLoadConfig *config);
void fl_load_free(FlLoad *self);

/* fl_load_connect: connect the first `count` of them, at most 256 at a time, and wait until each has its subscription.
 * Returns: FALSE where one fails or `until_ns` (CLOCK_MONOTONIC) passes; fl_load_error tells why. */
gboolean fl_load_connect(FlLoad *self, guint count, gint64 until_ns);

/* fl_load_begin_polls: short polling: spread the first polls uniformly over the interval from now on. */
void fl_load_begin_polls(FlLoad *self);

/* fl_load_run: receive until `until_ns`, or until every subscriber has had an update from after the window where
 * `until_past`. Returns: FALSE on an error, and where `until_past` was not reached. */
gboolean fl_load_run(FlLoad *self, gint64 until_ns, gboolean until_past);

FlLoadCounts fl_load_counts(const FlLoad *self);
void fl_load_reset(FlLoad *self);

/* fl_load_tcp: the account so far; differences of two of them belong to the time between. */
FlTcpAccount fl_load_tcp(const FlLoad *self);

/* fl_load_lag: µs that input waited, since the last reset, for the bench to be done with the input before it: the event loop's
 * lag. Borrowed. */
const FlHistogram *fl_load_lag(const FlLoad *self);

/* Connections that failed, and what went wrong first (NULL: nothing). */
guint64 fl_load_failures(const FlLoad *self);
const char *fl_load_error(const FlLoad *self);

/* fl_load_connect_times: µs from the first connect() until the subscription is established; borrowed. */
const FlHistogram *fl_load_connect_times(const FlLoad *self);

/* fl_load_connect_bytes: application bytes both ways until the subscription is established; the median of the clients. */
double fl_load_connect_bytes(const FlLoad *self);

/* fl_load_round_trips: how often a client had to wait for the server until its first update came: once for each TCP
 * connection, and once for each time it sends something after it has received something (what is sent without hearing
 * in between goes together). The median of the clients that had an update; NAN where none had. */
double fl_load_round_trips(const FlLoad *self);

/* fl_load_integrity: the account of the window. With absences, what a client was told that it has missed is theirs to count, and
 * not lost; once a run. */
FlIntegrity fl_load_integrity(const FlLoad *self);
