/* Results as JSON, with the manifest that tells where they come from. Field names are the table's; units are in them.
 * SPDX-License-Identifier: MIT */
#include <gio/gio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench/report.h"

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(guint64 value) {
  return json_integer((json_int_t)value);
}

/* The first line of a file, or what follows `: ` on its first line that begins with `key`. */
static json_t *line_of(const char *path, const char *key) {
  g_autofree char *text = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL))
    return json_null();
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (!key)
      return json_string(g_strstrip(*line));
    const char *colon = g_str_has_prefix(*line, key) ? strchr(*line, ':') : NULL;
    if (colon)
      return json_string(colon + 1 + strspn(colon + 1, " "));
  }
  return json_null();
}

static json_t *manifest(const FlSetting *setting) {
  struct utsname host;
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *time = g_date_time_format_iso8601(now);
  json_t *all = json_object();

  uname(&host);
  json_object_set_new(all, "feedlab", json_string(FL_VERSION));
  json_object_set_new(all, "time", json_string(time));
  json_object_set_new(all, "command_line", json_string(setting->command_line));
  json_object_set_new(all, "glib", json_sprintf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version));
  json_object_set_new(all, "jansson", json_string(jansson_version_str()));
  json_object_set_new(all, "kernel", json_sprintf("%s %s %s", host.sysname, host.release, host.machine));
  json_object_set_new(all, "cpu", line_of("/proc/cpuinfo", "model name"));
  json_object_set_new(all, "cpus", json_integer(g_get_num_processors()));
  json_object_set_new(all, "server_cpu", json_integer(setting->server_cpu));
  json_object_set_new(all, "client_cpu", json_integer(setting->client_cpu));
  json_object_set_new(all, "url", setting->url ? json_string(setting->url) : json_null());
  json_object_set_new(all, "link", json_string(setting->url ? "unknown" : "loopback"));
  json_object_set_new(all, "seed", count(setting->seed));
  json_object_set_new(all, "tcp_rmem", line_of("/proc/sys/net/ipv4/tcp_rmem", NULL));
  json_object_set_new(all, "tcp_wmem", line_of("/proc/sys/net/ipv4/tcp_wmem", NULL));
  json_object_set_new(all, "tcp_congestion_control", line_of("/proc/sys/net/ipv4/tcp_congestion_control", NULL));
  return all;
}

static json_t *latency(const FlResult *r) {
  gboolean any = fl_histogram_count(r->latency) > 0;
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "samples", count(fl_histogram_count(r->latency)), "p50",
                   number(fl_result_percentile_ms(r, 0.5)), "p90", number(fl_result_percentile_ms(r, 0.9)), "p99",
                   number(fl_result_percentile_ms(r, 0.99)), "p999", number(fl_result_percentile_ms(r, 0.999)), "max",
                   number(any ? (double)fl_histogram_max(r->latency) / 1000 : NAN), "mean",
                   number(any ? fl_histogram_mean(r->latency) / 1000 : NAN), "stddev",
                   number(any ? fl_histogram_stddev(r->latency) / 1000 : NAN));
}

static json_t *integrity(const FlIntegrity *check) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "expected", count(check->expected), "delivered",
                   count(check->delivered), "lost", count(check->lost), "duplicated", count(check->duplicated),
                   "reordered", count(check->reordered), "negative", count(check->negative));
}

static json_t *result(const FlResult *r) {
  json_t *all = json_object();
  gboolean connected = fl_histogram_count(r->connect) > 0;

  json_object_set_new(all, "transport", json_string(r->name));
  json_object_set_new(all, "clients", count(r->clients));
  json_object_set_new(all, "duration_s", number(r->duration_s));
  json_object_set_new(all, "integrity", integrity(&r->integrity));
  json_object_set_new(all, "latency_ms", latency(r));
  json_object_set_new(all, "bytes_received", count(r->bytes_in));
  json_object_set_new(all, "bytes_sent", count(r->bytes_out));
  json_object_set_new(all, "bytes_received_per_update", number(fl_result_per_update(r, (double)r->bytes_in)));
  json_object_set_new(all, "bytes_sent_per_update", number(fl_result_per_update(r, (double)r->bytes_out)));
  json_object_set_new(all, "requests", count(r->requests));
  json_object_set_new(all, "requests_per_update", number(fl_result_per_update(r, (double)r->requests)));
  json_object_set_new(all, "empty_polls", count(r->empty_polls));
  json_object_set_new(all, "polls_wanted_per_s", number(r->polls_wanted_hz));
  json_object_set_new(all, "server_cpu_us_per_update", number(fl_result_cpu_us(r)));
  json_object_set_new(all, "server_memory_kb_per_client", number(fl_result_memory_kb(r)));
  json_object_set_new(all, "connect_ms_p50",
                      number(connected ? (double)fl_histogram_percentile(r->connect, 50) / 1000 : NAN));
  json_object_set_new(all, "connect_failures", count(r->connect_failures));
  json_object_set_new(all, "client_cpu_load", number(fl_result_client_load(r)));
  json_object_set_new(all, "missed_deadlines", count(r->missed_deadlines));
  json_object_set_new(all, "clock_step_ms", number((double)r->clock_step_ns / 1e6));
  return all;
}

gboolean fl_report_write_json(const FlResult *results, guint n, const FlSetting *setting, const char *path,
                              GError **error) {
  json_t *list = json_array();
  for (guint i = 0; i < n; i++)
    json_array_append_new(list, result(&results[i]));
  json_t *all = json_pack("{s:o, s:{s:o, s:I, s:o, s:o}, s:o}", "manifest", manifest(setting), "setting",
                          "rate_per_s", number(setting->rate_hz), "size_bytes", (json_int_t)setting->size_bytes,
                          "poll_interval_s", number((double)setting->poll_interval_ns / 1e9), "warmup_s",
                          number((double)setting->warmup_ns / 1e9), "results", list);
  char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
  json_decref(all);
  g_autoptr(GString) line = g_string_new(text);
  g_string_append_c(line, '\n');
  free(text);
  return g_file_set_contents(path, line->str, (gssize)line->len, error);
}
