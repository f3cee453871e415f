/* A number of subscribers of one transport on one poller: connecting them, letting them receive, counting what they do.
 * One thread at a time; bench/crew has several of them in threads of their own. Source addresses go from 127.0.0.1 upwards, a
 * new one every 20,000 connections, where the server is on loopback.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/client/client.h"
#include "bench/result.h"

typedef struct {
  const FlClientKind *kind;
  const char *host; /* an IPv4 address, and Host: of the requests */
  guint16 port;
  guint clients;
  guint first;   /* its first client's number among those of all loads: of its source address and its place in the interval */
  guint at_once; /* connections that are being opened at a time; 0: FL_LOAD_AT_ONCE */
  gint64 poll_interval_ns; /* of short polling: between slots */
  gint64 poll_pause_ns;    /* between an answer and the next poll; 0: slots */
  guint header_bytes;      /* what the heads of a poll and of its answer shall have together; 0: what they have */
  FlRadioModel radio;      /* of the phones that the subscribers are taken for */
  guint64 seed;            /* of the first polls' places in the interval */
  FlRecorder *recorder;    /* borrowed */
  const gint *is_over;     /* atomic, borrowed: another load has failed, so that connecting is of no use; NULL: there is none */
  const FlEndpoint *endpoint; /* borrowed; NULL: the server is ours */
  FlAbsences *absences;       /* of as many clients; borrowed; NULL: a lost connection is an error */
} FlLoadConfig;

#define FL_LOAD_AT_ONCE 256

/* What the subscribers have done since the last fl_load_reset. */
typedef struct {
  guint64 bytes_in, bytes_out; /* application bytes, HTTP heads included */
  guint64 requests, empty_polls;
  FlRadioAccount radio; /* of all of them */
  guint64 exchanges;         /* polls whose answers became whole … */
  guint64 head_bytes;        /* … and the heads of both, so that no end of a window divides a pair … */
  guint64 answer_head_bytes; /* … and of the answers alone */
  guint64 updates, payload_bytes; /* that came, and what their objects take: part of bytes_in */
} FlLoadCounts;

/* fl_load_counts_add: what others have done too. */
void fl_load_counts_add(FlLoadCounts *self, const FlLoadCounts *other);

FlLoad *fl_load_new(const FlLoadConfig *config);
void fl_load_free(FlLoad *self);

/* fl_load_connect: connect the first `count` of them, so many at a time, and wait until each has its subscription.
 * Returns: FALSE where one fails or `until_ns` (CLOCK_MONOTONIC) passes, and fl_load_error tells why; or where it is over. */
gboolean fl_load_connect(FlLoad *self, guint count, gint64 until_ns);

/* fl_load_begin_polls: short polling: spread the first polls uniformly over the interval, or the pause, from `begin_ns` on. */
void fl_load_begin_polls(FlLoad *self, gint64 begin_ns);

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

/* fl_load_connect_bytes: append (gint64) each client's application bytes both ways until its subscription was established. */
void fl_load_connect_bytes(const FlLoad *self, GArray *numbers);

/* fl_load_round_trips: append (gint64) how often each client that had an update had to wait for the server until then: once for
 * each TCP connection, and once for each time it sends something after it has received something (what is sent without
 * hearing in between goes together). */
void fl_load_round_trips(const FlLoad *self, GArray *numbers);

/* fl_load_subscribers: all of them, borrowed, into a list of as many as there are clients. */
void fl_load_subscribers(const FlLoad *self, FlSubscriber **ret_subscribers);

/* fl_load_miss: with absences, once a run: tell them what each client has missed of the updates that were to be had in the window.
 * Returns: how many of these no client was told of. */
guint64 fl_load_miss(const FlLoad *self, guint64 expected);

/* fl_load_integrity: the account of the window, of a load that is the only one, and has no absences. */
FlIntegrity fl_load_integrity(const FlLoad *self);
