/* The formulas of METHOD at points where they can be worked out by hand, and against a simulation of polling.
 * SPDX-License-Identifier: MIT */
#include "bench/model.h"

#include <math.h>
#include <stdlib.h>

#include "tests/fl_check.h"

#define ASSERT_NEAR(a, b, tolerance) \
  ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%s is %.9g, expected %.9g", #a, (double)(a), (double)(b))

static const FlModelInput input = { .one_way_s = 0.02, .rate_hz = 4, .poll_interval_s = 1, .clients = 100, .send_s = 1e-5 };

START_TEST(models_short_polling) {
  FlModel model = fl_model_of("poll", &input);
  ASSERT_NEAR(model.mean_s, 0.52, 1e-12);
  ASSERT_NEAR(model.p50_s, 0.52, 1e-12);
  ASSERT_NEAR(model.p99_s, 1.01, 1e-12);
  ASSERT_NEAR(model.requests_per_update, 0.25, 1e-12);
  ASSERT_NEAR(model.empty_polls, 0, 0);
  FlModelInput seldom = input;
  seldom.rate_hz = 0.2;
  ASSERT_NEAR(fl_model_poll(&seldom).empty_polls, 0.8, 1e-12);
  ASSERT_NEAR(fl_model_poll(&seldom).requests_per_update, 5, 1e-12);
}
END_TEST

/* Pimentel & Nickerson 2012: 150 ms after each answer, 40.3 ms one way: 155.6 ms. */
START_TEST(models_polling_with_a_pause) {
  FlModelInput far = input;
  far.one_way_s = 0.0403;
  ASSERT_NEAR(fl_model_poll_pause(&far, 0.150).mean_s, 0.1556, 1e-4);
}
END_TEST

START_TEST(models_push_as_a_serial_fan_out) {
  FlModel model = fl_model_of("sse", &input);
  ASSERT_NEAR(model.mean_s, 0.02 + 1e-5 * 101 / 2, 1e-12);
  ASSERT_NEAR(model.p99_s, 0.02 + 0.99 * 1e-3, 1e-12);
  ck_assert(isnan(model.empty_polls));
  ASSERT_NEAR(fl_model_of("socketio", &input).mean_s, model.mean_s, 0);
}
END_TEST

START_TEST(models_long_polling_that_gathers_when_round_trips_are_long) {
  FlModelInput quick = input;
  ASSERT_NEAR(fl_model_of("longpoll", &input).requests_per_update, 1, 0);
  quick.rate_hz = 100; /* R = 40 ms: four updates an answer, and they wait for the question as for a poll's slot */
  ASSERT_NEAR(fl_model_of("longpoll", &quick).mean_s, 0.02 + 0.04 / 2, 1e-12);
  ASSERT_NEAR(fl_model_of("longpoll", &quick).p99_s, 0.02 + 0.99 * 0.04, 1e-12);
  ASSERT_NEAR(fl_model_of("longpoll", &quick).requests_per_update, 0.25, 1e-12);
  ck_assert(isnan(fl_model_of("carrier-pigeon", &input).mean_s));
}
END_TEST

START_TEST(models_a_line_that_takes_longer_than_the_server) {
  FlModelInput line = input;
  line.line_s = 0.001;
  ASSERT_NEAR(fl_model_of("ws", &line).mean_s, 0.02 + 0.001 * 101 / 2, 1e-12);
  ASSERT_NEAR(fl_model_poll(&line).mean_s, fl_model_poll(&input).mean_s + 0.001, 1e-12);
  line.line_s = 1e-6;
  ASSERT_NEAR(fl_model_of("ws", &line).mean_s, fl_model_of("ws", &input).mean_s, 0);
}
END_TEST

START_TEST(models_round_trips_over_ways_that_differ) {
  FlModelInput far = input;
  far.round_trip_s = 0.1;
  far.rate_hz = 20;
  ASSERT_NEAR(fl_model_of("longpoll", &far).requests_per_update, 0.5, 1e-12);
  ASSERT_NEAR(fl_model_poll_pause(&far, 0.150).mean_s, 0.25 / 2 + 0.02, 1e-12);
}
END_TEST

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* 200 pollers at random places of the interval, 2,000 updates every 0.2503 s: what an update waits for its poll. */
START_TEST(agrees_with_a_simulation_of_polling) {
  g_autoptr(GRand) random = g_rand_new_with_seed(5);
  guint n = 0;
  double *waits = g_new(double, 200 * 2000), sum = 0;

  for (guint poller = 0; poller < 200; poller++) {
    double offset = g_rand_double(random);
    for (guint update = 0; update < 2000; update++) {
      double at = update * 0.2503 - offset;
      waits[n] = ceil(at) - at + input.one_way_s;
      sum += waits[n++];
    }
  }
  qsort(waits, n, sizeof *waits, by_value);
  FlModel model = fl_model_poll(&input);
  ASSERT_NEAR(sum / n, model.mean_s, 0.005);
  ASSERT_NEAR(waits[n / 2], model.p50_s, 0.01);
  ASSERT_NEAR(waits[n * 99 / 100], model.p99_s, 0.01);
  g_free(waits);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("model");
  TCase *tcase = tcase_create("model");
  tcase_add_test(tcase, models_short_polling);
  tcase_add_test(tcase, models_polling_with_a_pause);
  tcase_add_test(tcase, models_push_as_a_serial_fan_out);
  tcase_add_test(tcase, models_long_polling_that_gathers_when_round_trips_are_long);
  tcase_add_test(tcase, models_a_line_that_takes_longer_than_the_server);
  tcase_add_test(tcase, models_round_trips_over_ways_that_differ);
  tcase_add_test(tcase, agrees_with_a_simulation_of_polling);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
