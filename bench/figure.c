/* The list of figures. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/figure.h"

#include <math.h>

static double p50(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.5);
}

static double p90(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.9);
}

static double p99(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.99);
}

static double p999(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.999);
}

static double most(const FlResult *r) {
  return fl_histogram_count(r->latency) > 0 ? (double)fl_histogram_max(r->latency) / 1000 : NAN;
}

static double mean(const FlResult *r) {
  return fl_histogram_count(r->latency) > 0 ? fl_histogram_mean(r->latency) / 1000 : NAN;
}

static double deviation(const FlResult *r) {
  return fl_histogram_count(r->latency) > 0 ? fl_histogram_stddev(r->latency) / 1000 : NAN;
}

static double bytes_in(const FlResult *r) {
  return fl_result_per_update(r, (double)r->bytes_in);
}

static double bytes_out(const FlResult *r) {
  return fl_result_per_update(r, (double)r->bytes_out);
}

static double requests(const FlResult *r) {
  return fl_result_per_update(r, (double)r->requests);
}

static double connect_p50(const FlResult *r) {
  return fl_histogram_count(r->connect) > 0 ? (double)fl_histogram_percentile(r->connect, 50) / 1000 : NAN;
}

static double connect_p99(const FlResult *r) {
  return fl_histogram_has_percentile(r->connect, 99) ? (double)fl_histogram_percentile(r->connect, 99) / 1000 : NAN;
}

static double connect_bytes(const FlResult *r) {
  return r->connect_bytes;
}

static double round_trips(const FlResult *r) {
  return r->round_trips;
}

static double polls_wanted(const FlResult *r) {
  return r->polls_wanted_hz;
}

static double polls_made(const FlResult *r) {
  return isnan(r->polls_wanted_hz) ? NAN : (double)r->requests / r->duration_s;
}

static double empty_polls(const FlResult *r) {
  return isnan(r->polls_wanted_hz) || r->requests == 0 ? NAN : 100.0 * (double)r->empty_polls / (double)r->requests;
}

static double client_load(const FlResult *r) {
  return 100 * fl_result_client_load(r);
}

const FlFigure fl_figures[] = {
  { "latency_ms", "latency, ms", NULL, 0, FALSE },
  { "p50", "p50", p50, 2, TRUE },
  { "p90", "p90", p90, 2, TRUE },
  { "p99", "p99", p99, 2, TRUE },
  { "p99_9", "p99.9", p999, 2, TRUE },
  { "max", "max", most, 2, TRUE },
  { "mean", "mean", mean, 2, TRUE },
  { "stddev", "standard deviation", deviation, 2, TRUE },
  { "per_update", "per delivered update", NULL, 0, FALSE },
  { "bytes_received", "bytes received", bytes_in, 1, TRUE },
  { "bytes_sent", "bytes sent", bytes_out, 1, TRUE },
  { "requests", "requests", requests, 3, TRUE },
  { "server_cpu_us", "server CPU, µs", fl_result_cpu_us, 2, TRUE },
  { "per_client", "per client", NULL, 0, FALSE },
  { "server_memory_kb", "server memory, kB", fl_result_memory_kb, 2, TRUE },
  { "connect_ms_p50", "connect p50, ms", connect_p50, 2, TRUE },
  { "connect_ms_p99", "connect p99, ms", connect_p99, 2, TRUE },
  { "connect_bytes", "connect, bytes", connect_bytes, 0, TRUE },
  { "round_trips_to_first_update", "round trips to 1st update", round_trips, 0, TRUE },
  { "in_all", "in all", NULL, 0, FALSE },
  { "polls_wanted_per_s", "polls wanted, 1/s", polls_wanted, 1, FALSE },
  { "polls_made_per_s", "polls made, 1/s", polls_made, 1, FALSE },
  { "empty_polls_percent", "empty polls, %", empty_polls, 1, FALSE },
  { "bench_cpu_percent", "bench's CPU, %", client_load, 0, FALSE },
  { NULL, NULL, NULL, 0, FALSE },
};
