/* Who gets which CPU.
 * SPDX-License-Identifier: MIT */
#include "bench/cpus.h"

#include <sched.h>

#include "tests/fl_check.h"

static const FlCpus four = { 4, { 0, 2, 3, 7 } };

START_TEST(gives_the_last_cpu_to_the_server_and_one_to_each_thread) {
  FlCpuMap map = fl_cpus_share(&four, 3);
  ck_assert_int_eq(map.server, 7);
  ck_assert_uint_eq(map.cores, 3);
  ck_assert_int_eq(map.bench[0], 0);
  ck_assert_int_eq(map.bench[1], 2);
  ck_assert_int_eq(map.bench[2], 3);
  map = fl_cpus_share(&four, 1);
  ck_assert_uint_eq(map.cores, 1);
  ck_assert_int_eq(map.server, 7);
}
END_TEST

START_TEST(never_gives_the_servers_cpu_to_a_thread) {
  FlCpus two = { 2, { 4, 5 } };
  FlCpuMap map = fl_cpus_share(&four, FL_THREADS_MOST);
  ck_assert_uint_eq(map.cores, 3);
  map = fl_cpus_share(&two, 2);
  ck_assert_uint_eq(map.cores, 1);
  ck_assert_int_eq(map.bench[0], 4);
  ck_assert_int_eq(map.server, 5);
}
END_TEST

START_TEST(pins_nothing_where_there_is_one_cpu_or_the_server_is_elsewhere) {
  FlCpus one = { 1, { 3 } }, unknown = { .count = 0 };
  const FlCpuMap maps[] = { fl_cpus_share(&one, 2), fl_cpus_share(&unknown, 1), fl_cpus_leave(&four, 9) };
  const guint cores[] = { 1, 1, 4 };

  for (gsize i = 0; i < G_N_ELEMENTS(maps); i++) {
    ck_assert_int_eq(maps[i].server, -1);
    ck_assert_uint_eq(maps[i].cores, cores[i]);
    for (guint n = 0; n < maps[i].cores; n++)
      ck_assert_int_eq(maps[i].bench[n], -1);
  }
}
END_TEST

START_TEST(has_a_thread_for_each_cpu_but_the_servers_and_eight_at_most) {
  static const guint cpus[] = { 0, 1, 2, 3, 9, 10, 64 }, threads[] = { 1, 1, 1, 2, 8, 8, 8 };

  for (gsize i = 0; i < G_N_ELEMENTS(cpus); i++) {
    FlCpus some = { .count = cpus[i] };
    ck_assert_uint_eq(fl_cpus_threads(&some), threads[i]);
  }
}
END_TEST

START_TEST(writes_neighbours_as_a_range) {
  static const struct {
    int cpus[5];
    guint n;
    const char *text;
  } cases[] = { { { 3 }, 1, "CPU 3" },
                { { 0, 1 }, 2, "CPUs 0-1" },
                { { 0, 1, 2, 5 }, 4, "CPUs 0-2,5" },
                { { 0, 2, 4, 5, 6 }, 5, "CPUs 0,2,4-6" } };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = fl_cpus_text(cases[i].cpus, cases[i].n);
    ck_assert_str_eq(text, cases[i].text);
  }
}
END_TEST

START_TEST(pins_to_a_cpu_that_is_allowed) {
  FlCpus allowed = fl_cpus_allowed();
  ck_assert_uint_gt(allowed.count, 0);
  fl_cpus_pin(allowed.index[allowed.count - 1]);
  FlCpus now = fl_cpus_allowed();
  ck_assert_uint_eq(now.count, 1);
  ck_assert_int_eq(now.index[0], allowed.index[allowed.count - 1]);
  fl_cpus_pin(-1);
  ck_assert_int_eq(sched_getcpu(), now.index[0]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cpus");
  TCase *tcase = tcase_create("cpus");
  tcase_add_test(tcase, gives_the_last_cpu_to_the_server_and_one_to_each_thread);
  tcase_add_test(tcase, never_gives_the_servers_cpu_to_a_thread);
  tcase_add_test(tcase, pins_nothing_where_there_is_one_cpu_or_the_server_is_elsewhere);
  tcase_add_test(tcase, has_a_thread_for_each_cpu_but_the_servers_and_eight_at_most);
  tcase_add_test(tcase, writes_neighbours_as_a_range);
  tcase_add_test(tcase, pins_to_a_cpu_that_is_allowed);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
