/* Counters: each is written by one thread only and read by any, without locks. /stats adds up the workers' own.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <stdatomic.h>

typedef _Atomic guint64 FlCounter;

/* What a transport has done, and how many clients it has now. */
typedef struct {
  FlCounter clients;    /* now connected */
  FlCounter opened;     /* ever connected */
  FlCounter deliveries; /* updates handed to the kernel, one a subscriber */
  FlCounter requests;   /* HTTP requests, an upgrade and a stream's opening being one each */
  FlCounter bytes_in;   /* TCP payload; for polls at most a second behind */
  FlCounter bytes_out;
  FlCounter gaps; /* gaps told to clients */
} FlTransportStats;

/* What the source has done. */
typedef struct {
  FlCounter published;
  FlCounter missed_deadlines; /* updates that the schedule wanted before the source got to run */
  FlCounter clock_steps;      /* changes of CLOCK_REALTIME against CLOCK_MONOTONIC of more than 1 ms */
  FlCounter ended;            /* 1 at the end of input */
} FlSourceStats;

/* Only the counter's one writer, or writers under one lock, may call it: not an atomic read-modify-write. */
static inline void fl_counter_add(FlCounter *counter, gint64 n) {
  atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + (guint64)n,
                        memory_order_relaxed);
}

static inline guint64 fl_counter_get(FlCounter *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}
