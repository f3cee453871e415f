/* What all results of an invocation have in common, from its command line and its machine.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/options.h"
#include "bench/result.h"

/* fl_setting_begin: open the link, where one is wanted (bench/link, or what stands in for it), share the CPUs out (bench/cpus),
 * none where the server runs already, and stay on the bench's. Once a process, and before it has threads. `command_line` is
 * borrowed. Returns: FALSE with an error where there can be no such link. fl_setting_end: close the link. */
gboolean fl_setting_begin(const FlBenchOptions *options, char *command_line, FlSetting *ret_setting, GError **error);
void fl_setting_end(FlSetting *self);

/* fl_setting_take: the numbers of these options. */
void fl_setting_take(FlSetting *self, const FlBenchOptions *options);

/* fl_setting_bench_text: how many threads the bench has and where: `bench on CPU 0`, `bench on CPUs 0-2 (3 threads)`; NULL where
 * it is one that isn't pinned. The caller's. */
char *fl_setting_bench_text(const FlSetting *self);
