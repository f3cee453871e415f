/* Packets held and let go. See the header.
 *
 *     TUN ──► turn the addresses ──► queue of its direction ──► held, in order of departure ──► TUN
 *                                        └─► dropped
 *
 * It sleeps in epoll until a packet comes, an order comes, or the timer at the next departure fires.
 * SPDX-License-Identifier: MIT */
#include "bench/link_emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/link_flows.h"
#include "bench/link_namespace.h"
#include "bench/link_packet.h"
#include "core/clock.h"

#define READ_MOST 64                                 /* packets, before departures are looked after again */
#define HELD_BYTES_MAX (G_GUINT64_CONSTANT(1) << 28) /* where no rate bounds it */

typedef struct {
  gint64 departure_ns;
  gint64 waited_ns; /* at most that long, before it was read */
  gsize len;
  guint8 data[];
} Held;

typedef struct {
  FlLinkQueue *queue;
  GQueue held; /* in order of departure */
  FlLinkWayAccount *account;
} Way;

typedef struct {
  int tun_fd, control_fd, timer_fd;
  int schedstat_fd, counters_fd; /* -1: not there */
  gboolean runs;                 /* between START and STOP */
  Way ways[FL_LINK_WAYS];
  FlLinkFlows flows;
  guint64 held_bytes;
  FlLinkAccount account;
  guint64 overruns_before;
  gint64 armed_ns;       /* the timer's time; 0: not armed */
  gint64 cpu_wait_ns;    /* of this process, so far */
  gint64 reads_since_ns; /* since when it has found packets without end; 0: the device is empty … */
  gint64 woken_late_ns;  /* … and how long it had waited for a CPU then */
} Emulator;

/* --- what the kernel knows ------------------------------------------------------------------------------------------ */

static gssize read_file(int fd, char *text, gsize size) {
  ssize_t n = fd >= 0 ? pread(fd, text, size - 1, 0) : -1;
  if (n > 0)
    text[n] = '\0';
  return n;
}

/* How long this process has waited for a CPU, ready to run: the second number of schedstat. */
static gint64 cpu_wait_ns(const Emulator *self) {
  char text[128], *end;

  if (read_file(self->schedstat_fd, text, sizeof text) <= 0)
    return 0;
  strtoll(text, &end, 10);
  return strtoll(end, NULL, 10);
}

/* Packets for the device that found its queue full: `feedlab0: ` and then the 12th number. */
static guint64 overruns(const Emulator *self) {
  char text[4096];

  if (read_file(self->counters_fd, text, sizeof text) <= 0)
    return 0;
  char *at = strstr(text, FL_LINK_DEVICE ":");
  guint64 value = 0;
  if (!at)
    return 0;
  at += strlen(FL_LINK_DEVICE ":");
  for (int i = 0; i < 12; i++)
    value = strtoull(at, &at, 10);
  return value;
}

/* --- packets ------------------------------------------------------------------------------------------------------- */

/* A device that is full or down loses it: that is no fate of the link's. */
static void write_packet(Emulator *self, const guint8 *data, gsize len) {
  if (write(self->tun_fd, data, len) < 0 && self->runs)
    self->account.overruns++;
}

static void let_go(Emulator *self, Way *way) {
  Held *packet = g_queue_pop_head(&way->held);

  if (self->runs) {
    gint64 late_ns = fl_clock_now_ns() - packet->departure_ns + packet->waited_ns;
    fl_histogram_record(self->account.lateness, MAX(late_ns, 0) / 1000);
  }
  write_packet(self, packet->data, packet->len);
  self->held_bytes -= packet->len;
  g_free(packet);
}

static Way *next_way(Emulator *self) {
  const Held *up = g_queue_peek_head(&self->ways[FL_LINK_UP].held),
             *down = g_queue_peek_head(&self->ways[FL_LINK_DOWN].held);

  if (!up || !down)
    return up ? &self->ways[FL_LINK_UP] : down ? &self->ways[FL_LINK_DOWN] : NULL;
  return &self->ways[up->departure_ns <= down->departure_ns ? FL_LINK_UP : FL_LINK_DOWN];
}

/* Those that are due; then the timer waits for the next one. */
static void release(Emulator *self) {
  Way *way;
  gint64 next_ns = 0;

  while ((way = next_way(self))) {
    const Held *first = g_queue_peek_head(&way->held);
    if (first->departure_ns > fl_clock_now_ns()) {
      next_ns = first->departure_ns;
      break;
    }
    let_go(self, way);
  }
  if (next_ns == self->armed_ns)
    return;
  struct itimerspec at = { .it_value = { next_ns / 1000000000, next_ns % 1000000000 } };
  timerfd_settime(self->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
  self->armed_ns = next_ns;
}

static void hold(Emulator *self, Way *way, const guint8 *data, gsize len, gint64 departure_ns, gint64 waited_ns) {
  Held *packet = g_malloc(sizeof *packet + len);

  *packet = (Held){ .departure_ns = departure_ns, .waited_ns = waited_ns, .len = len };
  memcpy(packet->data, data, len);
  g_queue_push_tail(&way->held, packet);
  self->held_bytes += len;
}

static void take(Emulator *self, guint8 *data, gsize len) {
  gint64 now_ns = fl_clock_now_ns();
  FlLinkDirection direction;
  gboolean is_tcp;
  gint64 departure_ns;

  if (!fl_link_packet_turn(data, len, &direction, &is_tcp))
    return;
  if (!self->runs) {
    write_packet(self, data, len);
    return;
  }
  Way *way = &self->ways[direction];
  FlLinkFate fate = fl_link_queue_offer(way->queue, now_ns, len, &departure_ns);
  if (is_tcp && !fl_link_flows_pass(&self->flows, data, len, direction))
    fate = FL_FATE_OUTAGE;
  if (fate == FL_FATE_PASSES && self->held_bytes + len > HELD_BYTES_MAX)
    fate = FL_FATE_QUEUE;
  way->account->packets[fate]++;
  way->account->segments += is_tcp;
  if (fate != FL_FATE_PASSES)
    return;
  way->account->bytes += len;
  way->account->segments_passed += is_tcp;
  hold(self, way, data, len, departure_ns, self->woken_late_ns + now_ns - self->reads_since_ns);
}

/* When a packet came to the device is not known. It was after the device was last found empty; so with the wait for a CPU
 * before the first reading after that, and what has been read since, it has not waited longer than that.
 * Returns: FALSE where there are no more. */
static gboolean read_packets(Emulator *self, gint64 woken_late_ns) {
  guint8 data[65536];

  if (self->reads_since_ns == 0) {
    self->reads_since_ns = fl_clock_now_ns();
    self->woken_late_ns = woken_late_ns;
  }
  for (int i = 0; i < READ_MOST; i++) {
    ssize_t n = read(self->tun_fd, data, sizeof data);
    if (n <= 0) {
      self->reads_since_ns = 0;
      return FALSE;
    }
    take(self, data, (gsize)n);
  }
  return TRUE;
}

/* --- orders -------------------------------------------------------------------------------------------------------- */

static void start(Emulator *self, const FlLinkMessage *message, gint64 now_ns) {
  fl_link_account_clear(&self->account);
  fl_link_account_init(&self->account);
  self->overruns_before = overruns(self);
  self->flows = (FlLinkFlows){ 0 };
  for (int i = 0; i < FL_LINK_WAYS; i++) {
    Way *way = &self->ways[i];
    fl_link_queue_free(way->queue);
    way->queue = fl_link_queue_new(&message->spec.ways[i], i, message->seed, now_ns);
    way->account = &self->account.ways[i];
  }
  self->runs = TRUE;
}

/* What was sent before belongs to the account; what is held goes at once, and counts as passed. */
static void stop(Emulator *self) {
  Way *way;

  while (self->runs && read_packets(self, 0))
    ;
  self->runs = FALSE;
  self->account.overruns += overruns(self) - self->overruns_before;
  while ((way = next_way(self)))
    let_go(self, way);
}

/* Returns: FALSE where the parent is gone. */
static gboolean obey(Emulator *self) {
  FlLinkMessage message;

  if (recv(self->control_fd, &message, sizeof message, MSG_WAITALL) != (ssize_t)sizeof message)
    return FALSE;
  FlLinkDone done = { .at_ns = fl_clock_now_ns() };
  if (message.order == FL_LINK_START)
    start(self, &message, done.at_ns);
  for (int i = 0; message.order == FL_LINK_CUT && self->runs && i < FL_LINK_WAYS; i++)
    fl_link_queue_cut(self->ways[i].queue, done.at_ns, done.at_ns + message.duration_ns);
  if (message.order == FL_LINK_ROAM)
    fl_link_flows_leave(&self->flows);
  if (message.order == FL_LINK_STOP)
    stop(self);
  if (send(self->control_fd, &done, sizeof done, MSG_NOSIGNAL) != (ssize_t)sizeof done)
    return FALSE;
  return message.order != FL_LINK_STOP || fl_link_account_write(&self->account, self->control_fd);
}

/* --- the loop ------------------------------------------------------------------------------------------------------ */

static void watch(int epoll_fd, int fd) {
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Ends with its parent, and not before: the terminal's signals are for the program that it serves. */
static void settle_in(void) {
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "feedlab-link");
  prctl(PR_SET_TIMERSLACK, 1);
  for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
    signal(signals[i], SIG_IGN);
}

void fl_link_emulator_run(int tun_fd, int control_fd) {
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  Emulator self = { .tun_fd = tun_fd,
                    .control_fd = control_fd,
                    .timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                    .schedstat_fd = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC),
                    .counters_fd = open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC) };
  struct epoll_event events[3];

  settle_in();
  fl_link_account_init(&self.account);
  watch(epoll_fd, tun_fd);
  watch(epoll_fd, control_fd);
  watch(epoll_fd, self.timer_fd);
  for (;;) {
    int n = epoll_wait(epoll_fd, events, G_N_ELEMENTS(events), -1);
    gint64 wait_ns = cpu_wait_ns(&self), late_ns = wait_ns - self.cpu_wait_ns;
    self.cpu_wait_ns = wait_ns;
    for (int i = 0; i < n; i++) {
      if (events[i].data.fd == tun_fd)
        read_packets(&self, late_ns);
      else if (events[i].data.fd == control_fd && !obey(&self))
        _exit(0);
    }
    release(&self);
  }
}
