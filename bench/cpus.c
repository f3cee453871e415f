/* CPUs. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/cpus.h"

#include <sched.h>

G_STATIC_ASSERT(FL_CPUS_MOST == CPU_SETSIZE);

FlCpus fl_cpus_allowed(void) {
  FlCpus cpus = { .count = 0 };
  cpu_set_t may;

  if (sched_getaffinity(0, sizeof may, &may) != 0)
    return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET((size_t)cpu, &may))
      cpus.index[cpus.count++] = cpu;
  return cpus;
}

guint fl_cpus_threads(const FlCpus *cpus) {
  return CLAMP(cpus->count, 2, FL_THREADS_UNASKED + 1) - 1;
}

static FlCpuMap map_of(guint cores) {
  FlCpuMap map = { .server = -1, .cores = CLAMP(cores, 1, FL_THREADS_MOST) };

  for (guint i = 0; i < map.cores; i++)
    map.bench[i] = -1;
  return map;
}

FlCpuMap fl_cpus_leave(const FlCpus *cpus, guint threads) {
  return map_of(cpus->count > 0 ? MIN(cpus->count, threads) : threads);
}

FlCpuMap fl_cpus_share(const FlCpus *cpus, guint threads) {
  if (cpus->count < 2)
    return fl_cpus_leave(cpus, threads);
  FlCpuMap map = map_of(MIN(cpus->count - 1, threads));
  map.server = cpus->index[cpus->count - 1];
  for (guint i = 0; i < map.cores; i++)
    map.bench[i] = cpus->index[i];
  return map;
}

char *fl_cpus_text(const int *cpus, guint n) {
  GString *text = g_string_new(n == 1 ? "CPU " : "CPUs ");

  for (guint i = 0; i < n; i++) {
    gboolean goes_on = i > 0 && cpus[i] == cpus[i - 1] + 1;
    if (goes_on && i + 1 < n && cpus[i + 1] == cpus[i] + 1)
      continue;
    g_string_append_printf(text, "%s%d", i == 0 ? "" : goes_on ? "-" : ",", cpus[i]);
  }
  return g_string_free(text, FALSE);
}

void fl_cpus_pin(int cpu) {
  cpu_set_t cpus;

  if (cpu < 0)
    return;
  CPU_ZERO(&cpus);
  CPU_SET((size_t)cpu, &cpus);
  sched_setaffinity(0, sizeof cpus, &cpus);
}
