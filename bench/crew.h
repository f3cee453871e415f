/* The subscribers of a run, split evenly over threads: a load (bench/load) in each, with a poller and a recorder of its own. What
 * they saw is added up between two phases, as if one load had seen it all; percentiles are those of the merged histograms.
 *
 * The first load runs in the calling thread. With one thread it is the only one, and there is no other.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/cpus.h"
#include "bench/load.h"

typedef struct _FlCrew FlCrew;

typedef struct {
  FlLoadConfig load; /* of all together; `at_once`, `is_over`, `recorder` and `absences` are for the crew to fill in */
  guint threads;     /* the calling one among them; no more than there are clients */
  const char *absences_of; /* the transport of clients that come back; NULL: a lost connection is an error */
  const FlCpuMap *cpus; /* where the others run, and which of them share one. The calling thread is left where it is */
} FlCrewConfig;

/* fl_crew_new: with threads that wait. All calls have to come from this thread. */
FlCrew *fl_crew_new(const FlCrewConfig *config);
void fl_crew_free(FlCrew *self);

/* FlCrewWatch: called in the calling thread about five times a second, while the others go on. Returns: FALSE to end. */
typedef gboolean (*FlCrewWatch)(gpointer user);

/* fl_crew_connect: connect the first `count` of each load's share, and wait until each has its subscription; what comes to those
 * that have one meanwhile is received. Returns: FALSE as fl_load_connect. */
gboolean fl_crew_connect(FlCrew *self, guint count, gint64 until_ns);

/* fl_crew_open: the window, as fl_recorder_open. */
void fl_crew_open(FlCrew *self, gint64 from_us, gint64 to_us);

/* fl_crew_begin_polls: as fl_load_begin_polls, from now on. */
void fl_crew_begin_polls(FlCrew *self);

/* fl_crew_receive: until `until_ns`. Returns: FALSE on an error, or when the watch (NULL: none) has ended it. */
gboolean fl_crew_receive(FlCrew *self, gint64 until_ns, FlCrewWatch watch, gpointer user);

/* fl_crew_wait_past: receive until every subscriber has had an update from after the window. Returns: FALSE where they have not
 * by `until_ns`, and on an error. */
gboolean fl_crew_wait_past(FlCrew *self, gint64 until_ns);

/* fl_crew_reset: count from now on: the counts, the lag, the CPU time. */
void fl_crew_reset(FlCrew *self);
FlLoadCounts fl_crew_counts(const FlCrew *self);

/* fl_crew_cpu_ns: CPU time since the last reset on the busiest of the crew's CPUs; an average would hide one that is full. What the
 * process does beside the crew is the calling thread's. */
gint64 fl_crew_cpu_ns(const FlCrew *self);

/* fl_crew_tcp: as fl_load_tcp. */
FlTcpAccount fl_crew_tcp(FlCrew *self);

/* fl_crew_add_lag, fl_crew_add_connect_times: add what fl_load_lag and fl_load_connect_times tell. */
void fl_crew_add_lag(const FlCrew *self, FlHistogram *sum);
void fl_crew_add_connect_times(const FlCrew *self, FlHistogram *sum);

/* fl_crew_calling_recorder: what the calling thread's subscribers saw, which may be looked at while the others go on. Borrowed. */
const FlRecorder *fl_crew_calling_recorder(const FlCrew *self);

/* fl_crew_failures, fl_crew_error: as of a load; of several errors the first thread's. */
guint64 fl_crew_failures(const FlCrew *self);
const char *fl_crew_error(const FlCrew *self);

/* fl_crew_connect_bytes, fl_crew_round_trips: the median of all clients (fl_load_connect_bytes, fl_load_round_trips); NAN where
 * there is none. */
double fl_crew_connect_bytes(const FlCrew *self);
double fl_crew_round_trips(const FlCrew *self);

/* fl_crew_threads: how many it has. fl_crew_absences: of each one's subscribers, borrowed; NULL where none may come back. */
guint fl_crew_threads(const FlCrew *self);
FlAbsences *const *fl_crew_absences(const FlCrew *self);

/* fl_crew_add_absences: add the account of all subscribers; nothing where none may come back. */
void fl_crew_add_absences(const FlCrew *self, FlAbsenceAccount *sum);

/* fl_crew_recorder: all recorders merged, the caller's; fl_crew_integrity: the account of the window by it. With
 * absences, what a subscriber was told that it has missed is theirs to count, and not lost; once a run. */
FlRecorder *fl_crew_recorder(const FlCrew *self);
FlIntegrity fl_crew_integrity(const FlCrew *self, const FlRecorder *recorder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlCrew, fl_crew_free)
