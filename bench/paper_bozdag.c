/* Bozdag, Mesbah and van Deursen: a grid of publish and pull intervals, pull against push.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"

/* U/T: what a poller that keeps its interval asks for each update. */
static double polls_model(const FlPaperRun *run, const FlPaperRow *row) {
  const FlSetting *setting = &run->trials[row->trial]->setting;
  return 1e9 / ((double)setting->poll_interval_ns * setting->rate_hz);
}

/* Polls that found something, of 100 updates: who gets the newest item only, as the paper's pollers did, sees no more of them. */
static double seen(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return 100 * MIN(1, (double)(result->requests - result->empty_polls) / (double)result->updates);
}

static double seen_model(const FlPaperRun *run, const FlPaperRow *row) {
  return 100 * MIN(1, polls_model(run, row));
}

/* A poll takes as many segments as a held one, of which there is one an update: so `model` is polls_model. */
static double segments_ratio(const FlPaperRun *run, const FlPaperRow *row) {
  FlPaperRow push = *row;
  push.arm = "longpoll";
  return fl_paper_figure(run, row) / fl_paper_figure(run, &push);
}

/* The window begins when each client has had its first poll, which brings more or less than others. */
#define GRID(u, t, d) "-t poll -c 20 -R " u " -s 128 --poll-interval " t " --warmup " t " -d " d

static const char *const trials[] = {
  "-t poll,longpoll -c 20 -R 0.2 -s 128 --poll-interval 100ms --warmup 200ms -d 10s",
  GRID("10", "100ms", "1s"),
  GRID("10", "500ms", "1500ms"),
  GRID("10", "1500ms", "3s"),
  GRID("2", "100ms", "2s"),
  GRID("2", "500ms", "2s"),
  GRID("2", "1500ms", "3s"),
  GRID("0.666667", "100ms", "3s"),
  GRID("0.666667", "500ms", "3s"),
  GRID("0.666667", "1500ms", "3s"),
  NULL,
};

#define POLLS(label, trial) \
  { "polls an update: publish " label, "", 2, NAN, NAN, trial, "poll", "requests", fl_paper_figure, polls_model }
#define SEEN(label, trial) \
  { "seen by polls for the newest: publish " label, "%", 0, NAN, NAN, trial, "poll", "", seen, seen_model }

static const FlPaperRow rows[] = {
  { "polls an update: publish 50 s, pull 1 s", "", 2, 25, 25, 0, "poll", "requests", fl_paper_figure, polls_model },
  { "segments, pull ÷ push: publish 50 s, pull 1 s", "", 1, 7, 7, 0, "poll", "segments", segments_ratio, polls_model },
  POLLS("1 s, pull 1 s", 1),
  POLLS("1 s, pull 5 s", 2),
  POLLS("1 s, pull 15 s", 3),
  POLLS("5 s, pull 1 s", 4),
  POLLS("5 s, pull 5 s", 5),
  POLLS("5 s, pull 15 s", 6),
  POLLS("15 s, pull 1 s", 7),
  POLLS("15 s, pull 5 s", 8),
  POLLS("15 s, pull 15 s", 9),
  SEEN("1 s, pull 5 s", 2),
  SEEN("1 s, pull 15 s", 3),
  SEEN("5 s, pull 15 s", 6),
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_bozdag = {
  "bozdag",
  "Engin Bozdag, Ali Mesbah, Arie van Deursen: A Comparison of Push and Pull Techniques for AJAX. IEEE International "
  "Symposium on Web Site Evolution (WSE) 2007; and Performance Testing of Data Delivery Techniques for AJAX Applications. "
  "Journal of Web Engineering, 2009.",
  "publishing and pulling every 1 to 50 s: polls without news, updates missed, packets",
  FL_PAPER_READ,
  "intervals are a tenth of the paper's (its 1, 5, 15 and 50 s are 0.1, 0.5, 1.5 and 5 s here, and rows are named by the "
  "paper's), windows are shorter than 10 publishes where those take longer than 3 s, and push is long polling. 250 received "
  "for 10 published is 25 an update.",
  "at one pull a second and one update in 50 s pollers received about 250 items for 10 published, and had about 7 times the "
  "packets of push: nearly all polls bring what is known already.",
  "why it was 25 an update where 50 s / 1 s make 50, nor what a cursor changes: here no poll brings an item twice and none is "
  "missed, at the same number of requests; the share of updates that pollers miss is one of polls for the newest item only.",
  trials,
  rows,
  fl_paper_trials,
};
