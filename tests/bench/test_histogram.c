/* The histogram: exact where it says so, three digits elsewhere, percentiles as HdrHistogram defines them. The figures
 * of other implementations are compared by histogram-golden.mjs.
 * SPDX-License-Identifier: MIT */
#include "bench/histogram.h"

#include <math.h>

#include "tests/fl_check.h"

START_TEST(says_zero_when_empty) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  ck_assert_uint_eq(fl_histogram_count(histogram), 0);
  ck_assert_int_eq(fl_histogram_min(histogram), 0);
  ck_assert_int_eq(fl_histogram_max(histogram), 0);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 99), 0);
  ck_assert_double_eq(fl_histogram_mean(histogram), 0);
  ck_assert_double_eq(fl_histogram_stddev(histogram), 0);
}
END_TEST

START_TEST(is_exact_below_2048) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  for (gint64 value = 0; value < 2048; value++)
    ck_assert(fl_histogram_record(histogram, value));
  for (int i = 1; i <= 2048; i++)
    ck_assert_int_eq(fl_histogram_percentile(histogram, 100.0 * i / 2048), i - 1);
  ck_assert_double_eq_tol(fl_histogram_mean(histogram), 1023.5, 1e-9);
  ck_assert_double_eq_tol(fl_histogram_stddev(histogram), sqrt((2048.0 * 2048.0 - 1) / 12), 1e-9);
}
END_TEST

START_TEST(keeps_three_digits_up_to_an_hour) {
  for (gint64 value = 1; value < FL_HISTOGRAM_MAX; value = value * 9 / 8 + 1) {
    g_autoptr(FlHistogram) histogram = fl_histogram_new();
    fl_histogram_record(histogram, value);
    gint64 told = fl_histogram_percentile(histogram, 50);
    ck_assert_int_ge(told, value);
    ck_assert_int_le(told - value, value / 1000);
    ck_assert_int_le(fl_histogram_percentile(histogram, 0), value);
    ck_assert_int_eq(fl_histogram_max(histogram), value);
    ck_assert_int_eq(fl_histogram_min(histogram), value);
  }
}
END_TEST

START_TEST(starts_steps_of_two_at_2048_and_of_four_at_4096) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  static const gint64 values[] = { 2047, 2048, 4095, 4096, 8191 };
  static const gint64 told[] = { 2047, 2049, 4095, 4099, 8191 };
  for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
    fl_histogram_record(histogram, values[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
    ck_assert_int_eq(fl_histogram_percentile(histogram, 20.0 * (double)(i + 1)), told[i]);
}
END_TEST

START_TEST(refuses_negative_values) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  ck_assert(!fl_histogram_record(histogram, -1));
  ck_assert_uint_eq(fl_histogram_count(histogram), 0);
}
END_TEST

START_TEST(counts_what_is_too_large_at_the_top) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  ck_assert(fl_histogram_record(histogram, G_MAXINT64));
  ck_assert_uint_eq(fl_histogram_count(histogram), 1);
  ck_assert_int_eq(fl_histogram_max(histogram), G_MAXINT64);
  ck_assert_int_ge(fl_histogram_percentile(histogram, 50), FL_HISTOGRAM_MAX);
}
END_TEST

START_TEST(does_not_skip_a_value_by_a_rounding_error) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  for (gint64 value = 1; value <= 1000; value++)
    fl_histogram_record(histogram, value);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 50), 500);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 90), 900);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 99), 990);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 99.9), 999);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 99.95), 1000);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 100), 1000);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 0), 1);
}
END_TEST

START_TEST(merges_to_what_one_would_have_held) {
  g_autoptr(FlHistogram) one = fl_histogram_new();
  g_autoptr(FlHistogram) even = fl_histogram_new();
  g_autoptr(FlHistogram) odd = fl_histogram_new();
  g_autoptr(GRand) rand = g_rand_new_with_seed(7);
  for (int i = 0; i < 10000; i++) {
    gint64 value = (gint64)exp(g_rand_double_range(rand, 0, 20));
    fl_histogram_record(one, value);
    fl_histogram_record(i % 2 ? odd : even, value);
  }
  fl_histogram_merge(even, odd);
  ck_assert_uint_eq(fl_histogram_count(even), 10000);
  ck_assert_int_eq(fl_histogram_min(even), fl_histogram_min(one));
  ck_assert_int_eq(fl_histogram_max(even), fl_histogram_max(one));
  ck_assert_double_eq_tol(fl_histogram_mean(even), fl_histogram_mean(one), 1e-6);
  for (double percentile = 0; percentile <= 100; percentile += 0.5)
    ck_assert_int_eq(fl_histogram_percentile(even, percentile), fl_histogram_percentile(one, percentile));
}
END_TEST

START_TEST(takes_many_of_a_value_at_once) {
  g_autoptr(FlHistogram) histogram = fl_histogram_new();
  fl_histogram_record_n(histogram, 10, 99);
  fl_histogram_record_n(histogram, 1000, 1);
  fl_histogram_record_n(histogram, 5000, 0);
  ck_assert_uint_eq(fl_histogram_count(histogram), 100);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 99), 10);
  ck_assert_int_eq(fl_histogram_percentile(histogram, 99.1), 1000);
  ck_assert_int_eq(fl_histogram_max(histogram), 1000);
}
END_TEST

START_TEST(has_a_percentile_from_ten_samples_beyond_it) {
  static const struct {
    double percentile;
    guint64 needed;
  } cases[] = { { 50, 20 }, { 90, 100 }, { 99, 1000 }, { 99.9, 10000 } };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(FlHistogram) histogram = fl_histogram_new();
    fl_histogram_record_n(histogram, 1, cases[i].needed - 1);
    ck_assert(!fl_histogram_has_percentile(histogram, cases[i].percentile));
    fl_histogram_record(histogram, 1);
    ck_assert(fl_histogram_has_percentile(histogram, cases[i].percentile));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("histogram");
  TCase *tcase = tcase_create("histogram");
  tcase_add_test(tcase, says_zero_when_empty);
  tcase_add_test(tcase, is_exact_below_2048);
  tcase_add_test(tcase, keeps_three_digits_up_to_an_hour);
  tcase_add_test(tcase, starts_steps_of_two_at_2048_and_of_four_at_4096);
  tcase_add_test(tcase, refuses_negative_values);
  tcase_add_test(tcase, counts_what_is_too_large_at_the_top);
  tcase_add_test(tcase, does_not_skip_a_value_by_a_rounding_error);
  tcase_add_test(tcase, merges_to_what_one_would_have_held);
  tcase_add_test(tcase, takes_many_of_a_value_at_once);
  tcase_add_test(tcase, has_a_percentile_from_ten_samples_beyond_it);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
