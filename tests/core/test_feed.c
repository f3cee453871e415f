/* The feed's ring and where reading begins in it.
 * SPDX-License-Identifier: MIT */
#include "core/feed.h"

#include "tests/fl_check.h"

static FlFeed *feed_of(gsize history, gsize bytes, guint64 updates) {
  FlFeed *feed = fl_feed_new("k3f9tz", history, bytes);
  for (guint64 seq = 1; seq <= updates; seq++)
    fl_feed_append(feed, fl_update_new("k3f9tz", seq, 0, "0", 1));
  return feed;
}

static void assert_located(const FlFeed *feed, const char *since, guint64 seq, FlGap gap) {
  guint64 got_seq;
  FlGap got;

  ck_assert_msg(fl_feed_locate(feed, since, &got_seq, &got), "%s is a cursor", since);
  ck_assert_uint_eq(got_seq, seq);
  ck_assert_int_eq(got.kind, gap.kind);
  ck_assert_uint_eq(got.from, gap.from);
  ck_assert_uint_eq(got.to, gap.to);
}

#define NO_GAP ((FlGap){ FL_GAP_NONE, 0, 0 })
#define GAP(f, t) ((FlGap){ FL_GAP_RANGE, (f), (t) })

START_TEST(keeps_the_newest_when_the_ring_wraps) {
  g_autoptr(FlFeed) feed = feed_of(8, 1 << 20, 20);
  ck_assert_uint_eq(fl_feed_oldest(feed), 13);
  ck_assert_uint_eq(fl_feed_head(feed), 20);
  ck_assert_ptr_null(fl_feed_get(feed, 12));
  ck_assert_ptr_null(fl_feed_get(feed, 21));
  for (guint64 seq = 13; seq <= 20; seq++)
    ck_assert_uint_eq(fl_update_seq(fl_feed_get(feed, seq)), seq);
}
END_TEST

START_TEST(is_bounded_in_bytes_but_keeps_the_newest) {
  g_autoptr(FlFeed) feed = feed_of(100, 1, 3);
  ck_assert_uint_eq(fl_feed_oldest(feed), 3);
  ck_assert_uint_eq(fl_feed_head(feed), 3);
}
END_TEST

START_TEST(an_update_outlives_the_ring_by_its_reference) {
  g_autoptr(FlFeed) feed = feed_of(1, 1 << 20, 1);
  g_autoptr(FlUpdate) held = fl_update_ref(fl_feed_get(feed, 1));
  fl_feed_append(feed, fl_update_new("k3f9tz", 2, 0, "0", 1));
  ck_assert_ptr_null(fl_feed_get(feed, 1));
  ck_assert_uint_eq(fl_update_seq(held), 1);
}
END_TEST

START_TEST(begins_where_the_cursor_says) {
  g_autoptr(FlFeed) feed = feed_of(8, 1 << 20, 20);
  assert_located(feed, NULL, 20, NO_GAP);
  assert_located(feed, "0", 12, NO_GAP);
  assert_located(feed, "k3f9tz-0", 12, GAP(1, 12));
  assert_located(feed, "12", 12, NO_GAP);
  assert_located(feed, "11", 12, GAP(12, 12));
  assert_located(feed, "k3f9tz-3", 12, GAP(4, 12));
  assert_located(feed, "k3f9tz-17", 17, NO_GAP);
  assert_located(feed, "k3f9tz-99", 99, NO_GAP);
  assert_located(feed, "other-17", 12, (FlGap){ FL_GAP_EPOCH, 0, 0 });
}
END_TEST

START_TEST(an_empty_feed_has_no_gap) {
  g_autoptr(FlFeed) feed = feed_of(8, 1 << 20, 0);
  assert_located(feed, NULL, 0, NO_GAP);
  assert_located(feed, "0", 0, NO_GAP);
  assert_located(feed, "k3f9tz-0", 0, NO_GAP);
}
END_TEST

static const char *const no_cursors[] = { "",       "-",      "-1",      "x",         "1x",   "k3f9-",       "k3f9-x",
                                          "k3-9-1", "k 3-1",  "1 ",      " 1",        "+1",   "0x10",        "k3f9--1",
                                          "é-1",    "1.5",    "k3f9-1e3", "abcdefghijklmnopq-1",
                                          "99999999999999999999" };

START_TEST(refuses_what_is_no_cursor) {
  g_autoptr(FlFeed) feed = feed_of(8, 1 << 20, 3);
  guint64 seq = 77;
  FlGap gap;
  ck_assert_msg(!fl_feed_locate(feed, no_cursors[_i], &seq, &gap), "'%s'", no_cursors[_i]);
  ck_assert_uint_eq(seq, 77);
}
END_TEST

START_TEST(a_shorter_window_skips_sooner) {
  g_autoptr(FlFeed) feed = feed_of(100, 1 << 20, 20);
  guint64 seq = 10;
  FlGap gap;
  ck_assert(!fl_feed_skip(feed, 0, &seq, &gap));
  ck_assert(!fl_feed_skip(feed, 10, &seq, &gap));
  ck_assert(fl_feed_skip(feed, 4, &seq, &gap));
  ck_assert_uint_eq(seq, 16);
  ck_assert_uint_eq(gap.from, 11);
  ck_assert_uint_eq(gap.to, 16);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("feed");
  TCase *tcase = tcase_create("feed");
  tcase_add_test(tcase, keeps_the_newest_when_the_ring_wraps);
  tcase_add_test(tcase, is_bounded_in_bytes_but_keeps_the_newest);
  tcase_add_test(tcase, an_update_outlives_the_ring_by_its_reference);
  tcase_add_test(tcase, begins_where_the_cursor_says);
  tcase_add_test(tcase, an_empty_feed_has_no_gap);
  tcase_add_loop_test(tcase, refuses_what_is_no_cursor, 0, G_N_ELEMENTS(no_cursors));
  tcase_add_test(tcase, a_shorter_window_skips_sooner);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
