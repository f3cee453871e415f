/* The account of a run: what is lost, doubled, out of order, and what belongs to the window.
 * SPDX-License-Identifier: MIT */
#include "bench/recorder.h"

#include "tests/fl_check.h"

/* Update n is scheduled at n ms; the window is 10 ms to 20 ms: updates 10 to 19. */
#define MS 1000

typedef struct {
  FlRecorder *recorder;
  FlSubscriber subscribers[3];
} Run;

static void take_at(FlRecorder *recorder, FlSubscriber *subscriber, guint64 seq, gint64 t_us, gint64 now_us) {
  FlStamp stamp = { .seq = seq, .t_us = t_us, .sent_us = t_us + 100 };
  fl_recorder_take(recorder, subscriber, &stamp, now_us);
}

static void begin(Run *run) {
  *run = (Run){ .recorder = fl_recorder_new() };
  fl_recorder_open(run->recorder, 10 * MS, 20 * MS);
}

static void take(Run *run, guint who, guint64 seq) {
  take_at(run->recorder, &run->subscribers[who], seq, (gint64)seq * MS, (gint64)seq * MS + 300);
}

static void take_range(Run *run, guint who, guint64 from, guint64 to) {
  for (guint64 seq = from; seq <= to; seq++)
    take(run, who, seq);
}

static FlIntegrity end(Run *run, guint n) {
  FlSubscriber *list[3] = { &run->subscribers[0], &run->subscribers[1], &run->subscribers[2] };
  FlIntegrity integrity = fl_recorder_settle(run->recorder, list, n);
  for (guint i = 0; i < 3; i++)
    fl_subscriber_clear(&run->subscribers[i]);
  fl_recorder_free(run->recorder);
  return integrity;
}

static void expect(FlIntegrity got, guint64 delivered, guint64 lost, guint64 duplicated, guint64 reordered) {
  ck_assert_uint_eq(got.delivered, delivered);
  ck_assert_uint_eq(got.lost, lost);
  ck_assert_uint_eq(got.duplicated, duplicated);
  ck_assert_uint_eq(got.reordered, reordered);
  ck_assert_uint_eq(got.negative, 0);
}

START_TEST(finds_nothing_wrong_where_all_came_in_order) {
  Run run;
  begin(&run);
  take_range(&run, 0, 3, 25);
  take_range(&run, 1, 8, 20);
  ck_assert_uint_eq(fl_recorder_past(run.recorder), 2);
  ck_assert_uint_eq(fl_histogram_count(fl_recorder_latency(run.recorder)), 20);
  ck_assert_int_eq(fl_histogram_max(fl_recorder_latency(run.recorder)), 300);
  expect(end(&run, 2), 20, 0, 0, 0);
}
END_TEST

START_TEST(counts_the_window_by_scheduled_time) {
  Run run;
  begin(&run);
  take_at(run.recorder, &run.subscribers[0], 9, 10 * MS - 1, 15 * MS);
  take_at(run.recorder, &run.subscribers[0], 10, 10 * MS, 99 * MS);
  take_at(run.recorder, &run.subscribers[0], 11, 20 * MS - 1, 99 * MS);
  ck_assert_uint_eq(fl_recorder_past(run.recorder), 0);
  take_at(run.recorder, &run.subscribers[0], 12, 20 * MS, 99 * MS);
  ck_assert_uint_eq(fl_recorder_past(run.recorder), 1);
  expect(end(&run, 1), 2, 0, 0, 0);
}
END_TEST

START_TEST(has_nothing_in_the_window_before_it_is_opened) {
  Run run = { .recorder = fl_recorder_new() };
  take_range(&run, 0, 1, 30);
  ck_assert_uint_eq(fl_recorder_past(run.recorder), 0);
  expect(end(&run, 1), 0, 0, 0, 0);
}
END_TEST

START_TEST(counts_a_hole_as_lost) {
  Run run;
  begin(&run);
  take_range(&run, 0, 5, 12);
  take_range(&run, 0, 15, 25);
  expect(end(&run, 1), 8, 2, 0, 0);
}
END_TEST

START_TEST(counts_what_one_misses_at_either_end_as_lost) {
  Run run;
  begin(&run);
  take_range(&run, 0, 5, 25);
  take_range(&run, 1, 12, 25);
  take_range(&run, 2, 5, 16);
  expect(end(&run, 3), 10 + 8 + 7, 5, 0, 0);
}
END_TEST

START_TEST(counts_one_who_got_nothing_as_having_lost_all) {
  Run run;
  begin(&run);
  take_range(&run, 0, 5, 25);
  expect(end(&run, 2), 10, 10, 0, 0);
}
END_TEST

START_TEST(counts_an_update_that_comes_again_as_duplicated) {
  Run run;
  begin(&run);
  take_range(&run, 0, 5, 13);
  take(&run, 0, 13);
  take(&run, 0, 11);
  take_range(&run, 0, 14, 25);
  ck_assert_uint_eq(fl_histogram_count(fl_recorder_latency(run.recorder)), 10);
  expect(end(&run, 1), 10, 0, 2, 0);
}
END_TEST

START_TEST(counts_an_update_that_comes_late_as_reordered_and_not_lost) {
  Run run;
  begin(&run);
  take_range(&run, 0, 5, 11);
  take_range(&run, 0, 15, 16);
  take(&run, 0, 13);
  take(&run, 0, 12);
  take(&run, 0, 14);
  take(&run, 0, 14);
  take_range(&run, 0, 17, 25);
  expect(end(&run, 1), 10, 0, 1, 3);
}
END_TEST

START_TEST(counts_an_update_from_before_the_first_as_reordered) {
  Run run;
  begin(&run);
  take(&run, 0, 11);
  take(&run, 0, 10);
  take_range(&run, 0, 12, 20);
  FlIntegrity got = end(&run, 1);
  ck_assert_uint_eq(got.reordered, 1);
}
END_TEST

START_TEST(holds_a_subscriber_to_its_cursor) {
  Run run;
  begin(&run);
  fl_subscriber_begin(&run.subscribers[0], 9);
  fl_subscriber_begin(&run.subscribers[1], 9);
  take_range(&run, 0, 10, 20);
  take_range(&run, 1, 11, 20);
  expect(end(&run, 2), 19, 1, 0, 0);
}
END_TEST

START_TEST(counts_negative_latencies_apart) {
  Run run;
  begin(&run);
  take_at(run.recorder, &run.subscribers[0], 10, 10 * MS, 10 * MS - 1);
  take_at(run.recorder, &run.subscribers[0], 11, 11 * MS, 11 * MS);
  ck_assert_uint_eq(fl_histogram_count(fl_recorder_latency(run.recorder)), 1);
  ck_assert_uint_eq(end(&run, 1).negative, 1);
}
END_TEST

START_TEST(counts_the_gaps_that_subscribers_were_told_of) {
  Run run;
  begin(&run);
  take_range(&run, 0, 5, 12);
  fl_recorder_gap(run.recorder);
  take_range(&run, 0, 15, 25);
  FlIntegrity told = end(&run, 1);
  ck_assert_uint_eq(told.gaps, 1);
  expect(told, 8, 2, 0, 0);
  ck_assert(!fl_integrity_holds(&told));
}
END_TEST

START_TEST(holds_only_where_nothing_is_wrong) {
  FlIntegrity good = { .expected = 5, .delivered = 5, .negative = 1 }; /* of clocks, not of updates */
  FlIntegrity bad[] = { { .lost = 1 }, { .duplicated = 1 }, { .reordered = 1 }, { .gaps = 1 } };
  ck_assert(fl_integrity_holds(&good));
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert(!fl_integrity_holds(&bad[i]));
}
END_TEST

/* One update at the window's beginning, shown 100 ms later, another 400 ms after it: the age is a saw. */
START_TEST(averages_the_age_of_what_is_shown_over_time) {
  Run run;
  begin(&run);
  fl_recorder_open(run.recorder, 1000 * MS, 2000 * MS);
  take_at(run.recorder, &run.subscribers[0], 1, 900 * MS, 1000 * MS);  /* age 100 at the beginning … */
  take_at(run.recorder, &run.subscribers[0], 2, 1300 * MS, 1400 * MS); /* … 500 here, then 100 … */
  take_at(run.recorder, &run.subscribers[0], 3, 2100 * MS, 2200 * MS); /* … 700 at the end */
  double expected = (400 * (100 + 500) / 2.0 + 600 * (100 + 700) / 2.0) / 1000 * MS;
  ck_assert_msg(ABS(fl_recorder_age_us(run.recorder) - expected) < 1, "%g, expected %g", fl_recorder_age_us(run.recorder),
                expected);
  end(&run, 1);
}
END_TEST

START_TEST(keeps_the_uncorrected_latency_and_the_slices_apart) {
  Run run;
  begin(&run);
  fl_recorder_open(run.recorder, 1000 * MS, 1000 * MS + FL_SLICES * MS);
  take_at(run.recorder, &run.subscribers[0], 1, 1000 * MS, 1000 * MS + 300);
  take_at(run.recorder, &run.subscribers[0], 2, 1000 * MS + FL_SLICES * MS - 1, 1000 * MS + FL_SLICES * MS + 499);
  ck_assert_int_eq(fl_histogram_min(fl_recorder_uncorrected(run.recorder)), 200);
  ck_assert_int_eq(fl_histogram_max(fl_recorder_uncorrected(run.recorder)), 400);
  ck_assert_uint_eq(fl_recorder_slice(run.recorder, 0).delivered, 1);
  ck_assert_uint_eq(fl_recorder_slice(run.recorder, 1).delivered, 0);
  ck_assert_uint_eq(fl_recorder_slice(run.recorder, FL_SLICES - 1).delivered, 1);
  ck_assert_int_eq(fl_histogram_max(fl_recorder_slice(run.recorder, FL_SLICES - 1).latency), 500);
  end(&run, 1);
}
END_TEST

/* Three subscribers with something wrong each, the window's ends seen by different ones; each with its recorder. */
static void play(FlRecorder *const recorders[3], FlSubscriber subscribers[3]) {
  static const guint64 seqs[3][12] = { { 12, 13, 13, 14, 17, 15, 25 }, { 9, 10, 11, 12, 13, 14, 26 }, { 15, 16, 18, 19, 20, 21 } };

  for (guint who = 0; who < 3; who++)
    for (const guint64 *seq = seqs[who]; *seq > 0; seq++)
      take_at(recorders[who], &subscribers[who], *seq, (gint64)*seq * MS, (gint64)*seq * MS + 200 * (gint64)(who + 1));
  take_at(recorders[2], &subscribers[2], 22, 19 * MS, 19 * MS - 1); /* before its time */
  fl_recorder_gap(recorders[1]);
  fl_recorder_gap(recorders[2]);
}

static void expect_same_times(const FlRecorder *got, const FlRecorder *wanted) {
  const FlHistogram *pairs[][2] = { { fl_recorder_latency(got), fl_recorder_latency(wanted) },
                                    { fl_recorder_uncorrected(got), fl_recorder_uncorrected(wanted) } };

  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    ck_assert_uint_eq(fl_histogram_count(pairs[i][0]), fl_histogram_count(pairs[i][1]));
    for (int p = 0; p <= 100; p += 5)
      ck_assert_int_eq(fl_histogram_percentile(pairs[i][0], p), fl_histogram_percentile(pairs[i][1], p));
  }
  ck_assert_double_eq_tol(fl_recorder_age_us(got), fl_recorder_age_us(wanted), 1e-9);
  for (guint i = 0; i < FL_SLICES; i++) {
    ck_assert_uint_eq(fl_recorder_slice(got, i).delivered, fl_recorder_slice(wanted, i).delivered);
    ck_assert_int_eq(fl_histogram_max(fl_recorder_slice(got, i).latency), fl_histogram_max(fl_recorder_slice(wanted, i).latency));
  }
}

START_TEST(merges_into_what_one_recorder_would_have_seen) {
  FlSubscriber together[3] = { 0 }, apart[3] = { 0 };
  FlSubscriber *lists[2][3] = { { &together[0], &together[1], &together[2] }, { &apart[0], &apart[1], &apart[2] } };
  g_autoptr(FlRecorder) one = fl_recorder_new();
  g_autoptr(FlRecorder) merged = fl_recorder_new();
  FlRecorder *three[3];
  fl_recorder_open(one, 10 * MS, 20 * MS);
  fl_recorder_open(merged, 10 * MS, 20 * MS);
  for (guint i = 0; i < 3; i++)
    fl_recorder_open(three[i] = fl_recorder_new(), 10 * MS, 20 * MS);
  play((FlRecorder *[]){ one, one, one }, together);
  play(three, apart);
  for (guint i = 0; i < 3; i++) {
    fl_recorder_merge(merged, three[i]);
    fl_recorder_free(three[i]);
  }
  FlIntegrity wanted = fl_recorder_settle(one, lists[0], 3), got = fl_recorder_settle(merged, lists[1], 3);
  ck_assert_uint_eq(got.delivered, wanted.delivered);
  ck_assert_uint_eq(got.lost, wanted.lost);
  ck_assert_uint_eq(got.duplicated, 1);
  ck_assert_uint_eq(got.reordered, 1);
  ck_assert_uint_eq(wanted.expected, 13); /* from the second's 10 to the third's 22 */
  ck_assert_uint_eq(got.expected, wanted.expected);
  ck_assert_uint_eq(got.gaps, 2);
  ck_assert_uint_eq(got.negative, 1);
  ck_assert_uint_eq(fl_recorder_past(merged), 3);
  expect_same_times(merged, one);
  for (guint i = 0; i < 3; i++) {
    fl_subscriber_clear(&together[i]);
    fl_subscriber_clear(&apart[i]);
  }
}
END_TEST

/* The first one saw of the old run only, before the window; the other two heard of the runs in another order. */
START_TEST(merges_runs_of_the_feed_by_their_names) {
  FlSubscriber subscribers[3] = { 0 };
  FlSubscriber *list[3] = { &subscribers[0], &subscribers[1], &subscribers[2] };
  g_autoptr(FlRecorder) merged = fl_recorder_new();
  FlRecorder *parts[3];
  FlStamp last = { .seq = 13, .t_us = 13 * MS };
  for (guint i = 0; i < 3; i++) {
    parts[i] = fl_recorder_new();
    fl_recorder_open(parts[i], 10 * MS, 20 * MS);
  }
  fl_recorder_open(merged, 10 * MS, 20 * MS);
  fl_recorder_epoch(parts[0], &subscribers[0], "a");
  take_at(parts[0], &subscribers[0], 9, 9 * MS, 9 * MS);
  fl_recorder_epoch(parts[0], &subscribers[0], "b");
  for (guint64 seq = 1; seq <= 3; seq++)
    take_at(parts[0], &subscribers[0], seq, (gint64)(15 + seq) * MS, (gint64)(15 + seq) * MS);
  fl_recorder_epoch(parts[1], &subscribers[1], "b");
  take_at(parts[1], &subscribers[1], 2, 17 * MS, 17 * MS);
  take_at(parts[1], &subscribers[1], 3, 18 * MS, 18 * MS);
  fl_recorder_epoch(parts[2], &subscribers[2], "a");
  for (guint64 seq = 10; seq <= 12; seq++)
    take_at(parts[2], &subscribers[2], seq, (gint64)seq * MS, (gint64)seq * MS);
  for (guint i = 0; i < 3; i++) {
    fl_recorder_merge(merged, parts[i]);
    fl_recorder_free(parts[i]);
  }
  fl_recorder_published(merged, "a", &last);
  ck_assert_uint_eq(fl_recorder_expected(merged), 4 + 3);
  expect(fl_recorder_settle(merged, list, 3), 3 + 2 + 3, 4 + 5 + 4, 0, 0);
  for (guint i = 0; i < 3; i++)
    fl_subscriber_clear(&subscribers[i]);
}
END_TEST

START_TEST(takes_each_run_of_the_feed_from_its_first_update_on) {
  Run run;
  begin(&run);
  for (guint who = 0; who < 2; who++) {
    fl_recorder_epoch(run.recorder, &run.subscribers[who], "a");
    take_range(&run, who, 8, 12);
    fl_recorder_epoch(run.recorder, &run.subscribers[who], "b");
    for (guint64 seq = who == 0 ? 2 : 3; seq <= 5; seq++)
      take_at(run.recorder, &run.subscribers[who], seq, (gint64)(13 + seq) * MS, (gint64)(14 + seq) * MS);
  }
  ck_assert_str_eq(fl_recorder_epoch_name(run.recorder, &run.subscribers[1]), "b");
  ck_assert_uint_eq(fl_recorder_expected(run.recorder), 3 + 5);
  expect(end(&run, 2), 7 + 6, 3, 0, 0);
}
END_TEST

START_TEST(counts_what_comes_again_in_a_later_run_of_the_feed_as_no_duplicate) {
  Run run;
  begin(&run);
  fl_recorder_epoch(run.recorder, &run.subscribers[0], "a");
  take_range(&run, 0, 1, 12);
  fl_recorder_epoch(run.recorder, &run.subscribers[0], "b");
  take_at(run.recorder, &run.subscribers[0], 1, 13 * MS, 13 * MS);
  fl_recorder_epoch(run.recorder, &run.subscribers[0], "b");
  take_at(run.recorder, &run.subscribers[0], 1, 13 * MS, 13 * MS);
  expect(end(&run, 1), 4, 0, 1, 0);
}
END_TEST

START_TEST(counts_what_was_published_as_lost_to_all_who_did_not_get_it) {
  Run run;
  FlStamp last = { .seq = 14, .t_us = 14 * MS }, later = { .seq = 30, .t_us = 30 * MS };
  begin(&run);
  for (guint who = 0; who < 2; who++) {
    fl_recorder_epoch(run.recorder, &run.subscribers[who], "a");
    take_range(&run, who, 8, 12);
    fl_recorder_epoch(run.recorder, &run.subscribers[who], "b");
  }
  fl_recorder_published(run.recorder, "a", &last);
  fl_recorder_published(run.recorder, "a", &later);
  ck_assert_uint_eq(fl_recorder_expected(run.recorder), 5);
  expect(end(&run, 2), 6, 4, 0, 0);
}
END_TEST

START_TEST(tells_whether_an_update_is_of_the_window_and_new) {
  Run run;
  FlStamp before = { .seq = 9, .t_us = 9 * MS }, inside = { .seq = 10, .t_us = 10 * MS };
  begin(&run);
  ck_assert(!fl_recorder_take(run.recorder, &run.subscribers[0], &before, 9 * MS));
  ck_assert(fl_recorder_take(run.recorder, &run.subscribers[0], &inside, 10 * MS));
  ck_assert(!fl_recorder_take(run.recorder, &run.subscribers[0], &inside, 10 * MS));
  end(&run, 1);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("recorder");
  TCase *tcase = tcase_create("recorder");
  tcase_add_test(tcase, finds_nothing_wrong_where_all_came_in_order);
  tcase_add_test(tcase, counts_the_window_by_scheduled_time);
  tcase_add_test(tcase, has_nothing_in_the_window_before_it_is_opened);
  tcase_add_test(tcase, counts_a_hole_as_lost);
  tcase_add_test(tcase, counts_what_one_misses_at_either_end_as_lost);
  tcase_add_test(tcase, counts_one_who_got_nothing_as_having_lost_all);
  tcase_add_test(tcase, counts_an_update_that_comes_again_as_duplicated);
  tcase_add_test(tcase, counts_an_update_that_comes_late_as_reordered_and_not_lost);
  tcase_add_test(tcase, counts_an_update_from_before_the_first_as_reordered);
  tcase_add_test(tcase, holds_a_subscriber_to_its_cursor);
  tcase_add_test(tcase, counts_negative_latencies_apart);
  tcase_add_test(tcase, counts_the_gaps_that_subscribers_were_told_of);
  tcase_add_test(tcase, holds_only_where_nothing_is_wrong);
  tcase_add_test(tcase, averages_the_age_of_what_is_shown_over_time);
  tcase_add_test(tcase, keeps_the_uncorrected_latency_and_the_slices_apart);
  tcase_add_test(tcase, merges_into_what_one_recorder_would_have_seen);
  tcase_add_test(tcase, merges_runs_of_the_feed_by_their_names);
  tcase_add_test(tcase, takes_each_run_of_the_feed_from_its_first_update_on);
  tcase_add_test(tcase, counts_what_comes_again_in_a_later_run_of_the_feed_as_no_duplicate);
  tcase_add_test(tcase, counts_what_was_published_as_lost_to_all_who_did_not_get_it);
  tcase_add_test(tcase, tells_whether_an_update_is_of_the_window_and_new);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
