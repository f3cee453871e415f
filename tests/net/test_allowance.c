/* Token buckets an address: how much at once, how soon again, and that addresses are forgotten.
 * SPDX-License-Identifier: MIT */
#include "net/allowance.h"

#include "tests/fl_check.h"

#define SECOND_NS G_GINT64_CONSTANT(1000000000)

START_TEST(a_second_s_worth_at_once_and_then_one_an_interval) {
  FlAllowance *allowance = fl_allowance_new(5);
  for (int i = 0; i < 5; i++)
    ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", 0), 0);
  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", 0), SECOND_NS / 5);
  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", SECOND_NS / 5 - 1), 1);
  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", SECOND_NS / 5), 0);
  ck_assert_int_gt(fl_allowance_take(allowance, "192.0.2.1", SECOND_NS / 5), 0);
  fl_allowance_free(allowance);
}
END_TEST

START_TEST(less_than_one_a_second_is_one_at_once) {
  FlAllowance *allowance = fl_allowance_new(0.1);
  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", 7), 0);
  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", 7), 10 * SECOND_NS);
  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", 7 + 10 * SECOND_NS), 0);
  fl_allowance_free(allowance);
}
END_TEST

START_TEST(each_address_has_its_own_and_an_ipv6_network_one) {
  static const char *const others[] = { "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1" };
  static const char *const same[] = { "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::ffff:1" };
  FlAllowance *allowance = fl_allowance_new(1);

  ck_assert_int_eq(fl_allowance_take(allowance, "192.0.2.1", 0), 0);
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
    ck_assert_int_eq(fl_allowance_take(allowance, others[i], 0), 0);
  for (gsize i = 0; i < G_N_ELEMENTS(same); i++)
    ck_assert_int_gt(fl_allowance_take(allowance, same[i], 0), 0);
  fl_allowance_free(allowance);
}
END_TEST

START_TEST(who_asks_no_more_is_forgotten) {
  FlAllowance *allowance = fl_allowance_new(1);
  char ip[46];

  for (int i = 0; i < 100000; i++) {
    g_snprintf(ip, sizeof ip, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
    ck_assert_int_eq(fl_allowance_take(allowance, ip, i * SECOND_NS / 100), 0);
    ck_assert_uint_le(fl_allowance_size(allowance), 1024);
  }
  fl_allowance_free(allowance);
}
END_TEST

START_TEST(no_allowance_allows_all) {
  ck_assert_int_eq(fl_allowance_take(NULL, "192.0.2.1", 0), 0);
}
END_TEST

int main(void) {
  TCase *tcase = tcase_create("allowance");
  tcase_add_test(tcase, a_second_s_worth_at_once_and_then_one_an_interval);
  tcase_add_test(tcase, less_than_one_a_second_is_one_at_once);
  tcase_add_test(tcase, each_address_has_its_own_and_an_ipv6_network_one);
  tcase_add_test(tcase, who_asks_no_more_is_forgotten);
  tcase_add_test(tcase, no_allowance_allows_all);
  Suite *suite = suite_create("allowance");
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
