/* Quantities as people type them: durations (500ms 3s 2m 1.5h), counts (5k 2M), bytes (64k 64M 1G, powers of 1,024).
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_units_duration: nanoseconds; a bare number is seconds. fl_units_count: k and M are thousands and millions.
 * fl_units_bytes: k, M and G are powers of 1,024. fl_units_rate: per second, may be fractional, takes k and M.
 * Returns: FALSE where the text is none, is negative, or is out of range; the result is then untouched. */
gboolean fl_units_duration(const char *text, gint64 *ret_ns);
gboolean fl_units_count(const char *text, gint64 *ret_count);
gboolean fl_units_bytes(const char *text, gint64 *ret_bytes);
gboolean fl_units_rate(const char *text, double *ret_hz);
