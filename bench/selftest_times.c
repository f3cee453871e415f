/* Times that are known before they are measured: a sender that holds every update back for so long, and short polls,
 * which find what was published anywhere in their interval. What the harness adds of its own is the timer's lateness
 * and the way over loopback.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/machine.h"
#include "bench/selftest_private.h"

#define JSON_BYTES 160
#define MS_NS G_GINT64_CONSTANT(1000000)
#define TRIES 3
#define OFF_MOST 0.2 /* of a delay */
#define POLLS_OFF_MOST 0.05
#define POLL_MS 100
#define POLLERS 500
#define SEED 889 /* spreads so many polls that mean and deviation are within 2.3 % of the uniform one's at any phase */

static double off(double measured, double known) {
  return fabs(measured / known - 1);
}

static gboolean measure_delay(gint64 delay_ms, double *ret_p50_ms, double *ret_own_ms) {
  FlSelftestRun run = {
    .plan = { .rate_hz = 100, .delay_ns = delay_ms * MS_NS, .json_bytes = JSON_BYTES, .cpu = -1 },
    .options = { .clients = 1,
                 .warmup_ns = 100 * MS_NS,
                 .duration_ns = 1000 * MS_NS,
                 .poll_interval_ns = 1000 * MS_NS },
    .transport = "ws",
  };
  FlResult result;

  if (!fl_selftest_run(&run, &result, NULL))
    return FALSE;
  *ret_p50_ms = (double)fl_histogram_percentile(result.latency, 50) / 1000;
  *ret_own_ms = (double)fl_histogram_percentile(result.uncorrected, 50) / 1000;
  fl_result_clear(&result);
  return TRUE;
}

static void check_delay(FlSelftest *self, gint64 delay_ms, double timer_ms) {
  g_autofree char *what = g_strdup_printf("ws, a delay of %" G_GINT64_FORMAT " ms", delay_ms);
  double p50_ms = NAN, own_ms = NAN;
  gboolean good = FALSE;

  for (int i = 0; i < TRIES && !good; i++)
    good = measure_delay(delay_ms, &p50_ms, &own_ms) && off(p50_ms, (double)delay_ms) <= OFF_MOST;
  gboolean close = good && fabs(p50_ms - (double)delay_ms) <= 1 + timer_ms;
  fl_selftest_line(
      self, good,
      !good   ? "off"
      : close ? "right"
              : "near",
      what,
      "p50 %.3f ms: %+.3f, of which %.3f are loopback and the harness; a timer's own lateness here has p99 %.3f ms",
      p50_ms, p50_ms - (double)delay_ms, own_ms, timer_ms);
}

/* The updates come as often as the polls: only the spreading of the polls makes the times differ. */
static gboolean measure_polls(double *ret_mean_ms, double *ret_deviation_ms, double *ret_made) {
  FlSelftestRun run = {
    .plan = { .rate_hz = 1000.0 / POLL_MS, .json_bytes = JSON_BYTES, .cpu = -1 },
    .options = { .clients = POLLERS,
                 .warmup_ns = 300 * MS_NS,
                 .duration_ns = 1500 * MS_NS,
                 .poll_interval_ns = POLL_MS * MS_NS },
    .transport = "poll",
    .seed = SEED,
  };
  FlResult result;

  if (!fl_selftest_run(&run, &result, NULL))
    return FALSE;
  *ret_mean_ms = fl_histogram_mean(result.latency) / 1000;
  *ret_deviation_ms = fl_histogram_stddev(result.latency) / 1000;
  *ret_made = (double)result.requests * 1e9 / (double)result.wall_ns / result.polls_wanted_hz;
  fl_result_clear(&result);
  return TRUE;
}

static void check_polls(FlSelftest *self) {
  double half = POLL_MS / 2.0, spread = POLL_MS / sqrt(12);
  double mean_ms = NAN, deviation_ms = NAN, made = NAN;
  gboolean good = FALSE;

  for (int i = 0; i < TRIES && !good; i++)
    good = measure_polls(&mean_ms, &deviation_ms, &made) && off(mean_ms, half) <= POLLS_OFF_MOST &&
           off(deviation_ms, spread) <= POLLS_OFF_MOST;
  fl_selftest_line(self, good, good ? "right" : "off", "poll, every 100 ms",
                   "mean %.2f ms where T/2 is %.2f, deviation %.2f ms where T/√12 is %.2f; %d clients made %.0f %% of "
                   "their polls in time",
                   mean_ms, half, deviation_ms, spread, POLLERS, 100 * made);
}

void fl_selftest_times(FlSelftest *self) {
  g_autoptr(FlHistogram) lateness = fl_machine_timer_lateness(200 * MS_NS);
  double timer_ms = (double)fl_histogram_percentile(lateness, 99) / 1e6;

  check_delay(self, 5, timer_ms);
  check_delay(self, 50, timer_ms);
  check_polls(self);
}
