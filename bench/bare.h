/* The bare sender: a server in a child process that is as little as one can be, and wrong on purpose where that is
 * asked for. It speaks /ws, /events, /poll and /stats as docs/wire says, by code of its own (bench/bare_wire), in one
 * thread.
 *
 * The harness measures it as it measures any server (fl_run with a URL), which tells what the harness itself sees,
 * misses and costs.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef enum {
  FL_FAULT_NONE,
  FL_FAULT_LOSE,    /* leaves an update out */
  FL_FAULT_DOUBLE,  /* sends it twice */
  FL_FAULT_REORDER, /* sends it after the next one */
  FL_FAULT_EARLY,   /* says of all that they were due 20 ms from now */
  FL_FAULT_GAP,     /* tells of a gap in its place; a WebSocket without a subprotocol is not told */
  FL_FAULT_LATE,    /* /stats: three more deadlines were missed, each time it is asked */
  FL_FAULT_STEP,    /* /stats: the system clock was set once more */
  FL_FAULT_CLOSE,   /* ends the connections, at every 20th update */
} FlFault;

/* An update has the first faults and the gap where its seq is a multiple of this. */
#define FL_BARE_EVERY 5

typedef struct {
  FlFault fault;
  double rate_hz;   /* by absolute deadlines; 0: as fast as the sockets take it */
  guint64 count;    /* at rate 0: that many updates; 0: without end */
  guint per_write;  /* at rate 0: updates a write, or an answer to a poll, holds at most */
  gboolean steps;   /* at rate 0: push by fl_bare_step only */
  gint64 delay_ns;  /* every update leaves that long after its time */
  gsize json_bytes; /* of an update's object; 74 or more */
  int cpu;          /* to run on; -1: any */
} FlBarePlan;

typedef struct _FlBare FlBare;

/* fl_bare_start: listen on 127.0.0.1, answer, and publish from fl_bare_begin on. The child ends with this process.
 * Returns: NULL with an error where there is no socket or no process to be had. */
FlBare *fl_bare_start(const FlBarePlan *plan, GError **error);
void fl_bare_begin(FlBare *self);

/* fl_bare_step: push one write to everyone, and wait until it has been made. FALSE where the child is gone. */
gboolean fl_bare_step(FlBare *self);

/* fl_bare_stop: publish no more at rate 0; what one subscriber has got, all get. */
void fl_bare_stop(FlBare *self);

/* fl_bare_free: end it at once. */
void fl_bare_free(FlBare *self);

guint16 fl_bare_port(const FlBare *self);
pid_t fl_bare_pid(const FlBare *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlBare, fl_bare_free)
