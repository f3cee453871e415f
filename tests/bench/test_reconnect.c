/* When clients come back: within the bounds of each rule, at random where it says so, and the same again with the same seed.
 * SPDX-License-Identifier: MIT */
#include "bench/reconnect.h"

#include "tests/fl_check.h"

#define MS G_GINT64_CONSTANT(1000000)
#define DRAWS 2000

typedef struct {
  gint64 least, most, sum;
} Drawn;

static Drawn draw(const char *transport, guint attempts, gint64 told_ns) {
  g_autoptr(GRand) random = g_rand_new_with_seed(7);
  Drawn drawn = { G_MAXINT64, G_MININT64, 0 };

  for (guint i = 0; i < DRAWS; i++) {
    gint64 delay_ns = fl_reconnect_delay_ns(fl_reconnect_rule(transport), attempts, told_ns, random);
    drawn.least = MIN(drawn.least, delay_ns);
    drawn.most = MAX(drawn.most, delay_ns);
    drawn.sum += delay_ns;
  }
  return drawn;
}

/* All draws lie in from_ms … to_ms, and some within a twentieth of either end. */
static void expect_spread(Drawn drawn, gint64 from_ms, gint64 to_ms) {
  gint64 edge = (to_ms - from_ms) * MS / 20;
  ck_assert_int_ge(drawn.least, from_ms * MS);
  ck_assert_int_le(drawn.most, to_ms * MS);
  ck_assert_int_lt(drawn.least, from_ms * MS + edge);
  ck_assert_int_gt(drawn.most, to_ms * MS - edge);
}

START_TEST(waits_for_a_poll_of_its_own_at_its_slot) {
  ck_assert_int_eq(draw("poll", 0, -1).most, -1);
  ck_assert_int_eq(draw("poll", 9, 2000 * MS).most, -1);
}
END_TEST

START_TEST(does_as_the_event_stream_told_it_at_every_attempt) {
  for (guint attempts = 0; attempts < 9; attempts++) {
    Drawn drawn = draw("sse", attempts, 1000 * MS);
    ck_assert_int_eq(drawn.least, 1000 * MS);
    ck_assert_int_eq(drawn.most, 1000 * MS);
  }
  ck_assert_int_eq(draw("sse", 0, 0).most, 0);
}
END_TEST

START_TEST(waits_three_seconds_for_an_event_stream_that_told_nothing) {
  ck_assert_int_eq(draw("sse", 0, -1).least, 3000 * MS);
  ck_assert_int_eq(draw("sse", 5, -1).most, 3000 * MS);
}
END_TEST

START_TEST(backs_off_with_full_jitter_for_websocket_and_long_polls) {
  static const char *const transports[] = { "ws", "longpoll" };
  static const gint64 caps_ms[] = { 500, 1000, 2000, 4000, 5000, 5000 };
  for (gsize i = 0; i < G_N_ELEMENTS(transports); i++)
    for (guint attempts = 0; attempts < G_N_ELEMENTS(caps_ms); attempts++)
      expect_spread(draw(transports[i], attempts, -1), 0, caps_ms[attempts]);
  expect_spread(draw("ws", 4000, -1), 0, 5000);
}
END_TEST

START_TEST(backs_off_as_the_official_socketio_client_does) {
  static const char *const kinds[] = { "socketio", "socketio-polling", "socketio-ws" };
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    expect_spread(draw(kinds[i], 0, -1), 550, 1500);
    expect_spread(draw(kinds[i], 1, -1), 1100, 3000);
    expect_spread(draw(kinds[i], 2, -1), 2200, 5000);
    expect_spread(draw(kinds[i], 3, -1), 4400, 5000);
  }
  ck_assert_int_eq(draw("socketio", 4, -1).least, 5000 * MS);
}
END_TEST

/* Half of the draws go each way: the mean is the delay. */
START_TEST(deviates_both_ways_alike) {
  gint64 mean_ns = draw("socketio", 0, -1).sum / DRAWS;
  ck_assert_int_gt(mean_ns, 950 * MS);
  ck_assert_int_lt(mean_ns, 1050 * MS);
}
END_TEST

START_TEST(draws_the_same_with_the_same_seed) {
  g_autoptr(GRand) one = g_rand_new_with_seed(42), again = g_rand_new_with_seed(42), other = g_rand_new_with_seed(43);
  const FlReconnectRule *rule = fl_reconnect_rule("ws");
  gboolean differs = FALSE;
  for (guint i = 0; i < 100; i++) {
    gint64 delay_ns = fl_reconnect_delay_ns(rule, i, -1, one);
    ck_assert_int_eq(fl_reconnect_delay_ns(rule, i, -1, again), delay_ns);
    differs = differs || fl_reconnect_delay_ns(rule, i, -1, other) != delay_ns;
  }
  ck_assert(differs);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reconnect");
  TCase *tcase = tcase_create("reconnect");
  tcase_add_test(tcase, waits_for_a_poll_of_its_own_at_its_slot);
  tcase_add_test(tcase, does_as_the_event_stream_told_it_at_every_attempt);
  tcase_add_test(tcase, waits_three_seconds_for_an_event_stream_that_told_nothing);
  tcase_add_test(tcase, backs_off_with_full_jitter_for_websocket_and_long_polls);
  tcase_add_test(tcase, backs_off_as_the_official_socketio_client_does);
  tcase_add_test(tcase, deviates_both_ways_alike);
  tcase_add_test(tcase, draws_the_same_with_the_same_seed);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
