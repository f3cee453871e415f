/* The table. See the header; JSON is in report_json.c.
 * SPDX-License-Identifier: MIT */
#include "bench/report.h"

#include <math.h>
#include <string.h>

#define LABEL_WIDTH 24
#define CELL_WIDTH 18 /* of which the ratio takes 8 */

/* A row: what it shows, in which unit, and how many decimals. */
typedef struct {
  const char *label;
  double (*figure)(const FlResult *result);
  int decimals;
  gboolean with_ratio;
} Row;

static double p50(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.5);
}

static double p90(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.9);
}

static double p99(const FlResult *r) {
  return fl_result_percentile_ms(r, 0.99);
}

static double most(const FlResult *r) {
  return fl_histogram_count(r->latency) > 0 ? (double)fl_histogram_max(r->latency) / 1000 : NAN;
}

static double mean(const FlResult *r) {
  return fl_histogram_count(r->latency) > 0 ? fl_histogram_mean(r->latency) / 1000 : NAN;
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

static double empty(const FlResult *r) {
  return isnan(r->polls_wanted_hz) || r->requests == 0 ? NAN : 100.0 * (double)r->empty_polls / (double)r->requests;
}

static double polls_wanted(const FlResult *r) {
  return r->polls_wanted_hz;
}

static double polls_made(const FlResult *r) {
  return isnan(r->polls_wanted_hz) ? NAN : (double)r->requests / r->duration_s;
}

static double connect_time(const FlResult *r) {
  return fl_histogram_count(r->connect) > 0 ? (double)fl_histogram_percentile(r->connect, 50) / 1000 : NAN;
}

static double connect_p99(const FlResult *r) {
  return fl_histogram_has_percentile(r->connect, 99) ? (double)fl_histogram_percentile(r->connect, 99) / 1000 : NAN;
}

static double client_load(const FlResult *r) {
  return 100 * fl_result_client_load(r);
}

/* A row without a figure is a heading. */
static const Row rows[] = {
  { "latency, ms", NULL, 0, FALSE },
  { "  p50", p50, 2, TRUE },
  { "  p90", p90, 2, TRUE },
  { "  p99", p99, 2, TRUE },
  { "  max", most, 2, TRUE },
  { "  mean", mean, 2, TRUE },
  { "per delivered update", NULL, 0, FALSE },
  { "  bytes received", bytes_in, 1, TRUE },
  { "  bytes sent", bytes_out, 1, TRUE },
  { "  requests", requests, 3, TRUE },
  { "  server CPU, µs", fl_result_cpu_us, 2, TRUE },
  { "per client", NULL, 0, FALSE },
  { "  server memory, kB", fl_result_memory_kb, 2, TRUE },
  { "  connect p50, ms", connect_time, 2, TRUE },
  { "  connect p99, ms", connect_p99, 2, TRUE },
  { "in all", NULL, 0, FALSE },
  { "  polls wanted, 1/s", polls_wanted, 1, FALSE },
  { "  polls made, 1/s", polls_made, 1, FALSE },
  { "  empty polls, %", empty, 1, FALSE },
  { "  bench's CPU, %", client_load, 0, FALSE },
};

static char *with_thousands(double value, int decimals) {
  g_autofree char *plain = g_strdup_printf("%.*f", decimals, value);
  gsize whole = strcspn(plain, ".");
  GString *out = g_string_new(NULL);

  for (gsize i = 0; plain[i]; i++) {
    if (i > 0 && i < whole && (whole - i) % 3 == 0 && plain[i - 1] != '-')
      g_string_append_c(out, ',');
    g_string_append_c(out, plain[i]);
  }
  return g_string_free(out, FALSE);
}

static char *ratio_text(double ratio) {
  if (!isfinite(ratio))
    return g_strdup("");
  g_autofree char *number = with_thousands(ratio, ratio < 10 ? 2 : ratio < 100 ? 1 : 0);
  return g_strconcat("×", number, NULL);
}

static void pad(GString *out, const char *text, int width, gboolean right) {
  int room = width - (int)g_utf8_strlen(text, -1);

  if (right)
    g_string_append_printf(out, "%*s%s", MAX(room, 0), "", text);
  else
    g_string_append_printf(out, "%s%*s", text, MAX(room, 0), "");
}

static const FlResult *find_baseline(const FlResult *results, guint n) {
  for (guint i = 0; i < n; i++)
    if (g_str_equal(results[i].name, "ws"))
      return &results[i];
  return NULL;
}

static void append_row(GString *out, const Row *row, const FlResult *results, guint n, const FlResult *baseline) {
  gboolean any = FALSE;

  for (guint i = 0; i < n && row->figure; i++)
    any = any || isfinite(row->figure(&results[i]));
  if (row->figure && !any)
    return;
  gsize begin = out->len;
  pad(out, row->label, LABEL_WIDTH, FALSE);
  for (guint i = 0; i < n && row->figure; i++) {
    double value = row->figure(&results[i]);
    g_autofree char *number = isfinite(value) ? with_thousands(value, row->decimals) : g_strdup("–");
    gboolean compare = row->with_ratio && baseline && baseline != &results[i];
    g_autofree char *ratio = ratio_text(compare ? value / row->figure(baseline) : NAN);
    pad(out, number, CELL_WIDTH - 8, TRUE);
    g_string_append_c(out, ' ');
    pad(out, ratio, 7, FALSE);
  }
  while (out->len > begin && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
  g_string_append_c(out, '\n');
}

/* --- what comes before the figures ---------------------------------------------------------------------------------- */

static void append_setting(GString *out, const FlResult *results, const FlSetting *setting) {
  g_autofree char *clients = with_thousands(results[0].clients, 0);

  g_string_append_printf(out, "feedlab %s   %s subscriber%s", FL_VERSION, clients, results[0].clients == 1 ? "" : "s");
  if (isfinite(setting->rate_hz))
    g_string_append_printf(out, " · %g updates/s · %" G_GINT64_FORMAT " B of data", setting->rate_hz,
                           setting->size_bytes);
  g_string_append_printf(out, " · %g s after %g s of warm-up", results[0].duration_s, (double)setting->warmup_ns / 1e9);
  g_string_append_printf(out, " · a poll every %g s · seed %" G_GUINT64_FORMAT "\n",
                         (double)setting->poll_interval_ns / 1e9, setting->seed);
  if (setting->url)
    g_string_append_printf(out, "server at %s: its CPU and memory are not measured\n", setting->url);
  else if (setting->server_cpu >= 0)
    g_string_append_printf(out, "loopback: MTU 65536, no loss, the sender pays for the receiver's half of TCP · "
                                "server on CPU %d, bench on CPU %d\n",
                           setting->server_cpu, setting->client_cpu);
  else
    g_string_append(out, "loopback: MTU 65536, no loss · server and bench SHARE one CPU: latencies are upper bounds\n");
}

static void append_check(GString *out, gboolean good, const char *text) {
  g_string_append_printf(out, "  %s %s\n", good ? "✓" : "✗", text);
}

static void append_integrity(GString *out, const FlResult *r) {
  const FlIntegrity *check = &r->integrity;
  gboolean good = check->delivered > 0 && check->lost + check->duplicated + check->reordered + check->negative == 0;
  g_autofree char *delivered = with_thousands((double)check->delivered, 0);
  g_autofree char *text =
      good ? g_strdup_printf("%-8s every update once and in order: %s delivered", r->name, delivered)
           : g_strdup_printf("%-8s %s delivered, %" G_GUINT64_FORMAT " lost, %" G_GUINT64_FORMAT
                             " duplicated, %" G_GUINT64_FORMAT " reordered, %" G_GUINT64_FORMAT " before their time",
                             r->name, delivered, check->lost, check->duplicated, check->reordered, check->negative);
  append_check(out, good, text);
}

static void append_warnings(GString *out, const FlResult *r) {
  double load = fl_result_client_load(r);

  if (r->connect_failures > 0) {
    g_autofree char *text =
        g_strdup_printf("%-8s %" G_GUINT64_FORMAT " connections failed", r->name, r->connect_failures);
    append_check(out, FALSE, text);
  }
  if (r->missed_deadlines > 0) {
    g_autofree char *text = g_strdup_printf("%-8s the publisher met %" G_GUINT64_FORMAT " deadlines too late",
                                            r->name, r->missed_deadlines);
    append_check(out, FALSE, text);
  }
  if (ABS(r->clock_step_ns) > 1000000) {
    g_autofree char *text = g_strdup_printf("%-8s the system clock was set by %.1f ms: the latencies are wrong", r->name,
                                            (double)r->clock_step_ns / 1e6);
    append_check(out, FALSE, text);
  }
  if (load > FL_RESULT_SATURATED) {
    g_autofree char *text = g_strdup_printf("%-8s SATURATED: the bench used %.0f %% of its CPU, this ranks nothing",
                                            r->name, 100 * load);
    append_check(out, FALSE, text);
  }
}

char *fl_report_table(const FlResult *results, guint n, const FlSetting *setting) {
  GString *out = g_string_new(NULL);
  const FlResult *baseline = find_baseline(results, n);

  append_setting(out, results, setting);
  g_string_append_c(out, '\n');
  for (guint i = 0; i < n; i++) {
    append_integrity(out, &results[i]);
    append_warnings(out, &results[i]);
  }
  g_string_append_c(out, '\n');
  pad(out, baseline ? "× of ws" : "", LABEL_WIDTH, FALSE);
  for (guint i = 0; i < n; i++) {
    pad(out, results[i].name, CELL_WIDTH - 8, TRUE);
    if (i + 1 < n)
      g_string_append(out, "        ");
  }
  g_string_append_c(out, '\n');
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    append_row(out, &rows[i], results, n, baseline);
  g_string_append(out, "\nLatency runs from an update's scheduled time to its arrival at the subscriber. – : not measured, "
                       "or too few\nsamples for that percentile.\n");
  return g_string_free(out, FALSE);
}
