/* The CPUs that this process may use.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  guint count; /* 0: not known */
  int first, last;
} FlCpus;

FlCpus fl_cpus_allowed(void);

/* fl_cpus_pin: run on one CPU only; -1: no change. */
void fl_cpus_pin(int cpu);
