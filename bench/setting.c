/* The setting. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/setting.h"

#include <math.h>

#include "bench/endpoint.h"

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

FlSetting fl_setting_begin(const FlBenchOptions *options, char *command_line) {
  FlSetting self = { .url = options->url,
                     .servers = options->servers,
                     .link_spec = options->link_spec,
                     .link_text = options->link_text,
                     .command_line = command_line };
  gboolean runs_already = options->url || (options->endpoints->len > 0 && !fl_endpoints_start(options->endpoints));
  FlCpus cpus = fl_cpus_allowed();

  self.threads_most = options->threads > 0 ? (guint)options->threads : fl_cpus_threads(&cpus);
  self.cpus = runs_already ? fl_cpus_leave(&cpus, self.threads_most) : fl_cpus_share(&cpus, self.threads_most);
  fl_cpus_pin(self.cpus.bench[0]);
  fl_setting_take(&self, options);
  return self;
}

char *fl_setting_bench_text(const FlSetting *self) {
  g_autofree char *cpus = fl_cpus_text(self->cpus.bench, MIN(self->threads, self->cpus.cores));

  if (self->cpus.bench[0] < 0)
    return self->threads > 1 ? g_strdup_printf("bench of %u threads", self->threads) : NULL;
  return self->threads > 1 ? g_strdup_printf("bench on %s (%u threads)", cpus, self->threads)
                           : g_strdup_printf("bench on %s", cpus);
}
