/* The one place that time comes from. Schedules run on CLOCK_MONOTONIC; what goes on the wire is Unix time, made
 * from a monotonic deadline and the offset between the two clocks at that moment.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Differences of the offset above this are a step of the system clock (nanoseconds). */
#define FL_CLOCK_STEP_NS (1000 * 1000)

/* fl_clock_now_ns: CLOCK_MONOTONIC in nanoseconds. */
gint64 fl_clock_now_ns(void);

/* fl_clock_offset_ns: CLOCK_REALTIME minus CLOCK_MONOTONIC in nanoseconds, read now. The monotonic clock is read
 * before and after the other, and the reading with the least distance between the two of three is taken. */
gint64 fl_clock_offset_ns(void);

/* fl_clock_unix_us: the Unix time in microseconds of a moment of the monotonic clock, for an offset as read above. */
gint64 fl_clock_unix_us(gint64 monotonic_ns, gint64 offset_ns);
