/* Figures made from figures. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/result.h"

#include <math.h>

#include "core/clock.h"

const char *fl_result_transport(const FlResult *self) {
  return self->transport ? self->transport : self->name;
}

double fl_result_per_update(const FlResult *self, double figure) {
  return self->integrity.delivered > 0 ? figure / (double)self->integrity.delivered : NAN;
}

double fl_result_cpu_us(const FlResult *self) {
  return self->server_cpu_ns < 0 ? NAN : fl_result_per_update(self, (double)self->server_cpu_ns / 1000);
}

double fl_result_ip_bytes(const FlResult *self) {
  const FlTcpAccount *tcp = &self->tcp;
  return (double)(tcp->bytes_in + tcp->bytes_out) + FL_SEGMENT_BYTES * (double)(tcp->segs_in + tcp->segs_out);
}

void fl_result_merge(FlResult *self, const FlResult *other) {
  fl_histogram_merge(self->latency, other->latency);
  fl_histogram_merge(self->uncorrected, other->uncorrected);
  fl_histogram_merge(self->lag, other->lag);
  fl_histogram_merge(self->connect, other->connect);
  fl_link_account_merge(&self->link, &other->link);
  self->integrity.expected += other->integrity.expected;
  self->integrity.delivered += other->integrity.delivered;
  self->integrity.lost += other->integrity.lost;
  self->integrity.duplicated += other->integrity.duplicated;
  self->integrity.reordered += other->integrity.reordered;
  self->integrity.gaps += other->integrity.gaps;
  self->integrity.negative += other->integrity.negative;
  self->missed_deadlines = self->missed_deadlines < 0 || other->missed_deadlines < 0
                               ? -1
                               : self->missed_deadlines + other->missed_deadlines;
  self->clock_steps = MAX(self->clock_steps, other->clock_steps);
  if (ABS(other->clock_step_ns) > ABS(self->clock_step_ns))
    self->clock_step_ns = other->clock_step_ns;
  self->connect_failures += other->connect_failures;
  if (self->absence.next)
    fl_absence_account_merge(&self->absence, &other->absence);
}

double fl_result_memory_kb(const FlResult *self) {
  return self->memory_slope / 1024;
}

double fl_result_client_load(const FlResult *self) {
  return self->wall_ns > 0 ? (double)self->client_cpu_ns / (double)self->wall_ns : NAN;
}

static double percentile_ms(const FlHistogram *histogram, double percentile) {
  return fl_histogram_has_percentile(histogram, percentile)
             ? (double)fl_histogram_percentile(histogram, percentile) / 1000
             : NAN;
}

double fl_result_percentile_ms(const FlResult *self, double p) {
  return percentile_ms(self->latency, 100 * p);
}

FlSeries fl_series_of(FlSlice slice) {
  return (FlSeries){ .delivered = slice.delivered,
                     .p50_ms = percentile_ms(slice.latency, 50),
                     .p99_ms = percentile_ms(slice.latency, 99),
                     .max_ms = slice.delivered > 0 ? (double)fl_histogram_max(slice.latency) / 1000 : NAN };
}

static gboolean clocks_agree(const FlResult *self) {
  return self->integrity.negative == 0 && self->clock_steps <= 0 && ABS(self->clock_step_ns) <= FL_CLOCK_STEP_NS;
}

FlVerdict fl_result_verdict(const FlResult *self) {
  if (!fl_integrity_holds(&self->integrity))
    return FL_VERDICT_BROKEN;
  if (self->integrity.delivered == 0 || self->connect_failures > 0 || !clocks_agree(self))
    return FL_VERDICT_INVALID;
  if (self->link.lateness && !fl_link_account_is_kept(&self->link, self->link_rtt_ms))
    return FL_VERDICT_LINK;
  if (fl_result_client_load(self) > FL_RESULT_SATURATED)
    return FL_VERDICT_SATURATED;
  return self->missed_deadlines > 0 ? FL_VERDICT_LATE : FL_VERDICT_SOUND;
}

FlVerdict fl_result_verdict_of_all(const FlResult *results, guint n) {
  FlVerdict worst = FL_VERDICT_SOUND;

  for (guint i = 0; i < n; i++)
    worst = MAX(worst, fl_result_verdict(&results[i]));
  return worst;
}

const char *fl_verdict_name(FlVerdict verdict) {
  static const char *const names[] = { "sound", "late", "saturated", "link", "invalid", "broken" };
  return names[verdict];
}

void fl_result_clear(FlResult *self) {
  g_clear_pointer(&self->server_library, g_free);
  fl_link_account_clear(&self->link);
  g_clear_pointer(&self->latency, fl_histogram_free);
  g_clear_pointer(&self->uncorrected, fl_histogram_free);
  g_clear_pointer(&self->lag, fl_histogram_free);
  g_clear_pointer(&self->connect, fl_histogram_free);
  g_clear_pointer(&self->absence.next, fl_histogram_free);
}
