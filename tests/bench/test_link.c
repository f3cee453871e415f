/* The emulated link as a whole, with real sockets on it. Each case is a process of its own, in a network of its own. Times are only
 * held to what can't be less on a busy machine.
 * SPDX-License-Identifier: MIT */
#include "bench/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/fl_check.h"

#define MS G_GINT64_CONSTANT(1000000)
#define BYTES 1000

static FlLink *open_link(void) {
  g_autoptr(GError) error = NULL;
  FlLink *link = fl_link_open(&error);
  ck_assert_msg(link != NULL, "%s", error ? error->message : "");
  return link;
}

static void start(FlLink *link, const char *text, guint64 seed) {
  g_autoptr(GError) error = NULL;
  FlLinkSpec spec;
  ck_assert_msg(fl_link_spec_parse(text, &spec, &error) && fl_link_start(link, &spec, seed, &error), "%s",
                error ? error->message : "");
}

static FlLinkAccount stop(FlLink *link) {
  g_autoptr(GError) error = NULL;
  FlLinkAccount account;
  ck_assert_msg(fl_link_stop(link, &account, &error), "%s", error ? error->message : "");
  return account;
}

/* --- sockets ------------------------------------------------------------------------------------------------------- */

typedef struct {
  int client, server;
} Pair;

static struct sockaddr_storage address_of(const char *text, in_port_t port, socklen_t *ret_len) {
  struct sockaddr_storage address = { .ss_family = strchr(text, ':') ? AF_INET6 : AF_INET };
  struct sockaddr_in *four = (struct sockaddr_in *)&address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
  gboolean is_6 = address.ss_family == AF_INET6;

  ck_assert_int_eq(inet_pton(address.ss_family, text, is_6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr), 1);
  four->sin_port = port; /* at the same place in both */
  *ret_len = is_6 ? sizeof *six : sizeof *four;
  return address;
}

/* A socket bound to `text`. ret_port: in network order. */
static int bound(const char *text, int type, in_port_t *ret_port) {
  socklen_t len;
  struct sockaddr_storage address = address_of(text, 0, &len);
  int fd = socket(address.ss_family, type, 0);

  ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
  ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
  *ret_port = ((struct sockaddr_in *)&address)->sin_port;
  return fd;
}

static int dial(const char *text, int type, in_port_t port) {
  socklen_t len;
  struct sockaddr_storage address = address_of(text, port, &len);
  int fd = socket(address.ss_family, type, 0);
  ck_assert_msg(connect(fd, (struct sockaddr *)&address, len) == 0, "%s: %s", text, strerror(errno));
  return fd;
}

static Pair connect_pair(const char *server, const char *client) {
  in_port_t port;
  int listener = bound(server, SOCK_STREAM, &port);
  int on = 1;

  ck_assert_int_eq(listen(listener, 1), 0);
  Pair pair = { .client = dial(client, SOCK_STREAM, port) };
  pair.server = accept(listener, NULL, NULL);
  setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(pair.server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  close(listener);
  return pair;
}

/* There and back. Returns: how long it took. */
static gint64 ping_ns(const Pair *pair) {
  guint8 data[BYTES] = { 0 };
  gint64 begun_ns = fl_clock_now_ns();

  ck_assert_int_eq(send(pair->client, data, sizeof data, 0), BYTES);
  ck_assert_int_eq(recv(pair->server, data, sizeof data, MSG_WAITALL), BYTES);
  ck_assert_int_eq(send(pair->server, data, sizeof data, 0), BYTES);
  ck_assert_int_eq(recv(pair->client, data, sizeof data, MSG_WAITALL), BYTES);
  return fl_clock_now_ns() - begun_ns;
}

static struct tcp_info info_of(int fd) {
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;
  ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
  return info;
}

/* Until all of both is acknowledged. */
static void await_quiet(const Pair *pair) {
  while (info_of(pair->client).tcpi_unacked > 0 || info_of(pair->server).tcpi_unacked > 0)
    poll(NULL, 0, 1);
}

/* --- cases --------------------------------------------------------------------------------------------------------- */

static void assert_counts_what_tcp_counts(const char *link_text) {
  FlLink *link = open_link();

  start(link, link_text, 3);
  Pair pair = connect_pair(FL_LINK_SERVER, FL_LINK_DIAL);
  for (int i = 0; i < 40; i++)
    ping_ns(&pair);
  await_quiet(&pair);
  FlLinkAccount account = stop(link);
  struct tcp_info info = info_of(pair.client);
  const FlLinkWayAccount *up = &account.ways[FL_LINK_UP], *down = &account.ways[FL_LINK_DOWN];
  ck_assert_uint_gt(up->segments, 40);
  ck_assert_uint_eq(up->segments, info.tcpi_segs_out);
  ck_assert_uint_eq(down->segments_passed, info.tcpi_segs_in);
  ck_assert_uint_eq(up->segments, fl_link_account_offered(&account, FL_LINK_UP));
  ck_assert_uint_eq(up->segments_passed, up->packets[FL_FATE_PASSES]);
  ck_assert_uint_eq(up->segments - up->segments_passed, up->packets[FL_FATE_LOSS]);
  ck_assert_uint_eq(account.overruns, 0);
  fl_link_account_clear(&account);
  fl_link_close(link);
}

START_TEST(counts_the_segments_that_tcp_counts) {
  assert_counts_what_tcp_counts("rtt=4ms");
}
END_TEST

START_TEST(counts_the_segments_that_tcp_counts_under_loss) {
  assert_counts_what_tcp_counts("rtt=4ms,loss=5%");
}
END_TEST

START_TEST(is_never_quicker_than_it_is_to_be) {
  static const gint64 rtts_ms[] = { 10, 50, 120 };
  FlLink *link = open_link();

  for (gsize i = 0; i < G_N_ELEMENTS(rtts_ms); i++) {
    g_autofree char *text = g_strdup_printf("rtt=%" G_GINT64_FORMAT "ms", rtts_ms[i]);
    start(link, text, 1);
    gint64 begun_ns = fl_clock_now_ns();
    Pair pair = connect_pair(FL_LINK_SERVER, FL_LINK_DIAL);
    ck_assert_int_ge(fl_clock_now_ns() - begun_ns, rtts_ms[i] * MS);
    for (int k = 0; k < 5; k++)
      ck_assert_int_ge(ping_ns(&pair), rtts_ms[i] * MS);
    FlLinkAccount account = stop(link);
    ck_assert_uint_ge(fl_histogram_count(account.lateness), 12);
    fl_link_account_clear(&account);
  }
  fl_link_close(link);
}
END_TEST

START_TEST(has_ipv6) {
  FlLink *link = open_link();

  if (fl_link_has_ipv6(link)) {
    start(link, "rtt=10ms", 1);
    Pair pair = connect_pair(FL_LINK_SERVER6, FL_LINK_DIAL6);
    ck_assert_int_ge(ping_ns(&pair), 10 * MS);
    FlLinkAccount account = stop(link);
    ck_assert_uint_ge(account.ways[FL_LINK_UP].segments, 3);
    fl_link_account_clear(&account);
  }
  fl_link_close(link);
}
END_TEST

START_TEST(tells_a_server_another_address_than_its_own) {
  FlLink *link = open_link();
  Pair pair = connect_pair(FL_LINK_SERVER, FL_LINK_DIAL);
  struct sockaddr_in peer;
  socklen_t len = sizeof peer;
  char text[INET_ADDRSTRLEN];

  getpeername(pair.server, (struct sockaddr *)&peer, &len);
  ck_assert_str_eq(inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text), FL_LINK_PEER);
  getsockname(pair.client, (struct sockaddr *)&peer, &len);
  ck_assert_str_eq(inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text), FL_LINK_CLIENT);
  fl_link_close(link);
}
END_TEST

/* What is sent during a cut comes after it, by TCP's repeating it. */
START_TEST(lets_nothing_through_while_it_is_cut) {
  g_autoptr(GError) error = NULL;
  FlLink *link = open_link();
  gint64 cut_ns;

  start(link, "rtt=10ms", 1);
  Pair pair = connect_pair(FL_LINK_SERVER, FL_LINK_DIAL);
  ping_ns(&pair);
  ck_assert(fl_link_cut(link, 300 * MS, &cut_ns, &error));
  ping_ns(&pair);
  ck_assert_int_ge(fl_clock_now_ns(), cut_ns + 300 * MS + 10 * MS);
  FlLinkAccount account = stop(link);
  ck_assert_uint_ge(account.ways[FL_LINK_UP].packets[FL_FATE_OUTAGE], 1);
  ck_assert_uint_eq(account.ways[FL_LINK_UP].packets[FL_FATE_LOSS], 0);
  fl_link_account_clear(&account);
  fl_link_close(link);
}
END_TEST

/* Numbered datagrams of `bytes` each. ret_came: which came. */
#define DATAGRAMS 60
static void send_datagrams(FlLink *link, gsize bytes, guint64 seed, gboolean ret_came[DATAGRAMS]) {
  in_port_t port;
  int server = bound(FL_LINK_SERVER, SOCK_DGRAM, &port), client = dial(FL_LINK_DIAL, SOCK_DGRAM, port);
  guint8 data[1400] = { 0 };

  memset(ret_came, 0, DATAGRAMS * sizeof *ret_came);
  start(link, "rtt=20ms,loss=30%,jitter=5ms", seed);
  for (guint8 i = 0; i < DATAGRAMS; i++) {
    data[0] = i;
    ck_assert_int_eq(send(client, data, bytes, 0), (gssize)bytes);
  }
  FlLinkAccount account = stop(link);
  ck_assert_uint_eq(fl_link_account_offered(&account, FL_LINK_UP), DATAGRAMS);
  while (recv(server, data, sizeof data, MSG_DONTWAIT) > 0)
    ret_came[data[0]] = TRUE;
  fl_link_account_clear(&account);
  close(server);
  close(client);
}

START_TEST(loses_the_same_packets_with_the_same_seed) {
  gboolean one[DATAGRAMS], same[DATAGRAMS], other[DATAGRAMS];
  FlLink *link = open_link();
  guint lost = 0, differ = 0;

  send_datagrams(link, 100, 7, one);
  send_datagrams(link, 1400, 7, same);
  send_datagrams(link, 100, 8, other);
  ck_assert_mem_eq(one, same, sizeof one);
  for (int i = 0; i < DATAGRAMS; i++) {
    lost += !one[i];
    differ += one[i] != other[i];
  }
  ck_assert_uint_gt(lost, 5);
  ck_assert_uint_gt(differ, 5);
  fl_link_close(link);
}
END_TEST

START_TEST(leaves_no_capability_and_no_way_to_one) {
  FlLink *link = open_link();
  g_autofree char *status = NULL;

  ck_assert(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
  ck_assert_ptr_nonnull(strstr(status, "CapPrm:\t0000000000000000"));
  ck_assert_ptr_nonnull(strstr(status, "CapEff:\t0000000000000000"));
  ck_assert_ptr_nonnull(strstr(status, "CapBnd:\t0000000000000000"));
  ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
  fl_link_close(link);
}
END_TEST

START_TEST(tells_when_its_emulator_is_gone) {
  g_autoptr(GError) error = NULL;
  FlLink *link = open_link();
  FlLinkAccount account;
  FlLinkSpec spec = { 0 };

  start(link, "rtt=1ms", 1);
  g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", gettid());
  g_autofree char *children = NULL;
  ck_assert(g_file_get_contents(path, &children, NULL, NULL));
  int emulator = atoi(children);
  ck_assert_int_gt(emulator, 1);
  kill(emulator, SIGKILL);
  ck_assert(!fl_link_stop(link, &account, &error));
  ck_assert_ptr_nonnull(strstr(error->message, "emulator has ended"));
  ck_assert(!fl_link_start(link, &spec, 1, NULL));
  fl_link_close(link);
}
END_TEST

/* Whether there can be a link here; there is no way back, so a child tries. */
static gboolean is_possible(void) {
  int status;
  fflush(stdout);
  pid_t pid = fork();

  if (pid == 0) {
    g_autoptr(GError) error = NULL;
    FlLink *link = fl_link_open(&error);
    if (!link)
      printf("1..0 # SKIP %s\n", error->message);
    fflush(stdout);
    _exit(link ? 0 : 1);
  }
  return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void) {
  if (!is_possible())
    return 0;
  Suite *suite = suite_create("link");
  TCase *cases = tcase_create("link");
  tcase_add_test(cases, counts_the_segments_that_tcp_counts);
  tcase_add_test(cases, counts_the_segments_that_tcp_counts_under_loss);
  tcase_add_test(cases, is_never_quicker_than_it_is_to_be);
  tcase_add_test(cases, has_ipv6);
  tcase_add_test(cases, tells_a_server_another_address_than_its_own);
  tcase_add_test(cases, lets_nothing_through_while_it_is_cut);
  tcase_add_test(cases, loses_the_same_packets_with_the_same_seed);
  tcase_add_test(cases, leaves_no_capability_and_no_way_to_one);
  tcase_add_test(cases, tells_when_its_emulator_is_gone);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
