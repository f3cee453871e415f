/* A crew of loads against a server that this file plays over plain sockets, with clients of a kind of its own: an update is a
 * line `SEQ T`. What the threads saw must add up to what one would have seen. Times are never judged.
 * SPDX-License-Identifier: MIT */
#include "bench/crew.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/usage.h"
#include "core/clock.h"
#include "tests/fl_check.h"

/* Update n is scheduled at n ms; the window is 10 ms to 20 ms: updates 10 to 19. */
#define MS 1000
#define PAST 20
#define CLIENTS 5
#define FAR_NS G_GINT64_CONSTANT(60000000000) /* check ends a test long before */
#define BURN_NS G_GINT64_CONSTANT(50000000)

/* --- the client's kind --------------------------------------------------------------------------------------------- */

static void open_lines(FlClient *client) {
  fl_client_send(client, "open\n", 5, TRUE);
  fl_client_ready(client);
}

static const char *receive_lines(FlClient *client, const guint8 *data, gsize len) {
  const char *at = (const char *)data, *end = at + len;

  while (at < end) {
    char *next;
    FlStamp stamp = { .seq = g_ascii_strtoull(at, &next, 10) };
    stamp.t_us = g_ascii_strtoll(next, &next, 10);
    if (*next != '\n')
      return "a line was cut";
    fl_client_update(client, &stamp);
    at = next + 1;
  }
  return NULL;
}

/* Use so much CPU in the thread that it runs in. */
static const char *receive_and_burn(FlClient *client, const guint8 *data, gsize len) {
  clockid_t clock = fl_usage_thread_clock();
  gint64 begin_ns = fl_usage_thread_cpu_ns(clock);

  while (fl_usage_thread_cpu_ns(clock) < begin_ns + BURN_NS)
    ;
  return receive_lines(client, data, len);
}

static void nothing(FlClient *client) {
}

static void open_and_wait(FlClient *client) {
  fl_client_send(client, "open\n", 5, TRUE);
}

static const FlClientKind waiting = { "waiting", FALSE, open_and_wait, receive_lines, nothing, nothing, nothing };
static const FlClientKind lines = { "lines", FALSE, open_lines, receive_lines, nothing, nothing, nothing };
static const FlClientKind burning = { "burning", FALSE, open_lines, receive_and_burn, nothing, nothing, nothing };

/* --- the server ---------------------------------------------------------------------------------------------------- */

typedef struct {
  FlCrew *crew;
  int listen_fd;
  guint16 port;
  int fds[CLIENTS]; /* as they were accepted */
  guint accepted;
  guint64 sent; /* bytes */
} Server;

static void listen_on_loopback(Server *self) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof address;

  *self = (Server){ .listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
  ck_assert_int_eq(bind(self->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
  ck_assert_int_eq(listen(self->listen_fd, CLIENTS), 0);
  getsockname(self->listen_fd, (struct sockaddr *)&address, &len);
  self->port = ntohs(address.sin_port);
}

static FlLoadConfig load_of(const Server *self, const FlClientKind *kind, guint clients) {
  return (FlLoadConfig){ .kind = kind, .host = "127.0.0.1", .port = self->port, .clients = clients, .seed = 1 };
}

static Server begin(const FlClientKind *kind, guint clients, guint threads, guint cores) {
  Server self;
  FlCpus nowhere = { .count = 0 };
  FlCpuMap map = fl_cpus_leave(&nowhere, cores);

  listen_on_loopback(&self);
  FlCrewConfig config = { .threads = threads, .cpus = &map, .load = load_of(&self, kind, clients) };
  self.crew = fl_crew_new(&config);
  fl_crew_open(self.crew, 10 * MS, 20 * MS);
  return self;
}

/* Whoever has connected. */
static void accept_all(Server *self) {
  int fd;
  while ((fd = accept(self->listen_fd, NULL, NULL)) >= 0)
    self->fds[self->accepted++] = fd;
}

static void connect_all(Server *self, guint clients) {
  ck_assert(fl_crew_connect(self->crew, clients, fl_clock_now_ns() + FAR_NS));
  accept_all(self);
  ck_assert_uint_eq(self->accepted, clients);
}

/* Updates from .. to, and the first one after the window, in one write. */
static void send_range(Server *self, guint who, guint from, guint to) {
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint seq = from; seq <= to; seq++)
    g_string_append_printf(text, "%u %u\n", seq, seq * MS);
  g_string_append_printf(text, "%u %u\n", PAST, PAST * MS);
  ck_assert_int_eq(send(self->fds[who], text->str, text->len, MSG_NOSIGNAL), (ssize_t)text->len);
  self->sent += text->len;
}

static void end(Server *self) {
  fl_crew_free(self->crew);
  for (guint i = 0; i < self->accepted; i++)
    close(self->fds[i]);
  close(self->listen_fd);
}

/* The kernel's account of this process's threads of that name, which may be the beginning of one: tools that run tests have threads
 * of their own. Returns: how many there are; ret_status (NULL: not wanted): of the last one, the caller's. */
static guint find_threads(const char *name, char **ret_status) {
  g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
  g_autofree char *begin = g_strconcat("Name:\t", name, NULL);
  const char *task;
  guint n = 0;

  while ((task = g_dir_read_name(tasks))) {
    g_autofree char *path = g_strdup_printf("/proc/self/task/%s/status", task);
    g_autofree char *status = NULL;
    if (!g_file_get_contents(path, &status, NULL, NULL) || !g_str_has_prefix(status, begin))
      continue;
    n++;
    if (ret_status)
      *ret_status = g_steal_pointer(&status);
  }
  return n;
}

static FlIntegrity settle(const Server *self) {
  g_autoptr(FlRecorder) recorder = fl_crew_recorder(self->crew);
  return fl_crew_integrity(self->crew, recorder);
}

/* --- tests --------------------------------------------------------------------------------------------------------- */

static const guint numbers_of_threads[] = { 1, 2, 3, CLIENTS, CLIENTS + 4 };

START_TEST(adds_up_to_the_same_whatever_the_number_of_threads) {
  guint threads = numbers_of_threads[_i];
  Server server = begin(&lines, CLIENTS, threads, threads);
  ck_assert_uint_eq(find_threads("load-", NULL), MIN(threads, CLIENTS) - 1);
  connect_all(&server, CLIENTS);
  FlTcpAccount tcp = fl_crew_tcp(server.crew);
  ck_assert_uint_eq(fl_crew_counts(server.crew).requests, CLIENTS);
  ck_assert_uint_eq(fl_crew_counts(server.crew).bytes_out, 5 * CLIENTS);
  fl_crew_reset(server.crew);
  for (guint i = 0; i < CLIENTS; i++)
    send_range(&server, i, 5, 19);
  ck_assert(fl_crew_wait_past(server.crew, fl_clock_now_ns() + FAR_NS));

  FlLoadCounts counts = fl_crew_counts(server.crew);
  ck_assert_uint_eq(counts.bytes_in, server.sent);
  ck_assert_uint_eq(counts.bytes_out + counts.requests + counts.empty_polls, 0);
  ck_assert_uint_eq(fl_crew_tcp(server.crew).bytes_in - tcp.bytes_in, server.sent);
  ck_assert_uint_eq(fl_crew_tcp(server.crew).bytes_out - tcp.bytes_out, 0);
  g_autoptr(FlRecorder) recorder = fl_crew_recorder(server.crew);
  FlIntegrity integrity = fl_crew_integrity(server.crew, recorder);
  ck_assert(fl_integrity_holds(&integrity));
  ck_assert_uint_eq(integrity.expected, 10);
  ck_assert_uint_eq(integrity.delivered, 10 * CLIENTS);
  ck_assert_uint_eq(fl_recorder_past(recorder), CLIENTS);
  ck_assert_uint_eq(fl_histogram_count(fl_recorder_latency(recorder)), 10 * CLIENTS);
  ck_assert_uint_eq(fl_recorder_slice(recorder, 0).delivered, CLIENTS);
  g_autoptr(FlHistogram) connects = fl_histogram_new();
  g_autoptr(FlHistogram) lag = fl_histogram_new();
  fl_crew_add_connect_times(server.crew, connects);
  fl_crew_add_lag(server.crew, lag);
  ck_assert_uint_eq(fl_histogram_count(connects), CLIENTS);
  ck_assert_uint_eq(fl_histogram_count(lag), CLIENTS); /* a read each */
  ck_assert_double_eq(fl_crew_connect_bytes(server.crew), 5);
  ck_assert_double_eq(fl_crew_round_trips(server.crew), 2);
  end(&server);
}
END_TEST

/* Five threads for the CPUs that there are, the calling one with the first. */
START_TEST(pins_each_thread_to_its_cpu) {
  FlCpus cpus = fl_cpus_allowed();
  FlCpuMap map = { .server = -1, .cores = MIN(cpus.count, 2) };
  Server server;
  for (guint i = 0; i < map.cores; i++)
    map.bench[i] = cpus.index[i];
  listen_on_loopback(&server);
  FlCrewConfig config = { .threads = CLIENTS, .cpus = &map, .load = load_of(&server, &lines, CLIENTS) };
  server.crew = fl_crew_new(&config);
  for (guint i = 1; i < CLIENTS; i++) {
    g_autofree char *name = g_strdup_printf("load-%u\n", i);
    g_autofree char *wanted = g_strdup_printf("\nCpus_allowed_list:\t%d\n", map.bench[i % map.cores]);
    g_autofree char *status = NULL;
    ck_assert_uint_eq(find_threads(name, &status), 1);
    ck_assert_msg(strstr(status, wanted) != NULL, "%s%s", status, wanted);
  }
  end(&server);
}
END_TEST

/* What no other subscriber of its thread has seen is missing all the same. */
START_TEST(holds_every_subscriber_to_what_any_of_them_saw) {
  for (guint who = 0; who < CLIENTS; who++) {
    Server server = begin(&lines, CLIENTS, numbers_of_threads[_i], 1);
    connect_all(&server, CLIENTS);
    for (guint i = 0; i < CLIENTS; i++)
      send_range(&server, i, 5, i == who ? 15 : 19);
    ck_assert(fl_crew_wait_past(server.crew, fl_clock_now_ns() + FAR_NS));
    FlIntegrity integrity = settle(&server);
    ck_assert_uint_eq(integrity.expected, 10);
    ck_assert_uint_eq(integrity.delivered, 10 * CLIENTS - 4);
    ck_assert_uint_eq(integrity.lost, 4);
    end(&server);
  }
}
END_TEST

START_TEST(waits_for_the_subscribers_of_all_threads) {
  for (guint who = 0; who < CLIENTS; who++) {
    Server server = begin(&lines, CLIENTS, numbers_of_threads[_i], 1);
    connect_all(&server, CLIENTS);
    for (guint i = 0; i < CLIENTS; i++)
      if (i != who)
        send_range(&server, i, 5, 19);
    ck_assert(!fl_crew_wait_past(server.crew, fl_clock_now_ns() + BURN_NS));
    ck_assert_ptr_null(fl_crew_error(server.crew));
    ck_assert_uint_eq(settle(&server).lost, 10);
    end(&server);
  }
}
END_TEST

START_TEST(connects_so_many_of_all_and_not_of_each_thread) {
  Server server = begin(&lines, CLIENTS, numbers_of_threads[_i], 1);
  for (guint n = 1; n <= CLIENTS; n++)
    connect_all(&server, n);
  end(&server);
}
END_TEST

START_TEST(ends_for_all_when_one_of_them_fails) {
  for (guint who = 0; who < CLIENTS; who++) {
    Server server = begin(&lines, CLIENTS, numbers_of_threads[_i], 1);
    connect_all(&server, CLIENTS);
    ck_assert_ptr_null(fl_crew_error(server.crew));
    shutdown(server.fds[who], SHUT_RDWR);
    ck_assert(!fl_crew_receive(server.crew, fl_clock_now_ns() + FAR_NS, NULL, NULL));
    ck_assert_str_eq(fl_crew_error(server.crew), "lines: the server ended a connection");
    end(&server);
  }
}
END_TEST

/* Accept all, and end one, while the crew connects. */
static gpointer accept_and_end_one(gpointer user) {
  Server *self = user;

  while (self->accepted < CLIENTS)
    accept_all(self);
  shutdown(self->fds[0], SHUT_RDWR);
  return NULL;
}

START_TEST(connects_no_longer_than_until_one_of_them_fails) {
  Server server = begin(&waiting, CLIENTS, numbers_of_threads[_i], 1);
  GThread *thread = g_thread_new("server", accept_and_end_one, &server);
  ck_assert(!fl_crew_connect(server.crew, CLIENTS, fl_clock_now_ns() + FAR_NS));
  g_thread_join(thread);
  ck_assert_str_eq(fl_crew_error(server.crew), "waiting: the server ended a connection");
  end(&server);
}
END_TEST

START_TEST(counts_the_connections_that_failed_in_any_thread) {
  Server server = begin(&lines, CLIENTS, numbers_of_threads[_i], 1);
  close(server.listen_fd);
  ck_assert(!fl_crew_connect(server.crew, CLIENTS, fl_clock_now_ns() + FAR_NS));
  ck_assert_uint_ge(fl_crew_failures(server.crew), 1);
  ck_assert_str_eq(fl_crew_error(server.crew), "lines: Connection refused");
  server.listen_fd = -1;
  end(&server);
}
END_TEST

typedef struct {
  GThread *thread;
  guint calls, last;
} Watching;

static gboolean watch(gpointer user) {
  Watching *self = user;
  ck_assert_ptr_eq(g_thread_self(), self->thread);
  return ++self->calls < self->last;
}

START_TEST(calls_the_watch_in_the_calling_thread_and_ends_when_it_says_so) {
  Watching watching = { g_thread_self(), 0, 3 };
  Server server = begin(&lines, CLIENTS, numbers_of_threads[_i], 1);
  connect_all(&server, CLIENTS);
  ck_assert(!fl_crew_receive(server.crew, fl_clock_now_ns() + FAR_NS, watch, &watching));
  ck_assert_uint_eq(watching.calls, 3);
  ck_assert_ptr_null(fl_crew_error(server.crew));
  watching.last = G_MAXUINT;
  ck_assert(fl_crew_receive(server.crew, fl_clock_now_ns() + 1000000, watch, &watching));
  end(&server);
}
END_TEST

/* Of two threads that burn as much: the CPU time of one of them where each has a CPU, of both where they share one. */
START_TEST(counts_the_cpu_time_of_the_busiest_cpu) {
  for (guint cores = 1; cores <= 2; cores++) {
    Server server = begin(&burning, 2, 2, cores);
    connect_all(&server, 2);
    send_range(&server, 0, 5, 19);
    send_range(&server, 1, 5, 19);
    gint64 before_ns = fl_usage_own_cpu_ns();
    fl_crew_reset(server.crew);
    ck_assert(fl_crew_wait_past(server.crew, fl_clock_now_ns() + FAR_NS));
    gint64 its_ns = fl_crew_cpu_ns(server.crew), all_ns = fl_usage_own_cpu_ns() - before_ns;
    ck_assert_int_ge(its_ns, cores == 1 ? 2 * BURN_NS : BURN_NS);
    ck_assert_int_le(its_ns, cores == 1 ? all_ns : all_ns - BURN_NS);
    fl_crew_reset(server.crew);
    ck_assert_int_lt(fl_crew_cpu_ns(server.crew), its_ns);
    end(&server);
  }
}
END_TEST

START_TEST(takes_a_new_source_address_every_20000_subscribers_of_all_loads) {
  static const guint firsts[] = { 0, 19999, 20000, 40000 };
  static const guint addresses[] = { 1, 1, 2, 3 };

  for (gsize i = 0; i < G_N_ELEMENTS(firsts); i++) {
    Server server;
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    listen_on_loopback(&server);
    FlLoadConfig config = load_of(&server, &lines, 1);
    config.first = firsts[i];
    FlLoad *load = fl_load_new(&config);
    ck_assert(fl_load_connect(load, 1, fl_clock_now_ns() + FAR_NS));
    server.fds[server.accepted++] = accept(server.listen_fd, (struct sockaddr *)&from, &len);
    ck_assert_uint_eq(ntohl(from.sin_addr.s_addr), (127u << 24) + addresses[i]);
    fl_load_free(load);
    end(&server);
  }
}
END_TEST

START_TEST(counts_the_subscribers_of_all_threads_for_that) {
  Server server;
  FlCpuMap map = { .server = -1, .cores = 1, .bench = { -1 } };
  guint of_first = 0;
  listen_on_loopback(&server);
  FlCrewConfig config = { .threads = numbers_of_threads[_i], .cpus = &map, .load = load_of(&server, &lines, CLIENTS) };
  config.load.first = 20000 - 2;
  server.crew = fl_crew_new(&config);
  connect_all(&server, CLIENTS);
  for (guint i = 0; i < CLIENTS; i++) {
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ck_assert_int_eq(getpeername(server.fds[i], (struct sockaddr *)&from, &len), 0);
    of_first += ntohl(from.sin_addr.s_addr) == INADDR_LOOPBACK;
  }
  ck_assert_uint_eq(of_first, 2);
  end(&server);
}
END_TEST

/* Who is counted among the subscribers that may come back can lose the connection; the server is there all the time. */
static void lose_one(Server *self, guint who) {
  FlAbsences *const *absences = fl_crew_absences(self->crew);

  for (guint i = 0; i < fl_crew_threads(self->crew); i++)
    fl_absences_begin(absences[i], 15 * MS);
  shutdown(self->fds[who], SHUT_RDWR);
  while (self->accepted == CLIENTS) {
    ck_assert(fl_crew_receive(self->crew, fl_clock_now_ns() + 10000000, NULL, NULL));
    int fd = accept(self->listen_fd, NULL, NULL);
    if (fd < 0)
      continue;
    close(self->fds[who]);
    self->fds[who] = fd;
    return;
  }
}

START_TEST(brings_subscribers_of_any_thread_back_and_accounts_for_all) {
  for (guint who = 0; who < CLIENTS; who++) {
    guint threads = numbers_of_threads[_i];
    FlAbsenceAccount account = { 0 };
    Server server;
    FlCpuMap map = { .server = -1, .cores = 1, .bench = { -1 } };
    listen_on_loopback(&server);
    FlCrewConfig config = {
      .threads = threads, .absences_of = "ws", .cpus = &map, .load = load_of(&server, &lines, CLIENTS)
    };
    server.crew = fl_crew_new(&config);
    fl_crew_open(server.crew, 10 * MS, 20 * MS);
    ck_assert_uint_eq(fl_crew_threads(server.crew), MIN(threads, CLIENTS));
    connect_all(&server, CLIENTS);
    lose_one(&server, who);
    for (guint i = 0; i < CLIENTS; i++)
      send_range(&server, i, i == who ? 13 : 10, 19);
    ck_assert(fl_crew_wait_past(server.crew, fl_clock_now_ns() + FAR_NS));
    FlIntegrity integrity = settle(&server);
    ck_assert_uint_eq(integrity.expected, 10);
    ck_assert_uint_eq(integrity.delivered, 10 * CLIENTS - 3);
    ck_assert_uint_eq(integrity.lost, 3); /* it was told of no gap */
    fl_crew_add_absences(server.crew, &account);
    ck_assert_uint_eq(account.clients, CLIENTS);
    ck_assert_uint_eq(account.noticed[FL_NOTICE_END], 1);
    ck_assert_uint_eq(account.noticed[FL_NOTICE_NONE], CLIENTS - 1);
    ck_assert_uint_eq(account.missed, 3);
    ck_assert_uint_eq(account.untold, 3);
    ck_assert_uint_eq(account.connections, 1);
    ck_assert_uint_eq(account.requests, 1);
    fl_histogram_free(account.next);
    end(&server);
  }
}
END_TEST

START_TEST(has_no_absences_where_a_lost_connection_is_an_error) {
  FlAbsenceAccount account = { 0 };
  Server server = begin(&lines, CLIENTS, 2, 1);
  ck_assert_ptr_null(fl_crew_absences(server.crew));
  fl_crew_add_absences(server.crew, &account);
  ck_assert_ptr_null(account.next);
  end(&server);
}
END_TEST

int main(void) {
  const int all = G_N_ELEMENTS(numbers_of_threads);
  Suite *suite = suite_create("crew");
  TCase *tcase = tcase_create("crew");
  tcase_set_timeout(tcase, 20);
  tcase_add_loop_test(tcase, adds_up_to_the_same_whatever_the_number_of_threads, 0, all);
  tcase_add_test(tcase, pins_each_thread_to_its_cpu);
  tcase_add_loop_test(tcase, holds_every_subscriber_to_what_any_of_them_saw, 0, all);
  tcase_add_loop_test(tcase, waits_for_the_subscribers_of_all_threads, 0, 2);
  tcase_add_loop_test(tcase, connects_so_many_of_all_and_not_of_each_thread, 0, all);
  tcase_add_loop_test(tcase, ends_for_all_when_one_of_them_fails, 0, 2);
  tcase_add_loop_test(tcase, connects_no_longer_than_until_one_of_them_fails, 0, 3);
  tcase_add_loop_test(tcase, counts_the_connections_that_failed_in_any_thread, 0, all);
  tcase_add_loop_test(tcase, calls_the_watch_in_the_calling_thread_and_ends_when_it_says_so, 0, 2);
  tcase_add_test(tcase, counts_the_cpu_time_of_the_busiest_cpu);
  tcase_add_test(tcase, takes_a_new_source_address_every_20000_subscribers_of_all_loads);
  tcase_add_loop_test(tcase, counts_the_subscribers_of_all_threads_for_that, 0, all);
  tcase_add_loop_test(tcase, brings_subscribers_of_any_thread_back_and_accounts_for_all, 0, all);
  tcase_add_test(tcase, has_no_absences_where_a_lost_connection_is_an_error);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
