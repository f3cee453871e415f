/* The formulas. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/model.h"

#include <math.h>

static const FlModel nothing = { NAN, NAN, NAN, NAN, NAN };

static double round_trip_s(const FlModelInput *input) {
  return input->round_trip_s > 0 ? input->round_trip_s : 2 * input->one_way_s;
}

FlModel fl_model_poll(const FlModelInput *input) {
  double t = input->poll_interval_s, d = input->one_way_s + input->line_s;
  double updates_a_poll = input->rate_hz * t;

  return (FlModel){ .mean_s = t / 2 + d,
                    .p50_s = t / 2 + d,
                    .p99_s = 0.99 * t + d,
                    .requests_per_update = 1 / updates_a_poll,
                    .empty_polls = MAX(0, 1 - updates_a_poll) };
}

FlModel fl_model_poll_pause(const FlModelInput *input, double pause_s) {
  FlModelInput slots = *input;

  slots.poll_interval_s = pause_s + round_trip_s(input);
  return fl_model_poll(&slots);
}

/* An answer goes out in a fan-out too. */
FlModel fl_model_longpoll(const FlModelInput *input) {
  FlModelInput back_to_back = *input;
  FlModel model = fl_model_push(input);

  back_to_back.poll_interval_s = round_trip_s(input);
  if (input->rate_hz * back_to_back.poll_interval_s > 1)
    model = fl_model_poll(&back_to_back);
  else
    model.requests_per_update = 1;
  model.empty_polls = 0;
  return model;
}

FlModel fl_model_push(const FlModelInput *input) {
  double n = input->clients, d = input->one_way_s;
  double s = input->line_s > input->send_s ? input->line_s : input->send_s;

  return (FlModel){ .mean_s = d + s * (n + 1) / 2,
                    .p50_s = d + s * (n + 1) / 2,
                    .p99_s = d + 0.99 * s * n,
                    .requests_per_update = 0,
                    .empty_polls = NAN };
}

FlModel fl_model_of(const char *transport, const FlModelInput *input) {
  if (g_str_equal(transport, "poll"))
    return fl_model_poll(input);
  if (g_str_equal(transport, "longpoll") || g_str_equal(transport, "socketio-polling"))
    return fl_model_longpoll(input);
  if (g_str_equal(transport, "sse") || g_str_equal(transport, "ws") || g_str_has_prefix(transport, "socketio"))
    return fl_model_push(input);
  return nothing;
}
