/* The list of figures. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/figure.h"

#include <math.h>
#include <string.h>

static double percentile_ms(const FlHistogram *histogram, double percentile) {
  return fl_histogram_has_percentile(histogram, percentile)
             ? (double)fl_histogram_percentile(histogram, percentile) / 1000
             : NAN;
}

static gboolean is_empty(const FlHistogram *histogram) {
  return fl_histogram_count(histogram) == 0;
}

static double p50(const FlResult *r) {
  return percentile_ms(r->latency, 50);
}

static double p90(const FlResult *r) {
  return percentile_ms(r->latency, 90);
}

static double p95(const FlResult *r) {
  return percentile_ms(r->latency, 95);
}

static double p99(const FlResult *r) {
  return percentile_ms(r->latency, 99);
}

static double p999(const FlResult *r) {
  return percentile_ms(r->latency, 99.9);
}

static double p9999(const FlResult *r) {
  return percentile_ms(r->latency, 99.99);
}

static double most(const FlResult *r) {
  return is_empty(r->latency) ? NAN : (double)fl_histogram_max(r->latency) / 1000;
}

static double mean(const FlResult *r) {
  return is_empty(r->latency) ? NAN : fl_histogram_mean(r->latency) / 1000;
}

static double deviation(const FlResult *r) {
  return is_empty(r->latency) ? NAN : fl_histogram_stddev(r->latency) / 1000;
}

static double uncorrected_p50(const FlResult *r) {
  return percentile_ms(r->uncorrected, 50);
}

static double uncorrected_p99(const FlResult *r) {
  return percentile_ms(r->uncorrected, 99);
}

static double age(const FlResult *r) {
  return r->age_us / 1000;
}

static double app_in(const FlResult *r) {
  return fl_result_per_update(r, (double)r->bytes_in);
}

static double app_out(const FlResult *r) {
  return fl_result_per_update(r, (double)r->bytes_out);
}

static double app(const FlResult *r) {
  return app_in(r) + app_out(r);
}

static double overhead(const FlResult *r) {
  return r->updates > 0 ? (double)(r->bytes_in + r->bytes_out - r->payload_bytes) / (double)r->updates : NAN;
}

static double tcp(const FlResult *r) {
  return fl_result_per_update(r, (double)(r->tcp.bytes_in + r->tcp.bytes_out));
}

static double ip(const FlResult *r) {
  return fl_result_per_update(r, fl_result_ip_bytes(r));
}

static double segments(const FlResult *r) {
  return fl_result_per_update(r, (double)(r->tcp.segs_in + r->tcp.segs_out));
}

static double requests(const FlResult *r) {
  return fl_result_per_update(r, (double)r->requests);
}

static gboolean polls(const FlResult *r) {
  return !isnan(r->polls_wanted_hz);
}

static double wasted(const FlResult *r) {
  return polls(r) ? fl_result_per_update(r, (double)r->empty_polls) : NAN;
}

static double cpu_user(const FlResult *r) {
  return fl_result_cpu_us(r) * r->server_user;
}

static double cpu_system(const FlResult *r) {
  return fl_result_cpu_us(r) * (1 - r->server_user);
}

static double connect_p50(const FlResult *r) {
  return percentile_ms(r->connect, 50);
}

static double connect_p99(const FlResult *r) {
  return percentile_ms(r->connect, 99);
}

static double connect_bytes(const FlResult *r) {
  return r->connect_bytes;
}

static double round_trips(const FlResult *r) {
  return r->round_trips;
}

static double radio_wakeups(const FlResult *r) {
  return r->radio.wakeups;
}

static double radio_on(const FlResult *r) {
  return r->radio.on_percent;
}

static double radio_energy(const FlResult *r) {
  return r->radio.joules;
}

/* --- of a failure -------------------------------------------------------------------------------------------------- */

static double of_failure(const FlResult *r, guint64 value) {
  return r->scenario ? (double)value : NAN;
}

static double next_percentile(const FlResult *r, double percentile) {
  return r->scenario ? percentile_ms(r->absence.next, percentile) : NAN;
}

static double next_p50(const FlResult *r) {
  return next_percentile(r, 50);
}

static double next_p99(const FlResult *r) {
  return next_percentile(r, 99);
}

static double next_max(const FlResult *r) {
  return r->scenario && r->absence.returned > 0 ? (double)fl_histogram_max(r->absence.next) / 1000 : NAN;
}

static double away(const FlResult *r) {
  return of_failure(r, r->absence.clients - r->absence.returned);
}

static double missed(const FlResult *r) {
  return of_failure(r, r->absence.missed);
}

static double untold(const FlResult *r) {
  return of_failure(r, r->absence.untold);
}

static double recovered(const FlResult *r) {
  return of_failure(r, r->absence.recovered);
}

static double duplicated(const FlResult *r) {
  return of_failure(r, r->integrity.duplicated);
}

static double storm_connections(const FlResult *r) {
  return of_failure(r, r->absence.connections);
}

static double peak_connections(const FlResult *r) {
  return of_failure(r, r->absence.peak_connections);
}

static double storm_requests(const FlResult *r) {
  return of_failure(r, r->absence.requests);
}

static double peak_requests(const FlResult *r) {
  return of_failure(r, r->absence.peak_requests);
}

static double by_goodbye(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_GOODBYE]);
}

static double by_end(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_END]);
}

static double by_reset(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_RESET]);
}

static double by_heartbeat(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_HEARTBEAT]);
}

static double by_kernel(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_KERNEL]);
}

static double by_system(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_SYSTEM]);
}

static double unnoticed(const FlResult *r) {
  return of_failure(r, r->absence.noticed[FL_NOTICE_NONE]);
}

/* --- of all -------------------------------------------------------------------------------------------------------- */

static double polls_wanted(const FlResult *r) {
  return r->polls_wanted_hz;
}

static double polls_made(const FlResult *r) {
  return polls(r) ? (double)r->requests / r->duration_s : NAN;
}

static double polls_empty(const FlResult *r) {
  return polls(r) && r->requests > 0 ? 100.0 * (double)r->empty_polls / (double)r->requests : NAN;
}

static double client_load(const FlResult *r) {
  return 100 * fl_result_client_load(r);
}

static double lag(const FlResult *r) {
  return percentile_ms(r->lag, 99);
}

const FlFigure fl_figures[] = {
  { "latency", "latency", "", NULL, 0, FALSE, FL_MEDIAN },
  { "latency.p50", "p50", "ms", p50, 2, TRUE, FL_ALL_WHERE_FEW },
  { "latency.p90", "p90", "ms", p90, 2, TRUE, FL_ALL_WHERE_FEW },
  { "latency.p95", "p95", "ms", p95, 2, TRUE, FL_ALL_WHERE_FEW },
  { "latency.p99", "p99", "ms", p99, 2, TRUE, FL_ALL_WHERE_FEW },
  { "latency.p999", "p99.9", "ms", p999, 2, TRUE, FL_ALL_WHERE_FEW },
  { "latency.p9999", "p99.99", "ms", p9999, 2, TRUE, FL_ALL_WHERE_FEW },
  { "latency.max", "max", "ms", most, 2, TRUE, FL_ALL_RUNS },
  { "latency.mean", "mean", "ms", mean, 2, TRUE, FL_MEDIAN },
  { "latency.stddev", "standard deviation", "ms", deviation, 2, TRUE, FL_MEDIAN },
  { "uncorrected.p50", "uncorrected p50", "ms", uncorrected_p50, 2, TRUE, FL_ALL_WHERE_FEW },
  { "uncorrected.p99", "uncorrected p99", "ms", uncorrected_p99, 2, TRUE, FL_ALL_WHERE_FEW },
  { "age.mean", "age of what is shown", "ms", age, 1, TRUE, FL_MEDIAN },
  { "bytes", "per delivered update", "", NULL, 0, FALSE, FL_MEDIAN },
  { "bytes.app.in", "bytes received", "B", app_in, 1, TRUE, FL_MEDIAN },
  { "bytes.app.out", "bytes sent", "B", app_out, 1, TRUE, FL_MEDIAN },
  { "bytes.app", "application, both ways", "B", app, 1, TRUE, FL_MEDIAN },
  { "bytes.overhead", "not the update itself", "B", overhead, 1, TRUE, FL_MEDIAN },
  { "bytes.tcp", "TCP, both ways", "B", tcp, 1, TRUE, FL_MEDIAN },
  { "bytes.ip", "IP, both ways", "B", ip, 1, TRUE, FL_MEDIAN },
  { "segments", "segments, both ways", "", segments, 2, TRUE, FL_MEDIAN },
  { "requests", "requests", "", requests, 3, TRUE, FL_MEDIAN },
  { "polls.wasted", "polls that found nothing", "", wasted, 3, TRUE, FL_MEDIAN },
  { "cpu.total", "server CPU", "µs", fl_result_cpu_us, 2, TRUE, FL_MEDIAN },
  { "cpu.user", "of it user", "µs", cpu_user, 2, FALSE, FL_MEDIAN },
  { "cpu.system", "of it system", "µs", cpu_system, 2, FALSE, FL_MEDIAN },
  { "client", "per client", "", NULL, 0, FALSE, FL_MEDIAN },
  { "memory.user", "server memory", "kB", fl_result_memory_kb, 2, TRUE, FL_MEDIAN },
  { "connect.p50", "connect p50", "ms", connect_p50, 2, TRUE, FL_ALL_WHERE_FEW },
  { "connect.p99", "connect p99", "ms", connect_p99, 2, TRUE, FL_ALL_WHERE_FEW },
  { "connect.bytes", "connect", "B", connect_bytes, 0, TRUE, FL_MEDIAN },
  { "connect.trips", "round trips to 1st update", "", round_trips, 0, TRUE, FL_MEDIAN },
  /* No costs to be compared by: they are not measured. */
  { "radio", "per client and minute, by the MODEL of an LTE phone's radio", "", NULL, 0, FALSE, FL_MEDIAN },
  { "radio.wakeups", "wake-ups", "", radio_wakeups, 2, FALSE, FL_MEDIAN },
  { "radio.on", "time on", "%", radio_on, 1, FALSE, FL_MEDIAN },
  { "radio.energy", "energy", "J", radio_energy, 2, FALSE, FL_MEDIAN },
  { "failure", "by the failure, all clients", "", NULL, 0, FALSE, FL_MEDIAN },
  { "failure.next.p50", "next update after it p50", "ms", next_p50, 0, FALSE, FL_ALL_WHERE_FEW },
  { "failure.next.p99", "next update after it p99", "ms", next_p99, 0, FALSE, FL_ALL_WHERE_FEW },
  { "failure.next.max", "next update after it max", "ms", next_max, 0, FALSE, FL_ALL_RUNS },
  { "failure.away", "clients never back", "", away, 0, FALSE, FL_MEDIAN },
  { "failure.recovered", "updates recovered", "", recovered, 0, FALSE, FL_MEDIAN },
  { "failure.missed", "updates missed", "", missed, 0, FALSE, FL_MEDIAN },
  { "failure.untold", "of them untold", "", untold, 0, FALSE, FL_MEDIAN },
  { "failure.duplicated", "updates twice", "", duplicated, 0, FALSE, FL_MEDIAN },
  { "failure.connections", "connections to come back", "", storm_connections, 0, FALSE, FL_MEDIAN },
  { "failure.connections.peak", "most in 100 ms", "", peak_connections, 0, FALSE, FL_MEDIAN },
  { "failure.requests", "requests to come back", "", storm_requests, 0, FALSE, FL_MEDIAN },
  { "failure.requests.peak", "requests, most in 100 ms", "", peak_requests, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.goodbye", "noticed by a goodbye", "", by_goodbye, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.end", "noticed by the end (FIN)", "", by_end, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.reset", "noticed by a reset", "", by_reset, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.heartbeat", "noticed by silence", "", by_heartbeat, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.kernel", "noticed by the kernel", "", by_kernel, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.system", "told by the system", "", by_system, 0, FALSE, FL_MEDIAN },
  { "failure.noticed.none", "never noticed", "", unnoticed, 0, FALSE, FL_MEDIAN },
  { "all", "in all", "", NULL, 0, FALSE, FL_MEDIAN },
  { "polls.wanted", "polls wanted", "1/s", polls_wanted, 1, FALSE, FL_MEDIAN },
  { "polls.made", "polls made", "1/s", polls_made, 1, FALSE, FL_MEDIAN },
  { "polls.empty", "empty polls", "%", polls_empty, 1, FALSE, FL_MEDIAN },
  { "bench.cpu", "bench's CPU", "%", client_load, 0, FALSE, FL_MEDIAN },
  { "bench.lag", "bench's lag p99", "ms", lag, 2, FALSE, FL_MEDIAN },
  { NULL, NULL, NULL, NULL, 0, FALSE, FL_MEDIAN },
};

gboolean fl_figure_belongs(const FlFigure *figure, const FlResult *result) {
  return result->scenario || strncmp(figure->name, "failure", strlen("failure")) != 0;
}

const FlFigure *fl_figure_find(const char *name) {
  for (const FlFigure *figure = fl_figures; figure->name; figure++)
    if (figure->value && g_str_equal(figure->name, name))
      return figure;
  return NULL;
}

const FlFigure *fl_figure_primary(void) {
  return fl_figure_find("latency.p50");
}
