/* The account of a failure: who noticed how, who came back when, what was recovered and what was missed.
 * SPDX-License-Identifier: MIT */
#include "bench/absence.h"

#include <errno.h>

#include "tests/fl_check.h"

#define S G_GINT64_CONSTANT(1000000)     /* µs */
#define S_NS G_GINT64_CONSTANT(1000000000)
#define TOLD (1 * S_NS)

static FlAbsenceAccount end(FlAbsences *absences) {
  FlAbsenceAccount account = { 0 };
  fl_absences_account(&absences, 1, &account);
  fl_absences_free(absences);
  return account;
}

START_TEST(gives_the_clients_back_when_they_are_due) {
  FlAbsences *absences = fl_absences_new("sse", 3, 1);
  guint client = 99;
  ck_assert_int_eq(fl_absences_due_ns(absences), G_MAXINT64);
  fl_absences_lost(absences, 2, FL_NOTICE_END, 5 * TOLD, 0);
  fl_absences_lost(absences, 0, FL_NOTICE_END, TOLD, 0);
  ck_assert_int_eq(fl_absences_due_ns(absences), TOLD);
  ck_assert(!fl_absences_take_due(absences, TOLD - 1, &client));
  ck_assert(fl_absences_take_due(absences, TOLD, &client));
  ck_assert_uint_eq(client, 0);
  ck_assert(!fl_absences_take_due(absences, TOLD, &client));
  ck_assert(fl_absences_take_due(absences, 6 * TOLD, &client));
  ck_assert_uint_eq(client, 2);
  ck_assert_int_eq(fl_absences_due_ns(absences), G_MAXINT64);
  fl_absences_free(absences);
}
END_TEST

START_TEST(leaves_short_polls_to_their_slots) {
  FlAbsences *absences = fl_absences_new("poll", 1, 1);
  fl_absences_lost(absences, 0, FL_NOTICE_END, -1, 0);
  ck_assert_int_eq(fl_absences_due_ns(absences), G_MAXINT64);
  fl_absences_free(absences);
}
END_TEST

START_TEST(lets_come_back_at_once_who_was_told_by_its_system) {
  FlAbsences *absences = fl_absences_new("socketio", 1, 1);
  fl_absences_lost(absences, 0, FL_NOTICE_SYSTEM, -1, 7);
  ck_assert_int_eq(fl_absences_due_ns(absences), 7);
  fl_absences_free(absences);
}
END_TEST

START_TEST(tells_of_a_new_address_once) {
  FlAbsences *absences = fl_absences_new("ws", 1, 1);
  ck_assert(!fl_absences_take_roam(absences));
  fl_absences_roam(absences);
  ck_assert(fl_absences_take_roam(absences));
  ck_assert(!fl_absences_take_roam(absences));
  fl_absences_free(absences);
}
END_TEST

/* Socket.IO's first delay is below 1.5 s, its fourth above 4.4 s. */
START_TEST(counts_attempts_until_the_client_is_back) {
  FlAbsences *absences = fl_absences_new("socketio", 1, 1);
  guint client;
  for (guint i = 0; i < 3; i++) {
    fl_absences_lost(absences, 0, FL_NOTICE_RESET, -1, 0);
    ck_assert(fl_absences_take_due(absences, 10 * S_NS, &client));
  }
  fl_absences_lost(absences, 0, FL_NOTICE_RESET, -1, 0);
  ck_assert_int_gt(fl_absences_due_ns(absences), 4 * S_NS);
  ck_assert(fl_absences_take_due(absences, 10 * S_NS, &client));
  fl_absences_back(absences, 0, 10 * S);
  fl_absences_lost(absences, 0, FL_NOTICE_RESET, -1, 0);
  ck_assert_int_lt(fl_absences_due_ns(absences), 2 * S_NS);
  fl_absences_free(absences);
}
END_TEST

START_TEST(counts_how_each_client_noticed_first) {
  FlAbsences *absences = fl_absences_new("ws", 4, 1);
  fl_absences_lost(absences, 3, FL_NOTICE_HEARTBEAT, -1, 0); /* before the failure: it says nothing of it */
  fl_absences_begin(absences, 1 * S);
  fl_absences_lost(absences, 0, FL_NOTICE_GOODBYE, -1, 0);
  fl_absences_lost(absences, 0, FL_NOTICE_RESET, -1, 0);
  fl_absences_lost(absences, 1, FL_NOTICE_RESET, -1, 0);
  FlAbsenceAccount account = end(absences);
  ck_assert_uint_eq(account.noticed[FL_NOTICE_GOODBYE], 1);
  ck_assert_uint_eq(account.noticed[FL_NOTICE_RESET], 1);
  ck_assert_uint_eq(account.noticed[FL_NOTICE_NONE], 2);
  ck_assert_uint_eq(account.noticed[FL_NOTICE_HEARTBEAT], 0);
  fl_histogram_free(account.next);
}
END_TEST

START_TEST(measures_the_next_update_from_the_end_of_the_failure) {
  FlAbsences *absences = fl_absences_new("ws", 3, 1);
  fl_absences_begin(absences, 10 * S);
  fl_absences_update(absences, 0, 10 * S, 10 * S + 5); /* was on its way */
  fl_absences_end(absences, 15 * S);
  fl_absences_update(absences, 0, 11 * S, 15 * S - 1); /* read just before it */
  fl_absences_update(absences, 0, 11 * S, 15 * S + 300);
  fl_absences_update(absences, 0, 12 * S, 15 * S + 900);
  fl_absences_update(absences, 1, 16 * S, 16 * S + 100);
  FlAbsenceAccount account = end(absences);
  ck_assert_uint_eq(account.clients, 3);
  ck_assert_uint_eq(account.returned, 2);
  ck_assert_int_eq(fl_histogram_min(account.next), 300);
  ck_assert_uint_eq(fl_histogram_count(account.next), 2);
  fl_histogram_free(account.next);
}
END_TEST

START_TEST(counts_as_recovered_what_was_due_while_the_client_was_away) {
  FlAbsences *absences = fl_absences_new("ws", 1, 1);
  fl_absences_update(absences, 0, 1 * S, 1 * S);
  fl_absences_begin(absences, 10 * S);
  fl_absences_lost(absences, 0, FL_NOTICE_RESET, -1, 0);
  fl_absences_end(absences, 12 * S);
  fl_absences_back(absences, 0, 14 * S);
  fl_absences_update(absences, 0, 9 * S, 14 * S);      /* due before it */
  fl_absences_update(absences, 0, 10 * S, 14 * S);     /* during it */
  fl_absences_update(absences, 0, 13 * S, 14 * S);     /* after it, and the client not yet back */
  fl_absences_update(absences, 0, 14 * S, 14 * S + 5); /* back */
  FlAbsenceAccount account = end(absences);
  ck_assert_uint_eq(account.recovered, 2);
  fl_histogram_free(account.next);
}
END_TEST

START_TEST(counts_as_recovered_what_tcp_carried_through) {
  FlAbsences *absences = fl_absences_new("ws", 1, 1);
  fl_absences_begin(absences, 10 * S);
  fl_absences_end(absences, 12 * S);
  fl_absences_update(absences, 0, 11 * S, 13 * S);
  fl_absences_update(absences, 0, 12 * S, 13 * S + 1);
  fl_absences_update(absences, 0, 14 * S, 14 * S + 1);
  FlAbsenceAccount account = end(absences);
  ck_assert_uint_eq(account.recovered, 2);
  fl_histogram_free(account.next);
}
END_TEST

START_TEST(holds_apart_what_a_client_was_told_to_have_missed) {
  FlAbsences *absences = fl_absences_new("ws", 3, 1);
  ck_assert(!fl_absences_gap(absences, 2)); /* no failure explains it */
  fl_absences_begin(absences, 1 * S);
  ck_assert(fl_absences_gap(absences, 0));
  ck_assert_uint_eq(fl_absences_miss(absences, 0, 5), 0);
  ck_assert_uint_eq(fl_absences_miss(absences, 1, 3), 3);
  FlAbsenceAccount account = end(absences);
  ck_assert_uint_eq(account.missed, 8);
  ck_assert_uint_eq(account.untold, 3);
  fl_histogram_free(account.next);
}
END_TEST

START_TEST(finds_the_busiest_100_ms_of_the_storm) {
  FlAbsences *absences = fl_absences_new("ws", 1, 1);
  static const gint64 times_us[] = { 0, 60000, 99999, 100000, 300000 };
  fl_absences_connection(absences, 1); /* before the failure */
  fl_absences_begin(absences, 1 * S);
  for (gsize i = 0; i < G_N_ELEMENTS(times_us); i++)
    fl_absences_connection(absences, 2 * S + times_us[i]);
  fl_absences_request(absences, 3 * S);
  FlAbsenceAccount account = end(absences);
  ck_assert_uint_eq(account.connections, 5);
  ck_assert_uint_eq(account.peak_connections, 3);
  ck_assert_uint_eq(account.requests, 1);
  ck_assert_uint_eq(account.peak_requests, 1);
  fl_histogram_free(account.next);
}
END_TEST

START_TEST(finds_the_peak_of_clients_that_are_split_over_loads) {
  FlAbsences *both[] = { fl_absences_new("ws", 2, 1), fl_absences_new("ws", 1, 2) };
  FlAbsenceAccount account = { 0 };
  for (guint i = 0; i < 2; i++)
    fl_absences_begin(both[i], 1 * S);
  fl_absences_connection(both[0], 2 * S);
  fl_absences_connection(both[0], 2 * S + 120000);
  fl_absences_connection(both[1], 2 * S + 50000);
  fl_absences_connection(both[1], 2 * S + 130000);
  fl_absences_request(both[1], 2 * S);
  fl_absences_account(both, 2, &account);
  ck_assert_uint_eq(account.clients, 3);
  ck_assert_uint_eq(account.noticed[FL_NOTICE_NONE], 3);
  ck_assert_uint_eq(account.connections, 4);
  ck_assert_uint_eq(account.peak_connections, 3);
  ck_assert_uint_eq(account.requests, 1);
  fl_histogram_free(account.next);
  for (guint i = 0; i < 2; i++)
    fl_absences_free(both[i]);
}
END_TEST

START_TEST(adds_accounts_and_keeps_the_greater_peak) {
  FlAbsenceAccount a = { .clients = 2, .returned = 1, .missed = 3, .peak_connections = 7, .next = fl_histogram_new() };
  FlAbsenceAccount b = { .clients = 2, .returned = 2, .missed = 4, .peak_connections = 5, .next = fl_histogram_new() };
  a.noticed[FL_NOTICE_END] = b.noticed[FL_NOTICE_END] = 1;
  fl_histogram_record(b.next, 10);
  fl_absence_account_merge(&a, &b);
  ck_assert_uint_eq(a.clients, 4);
  ck_assert_uint_eq(a.returned, 3);
  ck_assert_uint_eq(a.missed, 7);
  ck_assert_uint_eq(a.peak_connections, 7);
  ck_assert_uint_eq(a.noticed[FL_NOTICE_END], 2);
  ck_assert_uint_eq(fl_histogram_count(a.next), 1);
  fl_histogram_free(a.next);
  fl_histogram_free(b.next);
}
END_TEST

START_TEST(tells_a_reset_from_a_kernel_that_gave_up) {
  ck_assert_int_eq(fl_notice_of_errno(ECONNRESET), FL_NOTICE_RESET);
  ck_assert_int_eq(fl_notice_of_errno(ECONNREFUSED), FL_NOTICE_RESET);
  ck_assert_int_eq(fl_notice_of_errno(ETIMEDOUT), FL_NOTICE_KERNEL);
  ck_assert_str_eq(fl_notice_name(FL_NOTICE_KERNEL), "kernel");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("absence");
  TCase *tcase = tcase_create("absence");
  tcase_add_test(tcase, gives_the_clients_back_when_they_are_due);
  tcase_add_test(tcase, leaves_short_polls_to_their_slots);
  tcase_add_test(tcase, lets_come_back_at_once_who_was_told_by_its_system);
  tcase_add_test(tcase, tells_of_a_new_address_once);
  tcase_add_test(tcase, counts_attempts_until_the_client_is_back);
  tcase_add_test(tcase, counts_how_each_client_noticed_first);
  tcase_add_test(tcase, measures_the_next_update_from_the_end_of_the_failure);
  tcase_add_test(tcase, counts_as_recovered_what_was_due_while_the_client_was_away);
  tcase_add_test(tcase, counts_as_recovered_what_tcp_carried_through);
  tcase_add_test(tcase, holds_apart_what_a_client_was_told_to_have_missed);
  tcase_add_test(tcase, finds_the_busiest_100_ms_of_the_storm);
  tcase_add_test(tcase, finds_the_peak_of_clients_that_are_split_over_loads);
  tcase_add_test(tcase, adds_accounts_and_keeps_the_greater_peak);
  tcase_add_test(tcase, tells_a_reset_from_a_kernel_that_gave_up);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
