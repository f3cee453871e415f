/* The manifest. See the header. What the build knows (commit, compiler, flags) is in build_info.h, which make writes.
 * SPDX-License-Identifier: MIT */
#include "bench/manifest.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/usage.h"

static json_t *text(const char *value) {
  return value && *value ? json_string(value) : json_null();
}

/* The first line of a file, or what follows `: ` on its first line that begins with `key`. */
static json_t *line_of(const char *path, const char *key) {
  g_autofree char *content = NULL;

  if (!g_file_get_contents(path, &content, NULL, NULL))
    return json_null();
  g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (!key)
      return json_string(g_strdelimit(g_strstrip(*line), "\t", ' '));
    const char *colon = g_str_has_prefix(*line, key) ? strchr(*line, ':') : NULL;
    if (colon)
      return json_string(colon + 1 + strspn(colon + 1, " "));
  }
  return json_null();
}

static json_t *build(void) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o}", "commit", text(FL_BUILD_COMMIT), "compiler", text(FL_BUILD_COMPILER),
                   "flags", text(FL_BUILD_FLAGS), "libmicrohttpd", text(FL_BUILD_LIBMICROHTTPD), "wslay",
                   text(FL_BUILD_WSLAY));
}

/* As they run. wslay tells its version nowhere (its header has another one), libmicrohttpd in the server's process only: so
 * their files stand for them here. */
static json_t *libraries(const FlResult *results, guint n) {
  g_autofree char *wslay = fl_usage_library(getpid(), "libwslay.so");
  const char *httpd = NULL;

  for (guint i = 0; i < n && !httpd; i++)
    httpd = results[i].server_library;
  return json_pack("{s:o, s:o, s:o, s:o}", "glib",
                   json_sprintf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version), "jansson",
                   json_string(jansson_version_str()), "wslay", text(wslay), "server_libmicrohttpd", text(httpd));
}

static json_t *machine(void) {
  struct utsname host;

  uname(&host);
  return json_pack("{s:o, s:o, s:i}", "kernel", json_sprintf("%s %s %s", host.sysname, host.release, host.machine),
                   "cpu_model", line_of("/proc/cpuinfo", "model name"), "cpus", (int)g_get_num_processors());
}

static json_t *sysctls(void) {
  static const char *const names[] = { "net.core.somaxconn",
                                       "net.core.rmem_max",
                                       "net.core.wmem_max",
                                       "net.ipv4.tcp_rmem",
                                       "net.ipv4.tcp_wmem",
                                       "net.ipv4.tcp_max_syn_backlog",
                                       "net.ipv4.tcp_congestion_control",
                                       "net.ipv4.ip_local_port_range" };
  json_t *all = json_object();

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *name = g_strdelimit(g_strdup(names[i]), ".", '/');
    g_autofree char *path = g_strconcat("/proc/sys/", name, NULL);
    json_object_set_new(all, names[i], line_of(path, NULL));
  }
  return all;
}

static json_t *cpu(int index) {
  return index < 0 ? json_null() : json_integer(index);
}

static json_t *bench_cpus(const FlSetting *setting) {
  if (setting->cpus.bench[0] < 0)
    return json_null();
  json_t *all = json_array();
  for (guint i = 0; i < MIN(setting->threads, setting->cpus.cores); i++)
    json_array_append_new(all, json_integer(setting->cpus.bench[i]));
  return all;
}

static json_t *seconds_unless(gboolean is_null, gint64 ns) {
  return is_null ? json_null() : json_real((double)ns / 1e9);
}

static json_t *radio(const FlRadioModel *model) {
  g_autofree char *all = fl_radio_text(model);
  return json_string(all);
}

static json_t *setting_json(const FlSetting *setting) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:I, s:o, s:o, s:o, s:i, s:o, s:s, s:o, s:o}", "rate_per_s",
                   isfinite(setting->rate_hz) ? json_real(setting->rate_hz) : json_null(), "size_bytes",
                   setting->url ? json_null() : json_integer(setting->size_bytes), "poll_interval_s",
                   seconds_unless(setting->poll_pause_ns > 0, setting->poll_interval_ns), "poll_pause_s",
                   seconds_unless(setting->poll_pause_ns == 0, setting->poll_pause_ns), "header_bytes",
                   setting->header_bytes > 0 ? json_integer(setting->header_bytes) : json_null(), "radio_model",
                   radio(&setting->radio), "warmup_s", (double)setting->warmup_ns / 1e9, "seed", (json_int_t)setting->seed,
                   "url", text(setting->url), "server_cpu", cpu(setting->cpus.server), "bench_cpu",
                   cpu(setting->cpus.bench[0]), "bench_threads", (int)setting->threads, "bench_cpus", bench_cpus(setting),
                   "link", setting->link_text ? setting->link_text : setting->url ? "unknown" : "loopback",
                   "scenario", text(setting->scenario), "outage_s", seconds_unless(!setting->scenario, setting->outage_ns));
}

json_t *fl_manifest_json(const FlResult *results, guint n, const FlSetting *setting) {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *date = g_date_time_format_iso8601(now);

  return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "feedlab", FL_VERSION, "date", date, "command_line",
                   setting->command_line, "build", build(), "libraries", libraries(results, n), "machine", machine(),
                   "sysctls", sysctls(), "setting", setting_json(setting));
}
