/* Pimentel and Nickerson: one-way latency of polling, long polling and WebSocket over the Internet.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"

/* Of mean latencies: of the row's arm to WebSocket. */
static double ratio(const FlPaperRun *run, const FlPaperRow *row) {
  FlPaperRow ws = { .arm = "ws", .figure = "latency.mean" };
  return fl_paper_figure(run, row) / fl_paper_figure(run, &ws);
}

static double ratio_model(const FlPaperRun *run, const FlPaperRow *row) {
  FlPaperRow ws = { .arm = "ws" };
  return fl_paper_latency_model(run, row) / fl_paper_latency_model(run, &ws);
}

static const char *const trials[] = {
  "-t poll,longpoll,ws -c 20 -R 4 -s 100 --poll-pause 150ms --link rtt=80.6ms -d 15s --warmup 1s", NULL
};

static const FlPaperRow rows[] = {
  { "polling: mean latency, Edmonton", "ms", 1, 151.3, 151.3, 0, "poll", "latency.mean", fl_paper_figure,
    fl_paper_latency_model },
  { "long polling: mean latency", "ms", 1, NAN, NAN, 0, "longpoll", "latency.mean", fl_paper_figure, fl_paper_latency_model },
  { "WebSocket: mean latency, Edmonton", "ms", 1, 40.3, 40.3, 0, "ws", "latency.mean", fl_paper_figure, fl_paper_latency_model },
  { "polling ÷ WebSocket", "", 2, 2.31, 4.48, 0, "poll", "latency.mean", ratio, ratio_model },
  { "long polling ÷ WebSocket", "", 2, NAN, NAN, 0, "longpoll", "latency.mean", ratio, ratio_model },
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_pimentel = {
  "pimentel",
  "Victoria Pimentel, Bradford G. Nickerson: Communicating and Displaying Real-Time Data with WebSocket. IEEE Internet Computing "
  "16(4), 2012.",
  "4 updates a second over 40.3 ms one way; pollers pause 150 ms after each answer",
  FL_PAPER_REVIEWED,
  "an emulated link of 40.3 ms one way instead of the way to Edmonton, and 20 subscribers for 15 s, which are 1,200 samples "
  "as one in 300 s are.",
  "with updates four times a second and a pause of 150 ms after each answer, polling took 2.31 to 4.48 times as long as "
  "WebSocket, according to the place.",
  "that WebSocket is faster on the way: it takes the one-way delay d, and a poller that pauses p waits (p + 2d)/2 on top, so the "
  "ratio follows from the chosen pause and the distance; long polling, with d as well, is level with WebSocket at this rate.",
  trials,
  rows,
  fl_paper_trials,
};
