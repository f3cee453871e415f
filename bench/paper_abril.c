/* Abril: what a browser's recordings of the network show of each way.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"

static double request_bytes(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return (double)result->bytes_out / (double)result->requests;
}

static double answer_head_bytes(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return (double)result->answer_head_bytes / (double)result->exchanges;
}

static double event_bytes(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return (double)result->bytes_in / (double)result->updates;
}

static double event_model(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return fl_paper_overhead_model(run, row) + (double)result->payload_bytes / (double)result->updates;
}

static const char *const trials[] = {
  "-t poll,sse,socketio -c 5 -R 2 -s 39 --poll-interval 250ms -d 2500ms --warmup 300ms", NULL
};

static const FlPaperRow rows[] = {
  { "a poll's request", "B", 1, 430, 430, 0, "poll", "", request_bytes, fl_paper_unknown },
  { "the head of its answer", "B", 1, 158, 158, 0, "poll", "", answer_head_bytes, fl_paper_unknown },
  { "an event of SSE", "B", 1, 57, 57, 0, "sse", "", event_bytes, event_model },
  { "of it, besides the update", "B", 1, 18, 18, 0, "sse", "bytes.overhead", fl_paper_figure, fl_paper_overhead_model },
  { "Socket.IO before the first message", "B", 0, 3500, 3500, 0, "socketio", "connect.bytes", fl_paper_figure, fl_paper_unknown },
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_abril = {
  "abril",
  "Abril, 2017: polling, SSE and Socket.IO compared by the HAR files that Chrome records.",
  "5 updates of 39 B, a poll every 250 ms, as a browser's HAR files count them",
  FL_PAPER_READ,
  "5 updates of 39 B in 2.5 s; clients of our own instead of Chrome, so without its headers. The paper's 18 bytes besides the "
  "update are its 57 less 39; ours has a number and a time in the update and an id line.",
  "a poll takes 430 bytes of request and 158 of answer from Chrome, an event of SSE 57 for 39 bytes of data, and Socket.IO "
  "has moved about 3.5 kB before the first message.",
  "what of it is the transport's: most of a request are the browser's own headers, which polls repeat and streams send once; HAR "
  "files know nothing of frames, TCP or IP.",
  trials,
  rows,
  fl_paper_trials,
};
