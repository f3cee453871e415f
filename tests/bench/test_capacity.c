/* The search for the knee, with servers that are functions.
 * SPDX-License-Identifier: MIT */
#include "bench/capacity.h"

#include "tests/fl_check.h"

/* Holds up to `knee`, but for what is planted. */
typedef struct {
  guint knee;
  guint blip_at, blips; /* fails that often there, below the knee */
  guint lucky_at, luck; /* holds there after so many probes, above the knee */
  guint saturated_from; /* 0: never */
  guint spent_after;    /* probes; 0: never */
  guint error_at;
  guint probes, least, most; /* that were asked */
} Server;

static FlProbe probe(guint clients, gpointer user) {
  Server *self = user;

  self->probes++;
  self->most = MAX(self->most, clients);
  self->least = self->least == 0 ? clients : MIN(self->least, clients);
  if (self->spent_after > 0 && self->probes > self->spent_after)
    return FL_PROBE_SPENT;
  if (clients == self->error_at)
    return FL_PROBE_ERROR;
  if (self->saturated_from > 0 && clients >= self->saturated_from)
    return FL_PROBE_SATURATED;
  if (clients == self->blip_at && self->blips > 0) {
    self->blips--;
    return FL_PROBE_FAILS;
  }
  if (clients == self->lucky_at && self->luck > 0) {
    self->luck--;
    return FL_PROBE_HOLDS;
  }
  return clients <= self->knee ? FL_PROBE_HOLDS : FL_PROBE_FAILS;
}

static FlCapacity search(Server *server, guint start, guint step, guint most) {
  FlCapacityConfig config = { start, step, most, probe, server };
  FlCapacity found = fl_capacity_search(&config);

  ck_assert_uint_eq(found.probes, server->probes - (guint)(found.end == FL_CAPACITY_SPENT));
  ck_assert(server->least >= 1 && server->most <= most);
  return found;
}

START_TEST(finds_every_knee_to_the_step) {
  for (guint knee = 100; knee < 10000; knee += 37) {
    Server server = { .knee = knee };
    FlCapacity found = search(&server, 100, 100, 10000);
    ck_assert_msg(found.end == FL_CAPACITY_FOUND && found.holds <= knee && found.fails > knee, "%u: %u, %u", knee,
                  found.holds, found.fails);
    ck_assert_uint_le(found.fails - found.holds, 100);
    ck_assert(found.failed == 3 && found.runs == 3);
    ck_assert_uint_le(found.probes, 7 + 6 + 1 + 6);
  }
}
END_TEST

START_TEST(finds_it_below_the_start) {
  Server server = { .knee = 310 };
  FlCapacity found = search(&server, 5000, 100, 10000);
  ck_assert(found.end == FL_CAPACITY_FOUND && found.holds == 300 && found.fails == 400);
}
END_TEST

START_TEST(says_that_there_is_none_up_to_the_last) {
  Server server = { .knee = 100000 };
  FlCapacity found = search(&server, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_OPEN && found.holds == 10000);
  ck_assert_uint_eq(found.probes, 5 + 3);
  Server one = { .knee = 100000 };
  found = search(&one, 10, 10, 10);
  ck_assert(found.end == FL_CAPACITY_OPEN && found.holds == 10 && found.probes == 4);
}
END_TEST

START_TEST(says_that_it_fails_from_the_start) {
  Server server = { .knee = 0 };
  FlCapacity found = search(&server, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_NONE && found.holds == 0 && found.fails == 1000);
  ck_assert_uint_eq(found.probes, 4);
}
END_TEST

START_TEST(is_not_fooled_by_one_failure_on_the_way) {
  Server server = { .knee = 7500, .blip_at = 2000, .blips = 1 };
  FlCapacity found = search(&server, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_FOUND && found.holds == 7000 && found.fails == 8000);
}
END_TEST

START_TEST(is_not_fooled_by_one_success) {
  Server server = { .knee = 3500, .lucky_at = 4000, .luck = 1 };
  FlCapacity found = search(&server, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_FOUND && found.holds == 3000 && found.fails == 4000 && found.failed == 3);
}
END_TEST

START_TEST(says_where_it_is_unsteady) {
  Server server = { .knee = 3500, .lucky_at = 4000, .luck = 3 }; /* once on the way, and twice of three times */
  FlCapacity found = search(&server, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_UNSTEADY && found.holds == 3000 && found.fails == 4000);
  ck_assert(found.failed == 1 && found.runs == 3);
}
END_TEST

START_TEST(ends_where_the_bench_is_saturated_the_time_is_spent_or_a_run_fails) {
  Server saturated = { .knee = 9000, .saturated_from = 3000 };
  FlCapacity found = search(&saturated, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_BENCH && found.holds == 2000 && found.fails == 4000);
  Server slow = { .knee = 9000, .spent_after = 3 };
  found = search(&slow, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_SPENT && found.holds == 4000);
  Server broken = { .knee = 9000, .error_at = 2000 };
  found = search(&broken, 1000, 1000, 10000);
  ck_assert(found.end == FL_CAPACITY_ERROR && found.probes == 2);
}
END_TEST

/* A server that holds and fails as it likes. */
static FlProbe toss(guint clients, gpointer user) {
  return g_rand_boolean(user) ? FL_PROBE_HOLDS : FL_PROBE_FAILS;
}

START_TEST(comes_to_an_end_whatever_it_is_told) {
  for (guint32 seed = 0; seed < 2000; seed++) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    FlCapacityConfig config = { 100, 1, 10000, toss, random };
    FlCapacity found = fl_capacity_search(&config);
    ck_assert_uint_le(found.probes, FL_CAPACITY_PROBES_MOST);
    ck_assert(found.end != FL_CAPACITY_ERROR && found.end != FL_CAPACITY_BENCH);
    ck_assert(found.end == FL_CAPACITY_OPEN || found.end == FL_CAPACITY_SPENT || found.fails > found.holds);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("capacity");
  TCase *tcase = tcase_create("capacity");
  tcase_add_test(tcase, finds_every_knee_to_the_step);
  tcase_add_test(tcase, finds_it_below_the_start);
  tcase_add_test(tcase, says_that_there_is_none_up_to_the_last);
  tcase_add_test(tcase, says_that_it_fails_from_the_start);
  tcase_add_test(tcase, is_not_fooled_by_one_failure_on_the_way);
  tcase_add_test(tcase, is_not_fooled_by_one_success);
  tcase_add_test(tcase, says_where_it_is_unsteady);
  tcase_add_test(tcase, ends_where_the_bench_is_saturated_the_time_is_spent_or_a_run_fails);
  tcase_add_test(tcase, comes_to_an_end_whatever_it_is_told);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
