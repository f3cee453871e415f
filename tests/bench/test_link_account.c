/* What a link did, added up, judged, told, and sent from process to process.
 * SPDX-License-Identifier: MIT */
#include "bench/link_account.h"

#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fl_check.h"

/* `n` packets that were late by 0.1 ms, and one in a hundred by `late_us`. */
static FlLinkAccount account_of(int n, gint64 late_us) {
  FlLinkAccount account;

  fl_link_account_init(&account);
  for (int i = 0; i < n; i++)
    fl_histogram_record(account.lateness, i % 50 == 0 ? late_us : 100);
  account.ways[FL_LINK_UP].packets[FL_FATE_PASSES] = (guint64)n;
  return account;
}

START_TEST(is_kept_within_five_per_cent_of_the_round_trip) {
  FlLinkAccount account = account_of(10000, 4000);

  ck_assert_double_eq_tol(fl_link_account_lateness_ms(&account, NULL), 4, 0.01);
  ck_assert(fl_link_account_is_kept(&account, 100));
  ck_assert(!fl_link_account_is_kept(&account, 79));
  ck_assert_double_eq(fl_link_account_late_limit_ms(100), 5);
  ck_assert_double_eq(fl_link_account_late_limit_ms(0), 0.5);
  account.overruns = 1;
  ck_assert(!fl_link_account_is_kept(&account, 100));
  fl_link_account_clear(&account);
}
END_TEST

START_TEST(judges_few_packets_by_a_lower_percentile) {
  static const struct {
    int n, percentile;
  } cases[] = { { 999, 90 }, { 1000, 99 }, { 100, 90 }, { 99, 50 }, { 1, 50 } };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    FlLinkAccount account = account_of(cases[i].n, 100);
    int percentile = 0;
    ck_assert_double_eq_tol(fl_link_account_lateness_ms(&account, &percentile), 0.1, 0.001);
    ck_assert_int_eq(percentile, cases[i].percentile);
    fl_link_account_clear(&account);
  }
  FlLinkAccount none = account_of(0, 0);
  ck_assert(isnan(fl_link_account_lateness_ms(&none, NULL)));
  ck_assert(fl_link_account_is_kept(&none, 10));
  fl_link_account_clear(&none);
}
END_TEST

START_TEST(adds_up) {
  FlLinkAccount sum = account_of(10, 200), other = account_of(30, 300), none = { 0 };

  other.ways[FL_LINK_DOWN] = (FlLinkWayAccount){ .packets = { 5, 1, 2, 3, 4 }, .bytes = 6, .segments = 7, .segments_passed = 8 };
  fl_link_account_merge(&sum, &other);
  fl_link_account_merge(&sum, &other);
  fl_link_account_merge(&sum, &none);
  ck_assert_uint_eq(fl_link_account_offered(&sum, FL_LINK_UP), 70);
  ck_assert_uint_eq(fl_link_account_offered(&sum, FL_LINK_DOWN), 30);
  ck_assert_uint_eq(sum.ways[FL_LINK_DOWN].packets[FL_FATE_OUTAGE], 8);
  ck_assert_uint_eq(sum.ways[FL_LINK_DOWN].bytes, 12);
  ck_assert_uint_eq(sum.ways[FL_LINK_DOWN].segments, 14);
  ck_assert_uint_eq(sum.ways[FL_LINK_DOWN].segments_passed, 16);
  ck_assert_uint_eq(fl_histogram_count(sum.lateness), 70);
  fl_link_account_clear(&sum);
  fl_link_account_clear(&other);
}
END_TEST

START_TEST(tells_losses_by_their_cause) {
  FlLinkAccount account = account_of(1, 100);

  account.ways[FL_LINK_DOWN].packets[FL_FATE_LOSS] = 2;
  account.ways[FL_LINK_DOWN].packets[FL_FATE_QUEUE] = 1;
  g_autofree char *text = fl_link_account_describe(&account);
  ck_assert_str_eq(text, "up 1 packet, 0 lost; down 3 packets, 3 lost (loss 2, queue 1); late by p50 0.100 ms, at most 0.100 ms");
  fl_link_account_clear(&account);
}
END_TEST

START_TEST(goes_from_process_to_process) {
  FlLinkAccount sent = account_of(100, 2000), got; /* which is exact in a histogram */
  int pair[2];

  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  ck_assert(fl_link_account_write(&sent, pair[0]));
  ck_assert(fl_link_account_read(pair[1], &got));
  g_autofree char *one = fl_link_account_describe(&sent);
  g_autofree char *other = fl_link_account_describe(&got);
  ck_assert_str_eq(one, other);
  ck_assert_int_eq(fl_histogram_max(got.lateness), 2000);
  close(pair[0]);
  fl_link_account_clear(&got);
  ck_assert(!fl_link_account_read(pair[1], &got));
  ck_assert(!fl_link_account_write(&sent, pair[1]));
  close(pair[1]);
  fl_link_account_clear(&sent);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("link_account");
  TCase *cases = tcase_create("account");
  tcase_add_test(cases, is_kept_within_five_per_cent_of_the_round_trip);
  tcase_add_test(cases, judges_few_packets_by_a_lower_percentile);
  tcase_add_test(cases, adds_up);
  tcase_add_test(cases, tells_losses_by_their_cause);
  tcase_add_test(cases, goes_from_process_to_process);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
