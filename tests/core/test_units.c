/* Quantities as people type them.
 * SPDX-License-Identifier: MIT */
#include "core/units.h"

#include "tests/fl_check.h"

START_TEST(reads_durations) {
  gint64 ns = 0;
  ck_assert(fl_units_duration("500ms", &ns) && ns == 500000000);
  ck_assert(fl_units_duration("3s", &ns) && ns == 3000000000);
  ck_assert(fl_units_duration("2m", &ns) && ns == 120000000000);
  ck_assert(fl_units_duration("1.5", &ns) && ns == 1500000000);
  ck_assert(fl_units_duration("250us", &ns) && ns == 250000);
}
END_TEST

START_TEST(reads_counts_and_bytes) {
  gint64 n = 0;
  double hz = 0;
  ck_assert(fl_units_count("5k", &n) && n == 5000);
  ck_assert(fl_units_bytes("64k", &n) && n == 65536);
  ck_assert(fl_units_bytes("64M", &n) && n == 67108864);
  ck_assert(fl_units_rate("0.2", &hz));
  ck_assert_double_eq_tol(hz, 0.2, 1e-12);
}
END_TEST

static const char *const bad[] = { "", "x", "-1s", "3 s", "3S", "1s2", "s", ".5s", "1e30s", " 3s" };

START_TEST(refuses_what_is_no_duration) {
  gint64 ns = 42;
  ck_assert_msg(!fl_units_duration(bad[_i], &ns), "'%s'", bad[_i]);
  ck_assert_int_eq(ns, 42);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("units");
  TCase *tcase = tcase_create("units");
  tcase_add_test(tcase, reads_durations);
  tcase_add_test(tcase, reads_counts_and_bytes);
  tcase_add_loop_test(tcase, refuses_what_is_no_duration, 0, G_N_ELEMENTS(bad));
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
