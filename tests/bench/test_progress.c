/* What is shown of runs while they go on.
 * SPDX-License-Identifier: MIT */
#include "bench/progress.h"

#include <math.h>
#include <string.h>

#include "bench/sparkline.h"
#include "tests/fl_check.h"

static void assert_sparkline(const double *values, guint n, const char *expected) {
  g_autofree char *line = fl_sparkline(values, n);
  ck_assert_str_eq(line, expected);
}

START_TEST(draws_a_factor_of_eight_as_eight_heights) {
  const double values[] = { 1, 1.3, 1.7, 2.2, 2.9, 3.7, 4.8, 6.2, 8 };
  assert_sparkline(values, G_N_ELEMENTS(values), "▁▂▃▄▅▆▇██");
}
END_TEST

START_TEST(makes_no_mountains_of_noise) {
  const double values[] = { 1, 1.1, 1.2, 1.0, 1.1 };
  assert_sparkline(values, G_N_ELEMENTS(values), "▁▁▁▁▁");
}
END_TEST

START_TEST(fits_a_peak_of_any_height) {
  const double values[] = { 0.1, 0.1, 1400, 0.2 };
  assert_sparkline(values, G_N_ELEMENTS(values), "▁▁█▁");
}
END_TEST

START_TEST(leaves_out_what_is_not_known) {
  const double values[] = { NAN, 1, INFINITY, 0, -1, 8 };
  assert_sparkline(values, G_N_ELEMENTS(values), " ▁   █");
  assert_sparkline(values, 1, " ");
  assert_sparkline(values, 0, "");
}
END_TEST

static void assert_line(gboolean bars, gboolean measured, const char *expected) {
  FlResult result = { .name = "ws", .latency = fl_histogram_new() };

  for (int i = 0; i < FL_SLICES; i++)
    result.series[i].p50_ms = i == 3 ? 80 : 0.4;
  for (int i = 0; measured && i < 1000; i++)
    fl_histogram_record(result.latency, 400);
  g_autofree char *line = fl_progress_line(0.4, &result, bars);
  ck_assert_str_eq(line, expected);
  fl_histogram_free(result.latency);
}

START_TEST(tells_of_a_run_that_has_ended) {
  assert_line(FALSE, TRUE, " 40 %  ws                p50 0.40 ms\n");
  assert_line(TRUE, TRUE, " 40 %  ws                p50 0.40 ms   ▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁\n");
}
END_TEST

START_TEST(tells_of_a_run_that_measured_nothing) {
  assert_line(FALSE, FALSE, " 40 %  ws                p50 – ms\n");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("progress");
  TCase *tcase = tcase_create("progress");
  tcase_add_test(tcase, draws_a_factor_of_eight_as_eight_heights);
  tcase_add_test(tcase, makes_no_mountains_of_noise);
  tcase_add_test(tcase, fits_a_peak_of_any_height);
  tcase_add_test(tcase, leaves_out_what_is_not_known);
  tcase_add_test(tcase, tells_of_a_run_that_has_ended);
  tcase_add_test(tcase, tells_of_a_run_that_measured_nothing);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
