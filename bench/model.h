/* What latency and bytes should be, by formula: printed beside the measurement, with the ratio of the two. On an idle server a
 * ratio outside 0.9 … 1.15 is a warning: of the measurement, or of the model.
 *
 * d: one-way delay, R = 2d, λ: updates a second, T: a poller's interval, P: bytes of an update's object, k: subscribers,
 * s: time of one send in a serial fan-out, l: time of an update on a line that has a rate. Times in seconds.
 * Sources of the formulas: docs/method.md, "The model".
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  double one_way_s;       /* d, down to the subscribers */
  double round_trip_s;    /* R; 0: 2d */
  double line_s;          /* l; 0: no rate */
  double rate_hz;         /* λ, periodic */
  double poll_interval_s; /* T */
  guint clients;          /* k */
  double send_s;          /* s: the server's CPU per delivered update, measured */
} FlModelInput;

/* What the model says; NAN where it says nothing. */
typedef struct {
  double mean_s, p50_s, p99_s;
  double requests_per_update;
  double empty_polls; /* share, 0 … 1 */
} FlModel;

/* fl_model_poll: short polling at fixed slots: an update waits for the next slot, which is uniform over T: mean = p50 = T/2 + d,
 * p99 = 0.99 T + d, with l added to d. Polls that find nothing: with periodic updates every U = 1/λ, 1 - T/U where U > T, else none. Requests per
 * update 1/(λT) where λT > 1 … every poll brings several; 1/(λT) always, a poll being a request. */
FlModel fl_model_poll(const FlModelInput *input);

/* fl_model_poll_pause: a pause after each answer instead of slots: mean = p50 = (p + R)/2 + d. */
FlModel fl_model_poll_pause(const FlModelInput *input, double pause_s);

/* fl_model_longpoll: with a cursor, periodic updates: as push where the next question is there in time (λR <= 1), and one request an
 * update. Else every question finds updates waiting, and is answered at once: it is short polling with T = R, mean d + R/2, p99
 * d + 0.99 R, 1/(λR) requests an update. */
FlModel fl_model_longpoll(const FlModelInput *input);

/* fl_model_push: d, and the serial fan-out's share: the k-th of n waits for the k - 1 before it: mean d + s(n + 1)/2, the
 * median likewise, p99 d + 0.99 s n. Where the line takes longer than the server (l > s), it is l that they wait for. */
FlModel fl_model_push(const FlModelInput *input);

/* fl_model_of: the model of a transport by its name; all NAN where there is none. */
FlModel fl_model_of(const char *transport, const FlModelInput *input);
