/* Many subscribers. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/load_private.h"
#include "core/clock.h"

#define PER_ADDRESS 20000
#define WAIT_MS 100
#define TELL_MS 10

/* --- sockets ------------------------------------------------------------------------------------------------------- */

static void on_connected(FlClient *client) {
  int error = 0;
  socklen_t len = sizeof error;

  getsockopt(client->pollable.fd, SOL_SOCKET, SO_ERROR, &error, &len);
  if (error != 0) {
    fl_client_lose(client, fl_notice_of_errno(error), g_strerror(error));
    return;
  }
  client->state = FL_CLIENT_OPENING;
  client->round_trips++;
  client->has_heard = TRUE;
  fl_poller_modify(client->load->poller, &client->pollable, EPOLLIN);
  client->kind->open(client);
}

static void on_input(FlClient *client) {
  FlLoad *self = client->load;
  ssize_t n = recv(client->pollable.fd, self->buffer, sizeof self->buffer, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    fl_client_lose(client, n == 0 ? FL_NOTICE_END : fl_notice_of_errno(errno),
                   n == 0 ? "the server ended a connection" : g_strerror(errno));
    return;
  }
  self->now_us = g_get_real_time();
  if (self->batch_us == 0)
    self->batch_us = self->now_us;
  fl_histogram_record(self->lag, self->now_us - self->batch_us);
  fl_client_note_packet(client);
  self->counts.bytes_in += (guint64)n;
  client->has_heard = TRUE;
  if (client->state != FL_CLIENT_READY && !client->comes_back)
    client->connect_bytes += (guint64)n;
  const char *wrong = client->kind->receive(client, self->buffer, (gsize)n);
  if (wrong && client->ended)
    fl_client_lose(client, FL_NOTICE_GOODBYE, wrong);
  else if (wrong)
    fl_client_fail(client, wrong);
}

static void add_tcp(FlTcpAccount *sum, int fd) {
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;

  if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
    return;
  sum->bytes_in += info.tcpi_bytes_received;
  sum->bytes_out += info.tcpi_bytes_sent;
  sum->segs_in += info.tcpi_segs_in;
  sum->segs_out += info.tcpi_segs_out;
  sum->retrans_bytes += info.tcpi_bytes_retrans;
}

static void drop_socket(FlClient *client) {
  if (client->pollable.fd < 0)
    return;
  add_tcp(&client->load->closed, client->pollable.fd);
  fl_poller_remove(client->load->poller, &client->pollable);
  close(client->pollable.fd);
  client->pollable.fd = -1;
}

/* After each call into a kind. */
static void settle(FlClient *client) {
  FlLoad *self = client->load;

  if (client->state == FL_CLIENT_FAILED && client->pollable.fd >= 0)
    fl_poller_remove(self->poller, &client->pollable);
  if (client->state != FL_CLIENT_LOST)
    return;
  drop_socket(client);
  client->kind->lost(client);
  client->state = FL_CLIENT_AWAY;
  client->ended = FALSE;
  client->silent_after_ns = 0;
  fl_absences_lost(self->config.absences, fl_client_index(client), client->notice, client->told_ns, fl_clock_now_ns());
  fl_client_answered(client); /* short polling: no answer will come, so a pause begins here */
}

static void on_ready(FlPollable *pollable, guint32 events) {
  FlClient *client = (FlClient *)pollable; /* its first member */

  if (client->state == FL_CLIENT_CONNECTING)
    on_connected(client);
  else if (client->state <= FL_CLIENT_READY)
    on_input(client);
  settle(client);
}

static int open_socket(const FlLoad *self, guint index) {
  struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(self->config.port) };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;

  if (fd < 0)
    return -1;
  inet_pton(AF_INET, self->config.host, &server.sin_addr);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (ntohl(server.sin_addr.s_addr) >> 24 == 127) {
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + index / PER_ADDRESS) };
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    bind(fd, (struct sockaddr *)&from, sizeof from);
  }
  if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  return fd;
}

static void connect_client(FlClient *client) {
  FlLoad *self = client->load;

  client->state = FL_CLIENT_CONNECTING;
  if (client->comes_back)
    fl_absences_connection(self->config.absences, g_get_real_time());
  client->pollable =
      (FlPollable){ .fd = open_socket(self, self->config.first + fl_client_index(client)), .ready = on_ready };
  if (client->pollable.fd < 0)
    fl_client_lose(client, fl_notice_of_errno(errno), g_strerror(errno));
  else
    fl_poller_add(self->poller, &client->pollable, EPOLLOUT);
}

static void begin_client(FlLoad *self) {
  FlClient *client = &self->clients[self->begun++];

  client->kind = self->config.kind;
  client->load = self;
  client->begun_ns = fl_clock_now_ns();
  client->told_ns = -1;
  self->pending++;
  connect_client(client);
}

void fl_client_reconnect(FlClient *client) {
  drop_socket(client);
  connect_client(client);
}

/* --- coming back --------------------------------------------------------------------------------------------------- */

static void end_silent_ones(FlLoad *self, gint64 now_ns) {
  if (now_ns - self->looked_ns < WAIT_MS * G_GINT64_CONSTANT(1000000))
    return;
  self->looked_ns = now_ns;
  for (guint i = 0; i < self->begun; i++) {
    FlClient *client = &self->clients[i];
    if (client->silent_after_ns == 0 || now_ns < client->silent_after_ns)
      continue;
    fl_client_lose(client, FL_NOTICE_HEARTBEAT, "the server's ping did not come in time");
    settle(client);
  }
}

/* All of them, short polls too: their connection is of the old address. */
static void tell_of_new_address(FlLoad *self) {
  for (guint i = 0; i < self->begun; i++) {
    FlClient *client = &self->clients[i];
    if (client->state > FL_CLIENT_READY)
      continue;
    fl_client_lose(client, FL_NOTICE_SYSTEM, "the network changed");
    settle(client);
  }
}

/* Returns: how long there is nothing to do, in ms; not longer than a client may take to hear of its new address. */
static int bring_back(FlLoad *self) {
  FlAbsences *absences = self->config.absences;
  gint64 now_ns = fl_clock_now_ns();
  guint index;

  if (!absences)
    return WAIT_MS;
  end_silent_ones(self, now_ns);
  if (fl_absences_take_roam(absences))
    tell_of_new_address(self);
  while (fl_absences_take_due(absences, now_ns, &index)) {
    connect_client(&self->clients[index]);
    settle(&self->clients[index]);
  }
  return (int)CLAMP((fl_absences_due_ns(absences) - now_ns + 999999) / 1000000, 0, TELL_MS);
}

static gboolean is_over(const FlLoad *self) {
  return self->config.is_over && g_atomic_int_get(self->config.is_over);
}

gboolean fl_load_connect(FlLoad *self, guint count, gint64 until_ns) {
  while (self->ready < count && !self->error && !is_over(self)) {
    while (self->begun < count && self->pending < self->config.at_once && !self->error)
      begin_client(self);
    fl_poller_dispatch(self->poller, WAIT_MS);
    if (fl_clock_now_ns() > until_ns && !self->error)
      self->error = g_strdup_printf("%s: %u of %u subscribers had no answer in time", self->config.kind->name,
                                    count - self->ready, count);
  }
  return self->error == NULL && self->ready >= count;
}

/* --- when short polls are due --------------------------------------------------------------------------------------- */

static void arm(FlLoad *self) {
  gint64 at_ns = fl_poll_schedule_due_ns(self->polls);
  if (at_ns == G_MAXINT64)
    return;
  struct itimerspec schedule = { .it_value = { .tv_sec = at_ns / 1000000000, .tv_nsec = MAX(at_ns % 1000000000, 1) } };
  timerfd_settime(self->timer.fd, TFD_TIMER_ABSTIME, &schedule, NULL);
}

static void on_due(FlPollable *pollable, guint32 events) {
  FlLoad *self = (FlLoad *)((char *)pollable - offsetof(FlLoad, timer));
  guint64 ignored;

  if (read(pollable->fd, &ignored, sizeof ignored) < 0)
    return;
  while (fl_poll_schedule_due_ns(self->polls) <= fl_clock_now_ns()) {
    FlClient *client = &self->clients[fl_poll_schedule_take(self->polls)];
    if (client->state == FL_CLIENT_READY)
      client->kind->poll(client);
    else if (client->state == FL_CLIENT_AWAY)
      connect_client(client);
    settle(client);
  }
  arm(self);
}

void fl_client_answered(FlClient *client) {
  FlLoad *self = client->load;

  if (!self->polls) /* the answer to the subscription */
    return;
  gboolean was_idle = fl_poll_schedule_due_ns(self->polls) == G_MAXINT64;
  fl_poll_schedule_answered(self->polls, fl_client_index(client), fl_clock_now_ns());
  if (was_idle)
    arm(self);
}

void fl_load_begin_polls(FlLoad *self, gint64 begin_ns) {
  const FlLoadConfig *config = &self->config;

  if (!config->kind->is_polling)
    return;
  FlPollScheduleConfig polls = { .clients = config->clients,
                                 .first = config->first,
                                 .interval_ns = config->poll_interval_ns,
                                 .pause_ns = config->poll_pause_ns,
                                 .seed = config->seed };
  self->polls = fl_poll_schedule_new(&polls, begin_ns);
  arm(self);
}

/* --- the run ------------------------------------------------------------------------------------------------------- */

FlLoad *fl_load_new(const FlLoadConfig *config) {
  FlLoad *self = g_new0(FlLoad, 1);
  self->config = *config;
  if (config->at_once == 0)
    self->config.at_once = FL_LOAD_AT_ONCE;
  self->poller = fl_poller_new();
  self->clients = g_new0(FlClient, config->clients);
  self->connect_times = fl_histogram_new();
  self->lag = fl_histogram_new();
  self->timer = (FlPollable){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = on_due };
  if (self->timer.fd < 0)
    g_error("timerfd_create: %s", g_strerror(errno));
  fl_poller_add(self->poller, &self->timer, EPOLLIN);
  return self;
}

void fl_load_free(FlLoad *self) {
  if (!self)
    return;
  for (guint i = 0; i < self->begun; i++) {
    FlClient *client = &self->clients[i];
    client->kind->clear(client);
    fl_subscriber_clear(&client->subscriber);
    if (client->pollable.fd >= 0)
      close(client->pollable.fd);
  }
  close(self->timer.fd);
  fl_poller_free(self->poller);
  fl_histogram_free(self->connect_times);
  fl_histogram_free(self->lag);
  fl_poll_schedule_free(self->polls);
  g_free(self->clients);
  g_free(self->error);
  g_free(self);
}

gboolean fl_load_run(FlLoad *self, gint64 until_ns, gboolean until_past) {
  for (;;) {
    gint64 left_ns = until_ns - fl_clock_now_ns();
    if (self->error)
      return FALSE;
    if (until_past && fl_recorder_past(self->config.recorder) == self->config.clients)
      return TRUE;
    if (left_ns <= 0)
      return !until_past;
    /* Rounded down, so that the end is not overrun; the last part of a millisecond is polled through. */
    self->batch_us = 0;
    fl_poller_dispatch(self->poller, (int)MIN(left_ns / 1000000, bring_back(self)));
  }
}

void fl_load_counts_add(FlLoadCounts *self, const FlLoadCounts *other) {
  self->bytes_in += other->bytes_in;
  self->bytes_out += other->bytes_out;
  self->requests += other->requests;
  self->empty_polls += other->empty_polls;
  self->exchanges += other->exchanges;
  self->head_bytes += other->head_bytes;
  self->answer_head_bytes += other->answer_head_bytes;
  self->updates += other->updates;
  self->payload_bytes += other->payload_bytes;
  fl_radio_account_add(&self->radio, &other->radio);
}

FlLoadCounts fl_load_counts(const FlLoad *self) {
  return self->counts;
}

void fl_load_reset(FlLoad *self) {
  self->counts = (FlLoadCounts){ 0 };
  fl_histogram_free(self->lag);
  self->lag = fl_histogram_new();
}

FlTcpAccount fl_load_tcp(const FlLoad *self) {
  FlTcpAccount sum = self->closed;

  for (guint i = 0; i < self->begun; i++)
    add_tcp(&sum, self->clients[i].pollable.fd);
  return sum;
}

const FlHistogram *fl_load_lag(const FlLoad *self) {
  return self->lag;
}

guint64 fl_load_failures(const FlLoad *self) {
  return self->failures;
}

const char *fl_load_error(const FlLoad *self) {
  return self->error;
}

const FlHistogram *fl_load_connect_times(const FlLoad *self) {
  return self->connect_times;
}

void fl_load_connect_bytes(const FlLoad *self, GArray *numbers) {
  for (guint i = 0; i < self->begun; i++) {
    gint64 number = (gint64)self->clients[i].connect_bytes;
    if (self->clients[i].state == FL_CLIENT_READY)
      g_array_append_val(numbers, number);
  }
}

void fl_load_round_trips(const FlLoad *self, GArray *numbers) {
  for (guint i = 0; i < self->begun; i++) {
    gint64 number = self->clients[i].round_trips;
    if (self->clients[i].has_update)
      g_array_append_val(numbers, number);
  }
}

void fl_load_subscribers(const FlLoad *self, FlSubscriber **ret_subscribers) {
  for (guint i = 0; i < self->config.clients; i++)
    ret_subscribers[i] = &self->clients[i].subscriber;
}

guint64 fl_load_miss(const FlLoad *self, guint64 expected) {
  guint64 untold = 0;

  for (guint i = 0; i < self->config.clients; i++)
    if (self->clients[i].subscriber.in_window < expected)
      untold += fl_absences_miss(self->config.absences, i, expected - self->clients[i].subscriber.in_window);
  return untold;
}

FlIntegrity fl_load_integrity(const FlLoad *self) {
  g_autofree FlSubscriber **subscribers = g_new(FlSubscriber *, self->config.clients);
  fl_load_subscribers(self, subscribers);
  return fl_recorder_settle(self->config.recorder, subscribers, self->config.clients);
}
