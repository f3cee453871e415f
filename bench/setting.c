/* The setting. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/setting.h"

#include <gio/gio.h>
#include <math.h>

#include "bench/endpoint.h"
#include "bench/machine.h"

void fl_setting_take(FlSetting *self, const FlBenchOptions *options) {
  gboolean publishes_itself = options->url || (options->endpoints->len > 0 && !fl_endpoints_publish(options->endpoints));

  self->rate_hz = publishes_itself ? NAN : options->rate_hz;
  self->size_bytes = options->size_bytes;
  self->poll_interval_ns = options->poll_interval_ns;
  self->poll_pause_ns = options->poll_pause_ns;
  self->radio = options->radio;
  self->header_bytes = options->header_bytes;
  self->warmup_ns = options->warmup_ns;
  self->seed = (guint64)options->seed;
  self->threads = MIN(self->threads_most, (guint)options->clients);
  self->scenario = fl_scenario_name(options->scenario);
  self->outage_ns = options->outage_ns;
}

/* Whether streams stand in for packets. */
static gboolean relays_streams(const FlBenchOptions *options) {
  if (!options->link || options->link_level)
    return g_strcmp0(options->link_level, "stream") == 0;
  FlMachineLink machine = fl_machine_link_read();
  if (!machine.tun)
    g_printerr("feedlab-bench: no link by the packet here, %s: a relay of streams stands in for it\n", machine.obstacle);
  g_free(machine.obstacle);
  return !machine.tun;
}

/* It comes first: there must be no thread yet, and its emulator may use any CPU. */
static gboolean begin_link(FlSetting *self, const FlBenchOptions *options, GError **error) {
  self->link_spec = options->link_spec;
  self->link_text = options->link_text;
  self->link_streams = relays_streams(options);
  if (!self->link_streams) {
    self->link = options->link ? fl_link_open(error) : NULL;
    return !options->link || self->link;
  }
  self->link_text = options->link_stream_text;
  if (options->scenario == FL_SCENARIO_NONE)
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--scenario: it needs a link by the packet, or none");
  return FALSE;
}

gboolean fl_setting_begin(const FlBenchOptions *options, char *command_line, FlSetting *ret_setting, GError **error) {
  FlSetting self = { .url = options->url, .servers = options->servers, .command_line = command_line };
  gboolean runs_already = options->url || (options->endpoints->len > 0 && !fl_endpoints_start(options->endpoints));

  if (!begin_link(&self, options, error))
    return FALSE;
  FlCpus cpus = fl_cpus_allowed();
  self.threads_most = options->threads > 0 ? (guint)options->threads : fl_cpus_threads(&cpus);
  self.cpus = runs_already ? fl_cpus_leave(&cpus, self.threads_most) : fl_cpus_share(&cpus, self.threads_most);
  fl_cpus_pin(self.cpus.bench[0]);
  fl_setting_take(&self, options);
  *ret_setting = self;
  return TRUE;
}

void fl_setting_end(FlSetting *self) {
  g_clear_pointer(&self->link, fl_link_close);
}

char *fl_setting_bench_text(const FlSetting *self) {
  g_autofree char *cpus = fl_cpus_text(self->cpus.bench, MIN(self->threads, self->cpus.cores));

  if (self->cpus.bench[0] < 0)
    return self->threads > 1 ? g_strdup_printf("bench of %u threads", self->threads) : NULL;
  return self->threads > 1 ? g_strdup_printf("bench on %s (%u threads)", cpus, self->threads)
                           : g_strdup_printf("bench on %s", cpus);
}
