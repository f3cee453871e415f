/* The stream writer over a real TCP connection: Nagle's algorithm is off, frames stay whole, walks miss no one.
 * SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fl_check.h"

typedef struct {
  FlFeed *feed;
  FlPoller *poller;
  FlLog *log;
  FlStreamSet *set;
  FlTransportStats stats;
  guint left;
  guint64 next_seq;
} Fixture;

/* A transport of the test's own: an update is `<` seq … `>`, a gap `(from-to)`. */
static GBytes *encode(const FlUpdate *update) {
  GString *text = g_string_new(NULL);
  g_string_printf(text, "<%" G_GUINT64_FORMAT ":", fl_update_seq(update));
  for (int i = 0; i < 5000; i++)
    g_string_append_c(text, 'x');
  g_string_append_c(text, '>');
  return g_string_free_to_bytes(text);
}

static void gap(FlStream *stream, const FlGap *missed) {
  char text[64];
  int len = g_snprintf(text, sizeof text, "(%d-%d)", (int)missed->from, (int)missed->to);
  fl_stream_queue(stream, text, (gsize)len);
}

static void opened(FlStream *stream, gpointer options, const FlGap *missed) {
}

static void heartbeat(FlStream *stream) {
  fl_stream_queue(stream, "!", 1);
}

static void input(FlStream *stream, const guint8 *data, gsize len) {
  for (gsize i = 0; i < len; i++) {
    g_autofree char *much = data[i] == '#' ? g_strnfill(FL_OUTBOX_MAX / 2 + 1, '#') : NULL;
    if (much)
      fl_stream_queue(stream, much, strlen(much));
    else
      fl_stream_queue_latest(stream, &data[i], 1);
  }
}

static void goodbye(FlStream *stream, FlGoodbye why) {
  fl_stream_queue(stream, "bye", 3);
  fl_stream_finish(stream, 7, FALSE);
}

static void left(FlStream *stream) {
}

static const FlStreamKind kind = { "test", FL_FORM_SSE, encode, opened, gap, heartbeat, input, goodbye, left };

static void on_left(FlStream *stream, gpointer user) {
  ((Fixture *)user)->left++;
}

static void set_up_with(Fixture *self, gsize history, guint64 max_lag, FlSlowPolicy slow) {
  *self = (Fixture){ 0 };
  self->feed = fl_feed_new("k3f9tz", history, 1 << 30);
  self->poller = fl_poller_new();
  self->log = fl_log_new(STDERR_FILENO, FL_LOG_TEXT);
  FlStreamSetConfig config = { .feed = self->feed,
                               .poller = self->poller,
                               .log = self->log,
                               .max_lag = max_lag,
                               .slow = slow,
                               .heartbeat_ns = 1000000000,
                               .grace_ns = 1000000000,
                               .drain_ns = 1000000000,
                               .left = on_left,
                               .user = self };
  self->set = fl_stream_set_new(&config);
}

static void set_up(Fixture *self, gsize history) {
  set_up_with(self, history, 0, FL_SLOW_GAP);
}

static void tear_down(Fixture *self) {
  fl_stream_set_free(self->set);
  fl_poller_free(self->poller);
  fl_feed_free(self->feed);
  fl_log_free(self->log);
}

/* A connected pair of TCP sockets; the first is the server's. */
static void tcp_pair(int ret_fds[2]) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof address;
  int small = 4096;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  ck_assert(bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 1) == 0);
  getsockname(listener, (struct sockaddr *)&address, &len);
  ret_fds[1] = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(ret_fds[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ck_assert_int_eq(connect(ret_fds[1], (struct sockaddr *)&address, len), 0);
  ret_fds[0] = accept(listener, NULL, NULL);
  setsockopt(ret_fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  close(listener);
}

static void open_stream(Fixture *self, int fd) {
  FlStreamOpening opening = { .fd = fd, .id = 1, .ip = "127.0.0.1", .stats = &self->stats };
  fl_stream_open(self->set, &kind, &opening);
}

static void append(Fixture *self, guint count) {
  for (guint i = 0; i < count; i++)
    fl_feed_append(self->feed, fl_update_new("k3f9tz", ++self->next_seq, 0, "0", 1));
  fl_stream_set_wake(self->set);
  while (fl_stream_set_walk(self->set, 3))
    ;
}

START_TEST(turns_nagle_off_again) {
  Fixture fixture;
  int fds[2], off = 0, on = 0;
  socklen_t len = sizeof on;

  set_up(&fixture, 8);
  tcp_pair(fds);
  setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
  open_stream(&fixture, fds[0]);
  ck_assert_int_eq(getsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
  ck_assert_int_eq(on, 1);
  tear_down(&fixture);
  close(fds[1]);
}
END_TEST

/* Read what there is until `end` is in it, letting the stream write in between. */
static GString *read_until(Fixture *self, int fd, const char *end) {
  GString *text = g_string_new(NULL);
  char data[1000];

  while (!strstr(text->str + MAX((gssize)text->len - 1100, 0), end)) {
    fl_poller_dispatch(self->poller, 0);
    ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);
    if (n > 0)
      g_string_append_len(text, data, n);
    ck_assert_int_ne((int)n, 0);
  }
  return text;
}

START_TEST(keeps_frames_whole_when_the_ring_wraps_in_the_middle_of_one) {
  Fixture fixture;
  int fds[2];
  guint64 next = 1;

  set_up(&fixture, 4);
  tcp_pair(fds);
  open_stream(&fixture, fds[0]);
  append(&fixture, 100); /* far more than the buffers take */
  append(&fixture, 100);
  ck_assert_uint_eq(fl_stream_set_behind(fixture.set), 1);
  g_autoptr(GString) text = read_until(&fixture, fds[1], "<200:");
  while (next < 200) {
    const char *at = text->str;
    guint64 seq, to;
    if (sscanf(at, "(%lu-%lu)", &seq, &to) == 2) {
      ck_assert_uint_eq(seq, next);
      next = to + 1;
    } else {
      ck_assert_int_eq(sscanf(at, "<%lu:", &seq), 1);
      ck_assert_uint_eq(seq, next);
      ck_assert_uint_eq(strspn(strchr(at, ':') + 1, "x"), 5000);
      next++;
    }
    g_string_erase(text, 0, strcspn(at, ">)") + 1);
  }
  ck_assert_uint_gt(fixture.stats.gaps, 0);
  tear_down(&fixture);
  close(fds[1]);
}
END_TEST

START_TEST(answers_only_the_newest_of_many_pings_to_a_reader_that_is_behind) {
  Fixture fixture;
  int fds[2];

  set_up(&fixture, 100);
  tcp_pair(fds);
  open_stream(&fixture, fds[0]);
  append(&fixture, 50);
  ck_assert_int_eq(send(fds[1], "ab#cdefgh", 9, 0), 9);
  g_autoptr(GString) text = read_until(&fixture, fds[1], "h");
  ck_assert_ptr_nonnull(strstr(text->str, "ab#")); /* these found room in the outbox: each is answered */
  ck_assert_ptr_null(strpbrk(text->str, "cdefg"));
  tear_down(&fixture);
  close(fds[1]);
}
END_TEST

START_TEST(a_walk_misses_no_one_while_others_leave) {
  Fixture fixture;
  int fds[10][2];
  char data[8];

  set_up(&fixture, 100);
  for (int i = 0; i < 10; i++) {
    tcp_pair(fds[i]);
    open_stream(&fixture, fds[i][0]);
  }
  fl_feed_append(fixture.feed, fl_update_new("k3f9tz", ++fixture.next_seq, 0, "0", 1));
  fl_stream_set_wake(fixture.set);
  fl_stream_set_walk(fixture.set, 4);
  struct linger at_once = { 1, 0 };
  for (int i = 0; i < 10; i += 3) { /* a reset is seen by the poller, in the middle of the walk */
    setsockopt(fds[i][1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fds[i][1]);
  }
  while (fixture.left < 4)
    fl_poller_dispatch(fixture.poller, 100);
  while (fl_stream_set_walk(fixture.set, 1))
    ;
  for (int i = 0; i < 10; i++) {
    if (i % 3 == 0)
      continue;
    ck_assert_int_gt(recv(fds[i][1], data, 3, 0), 0);
    ck_assert_int_eq(strncmp(data, "<1:", 3), 0);
    close(fds[i][1]);
  }
  ck_assert_uint_eq(fl_stream_set_size(fixture.set), 6);
  tear_down(&fixture);
}
END_TEST

START_TEST(beats_when_it_is_time_and_ends_within_its_grace) {
  Fixture fixture;
  int fds[2];
  char data[8] = "";

  set_up(&fixture, 8);
  tcp_pair(fds);
  open_stream(&fixture, fds[0]);
  fl_stream_set_tick(fixture.set, G_MAXINT64 / 2);
  ck_assert_int_eq(recv(fds[1], data, 1, 0), 1);
  ck_assert_int_eq(data[0], '!');
  fl_stream_set_drain(fixture.set);
  ck_assert_int_eq(recv(fds[1], data, 3, MSG_WAITALL), 3);
  ck_assert_int_eq(strncmp(data, "bye", 3), 0);
  ck_assert_int_eq(recv(fds[1], data, 1, 0), 0);
  ck_assert_uint_eq(fixture.left, 0); /* it waits for the peer's end … */
  fl_stream_set_tick(fixture.set, G_MAXINT64 / 2);
  ck_assert_uint_eq(fixture.left, 1); /* … but not for ever */
  tear_down(&fixture);
  close(fds[1]);
}
END_TEST

/* Updates from..to, whole and without a gap. Returns: what follows them. */
static const char *skip_updates(const char *text, guint64 from, guint64 to) {
  for (guint64 seq = from, got; seq <= to; seq++) {
    ck_assert_msg(sscanf(text, "<%lu:", &got) == 1 && got == seq, "update %lu, not %.20s", seq, text);
    text += strcspn(text, ">") + 1;
  }
  return text;
}

START_TEST(counts_the_lag_from_when_it_has_caught_up) {
  Fixture fixture;
  int fds[2];

  set_up_with(&fixture, 200, 4, FL_SLOW_CLOSE);
  tcp_pair(fds);
  append(&fixture, 40);
  open_stream(&fixture, fds[0]);
  append(&fixture, 20); /* while it is far behind */
  ck_assert_uint_eq(fl_stream_set_behind(fixture.set), 1);
  g_autoptr(GString) backlog = read_until(&fixture, fds[1], "<60:");
  while (!g_str_has_suffix(backlog->str, ">")) {
    g_autoptr(GString) rest = read_until(&fixture, fds[1], ">");
    g_string_append_len(backlog, rest->str, (gssize)rest->len);
  }
  ck_assert_str_eq(skip_updates(backlog->str, 1, 60), "");
  append(&fixture, 100); /* now it counts */
  append(&fixture, 1);
  g_autoptr(GString) last = read_until(&fixture, fds[1], "bye");
  ck_assert_uint_eq(fixture.stats.gaps, 0);
  tear_down(&fixture);
  close(fds[1]);
}
END_TEST

START_TEST(gets_what_the_feed_holds_before_the_end) {
  Fixture fixture;
  int fds[2];

  set_up(&fixture, 200);
  tcp_pair(fds);
  open_stream(&fixture, fds[0]);
  append(&fixture, 60);
  fl_stream_set_drain(fixture.set);
  append(&fixture, 10); /* later ones are not owed */
  ck_assert_uint_eq(fixture.left, 0);
  g_autoptr(GString) text = read_until(&fixture, fds[1], "bye");
  ck_assert_str_eq(skip_updates(text->str, 1, 60), "bye");
  tear_down(&fixture);
  close(fds[1]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("stream");
  TCase *tcase = tcase_create("stream");
  tcase_add_test(tcase, turns_nagle_off_again);
  tcase_add_test(tcase, keeps_frames_whole_when_the_ring_wraps_in_the_middle_of_one);
  tcase_add_test(tcase, answers_only_the_newest_of_many_pings_to_a_reader_that_is_behind);
  tcase_add_test(tcase, a_walk_misses_no_one_while_others_leave);
  tcase_add_test(tcase, beats_when_it_is_time_and_ends_within_its_grace);
  tcase_add_test(tcase, counts_the_lag_from_when_it_has_caught_up);
  tcase_add_test(tcase, gets_what_the_feed_holds_before_the_end);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
