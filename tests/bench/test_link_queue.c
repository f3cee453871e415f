/* One direction of a link, without a clock.
 * SPDX-License-Identifier: MIT */
#include "bench/link_queue.h"

#include <math.h>

#include "tests/fl_check.h"

#define MS G_GINT64_CONSTANT(1000000)
#define SECOND (1000 * MS)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlLinkQueue, fl_link_queue_free)

static FlLinkQueue *queue_of(const char *text, guint64 seed) {
  g_autoptr(GError) error = NULL;
  FlLinkSpec spec;

  ck_assert_msg(fl_link_spec_parse(text, &spec, &error), "%s", error ? error->message : "");
  return fl_link_queue_new(&spec.ways[FL_LINK_DOWN], FL_LINK_DOWN, seed, 0);
}

START_TEST(holds_each_packet_for_the_delay) {
  g_autoptr(FlLinkQueue) queue = queue_of("rtt=80ms", 1);

  for (gint64 now_ns = 0; now_ns < SECOND; now_ns += 7 * MS) {
    gint64 at_ns;
    ck_assert_int_eq(fl_link_queue_offer(queue, now_ns, 1500, &at_ns), FL_FATE_PASSES);
    ck_assert_int_eq(at_ns, now_ns + 40 * MS);
  }
}
END_TEST

/* 99.9 %: 3.29 deviations of the binomial distribution. */
START_TEST(loses_its_share_within_the_binomial_interval) {
  static const double shares[] = { 0.1, 0.5, 3, 50 };

  for (gsize i = 0; i < G_N_ELEMENTS(shares); i++) {
    g_autofree char *text = g_strdup_printf("loss=%g%%", shares[i]);
    g_autoptr(FlLinkQueue) queue = queue_of(text, 42);
    double n = 200000, p = shares[i] / 100, lost = 0;
    for (int k = 0; k < (int)n; k++) {
      gint64 ignored;
      lost += fl_link_queue_offer(queue, k, 100, &ignored) == FL_FATE_LOSS;
    }
    ck_assert_msg(fabs(lost - n * p) < 3.29 * sqrt(n * p * (1 - p)), "%g %%: %g of %g", shares[i], lost, n);
  }
}
END_TEST

START_TEST(gives_the_nth_packet_the_same_fate_whatever_its_size_and_time) {
  static const char text[] = "rtt=80ms,jitter=10ms,loss=10%,burst=3/90%/1%";
  g_autoptr(FlLinkQueue) one = queue_of(text, 9);
  g_autoptr(FlLinkQueue) same = queue_of(text, 9);
  g_autoptr(FlLinkQueue) other = queue_of(text, 10);
  guint differ = 0;

  for (gint64 i = 0; i < 10000; i++) {
    gint64 at_ns = 0, same_at_ns = 0, ignored;
    FlLinkFate fate = fl_link_queue_offer(one, i * SECOND, 40, &at_ns);
    ck_assert_int_eq(fl_link_queue_offer(same, i * 3 * SECOND, 1500, &same_at_ns), fate);
    if (fate == FL_FATE_PASSES)
      ck_assert_int_eq(at_ns - i * SECOND, same_at_ns - i * 3 * SECOND);
    differ += fl_link_queue_offer(other, i * SECOND, 40, &ignored) != fate;
  }
  ck_assert_uint_gt(differ, 500);
}
END_TEST

START_TEST(goes_on_with_its_fates_through_an_outage) {
  g_autoptr(FlLinkQueue) with = queue_of("loss=20%,outage=100ms@100ms", 5);
  g_autoptr(FlLinkQueue) without = queue_of("loss=20%", 5);

  for (gint64 i = 0; i < 1000; i++) {
    gint64 ignored;
    FlLinkFate fate = fl_link_queue_offer(without, i * MS, 100, &ignored);
    ck_assert_int_eq(fl_link_queue_offer(with, i * MS, 100, &ignored), i >= 100 && i < 200 ? FL_FATE_OUTAGE : fate);
  }
}
END_TEST

START_TEST(differs_by_direction) {
  g_autoptr(GError) error = NULL;
  FlLinkSpec spec;
  guint differ = 0;

  ck_assert(fl_link_spec_parse("loss=50%", &spec, &error));
  g_autoptr(FlLinkQueue) up = fl_link_queue_new(&spec.ways[FL_LINK_UP], FL_LINK_UP, 1, 0);
  g_autoptr(FlLinkQueue) down = fl_link_queue_new(&spec.ways[FL_LINK_DOWN], FL_LINK_DOWN, 1, 0);
  for (gint64 i = 0; i < 1000; i++) {
    gint64 ignored;
    differ += fl_link_queue_offer(up, i, 100, &ignored) != fl_link_queue_offer(down, i, 100, &ignored);
  }
  ck_assert_uint_gt(differ, 400);
  ck_assert_uint_lt(differ, 600);
}
END_TEST

/* 1.6 Mbit/s of 1,500 bytes for 10 s, offered at twice that: 1,333 packets, and the queue. */
START_TEST(sends_at_its_rate_within_five_per_cent) {
  g_autoptr(FlLinkQueue) queue = queue_of("rtt=80ms,rate=1.6mbit,queue=64k", 1);
  gint64 step_ns = (gint64)(1500 * 8e9 / 3.2e6), first_ns = 0, last_ns = 0;
  guint passed = 0;

  for (gint64 now_ns = 0; now_ns < 10 * SECOND; now_ns += step_ns) {
    gint64 at_ns;
    FlLinkFate fate = fl_link_queue_offer(queue, now_ns, 1500, &at_ns);
    ck_assert(fate == FL_FATE_PASSES || fate == FL_FATE_QUEUE);
    if (fate != FL_FATE_PASSES)
      continue;
    first_ns = passed++ == 0 ? at_ns : first_ns;
    last_ns = at_ns;
  }
  double rate_bps = (passed - 1) * 1500 * 8e9 / (double)(last_ns - first_ns);
  ck_assert_msg(fabs(rate_bps / 1.6e6 - 1) < 0.05, "%g", rate_bps);
}
END_TEST

START_TEST(takes_the_time_of_a_packet_on_the_line) {
  g_autoptr(FlLinkQueue) queue = queue_of("rtt=80ms,rate=1mbit,queue=64k", 1);
  gint64 at_ns;

  ck_assert_int_eq(fl_link_queue_offer(queue, 0, 1250, &at_ns), FL_FATE_PASSES);
  ck_assert_int_eq(at_ns, 50 * MS);
  ck_assert_int_eq(fl_link_queue_offer(queue, 0, 1250, &at_ns), FL_FATE_PASSES);
  ck_assert_int_eq(at_ns, 60 * MS);
  ck_assert_int_eq(fl_link_queue_offer(queue, 100 * MS, 1250, &at_ns), FL_FATE_PASSES);
  ck_assert_int_eq(at_ns, 150 * MS);
}
END_TEST

START_TEST(drops_what_does_not_fit_into_the_queue) {
  g_autoptr(FlLinkQueue) queue = queue_of("rate=1mbit,queue=3000", 1);
  gint64 at_ns;

  ck_assert_int_eq(fl_link_queue_offer(queue, 0, 1500, &at_ns), FL_FATE_PASSES);
  ck_assert_int_eq(fl_link_queue_offer(queue, 0, 1500, &at_ns), FL_FATE_PASSES);
  ck_assert_int_eq(fl_link_queue_offer(queue, 0, 40, &at_ns), FL_FATE_QUEUE);
  /* 40 bytes are sent in 320 us. */
  ck_assert_int_eq(fl_link_queue_offer(queue, 319 * 1000, 40, &at_ns), FL_FATE_QUEUE);
  ck_assert_int_eq(fl_link_queue_offer(queue, 321 * 1000, 40, &at_ns), FL_FATE_PASSES);
}
END_TEST

START_TEST(keeps_the_order_under_jitter) {
  g_autoptr(FlLinkQueue) queue = queue_of("rtt=80ms,jitter=40ms", 3);
  gint64 last_ns = 0, least_ns = G_MAXINT64, most_ns = 0;

  for (gint64 now_ns = 0; now_ns < 10 * SECOND; now_ns += MS) {
    gint64 at_ns;
    ck_assert_int_eq(fl_link_queue_offer(queue, now_ns, 100, &at_ns), FL_FATE_PASSES);
    ck_assert_int_ge(at_ns, last_ns);
    ck_assert_int_ge(at_ns, now_ns);
    last_ns = at_ns;
    least_ns = MIN(least_ns, at_ns - now_ns);
    most_ns = MAX(most_ns, at_ns - now_ns);
  }
  ck_assert_int_le(most_ns, 80 * MS);
  ck_assert_int_gt(most_ns - least_ns, 20 * MS);
}
END_TEST

/* Far apart, so that order changes nothing: uniform over 30 … 50 ms. */
START_TEST(varies_evenly_about_the_delay) {
  g_autoptr(FlLinkQueue) queue = queue_of("rtt=80ms,jitter=10ms", 3);
  double sum_ms = 0, squares = 0;

  for (gint64 i = 0; i < 20000; i++) {
    gint64 at_ns;
    fl_link_queue_offer(queue, i * SECOND, 100, &at_ns);
    double ms = (double)(at_ns - i * SECOND) / 1e6;
    ck_assert(ms >= 30 && ms <= 50);
    sum_ms += ms;
    squares += (ms - 40) * (ms - 40);
  }
  ck_assert_double_eq_tol(sum_ms / 20000, 40, 0.2);
  ck_assert_double_eq_tol(sqrt(squares / 20000), 10 / sqrt(3), 0.1);
}
END_TEST

START_TEST(is_out_when_it_was_to_be) {
  g_autoptr(FlLinkQueue) once = queue_of("outage=2s@10s", 1);
  g_autoptr(FlLinkQueue) again = queue_of("outage=1s@2s/5s", 1);

  for (gint64 ms = 0; ms < 30000; ms += 10) {
    gint64 ignored;
    ck_assert_int_eq(fl_link_queue_offer(once, ms * MS, 100, &ignored),
                     ms >= 10000 && ms < 12000 ? FL_FATE_OUTAGE : FL_FATE_PASSES);
    ck_assert_int_eq(fl_link_queue_offer(again, ms * MS, 100, &ignored),
                     ms >= 2000 && (ms - 2000) % 5000 < 1000 ? FL_FATE_OUTAGE : FL_FATE_PASSES);
  }
}
END_TEST

START_TEST(can_be_cut) {
  g_autoptr(FlLinkQueue) queue = queue_of("rtt=2ms", 1);
  gint64 at_ns;

  ck_assert_int_eq(fl_link_queue_offer(queue, 5 * MS, 100, &at_ns), FL_FATE_PASSES);
  fl_link_queue_cut(queue, 5 * MS, 8 * MS);
  ck_assert_int_eq(fl_link_queue_offer(queue, 5 * MS, 100, &at_ns), FL_FATE_OUTAGE);
  ck_assert_int_eq(fl_link_queue_offer(queue, 8 * MS - 1, 100, &at_ns), FL_FATE_OUTAGE);
  ck_assert_int_eq(fl_link_queue_offer(queue, 8 * MS, 100, &at_ns), FL_FATE_PASSES);
}
END_TEST

/* Where all is lost in a burst, its length is geometric with mean 4, and the share in the long run is the loss. */
START_TEST(loses_in_bursts_of_the_mean_length) {
  g_autoptr(FlLinkQueue) queue = queue_of("loss=2%,burst=4", 11);
  double n = 1000000, lost = 0, bursts = 0;
  gboolean in_burst = FALSE;

  for (int i = 0; i < (int)n; i++) {
    gint64 ignored;
    FlLinkFate fate = fl_link_queue_offer(queue, i, 100, &ignored);
    ck_assert(fate == FL_FATE_PASSES || fate == FL_FATE_BURST);
    bursts += fate == FL_FATE_BURST && !in_burst;
    in_burst = fate == FL_FATE_BURST;
    lost += in_burst;
  }
  ck_assert_double_eq_tol(lost / bursts, 4, 0.2);
  ck_assert_double_eq_tol(lost / n, 0.02, 0.002);
}
END_TEST

START_TEST(loses_between_bursts_too_where_that_is_wanted) {
  g_autoptr(FlLinkQueue) queue = queue_of("loss=2%,burst=10/50%/1%", 11);
  double n = 1000000, counts[FL_FATES] = { 0 };

  for (int i = 0; i < (int)n; i++) {
    gint64 ignored;
    counts[fl_link_queue_offer(queue, i, 100, &ignored)]++;
  }
  ck_assert_double_eq_tol((counts[FL_FATE_LOSS] + counts[FL_FATE_BURST]) / n, 0.02, 0.001);
  /* In the bad state for (2 - 1) / (50 - 1) of the time. */
  ck_assert_double_eq_tol(counts[FL_FATE_BURST] / n, 0.5 / 49, 0.001);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("link_queue");
  TCase *cases = tcase_create("queue");
  tcase_add_test(cases, holds_each_packet_for_the_delay);
  tcase_add_test(cases, loses_its_share_within_the_binomial_interval);
  tcase_add_test(cases, gives_the_nth_packet_the_same_fate_whatever_its_size_and_time);
  tcase_add_test(cases, goes_on_with_its_fates_through_an_outage);
  tcase_add_test(cases, differs_by_direction);
  tcase_add_test(cases, sends_at_its_rate_within_five_per_cent);
  tcase_add_test(cases, takes_the_time_of_a_packet_on_the_line);
  tcase_add_test(cases, drops_what_does_not_fit_into_the_queue);
  tcase_add_test(cases, keeps_the_order_under_jitter);
  tcase_add_test(cases, varies_evenly_about_the_delay);
  tcase_add_test(cases, is_out_when_it_was_to_be);
  tcase_add_test(cases, can_be_cut);
  tcase_add_test(cases, loses_in_bursts_of_the_mean_length);
  tcase_add_test(cases, loses_between_bursts_too_where_that_is_wanted);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
