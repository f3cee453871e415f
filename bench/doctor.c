/* Judging a machine. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/doctor.h"

#include <math.h>
#include <stdio.h>

#include "core/clock.h"

#define FILES_BESIDES 64  /* that a process needs besides its connections */
#define PER_ADDRESS 20000 /* connections from one source address (bench/load) */
#define PENDING_MOST 256  /* that are being established at a time (bench/load) */
#define MEGABYTE (1024.0 * 1024.0)

static FlFinding *finding(const char *name, FlHealth health, char *found, char *means, const char *mend) {
  FlFinding *self = g_new(FlFinding, 1);
  *self = (FlFinding){ name, health, found, means, health == FL_HEALTH_GOOD ? NULL : mend };
  return self;
}

/* The worse of two thresholds that a figure is beyond; a figure that is not known is fair. */
static FlHealth above(double value, double fair, double bad) {
  return value > bad ? FL_HEALTH_BAD : value > fair || isnan(value) ? FL_HEALTH_FAIR : FL_HEALTH_GOOD;
}

static char *text(const char *format, ...) G_GNUC_PRINTF(1, 2);
static char *text(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *result = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return result;
}

/* --- limits -------------------------------------------------------------------------------------------------------- */

static FlFinding *judge_files(const FlMachine *machine) {
  gint64 clients = MAX(machine->limits.files - FILES_BESIDES, 0);
  FlHealth health = clients >= 20000 ? FL_HEALTH_GOOD : clients >= 400 ? FL_HEALTH_FAIR : FL_HEALTH_BAD;

  return finding("files", health, text("%" G_GINT64_FORMAT " open files a process", machine->limits.files),
                 clients >= 20000 ? text("20,000 clients and more")
                                  : text("at most %" G_GINT64_FORMAT " clients (10,000: %s; 20,000: no)", clients,
                                         clients >= 10000 ? "yes" : "no"),
                 "sudo prlimit --pid $$ --nofile=1048576:1048576");
}

static FlFinding *judge_ports(const FlMachine *machine) {
  gint64 ports = machine->limits.port_last - machine->limits.port_first + 1;
  gboolean known = machine->limits.port_first > 0;
  gboolean enough = known && ports >= PER_ADDRESS;

  return finding("ports", enough ? FL_HEALTH_GOOD : FL_HEALTH_FAIR,
                 known ? text("%" G_GINT64_FORMAT " ports a source address", ports)
                       : text("the range of ports is not known"),
                 enough ? text("the bench takes another 127.0.0.x every 20,000 connections")
                        : text("runs with more clients than that fail"),
                 "sudo sysctl -w net.ipv4.ip_local_port_range='32768 60999'");
}

static FlFinding *judge_queues(const FlMachine *machine) {
  const FlMachineLimits *limits = &machine->limits;
  gboolean enough = MIN(limits->accept_queue, limits->syn_queue) >= PENDING_MOST;

  return finding(
      "queues", enough ? FL_HEALTH_GOOD : FL_HEALTH_FAIR,
      text("somaxconn %" G_GINT64_FORMAT ", tcp_max_syn_backlog %" G_GINT64_FORMAT, limits->accept_queue,
           limits->syn_queue),
      enough ? text("more than the %d connections that are begun at a time", PENDING_MOST)
             : text("less than the %d connections that are begun at a time: some take a second longer", PENDING_MOST),
      "sudo sysctl -w net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096");
}

static FlFinding *judge_memory(const FlMachine *machine) {
  double megabytes = (double)machine->limits.memory_bytes / MEGABYTE;
  FlHealth health = megabytes >= 1024 ? FL_HEALTH_GOOD : megabytes >= 256 ? FL_HEALTH_FAIR : FL_HEALTH_BAD;

  return finding("memory", health, text("%.0f MB available", megabytes),
                 health == FL_HEALTH_GOOD ? text("20,000 clients take about 400, most of it in the kernel")
                                          : text("too little for 20,000 clients (about 400, most of it in the kernel)"),
                 "ps -e -o rss,pid,args --sort=-rss | head");
}

/* --- CPUs ---------------------------------------------------------------------------------------------------------- */

static FlFinding *judge_cpus(const FlMachine *machine) {
  const FlMachineCpus *cpus = &machine->cpus;
  gboolean enough = cpus->allowed.count >= 2;
  FlCpuMap map = fl_cpus_share(&cpus->allowed, fl_cpus_threads(&cpus->allowed));
  g_autofree char *clients = fl_cpus_text(map.bench, map.cores);

  return finding("cpus", enough ? FL_HEALTH_GOOD : FL_HEALTH_BAD,
                 text("%u of %" G_GINT64_FORMAT " may be used", cpus->allowed.count, cpus->online),
                 enough ? text("the server gets CPU %d, the clients %s", map.server, clients)
                        : text("server and clients take turns, and wait for each other"),
                 cpus->online >= 2 ? "taskset -c 0,1 feedlab-bench run" : NULL);
}

static FlFinding *judge_frequency(const FlMachine *machine) {
  const FlMachineCpus *cpus = &machine->cpus;

  if (!cpus->governor)
    return finding("frequency", FL_HEALTH_FAIR,
                   text("no cpufreq%s", cpus->is_virtual ? ": a virtual machine" : " in this kernel"),
                   text("the frequency can't be seen or held: compare within blocks, not between days"), NULL);
  gboolean steady = g_str_equal(cpus->governor, "performance") && cpus->turbo != 1;
  return finding("frequency", steady ? FL_HEALTH_GOOD : FL_HEALTH_FAIR,
                 text("governor %s, turbo %s", cpus->governor,
                      cpus->turbo < 0 ? "not known"
                      : cpus->turbo   ? "on"
                                      : "off"),
                 steady ? text("CPU per update compares between runs")
                        : text("the frequency changes with the load and the heat: so does CPU per update"),
                 "sudo cpupower frequency-set -g performance; echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
}

static FlFinding *judge_steal(const FlMachine *machine) {
  FlHealth health = above(machine->cpus.steal, 0.005, 0.05);

  return finding("steal", health, text("%.1f %% of a second", 100 * machine->cpus.steal),
                 health == FL_HEALTH_GOOD ? text("the host leaves the CPUs alone")
                                          : text("the host gives the CPUs to others: the tail of latencies is theirs"),
                 NULL);
}

static FlFinding *judge_others(const FlMachine *machine) {
  const FlMachineCpus *cpus = &machine->cpus;
  FlHealth health = MAX(above(cpus->others, 0.1, 1), above(cpus->load, 0.5, (double)MAX(cpus->online, 1)));

  return finding("others", health, text("other programs use %.2f CPUs, load average %.2f", cpus->others, cpus->load),
                 health == FL_HEALTH_GOOD
                     ? text("a quiet machine")
                     : text("what is measured waits for them: latencies and CPU are not the server's alone"),
                 "ps -e -o pcpu,pid,args --sort=-pcpu | head");
}

/* --- clocks -------------------------------------------------------------------------------------------------------- */

static FlFinding *judge_clocksource(const FlMachine *machine) {
  const FlMachineClocks *clocks = &machine->clocks;
  FlHealth health = above(clocks->read_ns, 150, 2000);

  return finding("clocksource", health,
                 text("%s, %.0f ns a reading", clocks->source ? clocks->source : "not known", clocks->read_ns),
                 health == FL_HEALTH_GOOD ? text("read in the process, without the kernel")
                                          : text("every reading is a system call: the client needs more CPU"),
                 "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
}

static FlFinding *judge_timers(const FlMachine *machine) {
  const FlMachineClocks *clocks = &machine->clocks;
  double p99_ms = (double)clocks->timer_p99_ns / 1e6;
  FlHealth health = above(p99_ms, 1, 20);

  return finding("timers", health,
                 text("late by p50 %.3f ms, p99 %.3f ms (slack %.3f ms)", (double)clocks->timer_p50_ns / 1e6, p99_ms,
                      (double)clocks->timer_slack_ns / 1e6),
                 text("latencies below that are the machine's, not a transport's"),
                 "ps -e -o pcpu,pid,args --sort=-pcpu | head");
}

static FlFinding *judge_drift(const FlMachine *machine) {
  const FlMachineClocks *clocks = &machine->clocks;
  FlHealth health = above(fabs(clocks->drift_us), 100, FL_CLOCK_STEP_NS / 1e3);

  return finding("drift", health,
                 text("the system clock moved %+.1f µs in a second, %s", clocks->drift_us,
                      clocks->is_disciplined ? "disciplined" : "not disciplined by NTP"),
                 health == FL_HEALTH_BAD ? text("a run in which it moves by over 1 ms is invalid")
                                         : text("far from the 1 ms that makes a run invalid%s",
                                                clocks->is_disciplined ? "" : "; between two hosts it says nothing"),
                 "chronyc tracking || timedatectl timesync-status");
}

/* --- the kernel ---------------------------------------------------------------------------------------------------- */

static FlFinding *judge_kernel(const FlMachine *machine) {
  guint major = 0, minor = 0;
  gboolean known = machine->kernel && sscanf(machine->kernel, "%u.%u", &major, &minor) == 2;
  gboolean enough = known && (major > 5 || (major == 5 && minor >= 4));

  return finding("kernel", enough ? FL_HEALTH_GOOD : FL_HEALTH_FAIR,
                 text("Linux %s", machine->kernel ? machine->kernel : "?"),
                 enough ? text("tells all that is counted (TCP_INFO)")
                        : text("before 5.4 some of what is counted may be missing: bytes and segments by TCP_INFO"),
                 NULL);
}

/* BBR sends by a timer of its own, at the rate that it has measured; the others as soon as the window lets them. */
static FlFinding *judge_tcp(const FlMachine *machine) {
  const FlMachineTcp *tcp = &machine->tcp;
  gboolean known = tcp->receive && tcp->send && tcp->congestion;
  gboolean paces = known && g_str_has_prefix(tcp->congestion, "bbr");

  return finding("tcp", known && !paces ? FL_HEALTH_GOOD : FL_HEALTH_FAIR,
                 text("%s, autocorking %s, rmem %s, wmem %s", known ? tcp->congestion : "not known",
                      tcp->autocorking < 0 ? "not known"
                      : tcp->autocorking   ? "on"
                                           : "off",
                      known ? tcp->receive : "not known", known ? tcp->send : "not known"),
                 paces ? text("BBR paces what is sent: bursts take longer than with cubic, which most hosts have")
                       : text("nothing holds updates back: every socket has NODELAY"),
                 "sudo sysctl -w net.ipv4.tcp_congestion_control=cubic");
}

static FlFinding *judge_link(const FlMachine *machine) {
  const FlMachineLink *link = &machine->link;

  return finding(
      "link", link->tun ? FL_HEALTH_GOOD : FL_HEALTH_FAIR,
      link->tun ? text("user namespaces and TUN can be used") : text("no network of its own: %s", link->obstacle),
      link->tun ? text("links can be emulated by the packet")
                : text("feedlab-link can't be used; a relay of streams stands in for run --link"),
      link->namespaces
          ? "sudo modprobe tun && sudo chmod 666 /dev/net/tun"
          : "sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 "
            "user.max_user_namespaces=10000");
}

GPtrArray *fl_doctor_examine(const FlMachine *machine) {
  static FlFinding *(*const judges[])(const FlMachine *machine) = {
    judge_files,  judge_ports,       judge_queues, judge_memory, judge_cpus,   judge_frequency, judge_steal,
    judge_others, judge_clocksource, judge_timers, judge_drift,  judge_kernel, judge_tcp,       judge_link,
  };
  GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)fl_finding_free);

  for (gsize i = 0; i < G_N_ELEMENTS(judges); i++)
    g_ptr_array_add(findings, judges[i](machine));
  return findings;
}

void fl_finding_free(FlFinding *self) {
  g_free(self->found);
  g_free(self->means);
  g_free(self);
}

FlHealth fl_doctor_worst(const GPtrArray *findings) {
  FlHealth worst = FL_HEALTH_GOOD;

  for (guint i = 0; i < findings->len; i++) {
    const FlFinding *one = g_ptr_array_index(findings, i);
    worst = MAX(worst, one->health);
  }
  return worst;
}

const char *fl_health_name(FlHealth health) {
  static const char *const names[] = { "good", "fair", "bad" };
  return names[health];
}

const char *fl_health_mark(FlHealth health) {
  static const char *const marks[] = { "✓", "!", "✗" };
  return marks[health];
}
