/* What a machine is said to be good for, from plain values: each property on either side of its threshold.
 * SPDX-License-Identifier: MIT */
#include "bench/doctor.h"

#include <math.h>

#include "tests/fl_check.h"

#define GIGABYTE (G_GINT64_CONSTANT(1) << 30)

/* One on which everything is as it should be. */
static FlMachine healthy(void) {
  return (FlMachine){
    .kernel = (char *)"6.1.0",
    .limits = { .files = 1048576,
                .port_first = 32768,
                .port_last = 60999,
                .accept_queue = 4096,
                .syn_queue = 4096,
                .memory_bytes = 8 * GIGABYTE },
    .cpus = { .allowed = { 4, { 0, 1, 2, 3 } },
              .online = 4,
              .governor = (char *)"performance",
              .turbo = 0,
              .steal = 0,
              .others = 0,
              .load = 0.1 },
    .clocks = { .source = (char *)"tsc",
                .read_ns = 25,
                .timer_p50_ns = 50000,
                .timer_p99_ns = 90000,
                .timer_slack_ns = 50000,
                .drift_us = 0.5,
                .is_disciplined = TRUE },
    .tcp = { .autocorking = 1,
             .receive = (char *)"4096 131072 6291456",
             .send = (char *)"4096 16384 4194304",
             .congestion = (char *)"cubic" },
    .link = { .namespaces = TRUE, .tun = TRUE },
  };
}

/* The health of one property, and what is fair or bad beside it. */
static FlHealth health_of(const FlMachine *machine, const char *name, guint *ret_others) {
  g_autoptr(GPtrArray) findings = fl_doctor_examine(machine);
  FlHealth health = FL_HEALTH_GOOD;
  gboolean found = FALSE;

  *ret_others = 0;
  for (guint i = 0; i < findings->len; i++) {
    const FlFinding *one = g_ptr_array_index(findings, i);
    ck_assert(one->found[0] && one->means[0]);
    if (one->health == FL_HEALTH_GOOD)
      ck_assert_ptr_null(one->mend);
    if (g_str_equal(one->name, name)) {
      found = TRUE;
      health = one->health;
    } else {
      *ret_others += one->health != FL_HEALTH_GOOD;
    }
  }
  ck_assert(found);
  return health;
}

#define IS(machine, name, expected)                                                                   \
  do {                                                                                                \
    guint others;                                                                                     \
    ck_assert_str_eq(fl_health_name(health_of(&(machine), name, &others)), fl_health_name(expected)); \
    ck_assert_uint_eq(others, 0);                                                                     \
  } while (0)

START_TEST(finds_nothing_on_a_machine_that_is_as_it_should_be) {
  FlMachine machine = healthy();
  g_autoptr(GPtrArray) findings = fl_doctor_examine(&machine);
  ck_assert_int_eq(fl_doctor_worst(findings), FL_HEALTH_GOOD);
}
END_TEST

START_TEST(counts_the_clients_that_the_file_limit_lets_connect) {
  FlMachine machine = healthy();
  machine.limits.files = 20064;
  IS(machine, "files", FL_HEALTH_GOOD);
  machine.limits.files = 20063;
  IS(machine, "files", FL_HEALTH_FAIR);
  machine.limits.files = 463;
  IS(machine, "files", FL_HEALTH_BAD);
  machine.limits.files = 20000;
  g_autoptr(GPtrArray) findings = fl_doctor_examine(&machine);
  const FlFinding *files = g_ptr_array_index(findings, 0);
  ck_assert_str_eq(files->means, "at most 19936 clients (10,000: yes; 20,000: no)");
  ck_assert_ptr_nonnull(files->mend);
}
END_TEST

START_TEST(wants_20000_ports_and_queues_for_those_that_connect_at_a_time) {
  FlMachine machine = healthy();
  machine.limits.port_last = 32768 + 19999;
  IS(machine, "ports", FL_HEALTH_GOOD);
  machine.limits.port_last--;
  IS(machine, "ports", FL_HEALTH_FAIR);
  machine = healthy();
  machine.limits.accept_queue = 255;
  IS(machine, "queues", FL_HEALTH_FAIR);
  machine = healthy();
  machine.limits.syn_queue = 128;
  IS(machine, "queues", FL_HEALTH_FAIR);
  machine = healthy();
  machine.limits.memory_bytes = GIGABYTE / 8;
  IS(machine, "memory", FL_HEALTH_BAD);
}
END_TEST

START_TEST(wants_two_cpus_that_are_left_alone) {
  FlMachine machine = healthy();
  machine.cpus.allowed = (FlCpus){ 1, { 0 } };
  IS(machine, "cpus", FL_HEALTH_BAD);
  machine = healthy();
  machine.cpus.steal = 0.02;
  IS(machine, "steal", FL_HEALTH_FAIR);
  machine.cpus.steal = 0.06;
  IS(machine, "steal", FL_HEALTH_BAD);
  machine = healthy();
  machine.cpus.others = 0.2;
  IS(machine, "others", FL_HEALTH_FAIR);
  machine.cpus.load = 4.5;
  IS(machine, "others", FL_HEALTH_BAD);
}
END_TEST

START_TEST(says_of_a_frequency_that_it_cannot_see_that_it_cannot_see_it) {
  FlMachine machine = healthy();
  machine.cpus.governor = NULL;
  machine.cpus.is_virtual = TRUE;
  IS(machine, "frequency", FL_HEALTH_FAIR);
  machine = healthy();
  machine.cpus.turbo = 1;
  IS(machine, "frequency", FL_HEALTH_FAIR);
  machine.cpus.turbo = 0;
  machine.cpus.governor = (char *)"schedutil";
  IS(machine, "frequency", FL_HEALTH_FAIR);
}
END_TEST

START_TEST(wants_clocks_that_are_quick_punctual_and_agree) {
  FlMachine machine = healthy();
  machine.clocks.source = (char *)"hpet";
  machine.clocks.read_ns = 900;
  IS(machine, "clocksource", FL_HEALTH_FAIR);
  machine = healthy();
  machine.clocks.timer_p99_ns = 2000000;
  IS(machine, "timers", FL_HEALTH_FAIR);
  machine = healthy();
  machine.clocks.drift_us = -1001;
  IS(machine, "drift", FL_HEALTH_BAD);
}
END_TEST

START_TEST(says_what_stands_between_this_machine_and_a_link) {
  FlMachine machine = healthy();
  machine.link = (FlMachineLink){ .obstacle = (char *)"user namespaces are forbidden" };
  IS(machine, "link", FL_HEALTH_FAIR);
  machine = healthy();
  machine.kernel = (char *)"4.19.0";
  IS(machine, "kernel", FL_HEALTH_FAIR);
  machine = healthy();
  machine.tcp.congestion = (char *)"bbr";
  IS(machine, "tcp", FL_HEALTH_FAIR);
}
END_TEST

START_TEST(takes_what_could_not_be_read_for_fair_at_best) {
  FlMachine machine = healthy();
  machine.tcp.receive = NULL;
  IS(machine, "tcp", FL_HEALTH_FAIR);
  machine = healthy();
  machine.cpus.steal = NAN;
  IS(machine, "steal", FL_HEALTH_FAIR);
  machine = healthy();
  machine.limits.port_first = machine.limits.port_last = -1;
  IS(machine, "ports", FL_HEALTH_FAIR);
  machine = healthy();
  machine.kernel = NULL;
  IS(machine, "kernel", FL_HEALTH_FAIR);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("doctor");
  TCase *cases = tcase_create("judgement");
  tcase_add_test(cases, finds_nothing_on_a_machine_that_is_as_it_should_be);
  tcase_add_test(cases, counts_the_clients_that_the_file_limit_lets_connect);
  tcase_add_test(cases, wants_20000_ports_and_queues_for_those_that_connect_at_a_time);
  tcase_add_test(cases, wants_two_cpus_that_are_left_alone);
  tcase_add_test(cases, says_of_a_frequency_that_it_cannot_see_that_it_cannot_see_it);
  tcase_add_test(cases, wants_clocks_that_are_quick_punctual_and_agree);
  tcase_add_test(cases, says_what_stands_between_this_machine_and_a_link);
  tcase_add_test(cases, takes_what_could_not_be_read_for_fair_at_best);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
