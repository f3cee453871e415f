/* The setting. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/setting.h"

#include <math.h>
#include <sched.h>

#include "bench/endpoint.h"

static void choose_cpus(const FlBenchOptions *options, FlSetting *setting) {
  gboolean runs_already = options->url || (options->endpoints->len > 0 && !fl_endpoints_start(options->endpoints));
  cpu_set_t may, own;

  setting->server_cpu = setting->client_cpu = -1;
  if (runs_already || sched_getaffinity(0, sizeof may, &may) != 0 || CPU_COUNT(&may) < 2)
    return;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET((size_t)cpu, &may))
      continue;
    if (setting->client_cpu < 0)
      setting->client_cpu = cpu;
    setting->server_cpu = cpu;
  }
  CPU_ZERO(&own);
  CPU_SET((size_t)setting->client_cpu, &own);
  sched_setaffinity(0, sizeof own, &own);
}

void fl_setting_take(FlSetting *self, const FlBenchOptions *options) {
  gboolean publishes_itself = options->url || (options->endpoints->len > 0 && !fl_endpoints_publish(options->endpoints));

  self->rate_hz = publishes_itself ? NAN : options->rate_hz;
  self->size_bytes = options->size_bytes;
  self->poll_interval_ns = options->poll_interval_ns;
  self->warmup_ns = options->warmup_ns;
  self->seed = (guint64)options->seed;
  self->scenario = fl_scenario_name(options->scenario);
  self->outage_ns = options->outage_ns;
}

FlSetting fl_setting_begin(const FlBenchOptions *options, char *command_line) {
  FlSetting self = { .url = options->url,
                     .servers = options->servers,
                     .link_spec = options->link_spec,
                     .link_text = options->link_text,
                     .command_line = command_line };

  fl_setting_take(&self, options);
  choose_cpus(options, &self);
  return self;
}
