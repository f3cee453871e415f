/* What all results of an invocation have in common, from its command line and its machine.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/options.h"
#include "bench/result.h"

/* fl_setting_begin: choose CPUs, the last that we may use for the server and the first for the bench (with one CPU they share
 * it), and stay on the bench's. Once a process. `command_line` is borrowed. The link is the caller's to open, before this, and to
 * put in. */
FlSetting fl_setting_begin(const FlBenchOptions *options, char *command_line);

/* fl_setting_take: the numbers of these options. */
void fl_setting_take(FlSetting *self, const FlBenchOptions *options);
