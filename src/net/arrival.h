/* How long a request may take to arrive, in all: a client that sends a byte now and then is never idle, and never done
 * (slowloris). A connection waits in one of three lists, or in none while a request of it is being answered:
 *
 *     accepted ──► HEAD ──its head is whole──► BODY ──its body is whole──► (answering) ──► IDLE
 *                   ▲                                                                        │
 *                   └──────────────────── first bytes of the next request ◄──────────────────┘
 *
 * Whoever is late is told so by 408, where part of a request has come, and its connection ends.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/log.h"
#include "net/deadline.h"

typedef struct {
  gint64 head_ns, body_ns, idle_ns;
} FlArrivalLimits;

/* A worker's connections, by what they wait for. The owner runs the three lists. */
typedef struct {
  FlDeadlineList heads, bodies, idles;
  FlLog *log;
} FlArrivals;

/* One connection's; embed it. */
typedef struct {
  FlDeadline deadline;
  FlArrivals *among;
  int fd;         /* borrowed, as is … */
  const char *ip; /* … for the log */
} FlArrival;

void fl_arrivals_init(FlArrivals *self, const FlArrivalLimits *limits, FlLog *log);

/* fl_arrival_accepted: a connection has come. */
void fl_arrival_accepted(FlArrivals *arrivals, FlArrival *self, int fd, const char *ip);

/* fl_arrival_heard: bytes have come. To be told before they are read. */
void fl_arrival_heard(FlArrival *self);

/* fl_arrival_head: a head is whole. fl_arrival_whole: so is the body, or it is not waited for any longer. */
void fl_arrival_head(FlArrival *self);
void fl_arrival_whole(FlArrival *self);

/* fl_arrival_answered: the next request may come. */
void fl_arrival_answered(FlArrival *self);
