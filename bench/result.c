/* Figures made from figures. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/result.h"

#include <math.h>

double fl_result_per_update(const FlResult *self, double figure) {
  return self->integrity.delivered > 0 ? figure / (double)self->integrity.delivered : NAN;
}

double fl_result_cpu_us(const FlResult *self) {
  return self->server_cpu_ns < 0 ? NAN : fl_result_per_update(self, (double)self->server_cpu_ns / 1000);
}

double fl_result_memory_kb(const FlResult *self) {
  return self->memory_slope / 1024;
}

double fl_result_client_load(const FlResult *self) {
  return self->wall_ns > 0 ? (double)self->client_cpu_ns / (double)self->wall_ns : NAN;
}

double fl_result_percentile_ms(const FlResult *self, double p) {
  if (!fl_histogram_has_percentile(self->latency, 100 * p))
    return NAN;
  return (double)fl_histogram_percentile(self->latency, 100 * p) / 1000;
}

void fl_result_clear(FlResult *self) {
  g_clear_pointer(&self->latency, fl_histogram_free);
  g_clear_pointer(&self->connect, fl_histogram_free);
}
