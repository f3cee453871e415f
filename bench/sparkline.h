/* A row of small bars that shows how figures run in time, one character each, for a line on a terminal.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_sparkline: eight heights, by the logarithm, from the least of the `n` values to the largest; a space for what is not a
 * positive number. The scale spans at least a factor of eight, from the least upwards, so that noise makes no mountains. The
 * caller's. */
char *fl_sparkline(const double *values, guint n);
