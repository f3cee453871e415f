/* The clock: readings that agree with each other.
 * SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include "tests/fl_check.h"

START_TEST(never_runs_backwards) {
  gint64 last = fl_clock_now_ns();
  for (int i = 0; i < 100000; i++) {
    gint64 now = fl_clock_now_ns();
    ck_assert_int_ge(now, last);
    last = now;
  }
}
END_TEST

START_TEST(agrees_with_glibs_monotonic_clock) {
  gint64 before_us = g_get_monotonic_time();
  gint64 now_us = fl_clock_now_ns() / 1000;
  gint64 after_us = g_get_monotonic_time();
  ck_assert_int_ge(now_us, before_us);
  ck_assert_int_le(now_us, after_us);
}
END_TEST

START_TEST(offset_leads_to_the_wall_clock) {
  gint64 before_us = g_get_real_time();
  gint64 wall_us = fl_clock_unix_us(fl_clock_now_ns(), fl_clock_offset_ns());
  gint64 after_us = g_get_real_time();
  ck_assert_int_ge(wall_us, before_us - FL_CLOCK_STEP_NS / 1000);
  ck_assert_int_le(wall_us, after_us + FL_CLOCK_STEP_NS / 1000);
}
END_TEST

START_TEST(converts_to_microseconds_that_javascript_holds) {
  const gint64 offset_ns = G_GINT64_CONSTANT(1764000000000000000);
  ck_assert_int_eq(fl_clock_unix_us(123456789, offset_ns), G_GINT64_CONSTANT(1764000000123456));
  ck_assert_int_eq(fl_clock_unix_us(0, 0), 0);
  ck_assert_int_lt(fl_clock_unix_us(0, offset_ns), G_GINT64_CONSTANT(1) << 53);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("clock");
  TCase *tcase = tcase_create("clock");
  tcase_add_test(tcase, never_runs_backwards);
  tcase_add_test(tcase, agrees_with_glibs_monotonic_clock);
  tcase_add_test(tcase, offset_leads_to_the_wall_clock);
  tcase_add_test(tcase, converts_to_microseconds_that_javascript_holds);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
