/* The formulas. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/model.h"

#include <math.h>

static const FlModel nothing = { NAN, NAN, NAN, NAN, NAN };

FlModel fl_model_poll(const FlModelInput *input) {
  double t = input->poll_interval_s, d = input->one_way_s;
  double updates_a_poll = input->rate_hz * t;

  return (FlModel){ .mean_s = t / 2 + d,
                    .p50_s = t / 2 + d,
                    .p99_s = 0.99 * t + d,
                    .requests_per_update = 1 / updates_a_poll,
                    .empty_polls = MAX(0, 1 - updates_a_poll) };
}

FlModel fl_model_poll_pause(const FlModelInput *input) {
  FlModelInput slots = *input;

  slots.poll_interval_s = input->poll_pause_s + 2 * input->one_way_s;
  return fl_model_poll(&slots);
}

/* An answer goes out in a fan-out too. */
FlModel fl_model_longpoll(const FlModelInput *input) {
  FlModel model = fl_model_push(input);
  double round_trip = 2 * input->one_way_s;

  model.requests_per_update = MIN(1, 1 / (input->rate_hz * round_trip));
  model.empty_polls = 0;
  return model;
}

FlModel fl_model_push(const FlModelInput *input) {
  double n = input->clients, s = input->send_s, d = input->one_way_s;

  return (FlModel){ .mean_s = d + s * (n + 1) / 2,
                    .p50_s = d + s * (n + 1) / 2,
                    .p99_s = d + 0.99 * s * n,
                    .requests_per_update = 0,
                    .empty_polls = NAN };
}

FlModel fl_model_of(const char *transport, const FlModelInput *input) {
  if (g_str_equal(transport, "poll"))
    return input->poll_pause_s > 0 ? fl_model_poll_pause(input) : fl_model_poll(input);
  if (g_str_equal(transport, "longpoll") || g_str_equal(transport, "socketio-polling"))
    return fl_model_longpoll(input);
  if (g_str_equal(transport, "sse") || g_str_equal(transport, "ws") || g_str_has_prefix(transport, "socketio"))
    return fl_model_push(input);
  return nothing;
}
