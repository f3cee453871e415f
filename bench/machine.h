/* What this machine is like, as far as it matters to measurements: read from the kernel, and watched for a second.
 * Plain values; what could not be read is -1, NAN or NULL. bench/doctor judges them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/cpus.h"
#include "bench/histogram.h"

typedef struct {
  gint64 files;                 /* that a process may open: the hard limit, which the bench takes */
  gint64 port_first, port_last; /* for connecting */
  gint64 accept_queue;          /* net.core.somaxconn */
  gint64 syn_queue;             /* net.ipv4.tcp_max_syn_backlog */
  gint64 memory_bytes;          /* available */
} FlMachineLimits;

typedef struct {
  FlCpus allowed;
  gint64 online;
  char *governor; /* of the frequency; NULL: the kernel has no control of it */
  gint64 turbo;   /* 1: allowed */
  gboolean is_virtual;
  double steal;  /* share of the second that the host took away */
  double others; /* CPUs that other programs used in it */
  double load;   /* the average of a minute */
} FlMachineCpus;

typedef struct {
  char *source;        /* of the clock */
  double read_ns;      /* what reading it costs */
  gint64 timer_p50_ns; /* by how much timers were late … */
  gint64 timer_p99_ns;
  gint64 timer_slack_ns;   /* … of which this is on purpose, in poll() and sleep */
  double drift_us;         /* of the system clock against the monotonic one, in the second */
  gboolean is_disciplined; /* NTP or the like holds the system clock */
} FlMachineClocks;

typedef struct {
  gint64 autocorking;
  char *receive, *send; /* net.ipv4.tcp_rmem, tcp_wmem: least, default, most */
  char *congestion;
} FlMachineTcp;

/* What emulating a link takes (METHOD, section 4). */
typedef struct {
  gboolean namespaces; /* user and network, for a program without rights */
  gboolean tun;        /* a TUN device can be made in one */
  char *obstacle;      /* why not */
} FlMachineLink;

typedef struct {
  char *kernel;
  FlMachineLimits limits;
  FlMachineCpus cpus;
  FlMachineClocks clocks;
  FlMachineTcp tcp;
  FlMachineLink link;
} FlMachine;

/* fl_machine_link_read: tries it, in a child. `obstacle` is the caller's. */
FlMachineLink fl_machine_link_read(void);

/* fl_machine_read: takes about a second. The caller's. */
FlMachine *fl_machine_read(void);
void fl_machine_free(FlMachine *self);

/* fl_machine_timer_lateness: let a timer go off every millisecond for so long, and record by how many nanoseconds late
 * it comes to be known, as the bench would know it (timerfd and epoll). The caller's. */
FlHistogram *fl_machine_timer_lateness(gint64 duration_ns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlMachine, fl_machine_free)
