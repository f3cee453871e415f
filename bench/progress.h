/* What is shown of runs while they go on, on stderr: where that is a terminal a line that changes, and above it a line for each
 * run that has ended; in both stands the median latency over the window, so far or in all, as small bars. Elsewhere the lines
 * alone, without bars.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/experiment.h"

/* fl_progress_for: `quiet`: nothing at all. */
FlProgress fl_progress_for(gboolean quiet);

/* fl_progress_end: nothing is left of the line that changes. */
void fl_progress_end(gboolean quiet);

/* fl_progress_line: of a run that has ended: how far all is, its transport, its p50, and bars where wanted. With its newline; the
 * caller's. */
char *fl_progress_line(double part, const FlResult *result, gboolean bars);
