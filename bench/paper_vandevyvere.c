/* Van de Vyvere, Colpaert and Verborgh: how many clients a server carries by polling and by push, for a latency that is accepted.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"

#define SCALE 10.0        /* of times: the paper's are ten of ours */
#define FIRST_TRIAL 1     /* of polling; the one before is push */
#define SHORTEST_PAUSE 50e6

/* Server CPU that one client takes in a second: a core carries 1 over it. */
static double cpu_share(const FlResult *result) {
  return (double)result->server_cpu_ns / (double)result->wall_ns / result->clients;
}

static double push_share(const FlPaperRun *run) {
  return cpu_share(&fl_paper_arm(run, 0, "sse")->runs[0]);
}

static double clients_a_core(const FlPaperRun *run, const FlPaperRow *row) {
  return 1 / cpu_share(fl_paper_result(run, row));
}

static double ratio_of(const FlPaperRun *run, guint trial) {
  return cpu_share(&fl_paper_arm(run, trial, "poll")->runs[0]) / push_share(run);
}

static double ratio(const FlPaperRun *run, const FlPaperRow *row) {
  return ratio_of(run, row->trial);
}

/* A poll costs what it costs at the shortest pause: then the ratio falls as the pause grows. */
static double ratio_model(const FlPaperRun *run, const FlPaperRow *row) {
  return ratio_of(run, FIRST_TRIAL) * SHORTEST_PAUSE / (double)run->trials[row->trial]->setting.poll_pause_ns;
}

/* Between the two pauses at which the ratio passes 1, on a line of logarithms. NAN where it does not. */
static double crossing_s(const FlPaperRun *run, const FlPaperRow *row) {
  for (guint i = FIRST_TRIAL + 1; i < run->n_trials; i++) {
    double before = log(ratio_of(run, i - 1)), after = log(ratio_of(run, i));
    double from = log((double)run->trials[i - 1]->setting.poll_pause_ns), to = log((double)run->trials[i]->setting.poll_pause_ns);
    if (before > 0 && after <= 0)
      return SCALE * exp(from + (to - from) * before / (before - after)) / 1e9;
  }
  return NAN;
}

static double crossing_model_s(const FlPaperRun *run, const FlPaperRow *row) {
  return SCALE * ratio_of(run, FIRST_TRIAL) * SHORTEST_PAUSE / 1e9;
}

/* 4,000 polls or updates a second in each (2,000 in the last): with fewer, a wake-up of the server for each would be most of
 * what they cost. */
#define PAUSE(clients, pause) "-t poll -c " clients " -R 2 -s 128 --poll-pause " pause " -d 3s --warmup 500ms"

static const char *const trials[] = {
  "-t sse -c 2000 -R 2 -s 128 -d 3s --warmup 500ms",
  PAUSE("200", "50ms"),
  PAUSE("400", "100ms"),
  PAUSE("1000", "250ms"),
  PAUSE("2000", "500ms"),
  PAUSE("4000", "1s"),
  PAUSE("8000", "2s"),
  PAUSE("8000", "4s"),
  NULL,
};

#define RATIO(label, low, high, trial) \
  { "SSE ÷ polling, clients a core: latency up to " label, "", 2, low, high, trial, "poll", "", ratio, ratio_model }

static const FlPaperRow rows[] = {
  { "clients that a core carries: SSE", "", 0, NAN, NAN, 0, "sse", "", clients_a_core, fl_paper_unknown },
  { "clients that a core carries: polling, pause 500 ms", "", 0, NAN, NAN, 1, "poll", "", clients_a_core, fl_paper_unknown },
  RATIO("0.5 s", 2, INFINITY, 1),
  RATIO("1 s", NAN, NAN, 2),
  RATIO("2.5 s", NAN, NAN, 3),
  RATIO("5 s", NAN, NAN, 4),
  RATIO("10 s", NAN, NAN, 5),
  RATIO("20 s", NAN, NAN, 6),
  RATIO("40 s", NAN, NAN, 7),
  { "polling carries more from an accepted latency of", "s", 1, NAN, NAN, 1, "poll", "", crossing_s, crossing_model_s },
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_vandevyvere = {
  "vandevyvere",
  "Brecht Van de Vyvere, Pieter Colpaert, Ruben Verborgh: Comparing a Polling and Push-Based Approach for Live Open Data "
  "Interfaces. International Conference on Web Engineering (ICWE) 2020.",
  "an update every 5 s, polls a pause of 500 ms apart: clients that one server carries",
  FL_PAPER_REVIEWED,
  "times are a tenth of the paper's (an update every 0.5 s, pauses from 50 ms; rows are named by the paper's), as many "
  "clients as make 4,000 polls or updates a second, their CPU scaled to a whole core, and no cache in front: our server "
  "answers all polls from the same place with the same bytes, which is what a cache does.",
  "with an update every 5 s and polls half a second apart, the server carries more than twice as many clients by SSE; where a "
  "longer latency is accepted, cached polling carries more.",
  "where that point lies for another server: it is where polls cost as much as updates, so it moves with the price of a "
  "request and with the updates' rate; memory and open connections, which streams need at any rate, are not in it.",
  trials,
  rows,
  fl_paper_trials,
};
