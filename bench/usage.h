/* What a process has used, read from outside: CPU on a nanosecond clock, memory as its proportional share (PSS), libraries.
 * CPU and memory are of the process and of all its descendants (nginx's workers); what ends between two readings takes its
 * share along.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <time.h>

/* fl_usage_cpu_ns: user and system CPU time of a process so far, all its threads, by clock_getcpuclockid.
 * Returns: nanoseconds, -1 where the first process is gone. */
gint64 fl_usage_cpu_ns(pid_t pid);

/* fl_usage_ticks: a process's CPU time so far in clock ticks (10 ms): user and system. FALSE where there is no such process.
 * The ticks tell the proportion, the nanoseconds of fl_usage_cpu_ns the sum. */
gboolean fl_usage_ticks(pid_t pid, guint64 *ret_user, guint64 *ret_system);

/* fl_usage_own_cpu_ns: the same of this process. */
gint64 fl_usage_own_cpu_ns(void);

/* fl_usage_thread_clock: of the calling thread's CPU time, user and system; fl_usage_thread_cpu_ns: that time so far, read by
 * any thread of this process while that one is there. */
clockid_t fl_usage_thread_clock(void);
gint64 fl_usage_thread_cpu_ns(clockid_t clock);

/* fl_usage_pss_bytes: user memory of a process by /proc/PID/smaps_rollup. Returns: -1 where it can't be read. */
gint64 fl_usage_pss_bytes(pid_t pid);

/* fl_usage_library: the file of the shared library that a process has mapped whose name begins with `name`, without its
 * folder and with links followed: libwslay.so.1.1.0. Returns: NULL where there is none; the caller's. */
char *fl_usage_library(pid_t pid, const char *name);
