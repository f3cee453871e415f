/* The model of a phone's radio at points that can be worked out by hand.
 * SPDX-License-Identifier: MIT */
#include "bench/radio.h"

#include <math.h>
#include <string.h>

#include "tests/fl_check.h"

#define ASSERT_NEAR(a, b, tolerance) \
  ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%s is %.9g, expected %.9g", #a, (double)(a), (double)(b))

/* One packet in two minutes: a promotion and a tail. */
START_TEST(wakes_and_keeps_a_tail_for_a_packet_by_itself) {
  FlRadioCost cost = fl_radio_regular(&fl_radio_lte, 120, 0, 0);
  ASSERT_NEAR(cost.wakeups, 0.5, 1e-12);
  ASSERT_NEAR(cost.on_percent, 100 * 11.576 / 120, 1e-9);
  ASSERT_NEAR(cost.joules, (0.2601 * 1.2107 + 11.576 * 1.06) / 2, 1e-9);
}
END_TEST

START_TEST(never_sleeps_where_packets_follow_within_the_tail) {
  FlRadioCost cost = fl_radio_regular(&fl_radio_lte, 11.5, 0, 0);
  ASSERT_NEAR(cost.wakeups, 0, 0);
  ASSERT_NEAR(cost.on_percent, 100, 1e-9);
  ASSERT_NEAR(cost.joules, 60 * 1.06, 1e-9);
  ASSERT_NEAR(fl_radio_regular(&fl_radio_lte, 0.1, 0, 0).joules, 60 * 1.06, 1e-9);
}
END_TEST

/* A million bits each way, once a minute. */
START_TEST(adds_what_bytes_cost) {
  double without = fl_radio_regular(&fl_radio_lte, 60, 0, 0).joules;
  ASSERT_NEAR(fl_radio_regular(&fl_radio_lte, 60, 125000, 0).joules - without, 0.43839 + (1.28804 - 1.06) / 6, 1e-9);
  ASSERT_NEAR(fl_radio_regular(&fl_radio_lte, 60, 0, 125000).joules - without, 0.05197 + (1.28804 - 1.06) / 13, 1e-9);
}
END_TEST

/* Heartbeats beside updates, say: what counts is each gap, not their mean, which is below the tail here. */
START_TEST(counts_gaps_one_by_one) {
  static const double gaps_s[] = { 1, 1, 20, 1, 17 };
  FlRadioAccount account = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS(gaps_s); i++)
    fl_radio_note(&fl_radio_lte, &account, gaps_s[i]);
  ck_assert_uint_eq(account.wakeups, 2);
  ASSERT_NEAR(account.on_s, 3 + 2 * 11.576, 1e-12);
  FlRadioCost two = fl_radio_cost(&fl_radio_lte, &account, 0, 0, 2 * 40);
  ASSERT_NEAR(two.wakeups, 1.5, 1e-12);
  ASSERT_NEAR(two.joules, (2 * 0.2601 * 1.2107 + account.on_s * 1.06) * 60 / 80, 1e-9);
}
END_TEST

START_TEST(takes_other_numbers) {
  FlRadioModel model = fl_radio_lte, again = { 0 };
  ck_assert(fl_radio_parse("tail=5s,tail-power=0.8,promotion=100ms", &model, NULL));
  ASSERT_NEAR(model.tail_s, 5, 0);
  ASSERT_NEAR(model.tail_w, 0.8, 0);
  ASSERT_NEAR(model.promotion_s, 0.1, 1e-12);
  ASSERT_NEAR(model.promotion_w, 1.2107, 0);
  g_autofree char *text = fl_radio_text(&model);
  ck_assert(fl_radio_parse(text, &again, NULL));
  ASSERT_NEAR(fl_radio_regular(&again, 60, 1e5, 1e5).joules, fl_radio_regular(&model, 60, 1e5, 1e5).joules, 1e-6);
}
END_TEST

START_TEST(names_what_it_does_not_take) {
  static const char *const texts[] = { "", "tail", "tail=", "tail=0", "tail=-1s",
                                       "tail=5s,", "tai=5s", "tail-power=x", "tail-power=0", "tail-power=nan", "up-rate=1mbit", "=5s" };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    FlRadioModel model = fl_radio_lte;
    ck_assert_msg(!fl_radio_parse(texts[i], &model, &error), "%s", texts[i]);
    ck_assert(strstr(error->message, "such as tail=5s"));
    ck_assert_mem_eq(&model, &fl_radio_lte, sizeof model);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("radio");
  TCase *tcase = tcase_create("radio");
  tcase_add_test(tcase, wakes_and_keeps_a_tail_for_a_packet_by_itself);
  tcase_add_test(tcase, never_sleeps_where_packets_follow_within_the_tail);
  tcase_add_test(tcase, adds_what_bytes_cost);
  tcase_add_test(tcase, counts_gaps_one_by_one);
  tcase_add_test(tcase, takes_other_numbers);
  tcase_add_test(tcase, names_what_it_does_not_take);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
