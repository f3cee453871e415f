/* The model of a line: when bytes that came may leave.
 * SPDX-License-Identifier: MIT */
#include "net/line_delay.h"

#include "tests/fl_check.h"

#define MS G_GINT64_CONSTANT(1000000)
#define NOW (1000 * MS)

typedef struct {
  FlLineWire wire;
  FlLineFlow flow;
} Way;

/* A way on which the handshake has long been over. */
static Way way(const FlLineProfile *profile, guint64 seed) {
  Way self = { 0 };
  fl_line_flow_init(&self.flow, profile, 0, seed);
  return self;
}

static gint64 send_at(const FlLineProfile *profile, Way *way, gint64 now_ns, gsize bytes) {
  return fl_line_delay(profile, &way->wire, &way->flow, now_ns, bytes) - now_ns;
}

START_TEST(without_a_network_nothing_waits) {
  const FlLineProfile *none = fl_line_profile_get(0);
  Way w = way(none, 1);
  ck_assert_str_eq(none->name, "none");
  for (int i = 0; i < 1000; i++)
    ck_assert_int_eq(send_at(none, &w, NOW + i, 100000), 0);
}
END_TEST

START_TEST(half_a_round_trip_passes_each_way) {
  const FlLineProfile profile = { .name = "x", .rtt_ms = 300 };
  Way w = way(&profile, 1);
  ck_assert_int_eq(send_at(&profile, &w, NOW, 1), 150 * MS);
  ck_assert_int_eq(send_at(&profile, &w, NOW + MS, 65536), 150 * MS);
  ck_assert_int_eq(send_at(&profile, &w, NOW + 2 * MS, 0), 150 * MS);
}
END_TEST

START_TEST(the_first_bytes_wait_for_the_handshake) {
  const FlLineProfile profile = { .name = "x", .rtt_ms = 300 };
  FlLineWire wire = { 0 };
  FlLineFlow flow;
  fl_line_flow_init(&flow, &profile, NOW, 1);
  ck_assert_int_eq(fl_line_delay(&profile, &wire, &flow, NOW + 20 * MS, 1), NOW + 450 * MS);
  ck_assert_int_eq(fl_line_delay(&profile, &wire, &flow, NOW + 310 * MS, 1), NOW + 460 * MS);
}
END_TEST

START_TEST(a_rate_is_that_of_all_connections_together) {
  const FlLineProfile profile = { .name = "x", .kbit = 800 }; /* 100 bytes a millisecond */
  Way first = way(&profile, 1), second = way(&profile, 2);
  ck_assert_int_eq(fl_line_delay(&profile, &first.wire, &first.flow, NOW, 1000), NOW + 10 * MS);
  ck_assert_int_eq(fl_line_delay(&profile, &first.wire, &second.flow, NOW, 500), NOW + 15 * MS);
  ck_assert_int_eq(fl_line_delay(&profile, &first.wire, &first.flow, NOW + 5 * MS, 100), NOW + 16 * MS);
  ck_assert_int_eq(fl_line_delay(&profile, &first.wire, &first.flow, NOW + 100 * MS, 100), NOW + 101 * MS);
}
END_TEST

START_TEST(jitter_only_adds_and_keeps_order) {
  const FlLineProfile profile = { .name = "x", .rtt_ms = 100, .jitter_ms = 40 };
  Way w = way(&profile, 1);
  gint64 before_ns = 0, least_ns = G_MAXINT64, most_ns = 0;
  for (gint64 now_ns = NOW; now_ns < NOW + 2000 * MS; now_ns += MS) {
    gint64 delay_ns = send_at(&profile, &w, now_ns, 100);
    ck_assert_int_ge(delay_ns, 50 * MS);
    ck_assert_int_lt(delay_ns, 90 * MS);
    ck_assert_int_ge(now_ns + delay_ns, before_ns);
    before_ns = now_ns + delay_ns;
    least_ns = MIN(least_ns, delay_ns);
    most_ns = MAX(most_ns, delay_ns);
  }
  ck_assert_int_gt(most_ns - least_ns, 10 * MS);
}
END_TEST

START_TEST(jitter_is_spread_evenly) {
  const FlLineProfile profile = { .name = "x", .jitter_ms = 40 };
  Way w = way(&profile, 7);
  gint64 sum_ns = 0;
  guint quarters[4] = { 0 };
  for (int i = 0; i < 4000; i++) { /* far apart: no order to keep */
    gint64 delay_ns = send_at(&profile, &w, NOW + i * 1000 * MS, 1);
    sum_ns += delay_ns;
    quarters[delay_ns / (10 * MS)]++;
  }
  ck_assert_int_lt(ABS(sum_ns / 4000 - 20 * MS), MS);
  for (int i = 0; i < 4; i++)
    ck_assert_int_lt(ABS((gint)quarters[i] - 1000), 150);
}
END_TEST

START_TEST(a_loss_stalls_all_that_follows_by_a_timeout) {
  const FlLineProfile profile = { .name = "x", .rtt_ms = 50, .loss = 0.1 };
  Way w = way(&profile, 3);
  ck_assert_int_eq(fl_line_stall_ns(&profile), 200 * MS);
  gint64 now_ns = NOW;
  while (send_at(&profile, &w, now_ns, 100) == 25 * MS)
    now_ns += MS;
  ck_assert_int_eq(w.flow.last_ns - now_ns, 225 * MS);
  ck_assert_int_ge(send_at(&profile, &w, now_ns + MS, 100), 224 * MS);
}
END_TEST

/* How many of `n` sendings, far apart, are held up. */
static guint stalls(const FlLineProfile *profile, guint64 seed, gsize bytes, guint n) {
  Way w = way(profile, seed);
  guint held_up = 0;
  for (guint i = 0; i < n; i++)
    held_up += send_at(profile, &w, NOW + i * 1000 * MS, bytes) >= fl_line_stall_ns(profile);
  return held_up;
}

START_TEST(each_segment_may_be_lost) {
  const FlLineProfile profile = { .name = "x", .rtt_ms = 150, .loss = 0.03 };
  ck_assert_int_eq(fl_line_stall_ns(&profile), 300 * MS);
  ck_assert_int_lt(ABS((gint)stalls(&profile, 1, 100, 10000) - 300), 60);
  /* 1 - 0.97^10 */
  ck_assert_int_lt(ABS((gint)stalls(&profile, 2, 10 * FL_LINE_SEGMENT_BYTES, 10000) - 2626), 150);
  ck_assert_int_gt(stalls(&profile, 3, 0, 10000), 0);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_and_another_does_not) {
  const FlLineProfile *flaky = fl_line_profile_find("flaky");
  Way first = way(flaky, 5), same = way(flaky, 5), other = way(flaky, 6);
  guint differ = 0;
  for (int i = 0; i < 500; i++) {
    gint64 delay_ns = send_at(flaky, &first, NOW + i * 100 * MS, 1000);
    ck_assert_int_eq(send_at(flaky, &same, NOW + i * 100 * MS, 1000), delay_ns);
    differ += send_at(flaky, &other, NOW + i * 100 * MS, 1000) != delay_ns;
  }
  ck_assert_uint_gt(differ, 400);
}
END_TEST

START_TEST(another_profile_keeps_what_is_on_its_way_in_order) {
  const FlLineProfile *far = fl_line_profile_find("satellite"), *none = fl_line_profile_find("none");
  Way w = way(far, 1);
  gint64 leaves_ns = NOW + send_at(far, &w, NOW, 100);
  ck_assert_int_eq(NOW + 10 * MS + send_at(none, &w, NOW + 10 * MS, 100), leaves_ns);
  ck_assert_int_eq(send_at(none, &w, NOW + 5000 * MS, 100), 0);
}
END_TEST

START_TEST(profiles_are_found_by_name) {
  static const char *const names[] = { "none", "wifi", "4g", "3g", "satellite", "flaky" };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    ck_assert_ptr_eq(fl_line_profile_find(names[i]), fl_line_profile_get(i));
  ck_assert_ptr_null(fl_line_profile_get(G_N_ELEMENTS(names)));
  ck_assert_ptr_null(fl_line_profile_find("NONE"));
  ck_assert_ptr_null(fl_line_profile_find(""));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("line_delay");
  TCase *tcase = tcase_create("line_delay");
  tcase_add_test(tcase, without_a_network_nothing_waits);
  tcase_add_test(tcase, half_a_round_trip_passes_each_way);
  tcase_add_test(tcase, the_first_bytes_wait_for_the_handshake);
  tcase_add_test(tcase, a_rate_is_that_of_all_connections_together);
  tcase_add_test(tcase, jitter_only_adds_and_keeps_order);
  tcase_add_test(tcase, jitter_is_spread_evenly);
  tcase_add_test(tcase, a_loss_stalls_all_that_follows_by_a_timeout);
  tcase_add_test(tcase, each_segment_may_be_lost);
  tcase_add_test(tcase, the_same_seed_gives_the_same_and_another_does_not);
  tcase_add_test(tcase, another_profile_keeps_what_is_on_its_way_in_order);
  tcase_add_test(tcase, profiles_are_found_by_name);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
