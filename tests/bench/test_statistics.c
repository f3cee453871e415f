/* Statistics against values from tables and from R 4: qt, pt, t.test.
 * SPDX-License-Identifier: MIT */
#include "bench/statistics.h"

#include <math.h>

#include "tests/fl_check.h"

#define ASSERT_NEAR(a, b, tolerance) \
  ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%s is %.9g, expected %.9g", #a, (double)(a), (double)(b))

START_TEST(knows_student_s_t) {
  ASSERT_NEAR(fl_t_quantile(0.95, 1), 12.7062047, 1e-6);
  ASSERT_NEAR(fl_t_quantile(0.95, 4), 2.7764451, 1e-6);
  ASSERT_NEAR(fl_t_quantile(0.99, 4), 4.6040949, 1e-6);
  ASSERT_NEAR(fl_t_quantile(0.99, 9), 3.2498355, 1e-6);
  ASSERT_NEAR(fl_t_quantile(0.99, 1e6), 2.5758342, 1e-5);
  ASSERT_NEAR(fl_t_two_sided(0, 5), 1, 1e-12);
  ASSERT_NEAR(fl_t_two_sided(1, 1), 0.5, 1e-12);
  ASSERT_NEAR(fl_t_two_sided(-2.5, 7.3), 0.0398, 5e-4);
  ASSERT_NEAR(fl_t_two_sided(INFINITY, 5), 0, 0);
  ck_assert(isnan(fl_t_two_sided(1, 0)));
}
END_TEST

START_TEST(takes_medians_and_leaves_the_values_alone) {
  double values[] = { 5, 1, 4, 2 };
  ASSERT_NEAR(fl_median(values, 4), 3, 0);
  ASSERT_NEAR(fl_median(values, 3), 4, 0);
  ASSERT_NEAR(values[0], 5, 0);
  ck_assert(isnan(fl_median(values, 0)));
  values[2] = NAN;
  ck_assert(isnan(fl_median(values, 4)));
}
END_TEST

START_TEST(bootstraps_a_median_alike_for_a_seed_and_within_the_values) {
  const double values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
  FlInterval once = fl_bootstrap_median(values, 9, 0.95, 3), again = fl_bootstrap_median(values, 9, 0.95, 3);

  ASSERT_NEAR(once.value, 5, 0);
  ck_assert(once.low >= 1 && once.low < 5 && once.high > 5 && once.high <= 9);
  ck_assert(once.low == again.low && once.high == again.high);
  FlInterval one = fl_bootstrap_median(values, 1, 0.95, 3);
  ck_assert(one.value == 1 && isnan(one.low) && isnan(one.high));
}
END_TEST

/* R: t.test(log(a/b), conf.level = 0.99), exp() of it. */
START_TEST(compares_pairs) {
  const double a[] = { 1, 2, 3, 4, 5 }, b[] = { 1.1, 2.2, 2.9, 4.4, 5.2 };
  FlInterval ratio = fl_interval_of_pairs(a, b, 5, 0.99);

  ASSERT_NEAR(ratio.value, 0.943414, 1e-6);
  ASSERT_NEAR(ratio.low, 0.839024, 1e-6);
  ASSERT_NEAR(ratio.high, 1.060793, 1e-6);
  ck_assert(isnan(fl_interval_of_pairs(a, b, 1, 0.99).value));
  FlInterval same = fl_interval_of_pairs(a, a, 5, 0.99);
  ck_assert(same.value == 1 && same.low == 1 && same.high == 1 && same.p == 1);
}
END_TEST

START_TEST(finds_a_difference_between_groups_and_none_within) {
  const double a[] = { 1.00, 1.02, 0.99, 1.01, 0.98 }, b[] = { 1.51, 1.49, 1.53, 1.50, 1.48 };
  const double c[] = { 1.01, 0.99, 1.00, 1.02, 1.00 };
  FlInterval far = fl_interval_of_two(b, 5, a, 5, 0.99), near = fl_interval_of_two(a, 5, c, 5, 0.99);

  ASSERT_NEAR(far.value, 1.5022, 1e-3);
  ck_assert(far.low > 1.4 && far.high < 1.6 && far.p < 1e-6);
  ck_assert(near.low < 1 && near.high > 1 && near.p > 0.1);
}
END_TEST

/* The rule of the verdict: of many comparisons of alike groups, no more than one in a hundred is called a difference. */
START_TEST(calls_alike_runs_different_as_seldom_as_it_promises) {
  g_autoptr(GRand) random = g_rand_new_with_seed(1);
  guint different = 0;

  for (guint i = 0; i < 20000; i++) {
    double a[5], b[5];
    for (guint k = 0; k < 5; k++) { /* sums of twelve uniform numbers are nearly normal */
      double x = 0, y = 0;
      for (guint j = 0; j < 12; j++) {
        x += g_rand_double(random);
        y += g_rand_double(random);
      }
      a[k] = exp(0.1 * (x - 6));
      b[k] = exp(0.1 * (y - 6));
    }
    FlInterval ratio = fl_interval_of_two(a, 5, b, 5, 0.99);
    different += (guint)(ratio.low > 1 || ratio.high < 1);
  }
  ck_assert_msg(different > 100 && different < 260, "%u of 20,000", different);
}
END_TEST

START_TEST(steps_down_by_holm) {
  const double p[] = { 0.01, 0.04, 0.03, NAN, 0.005 };
  gboolean rejected[5];

  fl_holm(p, 5, 0.05, rejected);
  ck_assert(rejected[0] && !rejected[1] && !rejected[2] && !rejected[3] && rejected[4]);
  fl_holm(p, 5, 0.001, rejected);
  for (guint i = 0; i < 5; i++)
    ck_assert(!rejected[i]);
}
END_TEST

START_TEST(finds_the_slope_of_a_line_among_what_is_beside_it) {
  const double x[] = { 100, 200, 300, 400 }, line[] = { 7, 9, 11, 13 }, noisy[] = { 7, 8, 12, 13 };

  ck_assert_double_eq_tol(fl_slope(x, line, 4), 0.02, 1e-12);
  ck_assert_double_eq_tol(fl_slope(x, noisy, 4), 0.022, 1e-12); /* Σ(x - x̄)(y - ȳ) = 1,100, Σ(x - x̄)² = 50,000 */
}
END_TEST

int main(void) {
  Suite *suite = suite_create("statistics");
  TCase *tcase = tcase_create("statistics");
  tcase_add_test(tcase, knows_student_s_t);
  tcase_add_test(tcase, takes_medians_and_leaves_the_values_alone);
  tcase_add_test(tcase, bootstraps_a_median_alike_for_a_seed_and_within_the_values);
  tcase_add_test(tcase, compares_pairs);
  tcase_add_test(tcase, finds_a_difference_between_groups_and_none_within);
  tcase_add_test(tcase, calls_alike_runs_different_as_seldom_as_it_promises);
  tcase_add_test(tcase, steps_down_by_holm);
  tcase_add_test(tcase, finds_the_slope_of_a_line_among_what_is_beside_it);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
