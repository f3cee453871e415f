/* The setting. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/setting.h"

#include <math.h>

#include "bench/endpoint.h"

static FlCpuMap map_cpus(const FlBenchOptions *options) {
  gboolean runs_already = options->url || (options->endpoints->len > 0 && !fl_endpoints_start(options->endpoints));
  FlCpus cpus = fl_cpus_allowed();

  return runs_already ? fl_cpus_leave(&cpus, 1) : fl_cpus_share(&cpus, 1);
}

void fl_setting_take(FlSetting *self, const FlBenchOptions *options) {
  gboolean publishes_itself = options->url || (options->endpoints->len > 0 && !fl_endpoints_publish(options->endpoints));

  self->rate_hz = publishes_itself ? NAN : options->rate_hz;
  self->size_bytes = options->size_bytes;
  self->poll_interval_ns = options->poll_interval_ns;
  self->warmup_ns = options->warmup_ns;
  self->seed = (guint64)options->seed;
}

FlSetting fl_setting_begin(const FlBenchOptions *options, char *command_line) {
  FlSetting self = { .url = options->url, .servers = options->servers, .command_line = command_line };

  fl_setting_take(&self, options);
  self.cpus = map_cpus(options);
  fl_cpus_pin(self.cpus.bench[0]);
  return self;
}
