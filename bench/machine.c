/* Reading the machine. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <math.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/usage.h"
#include "core/clock.h"
#include "net/poller.h"

#define SECOND_NS G_GINT64_CONSTANT(1000000000)
#define TIMER_NS G_GINT64_CONSTANT(500000000) /* of the second */
#define CLOCK_READS 100000

/* --- files --------------------------------------------------------------------------------------------------------- */

/* The first line, with its tabs as spaces; NULL where there is none. The caller's. */
static char *read_line(const char *path) {
  char *text = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL))
    return NULL;
  text[strcspn(text, "\n")] = '\0';
  return g_strdelimit(text, "\t", ' ');
}

static gint64 read_number(const char *path) {
  g_autofree char *text = read_line(path);
  return text && g_ascii_isdigit(*text) ? g_ascii_strtoll(text, NULL, 10) : -1;
}

static gint64 available_memory(void) {
  g_autofree char *text = NULL;
  const char *found;

  if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL) || !(found = strstr(text, "MemAvailable:")))
    return -1;
  return g_ascii_strtoll(found + strlen("MemAvailable:"), NULL, 10) * 1024;
}

static FlMachineLimits read_limits(void) {
  FlMachineLimits limits = { .files = -1, .port_first = -1, .port_last = -1 };
  g_autofree char *ports = read_line("/proc/sys/net/ipv4/ip_local_port_range");
  struct rlimit files;

  if (getrlimit(RLIMIT_NOFILE, &files) == 0)
    limits.files = (gint64)MIN(files.rlim_max, G_MAXINT64);
  if (ports && sscanf(ports, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &limits.port_first, &limits.port_last) != 2)
    limits.port_first = limits.port_last = -1;
  limits.accept_queue = read_number("/proc/sys/net/core/somaxconn");
  limits.syn_queue = read_number("/proc/sys/net/ipv4/tcp_max_syn_backlog");
  limits.memory_bytes = available_memory();
  return limits;
}

static gboolean is_virtual(void) {
  g_autofree char *text = NULL;
  return g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) && strstr(text, " hypervisor");
}

static gint64 read_turbo(void) {
  gint64 boost = read_number("/sys/devices/system/cpu/cpufreq/boost");
  gint64 no_turbo = read_number("/sys/devices/system/cpu/intel_pstate/no_turbo");
  return no_turbo >= 0 ? no_turbo == 0 : boost;
}

/* --- a second ------------------------------------------------------------------------------------------------------ */

/* Clock ticks of all CPUs so far, as /proc/stat sums them. */
typedef struct {
  guint64 all, busy, steal;
} Ticks;

static Ticks read_ticks(void) {
  g_autofree char *text = read_line("/proc/stat");
  guint64 user, nice, system, idle, wait, irq, softirq, steal;

  if (!text || sscanf(text,
                      "cpu %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                      " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                      &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal) != 8)
    return (Ticks){ 0, 0, 0 };
  guint64 busy = user + nice + system + irq + softirq;
  return (Ticks){ .all = busy + idle + wait + steal, .busy = busy, .steal = steal };
}

typedef struct {
  FlPollable pollable; /* first */
  FlHistogram *lateness;
  gint64 due_ns;
} Timer;

static void arm(const Timer *timer) {
  struct itimerspec at = { .it_value = { .tv_sec = timer->due_ns / SECOND_NS,
                                         .tv_nsec = MAX(timer->due_ns % SECOND_NS, 1) } };
  timerfd_settime(timer->pollable.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_timer(FlPollable *pollable, guint32 events) {
  Timer *timer = (Timer *)pollable;
  gint64 now_ns = fl_clock_now_ns();
  guint64 ignored;

  if (read(pollable->fd, &ignored, sizeof ignored) < 0)
    return;
  fl_histogram_record(timer->lateness, now_ns - timer->due_ns);
  timer->due_ns = now_ns + SECOND_NS / 1000;
  arm(timer);
}

FlHistogram *fl_machine_timer_lateness(gint64 duration_ns) {
  gint64 until_ns = fl_clock_now_ns() + duration_ns;
  Timer timer = { .pollable = { .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = on_timer },
                  .lateness = fl_histogram_new(),
                  .due_ns = fl_clock_now_ns() + SECOND_NS / 1000 };
  FlPoller *poller = fl_poller_new();

  fl_poller_add(poller, &timer.pollable, EPOLLIN);
  arm(&timer);
  while (fl_clock_now_ns() < until_ns)
    fl_poller_dispatch(poller, 100);
  fl_poller_free(poller);
  close(timer.pollable.fd);
  return timer.lateness;
}

static double clock_cost_ns(void) {
  gint64 begun_ns = fl_clock_now_ns(), now_ns = begun_ns;

  for (int i = 0; i < CLOCK_READS; i++)
    now_ns = fl_clock_now_ns();
  return (double)(now_ns - begun_ns) / CLOCK_READS;
}

static gboolean is_disciplined(void) {
  struct timex state = { .modes = 0 };
  int told = adjtimex(&state);
  return told >= 0 && told != TIME_ERROR && !(state.status & STA_UNSYNC);
}

/* The timer runs in the first part of the second, so that its own work is known. */
static void watch(FlMachine *self) {
  Ticks before = read_ticks();
  gint64 begun_ns = fl_clock_now_ns(), offset_ns = fl_clock_offset_ns(), own_ns = fl_usage_own_cpu_ns();
  g_autoptr(FlHistogram) lateness = fl_machine_timer_lateness(TIMER_NS);

  self->clocks.timer_p50_ns = fl_histogram_percentile(lateness, 50);
  self->clocks.timer_p99_ns = fl_histogram_percentile(lateness, 99);
  self->clocks.read_ns = clock_cost_ns();
  g_usleep((gulong)MAX(begun_ns + SECOND_NS - fl_clock_now_ns(), 0) / 1000);
  self->clocks.drift_us = (double)(fl_clock_offset_ns() - offset_ns) / 1000;
  Ticks after = read_ticks();
  double all = (double)(after.all - before.all);
  double wall_s = (double)(fl_clock_now_ns() - begun_ns) / 1e9, own_s = (double)(fl_usage_own_cpu_ns() - own_ns) / 1e9;
  double busy_s = (double)(after.busy - before.busy) / (double)sysconf(_SC_CLK_TCK);
  self->cpus.steal = all > 0 ? (double)(after.steal - before.steal) / all : NAN;
  self->cpus.others = all > 0 ? MAX(busy_s - own_s, 0) / wall_s : NAN;
}

/* --- a link -------------------------------------------------------------------------------------------------------- */

/* In a child, because there is no way back. Its exit status: 0, or 1 and more for the step that failed. */
static int try_link(void) {
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };

  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return 1;
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT || errno == ENODEV || errno == ENXIO ? 2 : 3;
  return ioctl(fd, TUNSETIFF, &request) == 0 ? 0 : 4;
}

FlMachineLink fl_machine_link_read(void) {
  static const char *const obstacles[] = { NULL, "user namespaces are forbidden", "there is no /dev/net/tun",
                                           "/dev/net/tun is not for this user", "a TUN device can't be made" };
  int status = 0;
  pid_t pid = fork();

  if (pid == 0)
    _exit(try_link());
  if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
      WEXITSTATUS(status) >= (int)G_N_ELEMENTS(obstacles))
    return (FlMachineLink){ .obstacle = g_strdup("it could not be tried") };
  int step = WEXITSTATUS(status);
  return (FlMachineLink){ .namespaces = step != 1, .tun = step == 0, .obstacle = g_strdup(obstacles[step]) };
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

FlMachine *fl_machine_read(void) {
  FlMachine *self = g_new0(FlMachine, 1);
  struct utsname system;
  double load;

  self->kernel = uname(&system) == 0 ? g_strdup(system.release) : NULL;
  self->limits = read_limits();
  self->cpus.allowed = fl_cpus_allowed();
  self->cpus.online = sysconf(_SC_NPROCESSORS_ONLN);
  self->cpus.governor = read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  self->cpus.turbo = read_turbo();
  self->cpus.is_virtual = is_virtual();
  self->cpus.load = getloadavg(&load, 1) == 1 ? load : NAN;
  self->clocks.source = read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  self->clocks.timer_slack_ns = prctl(PR_GET_TIMERSLACK);
  self->clocks.is_disciplined = is_disciplined();
  self->tcp.autocorking = read_number("/proc/sys/net/ipv4/tcp_autocorking");
  self->tcp.receive = read_line("/proc/sys/net/ipv4/tcp_rmem");
  self->tcp.send = read_line("/proc/sys/net/ipv4/tcp_wmem");
  self->tcp.congestion = read_line("/proc/sys/net/ipv4/tcp_congestion_control");
  self->link = fl_machine_link_read();
  watch(self);
  return self;
}

void fl_machine_free(FlMachine *self) {
  if (!self)
    return;
  g_free(self->kernel);
  g_free(self->cpus.governor);
  g_free(self->clocks.source);
  g_free(self->tcp.receive);
  g_free(self->tcp.send);
  g_free(self->tcp.congestion);
  g_free(self->link.obstacle);
  g_free(self);
}
