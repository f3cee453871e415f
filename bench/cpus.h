/* The CPUs that this process may use, and who gets which of them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define FL_CPUS_MOST 1024 /* CPU_SETSIZE */

typedef struct {
  guint count;             /* 0: not known */
  int index[FL_CPUS_MOST]; /* rising */
} FlCpus;

FlCpus fl_cpus_allowed(void);

/* fl_cpus_threads: how many threads the bench has where no number is asked for: one for each CPU that isn't the server's, at
 * least one, at most FL_THREADS_UNASKED. */
#define FL_THREADS_UNASKED 8
guint fl_cpus_threads(const FlCpus *cpus);

/* Who runs where, in one invocation of the bench. */
#define FL_THREADS_MOST 64 /* of the bench */
typedef struct {
  int server;                 /* -1: not pinned */
  guint cores;                /* that the bench has, at least 1: its n-th thread runs on the (n mod cores)-th of them */
  int bench[FL_THREADS_MOST]; /* -1: not pinned */
} FlCpuMap;

/* fl_cpus_share: the last one for the server, the first ones for the bench, one a thread as far as there are so many. With one
 * CPU, which they then have to share, and where they aren't known, nothing is pinned. */
FlCpuMap fl_cpus_share(const FlCpus *cpus, guint threads);

/* fl_cpus_leave: nothing is pinned, because the server is where it is. */
FlCpuMap fl_cpus_leave(const FlCpus *cpus, guint threads);

/* fl_cpus_text: such as `CPU 0` or `CPUs 0-2,5`, of numbers that rise; the caller's. */
char *fl_cpus_text(const int *cpus, guint n);

/* fl_cpus_pin: run on one CPU only; -1: no change. */
void fl_cpus_pin(int cpu);
