/* When short polls are due: slots that no answer moves, and pauses that begin with one.
 * SPDX-License-Identifier: MIT */
#include "bench/poll_schedule.h"

#include <math.h>

#include "tests/fl_check.h"

#define BEGIN 1000

static FlPollSchedule *start(guint clients, guint first, gint64 interval_ns, gint64 pause_ns) {
  FlPollScheduleConfig config = { clients, first, interval_ns, pause_ns, 7 };
  return fl_poll_schedule_new(&config, BEGIN);
}

/* The mean of T/2 and the deviation of T/√12 are those of a uniform spread. */
START_TEST(spreads_the_first_polls_over_the_interval_or_the_pause) {
  const gint64 spans[][2] = { { 1000000, 0 }, { 5, 1000000 } };

  for (guint k = 0; k < 2; k++) {
    FlPollSchedule *schedule = start(2000, 0, spans[k][0], spans[k][1]);
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

static int by_value(const void *a, const void *b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

/* Appends the places of the first polls. */
static void take_places(GArray *places, guint clients, guint first) {
  FlPollSchedule *schedule = start(clients, first, 1000000000, 0);
  for (guint i = 0; i < clients; i++) {
    gint64 at = fl_poll_schedule_due_ns(schedule);
    g_array_append_val(places, at);
    fl_poll_schedule_take(schedule);
  }
  fl_poll_schedule_free(schedule);
}

START_TEST(has_the_same_places_however_the_clients_are_split) {
  g_autoptr(GArray) whole = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(gint64));

  take_places(whole, 100, 0);
  for (guint done = 0; done < 100; done += 33)
    take_places(parts, MIN(33, 100 - done), done);
  g_array_sort(parts, by_value);
  ck_assert_uint_eq(parts->len, whole->len);
  ck_assert_mem_eq(parts->data, whole->data, whole->len * sizeof(gint64));
}
END_TEST

START_TEST(keeps_slots_whenever_answers_come) {
  FlPollSchedule *schedule = start(3, 0, 100, 0);
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
  FlPollSchedule *schedule = start(2, 0, 1, 100);

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

START_TEST(pauses_once_where_an_answer_will_not_come) {
  FlPollSchedule *schedule = start(2, 0, 1, 100);
  guint client = fl_poll_schedule_take(schedule);
  fl_poll_schedule_answered(schedule, client, 1000);
  fl_poll_schedule_answered(schedule, client, 5000); /* it awaits none */
  fl_poll_schedule_answered(schedule, 1 - client, 5000);
  ck_assert_uint_eq(fl_poll_schedule_take(schedule), 1 - client);
  ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), 1100);
  ck_assert_uint_eq(fl_poll_schedule_take(schedule), client);
  ck_assert_int_eq(fl_poll_schedule_due_ns(schedule), G_MAXINT64);
  fl_poll_schedule_free(schedule);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("poll_schedule");
  TCase *tcase = tcase_create("poll_schedule");
  tcase_add_test(tcase, spreads_the_first_polls_over_the_interval_or_the_pause);
  tcase_add_test(tcase, has_the_same_places_however_the_clients_are_split);
  tcase_add_test(tcase, keeps_slots_whenever_answers_come);
  tcase_add_test(tcase, pauses_from_the_answer_on_in_the_order_of_answers);
  tcase_add_test(tcase, pauses_once_where_an_answer_will_not_come);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
