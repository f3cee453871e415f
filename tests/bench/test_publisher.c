/* The publisher against a server that this file plays over plain sockets: what it sends, that it waits for no answer, and
 * what ends it. Times are never judged.
 * SPDX-License-Identifier: MIT */
#include "bench/publisher.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/fl_check.h"

#define RATE_HZ 200
#define SLOW_HZ 5 /* time to hear of an end before the next update */

static int listen_on(guint16 *ret_port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  ck_assert_int_eq(listen(fd, 4), 0);
  getsockname(fd, (struct sockaddr *)&address, &len);
  *ret_port = ntohs(address.sin_port);
  return fd;
}

static FlPublisher *start(guint16 port, double rate_hz, gsize size_bytes) {
  FlPublisherConfig config = { .host = "127.0.0.1", .port = port, .target = "/p?x=1", .rate_hz = rate_hz, .size_bytes = size_bytes };
  return fl_publisher_start(&config, NULL);
}

/* The next request's body of that size; its head is checked. */
static void take_request(int fd, gsize size_bytes, char *ret_body) {
  g_autofree char *length = g_strdup_printf("\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n", size_bytes);
  g_autoptr(GString) head = g_string_new(NULL);
  char c;

  while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
    ck_assert_int_eq(recv(fd, &c, 1, 0), 1);
    g_string_append_c(head, c);
  }
  ck_assert(g_str_has_prefix(head->str, "POST /p?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  ck_assert_ptr_nonnull(strstr(head->str, length));
  ck_assert_int_eq(recv(fd, ret_body, size_bytes, MSG_WAITALL), (ssize_t)size_bytes);
  ret_body[size_bytes] = '\0';
}

typedef struct {
  guint64 seq;
  gint64 t_us, sent_us;
} Update;

static Update read_update(const char *body) {
  Update update;

  ck_assert_int_eq(sscanf(body, "{\"seq\":%" G_GUINT64_FORMAT ",\"t\":%" G_GINT64_FORMAT ",\"data\":\"%16" G_GINT64_FORMAT, &update.seq,
                          &update.t_us, &update.sent_us), 3);
  ck_assert(g_str_has_suffix(body, "\"}"));
  return update;
}

static void answer(int fd, const char *status, const char *extra) {
  g_autofree char *text = g_strdup_printf("HTTP/1.1 %s\r\nContent-Length: 0\r\n%s\r\n", status, extra);
  ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Its thread reads the answer some time after it was sent. */
static char *error_of(FlPublisher *publisher) {
  char *error;
  while (!(error = fl_publisher_error(publisher)))
    g_usleep(1000);
  return error;
}

START_TEST(publishes_to_a_schedule_and_waits_for_no_answer) {
  static const gsize sizes[] = { FL_PUBLISHER_SIZE_MIN, 200, 100000 };

  for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
    guint16 port;
    int listener = listen_on(&port);
    FlPublisher *publisher = start(port, RATE_HZ, sizes[i]);
    int fd = accept(listener, NULL, NULL);
    g_autofree char *body = g_malloc(sizes[i] + 1);
    Update first = { 0 };
    for (int n = 0; n < 8; n++) {
      take_request(fd, sizes[i], body);
      Update update = read_update(body);
      first = n == 0 ? update : first;
      ck_assert_uint_eq(update.seq, first.seq + (guint)n);
      ck_assert_int_eq(update.t_us, first.t_us + n * 1000000 / RATE_HZ);
      ck_assert_int_ge(update.sent_us, update.t_us);
    }
    ck_assert_uint_eq(first.seq, (guint64)first.t_us);
    ck_assert_uint_eq(fl_publisher_count(publisher, first.t_us, first.t_us + 1), 1);
    ck_assert_uint_eq(fl_publisher_count(publisher, first.t_us - 99999, first.t_us), 0);
    ck_assert_uint_eq(fl_publisher_count(publisher, first.t_us + 1, first.t_us + 1000001), RATE_HZ);
    ck_assert_ptr_null(fl_publisher_error(publisher));
    fl_publisher_free(publisher);
    close(fd);
    close(listener);
  }
}
END_TEST

START_TEST(goes_on_over_another_connection_where_one_ends_in_order) {
  guint16 port;
  int listener = listen_on(&port);
  FlPublisher *publisher = start(port, SLOW_HZ, 80);
  char body[81];
  guint64 last = 0;

  for (int i = 0; i < 2; i++) {
    int fd = accept(listener, NULL, NULL);
    take_request(fd, 80, body);
    ck_assert(last == 0 || read_update(body).seq == last + 1);
    last = read_update(body).seq;
    answer(fd, "200 OK", "Connection: close\r\n");
    close(fd);
  }
  int fd = accept(listener, NULL, NULL);
  take_request(fd, 80, body);
  ck_assert_uint_eq(read_update(body).seq, last + 1);
  fl_publisher_free(publisher);
  close(fd);
  close(listener);
}
END_TEST

START_TEST(ends_where_an_update_is_refused_or_not_answered) {
  static const struct {
    const char *status, *words;
  } cases[] = { { "404 Not Found", "an update was answered with 404" }, { NULL, "the server ended the connection without an answer" } };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint16 port;
    int listener = listen_on(&port);
    FlPublisher *publisher = start(port, SLOW_HZ, 80);
    int fd = accept(listener, NULL, NULL);
    char body[81];
    take_request(fd, 80, body);
    if (cases[i].status)
      answer(fd, cases[i].status, "");
    else
      shutdown(fd, SHUT_WR);
    g_autofree char *error = error_of(publisher);
    g_autofree char *expected = g_strdup_printf("publishing to http://127.0.0.1:%u/p?x=1: %s", port, cases[i].words);
    ck_assert_str_eq(error, expected);
    fl_publisher_free(publisher);
    close(fd);
    close(listener);
  }
}
END_TEST

START_TEST(counts_the_deadlines_that_it_misses) {
  enum { SIZE = 1000000 }; /* more than a socket takes */
  guint16 port;
  int listener = listen_on(&port);
  FlPublisher *publisher = start(port, RATE_HZ, SIZE);
  int fd = accept(listener, NULL, NULL);
  g_autofree char *body = g_malloc(SIZE + 1);

  while (fl_publisher_missed(publisher) == 0) {
    g_usleep(50000); /* it stands still meanwhile: this is what is tested */
    for (int i = 0; i < 10; i++)
      take_request(fd, SIZE, body);
  }
  fl_publisher_free(publisher);
  close(fd);
  close(listener);
}
END_TEST

START_TEST(tells_where_nothing_listens) {
  guint16 port;
  int listener = listen_on(&port);
  close(listener);
  g_autofree char *expected = g_strdup_printf("publishing to http://127.0.0.1:%u/: Connection refused", port);
  FlPublisherConfig config = { .host = "127.0.0.1", .port = port, .target = "/", .rate_hz = 1, .size_bytes = 80 };
  g_autoptr(GError) error = NULL;

  ck_assert_ptr_null(fl_publisher_start(&config, &error));
  ck_assert_str_eq(error->message, expected);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("publisher");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, publishes_to_a_schedule_and_waits_for_no_answer);
  tcase_add_test(cases, goes_on_over_another_connection_where_one_ends_in_order);
  tcase_add_test(cases, ends_where_an_update_is_refused_or_not_answered);
  tcase_add_test(cases, counts_the_deadlines_that_it_misses);
  tcase_add_test(cases, tells_where_nothing_listens);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
