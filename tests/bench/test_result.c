/* What a result is worth: what is wrong with it, and what counts where several things are.
 * SPDX-License-Identifier: MIT */
#include "bench/result.h"

#include "core/clock.h"
#include "tests/fl_check.h"

/* Nothing is wrong with it. */
static FlResult sound(void) {
  return (FlResult){
    .name = "ws",
    .clients = 2,
    .integrity = { .expected = 10, .delivered = 20 },
    .client_cpu_ns = 10,
    .wall_ns = 100,
    .clock_step_ns = FL_CLOCK_STEP_NS,
  };
}

static FlVerdict verdict(FlResult result) {
  return fl_result_verdict(&result);
}

static FlVerdict verdict_of(FlResult first, FlResult second) {
  FlResult both[] = { first, second };
  FlVerdict one = fl_result_verdict_of_all(both, 2);
  FlResult turned[] = { second, first };
  ck_assert_int_eq(fl_result_verdict_of_all(turned, 2), one);
  return one;
}

START_TEST(finds_nothing_wrong_with_a_sound_result) {
  FlResult result = sound();
  ck_assert_int_eq(verdict(result), FL_VERDICT_SOUND);
  result.missed_deadlines = result.clock_steps = -1; /* not known */
  ck_assert_int_eq(verdict(result), FL_VERDICT_SOUND);
}
END_TEST

START_TEST(is_broken_by_anything_lost_duplicated_reordered_or_told_as_a_gap) {
  FlResult results[] = { sound(), sound(), sound(), sound() };
  results[0].integrity.lost = 1;
  results[1].integrity.duplicated = 1;
  results[2].integrity.reordered = 1;
  results[3].integrity.gaps = 1;
  for (gsize i = 0; i < G_N_ELEMENTS(results); i++)
    ck_assert_int_eq(verdict(results[i]), FL_VERDICT_BROKEN);
}
END_TEST

START_TEST(is_invalid_where_clocks_disagree_or_nothing_came) {
  FlResult results[] = { sound(), sound(), sound(), sound(), sound(), sound() };
  results[0].integrity.negative = 1;
  results[1].clock_step_ns = FL_CLOCK_STEP_NS + 1;
  results[2].clock_step_ns = -FL_CLOCK_STEP_NS - 1;
  results[3].clock_steps = 1;
  results[4].integrity.delivered = results[4].integrity.expected = 0;
  results[5].connect_failures = 1;
  for (gsize i = 0; i < G_N_ELEMENTS(results); i++)
    ck_assert_int_eq(verdict(results[i]), FL_VERDICT_INVALID);
}
END_TEST

START_TEST(is_late_where_deadlines_were_missed) {
  FlResult result = sound();
  result.missed_deadlines = 1;
  ck_assert_int_eq(verdict(result), FL_VERDICT_LATE);
}
END_TEST

START_TEST(is_saturated_over_seven_tenths_whether_deadlines_were_missed_or_not) {
  FlResult result = sound();
  result.client_cpu_ns = 70;
  ck_assert_int_eq(verdict(result), FL_VERDICT_SOUND);
  result.client_cpu_ns = 71;
  ck_assert_int_eq(verdict(result), FL_VERDICT_SATURATED);
  result.missed_deadlines = 15;
  ck_assert_int_eq(verdict(result), FL_VERDICT_SATURATED);
}
END_TEST

START_TEST(is_unsound_where_its_link_was_late_itself) {
  FlResult result = sound();

  fl_link_account_init(&result.link);
  for (int i = 0; i < 1000; i++)
    fl_histogram_record(result.link.lateness, 3000);
  result.link_rtt_ms = 100;
  ck_assert_int_eq(verdict(result), FL_VERDICT_SOUND);
  result.link_rtt_ms = 50;
  ck_assert_int_eq(verdict(result), FL_VERDICT_LINK);
  result.client_cpu_ns = 90;
  ck_assert_int_eq(verdict(result), FL_VERDICT_LINK);
  result.integrity.negative = 1;
  ck_assert_int_eq(verdict(result), FL_VERDICT_INVALID);
  fl_link_account_clear(&result.link);
}
END_TEST

START_TEST(judges_several_by_the_worst) {
  FlResult late = sound(), saturated = sound(), invalid = sound(), broken = sound();
  late.missed_deadlines = 1;
  saturated.client_cpu_ns = 90;
  invalid.integrity.negative = 1;
  broken.integrity.gaps = 1;
  ck_assert_int_eq(verdict_of(sound(), sound()), FL_VERDICT_SOUND);
  ck_assert_int_eq(verdict_of(sound(), late), FL_VERDICT_LATE);
  ck_assert_int_eq(verdict_of(late, saturated), FL_VERDICT_SATURATED);
  ck_assert_int_eq(verdict_of(saturated, invalid), FL_VERDICT_INVALID);
  ck_assert_int_eq(verdict_of(invalid, broken), FL_VERDICT_BROKEN);
  saturated.integrity.lost = 1;
  ck_assert_int_eq(verdict(saturated), FL_VERDICT_BROKEN);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("result");
  TCase *tcase = tcase_create("result");
  tcase_add_test(tcase, finds_nothing_wrong_with_a_sound_result);
  tcase_add_test(tcase, is_broken_by_anything_lost_duplicated_reordered_or_told_as_a_gap);
  tcase_add_test(tcase, is_invalid_where_clocks_disagree_or_nothing_came);
  tcase_add_test(tcase, is_late_where_deadlines_were_missed);
  tcase_add_test(tcase, is_saturated_over_seven_tenths_whether_deadlines_were_missed_or_not);
  tcase_add_test(tcase, is_unsound_where_its_link_was_late_itself);
  tcase_add_test(tcase, judges_several_by_the_worst);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
