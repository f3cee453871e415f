/* The bare sender. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bare_wire.h"
#include "bench/cpus.h"
#include "codec/websocket.h"
#include "core/clock.h"
#include "net/poller.h"

#define REQUEST_MAX 1024
#define STEP_MS 5000
#define CLOSE_EVERY 20
#define EARLY_US 20000
#define NO_SINCE G_MAXUINT64
#define CATCH_UP 1000 /* updates that an answer holds once there are no new ones */

struct _FlBare {
  pid_t pid;
  guint16 port;
  int order_fd, done_fd; /* eventfds that both have */
};

/* What the parent orders, as bits of its eventfd. */
typedef enum { BEGIN = 1, STEP = 1 << 8, STOP = 1 << 16 } Order;

/* --- the child ----------------------------------------------------------------------------------------------------- */

typedef enum { REQUESTS, FRAMES, EVENTS } Wire;

typedef struct {
  FlBarePlan plan;
  FlPoller *poller;
  FlPollable listener, orders, timer;
  int done_fd;
  GPtrArray *subscribers; /* Peer; those that are pushed to */
  gint64 interval_ns;
  gint64 begin_ns;  /* 0: not yet */
  gint64 offset_ns; /* of Unix time, as read last */
  guint64 head;     /* updates published */
  guint64 answered; /* the newest update that a poller was given */
  guint64 missed;   /* of them, those that left when the next one was due already */
  guint64 asked;    /* /stats */
  gboolean stopped;
  GString *out;     /* what is being sent */
  GString *updates; /* of an answer */
} Sender;

typedef struct {
  FlPollable pollable; /* first */
  Sender *sender;
  Wire wire;
  gsize have;
  char request[REQUEST_MAX];
} Peer;

/* To the end, however full the socket is: this sender has no one to wait for but its readers. */
static void send_out(const Sender *self, const Peer *peer) {
  for (gsize sent = 0; sent < self->out->len;) {
    ssize_t n = send(peer->pollable.fd, self->out->str + sent, self->out->len - sent, MSG_NOSIGNAL);
    if (n <= 0)
      return; /* the poller tells of its end */
    sent += (gsize)n;
  }
}

static gint64 due_ns(const Sender *self, guint64 seq) {
  return self->begin_ns + (gint64)seq * self->interval_ns;
}

static gboolean is_planted(const Sender *self, FlFault fault, guint64 seq) {
  return self->plan.fault == fault && seq % FL_BARE_EVERY == 0;
}

static FlBareUpdate update_of(const Sender *self, guint64 seq, gint64 now_us) {
  gint64 t_us = self->interval_ns > 0 ? fl_clock_unix_us(due_ns(self, seq), self->offset_ns) : now_us;

  if (self->plan.fault == FL_FAULT_EARLY)
    t_us += EARLY_US;
  return (FlBareUpdate){ .seq = seq, .t_us = t_us, .sent_us = now_us, .json_bytes = self->plan.json_bytes };
}

static void append_update(const Sender *self, Wire wire, guint64 seq, gint64 now_us, GString *out) {
  FlBareUpdate update = update_of(self, seq, now_us);

  if (wire == FRAMES)
    fl_bare_frame_append(out, &update);
  else if (wire == EVENTS)
    fl_bare_event_append(out, &update);
  else {
    if (out->len > 0)
      g_string_append_c(out, ',');
    fl_bare_json_append(out, &update);
  }
}

/* What goes out as the update `seq`: with a fault it is nothing, or two. */
static void append_place(const Sender *self, Wire wire, guint64 seq, gint64 now_us, GString *out) {
  if (is_planted(self, FL_FAULT_LOSE, seq) || is_planted(self, FL_FAULT_REORDER, seq))
    return;
  if (is_planted(self, FL_FAULT_GAP, seq)) {
    if (wire == EVENTS)
      fl_bare_gap_event_append(out, seq);
    return;
  }
  append_update(self, wire, seq, now_us, out);
  if (is_planted(self, FL_FAULT_DOUBLE, seq))
    append_update(self, wire, seq, now_us, out);
  if (seq > 1 && is_planted(self, FL_FAULT_REORDER, seq - 1))
    append_update(self, wire, seq - 1, now_us, out);
}

static void end(const Peer *peer) {
  static const guint8 going_away[] = { 0x88, 0x02, 0x03, 0xe9 };

  if (peer->wire == FRAMES && send(peer->pollable.fd, going_away, sizeof going_away, MSG_NOSIGNAL) < 0)
    return;
  shutdown(peer->pollable.fd, SHUT_WR);
}

/* The updates up to `last` to everyone who is pushed to, in one write each, beginning at another one each time. */
static void push(Sender *self, guint64 last) {
  guint n = self->subscribers->len;
  gint64 now_us = g_get_real_time();
  gboolean closes = self->plan.fault == FL_FAULT_CLOSE && last % CLOSE_EVERY == 0;
  Wire made = REQUESTS; /* the wire that `out` is for: of all that come in a row */

  for (guint i = 0; i < n; i++) {
    const Peer *peer = g_ptr_array_index(self->subscribers, (i + last) % n);
    if (peer->wire != made) {
      g_string_truncate(self->out, 0);
      for (guint64 seq = self->head + 1; seq <= last; seq++)
        append_place(self, peer->wire, seq, now_us, self->out);
      made = peer->wire;
    }
    if (closes)
      end(peer);
    else
      send_out(self, peer);
  }
  self->head = last;
}

static void arm(const Sender *self) {
  gint64 at_ns = due_ns(self, self->head + 1) + self->plan.delay_ns;
  struct itimerspec schedule = { .it_value = { .tv_sec = at_ns / 1000000000, .tv_nsec = MAX(at_ns % 1000000000, 1) } };

  timerfd_settime(self->timer.fd, TFD_TIMER_ABSTIME, &schedule, NULL);
}

static void on_deadline(FlPollable *pollable, guint32 events) {
  Sender *self = (Sender *)((char *)pollable - offsetof(Sender, timer));
  guint64 ignored;
  gint64 now_ns;

  if (read(pollable->fd, &ignored, sizeof ignored) < 0)
    return;
  self->offset_ns = fl_clock_offset_ns();
  while (due_ns(self, self->head + 1) + self->plan.delay_ns <= (now_ns = fl_clock_now_ns())) {
    self->missed += due_ns(self, self->head + 2) + self->plan.delay_ns <= now_ns;
    push(self, self->head + 1);
  }
  arm(self);
}

static gboolean push_round(Sender *self);

static void begin(Sender *self) {
  self->begin_ns = fl_clock_now_ns();
  self->offset_ns = fl_clock_offset_ns();
  if (self->interval_ns > 0)
    arm(self);
}

static void step(Sender *self) {
  guint64 one = 1;
  if (!push_round(self) || write(self->done_fd, &one, sizeof one) < 0)
    _exit(1);
}

static void stop(Sender *self) {
  self->stopped = TRUE;
  self->plan.count = MAX(MAX(self->head, self->answered), 1);
}

static void on_order(FlPollable *pollable, guint32 events) {
  Sender *self = (Sender *)((char *)pollable - offsetof(Sender, orders));
  guint64 orders;

  if (read(pollable->fd, &orders, sizeof orders) < 0)
    return;
  if (orders & BEGIN)
    begin(self);
  if (orders & STEP)
    step(self);
  if (orders & STOP)
    stop(self);
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

/* The newest update that a poller may have. With updates in the wrong order no answer ends within a pair of them,
 * because its cursor would belong to neither. */
static guint64 newest(const Sender *self) {
  if (self->interval_ns == 0)
    return self->begin_ns == 0 ? 0 : self->plan.count > 0 ? self->plan.count : G_MAXINT64;
  if (self->plan.fault != FL_FAULT_REORDER)
    return self->head;
  guint64 behind = self->head % FL_BARE_EVERY + 1;
  return behind <= 2 ? self->head - MIN(self->head, behind) : self->head;
}

/* A lost update must not be the last one of an answer: the next one would begin with it. */
static guint64 last_of_answer(const Sender *self, guint64 since) {
  guint64 last = MAX(newest(self), since);

  if (self->interval_ns == 0)
    last = MIN(last, since + (self->stopped ? CATCH_UP : self->plan.per_write));
  if (is_planted(self, FL_FAULT_LOSE, last) && last > since)
    last--;
  for (guint64 seq = since + 2; seq <= last; seq++)
    if (is_planted(self, FL_FAULT_GAP, seq)) /* a gap stands at the beginning */
      return seq - 1;
  return last;
}

static void answer_poll(Sender *self, guint64 since) {
  gint64 now_us = g_get_real_time();
  guint64 from = since == NO_SINCE ? self->head : since;
  guint64 last = since == NO_SINCE ? from : last_of_answer(self, from);
  guint64 gap = last > from && is_planted(self, FL_FAULT_GAP, from + 1) ? from + 1 : 0;
  gboolean more = since != NO_SINCE && self->interval_ns == 0 && last < newest(self);

  g_string_truncate(self->updates, 0);
  for (guint64 seq = from + 1; seq <= last; seq++)
    append_place(self, REQUESTS, seq, now_us, self->updates);
  self->answered = MAX(self->answered, last);
  fl_bare_answer_append(self->out, last, gap, self->updates, more);
}

static void answer_stats(Sender *self) {
  guint64 missed = self->plan.fault == FL_FAULT_LATE ? 3 * self->asked : self->missed;
  guint64 steps = self->plan.fault == FL_FAULT_STEP ? self->asked : 0;
  char body[128];
  int len =
      g_snprintf(body, sizeof body,
                 "{\"source\":{\"missed_deadlines\":%" G_GUINT64_FORMAT ",\"clock_steps\":%" G_GUINT64_FORMAT "}}\n",
                 missed, steps);

  self->asked++;
  g_string_append_printf(self->out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                         len, body);
}

static gboolean answer_upgrade(Sender *self, const char *request) {
  static const char name[] = "\r\nSec-WebSocket-Key: ";
  char accept[FL_WS_ACCEPT_LEN + 1];
  const char *found = strstr(request, name);

  if (!found)
    return FALSE;
  found += sizeof name - 1;
  g_autofree char *key = g_strndup(found, strcspn(found, "\r"));
  if (!fl_websocket_accept(key, accept))
    return FALSE;
  g_string_append_printf(self->out,
                         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Accept: %s\r\n\r\n",
                         accept);
  return TRUE;
}

static void answer_events(Sender *self) {
  g_string_append_printf(self->out,
                         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                         "retry: 1000\nid: " FL_BARE_EPOCH "-%" G_GUINT64_FORMAT "\n\n",
                         self->head);
}

/* Put the answer to a request into `out`. Returns: FALSE to end the connection instead. */
static gboolean answer(Sender *self, Peer *peer) {
  const char *request = peer->request;
  const char *since = strstr(request, "?since=" FL_BARE_EPOCH "-");

  if (g_str_has_prefix(request, "GET /poll?")) {
    if (self->plan.fault == FL_FAULT_CLOSE && self->head >= CLOSE_EVERY)
      return FALSE;
    answer_poll(self, since ? g_ascii_strtoull(since + strlen("?since=" FL_BARE_EPOCH "-"), NULL, 10) : NO_SINCE);
  } else if (g_str_has_prefix(request, "GET /stats ")) {
    answer_stats(self);
  } else if (g_str_has_prefix(request, "GET /events ")) {
    answer_events(self);
    peer->wire = EVENTS;
  } else if (g_str_has_prefix(request, "GET /ws ") && answer_upgrade(self, request)) {
    peer->wire = FRAMES;
  } else {
    return FALSE;
  }
  return TRUE;
}

/* --- connections --------------------------------------------------------------------------------------------------- */

static void drop(Peer *peer) {
  fl_poller_remove(peer->sender->poller, &peer->pollable);
  g_ptr_array_remove_fast(peer->sender->subscribers, peer);
  close(peer->pollable.fd);
  g_free(peer);
}

static void on_input(FlPollable *pollable, guint32 events) {
  Peer *peer = (Peer *)pollable;
  Sender *self = peer->sender;
  ssize_t n = recv(pollable->fd, peer->request + peer->have, sizeof peer->request - 1 - peer->have, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    drop(peer);
    return;
  }
  peer->have = peer->wire == REQUESTS ? peer->have + (gsize)n : 0; /* who is pushed to has nothing more to say */
  peer->request[peer->have] = '\0';
  if (!g_str_has_suffix(peer->request, "\r\n\r\n"))
    return;
  g_string_truncate(self->out, 0);
  if (!answer(self, peer)) {
    drop(peer);
    return;
  }
  peer->have = 0;
  send_out(self, peer);
  if (peer->wire != REQUESTS)
    g_ptr_array_add(self->subscribers, peer);
}

static void on_connection(FlPollable *pollable, guint32 events) {
  Sender *self = (Sender *)((char *)pollable - offsetof(Sender, listener));
  int fd, on = 1;

  while ((fd = accept4(pollable->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    Peer *peer = g_new0(Peer, 1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer->pollable = (FlPollable){ .fd = fd, .ready = on_input };
    peer->sender = self;
    fl_poller_add(self->poller, &peer->pollable, EPOLLIN);
  }
}

/* --- the process --------------------------------------------------------------------------------------------------- */

static void watch(Sender *self, FlPollable *pollable, int fd, FlPollableReady ready) {
  *pollable = (FlPollable){ .fd = fd, .ready = ready };
  fl_poller_add(self->poller, pollable, EPOLLIN);
}

/* A round to everyone, at rate 0. Returns: FALSE where there is nothing to send. */
static gboolean push_round(Sender *self) {
  guint64 last = self->head + self->plan.per_write;

  if (self->interval_ns > 0 || self->begin_ns == 0 || self->subscribers->len == 0)
    return FALSE;
  if (self->plan.count > 0)
    last = MIN(last, self->plan.count);
  if (last == self->head)
    return FALSE;
  push(self, last);
  return TRUE;
}

static void become_sender(const FlBarePlan *plan, int listen_fd, int order_fd, int done_fd) {
  Sender self = { .plan = *plan,
                  .done_fd = done_fd,
                  .poller = fl_poller_new(),
                  .subscribers = g_ptr_array_new(),
                  .out = g_string_new(NULL),
                  .updates = g_string_new(NULL) };

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  fl_cpus_pin(plan->cpu);
  if (plan->rate_hz > 0)
    self.interval_ns = (gint64)(1e9 / plan->rate_hz + 0.5);
  watch(&self, &self.listener, listen_fd, on_connection);
  watch(&self, &self.orders, order_fd, on_order);
  watch(&self, &self.timer, timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), on_deadline);
  for (gboolean busy = FALSE;;) {
    fl_poller_dispatch(self.poller, busy ? 0 : -1);
    busy = !plan->steps && push_round(&self);
  }
}

static int listen_on_loopback(guint16 *ret_port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 4096) == 0 &&
      getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
    *ret_port = ntohs(address.sin_port);
    return fd;
  }
  int reason = errno;
  if (fd >= 0)
    close(fd);
  errno = reason;
  return -1;
}

FlBare *fl_bare_start(const FlBarePlan *plan, GError **error) {
  guint16 port = 0;
  int listen_fd = listen_on_loopback(&port);
  int order_fd = listen_fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int done_fd = order_fd < 0 ? -1 : eventfd(0, EFD_CLOEXEC);
  pid_t pid = done_fd < 0 ? -1 : fork();

  if (pid == 0)
    become_sender(plan, listen_fd, order_fd, done_fd);
  if (pid < 0)
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "the bare sender: %s", g_strerror(errno));
  if (listen_fd >= 0)
    close(listen_fd);
  FlBare *self = g_new(FlBare, 1);
  *self = (FlBare){ .pid = pid, .port = port, .order_fd = order_fd, .done_fd = done_fd };
  if (pid >= 0)
    return self;
  fl_bare_free(self);
  return NULL;
}

static void give_order(const FlBare *self, Order order) {
  guint64 bits = order;
  if (write(self->order_fd, &bits, sizeof bits) < 0)
    g_error("the bare sender's eventfd: %s", g_strerror(errno));
}

void fl_bare_begin(FlBare *self) {
  give_order(self, BEGIN);
}

gboolean fl_bare_step(FlBare *self) {
  struct pollfd done = { .fd = self->done_fd, .events = POLLIN };
  guint64 ignored;

  give_order(self, STEP);
  return poll(&done, 1, STEP_MS) == 1 && read(self->done_fd, &ignored, sizeof ignored) > 0;
}

void fl_bare_stop(FlBare *self) {
  give_order(self, STOP);
}

void fl_bare_free(FlBare *self) {
  if (!self)
    return;
  if (self->pid > 0) {
    kill(self->pid, SIGKILL);
    waitpid(self->pid, NULL, 0);
  }
  if (self->order_fd >= 0)
    close(self->order_fd);
  if (self->done_fd >= 0)
    close(self->done_fd);
  g_free(self);
}

guint16 fl_bare_port(const FlBare *self) {
  return self->port;
}

pid_t fl_bare_pid(const FlBare *self) {
  return self->pid;
}
