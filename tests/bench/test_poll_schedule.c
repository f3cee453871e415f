/* When short polls are due: slots that no answer moves, and pauses that begin with one.
 * SPDX-License-Identifier: MIT */
#include "bench/poll_schedule.h"

#include <math.h>

#include "tests/fl_check.h"

#define BEGIN 1000

/* The mean of T/2 and the deviation of T/√12 are those of a uniform spread. */
START_TEST(spreads_the_first_polls_over_the_interval_or_the_pause) {
  const gint64 spans[][2] = { { 1000000, 0 }, { 5, 1000000 } };

  for (guint k = 0; k < 2; k++) {
    FlPollSchedule *schedule = fl_poll_schedule_new(2000, spans[k][0], spans[k][1], 7, BEGIN);
    double sum = 0, squares = 0;
    gint64 last = 0;
    for (guint i = 0; i < 2000; i++) {
      gint64 at = fl_poll_schedule_due_ns(schedule) - BEGIN;
      ck_assert(at >= last && at < 1000000);
      last = at;
      sum += (double)at;
      squares += (double)at * (double)at;
      ck_assert_uint_eq(fl_poll_schedule_take(schedule), i);
    }
    ck_assert(fabs(sum / 2000 - 500000) < 20000);
    ck_assert(fabs(sqrt(squares / 2000 - pow(sum / 2000, 2)) - 1000000 / sqrt(12)) < 15000);
    fl_poll_schedule_free(schedule);
  }
}
END_TEST

START_TEST(keeps_slots_whenever_answers_come) {
  FlPollSchedule *schedule = fl_poll_schedule_new(3, 100, 0, 1, BEGIN);
  gint64 first[3];

  for (guint i = 0; i < 3; i++) {
    first[i] = fl_poll_schedule_due_ns(schedule);
    ck_assert_uint_eq(fl_poll_schedule_take(schedule), i);
    fl_poll_schedule_answered(schedule, i, first[i] + 250);
  }
  for (guint round = 1; round < 5; round++)
    for (guint i = 0; i < 3; i++) {
      ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), first[i] + 100 * round);
      ck_assert_uint_eq(fl_poll_schedule_take(schedule), i);
    }
  fl_poll_schedule_free(schedule);
}
END_TEST

START_TEST(pauses_from_the_answer_on_in_the_order_of_answers) {
  FlPollSchedule *schedule = fl_poll_schedule_new(2, 1, 100, 1, BEGIN);

  ck_assert_uint_eq(fl_poll_schedule_take(schedule), 0);
  ck_assert_uint_eq(fl_poll_schedule_take(schedule), 1);
  ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), G_MAXINT64);
  fl_poll_schedule_answered(schedule, 1, 2000);
  fl_poll_schedule_answered(schedule, 0, 2030);
  ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), 2100);
  ck_assert_uint_eq(fl_poll_schedule_take(schedule), 1);
  ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), 2130);
  fl_poll_schedule_answered(schedule, 1, 2110);
  ck_assert_uint_eq(fl_poll_schedule_take(schedule), 0);
  ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), 2210);
  fl_poll_schedule_free(schedule);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("poll_schedule");
  TCase *tcase = tcase_create("poll_schedule");
  tcase_add_test(tcase, spreads_the_first_polls_over_the_interval_or_the_pause);
  tcase_add_test(tcase, keeps_slots_whenever_answers_come);
  tcase_add_test(tcase, pauses_from_the_answer_on_in_the_order_of_answers);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
