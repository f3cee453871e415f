/* CPUs. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/cpus.h"

#include <sched.h>

FlCpus fl_cpus_allowed(void) {
  FlCpus cpus = { 0, -1, -1 };
  cpu_set_t may;

  if (sched_getaffinity(0, sizeof may, &may) != 0)
    return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET((size_t)cpu, &may))
      continue;
    if (cpus.count++ == 0)
      cpus.first = cpu;
    cpus.last = cpu;
  }
  return cpus;
}

void fl_cpus_pin(int cpu) {
  cpu_set_t cpus;

  if (cpu < 0)
    return;
  CPU_ZERO(&cpus);
  CPU_SET((size_t)cpu, &cpus);
  sched_setaffinity(0, sizeof cpus, &cpus);
}
