/* FIFO deadlines: who expires and when, and what callbacks may do to the list.
 * SPDX-License-Identifier: MIT */
#include "net/deadline.h"

#include <string.h>

#include "tests/fl_check.h"

#define COUNT 5
#define INTERVAL_NS 100

/* A list with its entries, and the order in which they expired. */
typedef struct {
  FlDeadlineList list;
  FlDeadline entries[COUNT];
  GString *expired; /* a digit each */
  void (*in_callback)(gpointer fixture, FlDeadline *entry); /* NULL: nothing more */
  gint64 now_ns;
} Fixture;

static void on_expired(FlDeadline *entry, gpointer user) {
  Fixture *self = user;

  ck_assert_ptr_null(entry->list); /* out of the list already */
  g_string_append_c(self->expired, (char)('0' + (entry - self->entries)));
  if (self->in_callback)
    self->in_callback(self, entry);
}

static void set_up(Fixture *self) {
  *self = (Fixture){ .expired = g_string_new(NULL) };
  fl_deadline_list_init(&self->list, INTERVAL_NS, on_expired, self);
}

static void tear_down(Fixture *self) {
  g_string_free(self->expired, TRUE);
}

/* Entry n starts at time n. */
static void start_all(Fixture *self) {
  for (int i = 0; i < COUNT; i++)
    fl_deadline_start(&self->list, &self->entries[i], i);
}

static gint64 run_at(Fixture *self, gint64 now_ns) {
  self->now_ns = now_ns;
  return fl_deadline_list_run(&self->list, now_ns);
}

START_TEST(an_empty_list_waits_for_nothing) {
  Fixture fixture;
  set_up(&fixture);
  ck_assert_int_eq(run_at(&fixture, 0), G_MAXINT64);
  ck_assert_int_eq(run_at(&fixture, G_MAXINT64), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "");
  tear_down(&fixture);
}
END_TEST

START_TEST(expires_in_order_and_not_before_its_time) {
  Fixture fixture;
  set_up(&fixture);
  start_all(&fixture);
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS - 1), INTERVAL_NS);
  ck_assert_str_eq(fixture.expired->str, "");
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS), INTERVAL_NS + 1);
  ck_assert_str_eq(fixture.expired->str, "0");
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS + 2), INTERVAL_NS + 3);
  ck_assert_str_eq(fixture.expired->str, "012");
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS + 1000), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "01234");
  tear_down(&fixture);
}
END_TEST

START_TEST(one_that_starts_again_is_moved_to_the_end) {
  Fixture fixture;
  set_up(&fixture);
  start_all(&fixture);
  fl_deadline_start(&fixture.list, &fixture.entries[0], 50);
  fl_deadline_start(&fixture.list, &fixture.entries[2], 60);
  fl_deadline_start(&fixture.list, &fixture.entries[2], 61); /* the last may be moved, too */
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS + 49), INTERVAL_NS + 50);
  ck_assert_str_eq(fixture.expired->str, "134");
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS + 61), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "13402");
  tear_down(&fixture);
}
END_TEST

START_TEST(one_that_is_stopped_never_expires) {
  for (int stopped = 0; stopped < COUNT; stopped++) {
    Fixture fixture;
    set_up(&fixture);
    start_all(&fixture);
    fl_deadline_stop(&fixture.entries[stopped]);
    fl_deadline_stop(&fixture.entries[stopped]); /* twice is once */
    ck_assert_int_eq(run_at(&fixture, INTERVAL_NS + COUNT), G_MAXINT64);
    ck_assert_uint_eq(fixture.expired->len, COUNT - 1);
    ck_assert_ptr_null(strchr(fixture.expired->str, '0' + stopped));
    tear_down(&fixture);
  }
}
END_TEST

START_TEST(stopping_all_leaves_a_list_that_works) {
  Fixture fixture;
  set_up(&fixture);
  start_all(&fixture);
  for (int i = COUNT; i > 0; i--)
    fl_deadline_stop(&fixture.entries[i - 1]);
  ck_assert_int_eq(run_at(&fixture, G_MAXINT64), G_MAXINT64);
  fl_deadline_start(&fixture.list, &fixture.entries[3], 7);
  ck_assert_int_eq(run_at(&fixture, 7), INTERVAL_NS + 7);
  ck_assert_int_eq(run_at(&fixture, INTERVAL_NS + 7), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "3");
  tear_down(&fixture);
}
END_TEST

static void start_again(gpointer fixture, FlDeadline *entry) {
  Fixture *self = fixture;
  fl_deadline_start(&self->list, entry, self->now_ns);
}

START_TEST(a_callback_may_start_it_again) {
  Fixture fixture;
  set_up(&fixture);
  start_all(&fixture);
  fixture.in_callback = start_again;
  /* Each once, though all are in the list again. */
  ck_assert_int_eq(run_at(&fixture, 200), 200 + INTERVAL_NS);
  ck_assert_str_eq(fixture.expired->str, "01234");
  ck_assert_int_eq(run_at(&fixture, 200 + INTERVAL_NS), 200 + 2 * INTERVAL_NS);
  ck_assert_str_eq(fixture.expired->str, "0123401234");
  tear_down(&fixture);
}
END_TEST

static void stop_neighbours(gpointer fixture, FlDeadline *entry) {
  Fixture *self = fixture;
  for (int i = 0; i < COUNT; i++)
    if (&self->entries[i] != entry && i % 2 == 1)
      fl_deadline_stop(&self->entries[i]);
}

START_TEST(a_callback_may_stop_others_that_are_due) {
  Fixture fixture;
  set_up(&fixture);
  start_all(&fixture);
  fixture.in_callback = stop_neighbours;
  ck_assert_int_eq(run_at(&fixture, 200), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "024");
  tear_down(&fixture);
}
END_TEST

START_TEST(an_entry_changes_lists) {
  Fixture fixture;
  FlDeadlineList longer;
  set_up(&fixture);
  fl_deadline_list_init(&longer, 10 * INTERVAL_NS, on_expired, &fixture);
  start_all(&fixture);
  fl_deadline_start(&longer, &fixture.entries[1], 5);
  ck_assert_int_eq(run_at(&fixture, 500), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "0234");
  ck_assert_int_eq(fl_deadline_list_run(&longer, 500), 10 * INTERVAL_NS + 5);
  ck_assert_int_eq(fl_deadline_list_run(&longer, 10 * INTERVAL_NS + 5), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "02341");
  tear_down(&fixture);
}
END_TEST

START_TEST(an_interval_of_nothing_expires_at_once) {
  Fixture fixture;
  set_up(&fixture);
  fl_deadline_list_init(&fixture.list, 0, on_expired, &fixture);
  fl_deadline_start(&fixture.list, &fixture.entries[0], 9);
  ck_assert_int_eq(run_at(&fixture, 9), G_MAXINT64);
  ck_assert_str_eq(fixture.expired->str, "0");
  tear_down(&fixture);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("deadline");
  TCase *tcase = tcase_create("deadline");
  tcase_add_test(tcase, an_empty_list_waits_for_nothing);
  tcase_add_test(tcase, expires_in_order_and_not_before_its_time);
  tcase_add_test(tcase, one_that_starts_again_is_moved_to_the_end);
  tcase_add_test(tcase, one_that_is_stopped_never_expires);
  tcase_add_test(tcase, stopping_all_leaves_a_list_that_works);
  tcase_add_test(tcase, a_callback_may_start_it_again);
  tcase_add_test(tcase, a_callback_may_stop_others_that_are_due);
  tcase_add_test(tcase, an_entry_changes_lists);
  tcase_add_test(tcase, an_interval_of_nothing_expires_at_once);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
