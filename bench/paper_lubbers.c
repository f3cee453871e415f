/* Lubbers and Greco: what headers of HTTP cost a poller, and two bytes of a frame.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"

#define HEADER_BYTES 871.0 /* of the paper's example, request and answer */
#define DATA_BYTES 20.0    /* of the paper's message */
#define FRAME_BYTES 2.0    /* RFC 6455, 5.2: up to 125 bytes from a server */
#define CLIENTS 1000.0

static double heads(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return (double)result->head_bytes / (double)result->exchanges;
}

static double heads_model(const FlPaperRun *run, const FlPaperRow *row) {
  return HEADER_BYTES;
}

/* The paper's arithmetic is clients × bytes × 8 a second; the figures that it prints are those over 2^20. */
static double head_rate(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return (double)result->head_bytes * 8 / result->duration_s / 1e6;
}

static double head_rate_model(const FlPaperRun *run, const FlPaperRow *row) {
  return CLIENTS * HEADER_BYTES * 8 / 1e6;
}

static double frame_rate(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *result = fl_paper_result(run, row);
  return (double)(result->bytes_in + result->bytes_out - result->payload_bytes) * 8 / result->duration_s / 1e6;
}

static double frame_rate_model(const FlPaperRun *run, const FlPaperRow *row) {
  return CLIENTS * FRAME_BYTES * 8 / 1e6;
}

static double head_ratio(const FlPaperRun *run, const FlPaperRow *row) {
  const FlResult *poll = &fl_paper_arm(run, 0, "poll")->runs[0], *ws = &fl_paper_arm(run, 0, "ws")->runs[0];
  double frame = (double)(ws->bytes_in + ws->bytes_out - ws->payload_bytes) / (double)ws->updates;
  return (double)poll->head_bytes / (double)poll->exchanges / frame;
}

static double head_ratio_model(const FlPaperRun *run, const FlPaperRow *row) {
  return HEADER_BYTES / FRAME_BYTES;
}

static double ip_ratio(const FlPaperRun *run, const FlPaperRow *row) {
  const FlFigure *ip = fl_figure_find("bytes.ip");
  return ip->value(&fl_paper_arm(run, 0, "poll")->runs[0]) / ip->value(&fl_paper_arm(run, 0, "ws")->runs[0]);
}

/* The paper's 20 bytes have no numbers or times in them: heads and segments as measured, and nothing else of ours. */
static double bare_ip_ratio(const FlPaperRun *run, const FlPaperRow *row) {
  const FlFigure *segments = fl_figure_find("segments");
  double poll = segments->value(&fl_paper_arm(run, 0, "poll")->runs[0]);
  double ws = segments->value(&fl_paper_arm(run, 0, "ws")->runs[0]);
  FlPaperRow of_poll = { .arm = "poll" };

  return (heads(run, &of_poll) + DATA_BYTES + FL_SEGMENT_BYTES * poll) / (FRAME_BYTES + DATA_BYTES + FL_SEGMENT_BYTES * ws);
}

static double bare_ip_ratio_model(const FlPaperRun *run, const FlPaperRow *row) {
  return (HEADER_BYTES + DATA_BYTES + FL_SEGMENT_BYTES * FL_PAPER_POLL_SEGMENTS) /
         (FRAME_BYTES + DATA_BYTES + FL_SEGMENT_BYTES * FL_PAPER_PUSH_SEGMENTS);
}

static const char *const trials[] = {
  "-t poll,ws -c 1000 -R 1 -s 20 --poll-interval 1s --header-bytes 871 -d 10s --warmup 500ms", NULL
};

static const FlPaperRow rows[] = {
  { "HTTP heads, a poll and its answer", "B", 1, 871, 871, 0, "poll", "", heads, heads_model },
  { "framing, a WebSocket message", "B", 1, 2, 2, 0, "ws", "bytes.overhead", fl_paper_figure, fl_paper_overhead_model },
  { "heads of 1,000 pollers", "Mbit/s", 3, 6.6, 6.6, 0, "poll", "", head_rate, head_rate_model },
  { "framing of 1,000 WebSockets", "Mbit/s", 3, 0.015, 0.015, 0, "ws", "", frame_rate, frame_rate_model },
  { "heads ÷ framing", "", 1, NAN, NAN, 0, "poll", "", head_ratio, head_ratio_model },
  { "at the IP layer, an update by polling", "B", 1, NAN, NAN, 0, "poll", "bytes.ip", fl_paper_figure, fl_paper_ip_model },
  { "at the IP layer, an update by WebSocket", "B", 1, NAN, NAN, 0, "ws", "bytes.ip", fl_paper_figure, fl_paper_ip_model },
  { "at the IP layer, polling ÷ WebSocket", "", 2, NAN, NAN, 0, "poll", "", ip_ratio, fl_paper_unknown },
  { "the same with 20 bytes in all for an update", "", 2, NAN, NAN, 0, "poll", "", bare_ip_ratio, bare_ip_ratio_model },
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_lubbers = {
  "lubbers",
  "Peter Lubbers, Frank Greco: HTML5 Web Sockets: A Quantum Leap in Scalability for the Web. 2010.",
  "1,000 clients poll once a second, with 871 bytes of headers; WebSocket frames have 2",
  FL_PAPER_READ,
  "1,000 clients for 10 s; the paper's 10,000 and 100,000 are the same multiplied. Requests are padded until they and the "
  "heads of their answers have 871 bytes. Our updates carry a number and a time beside their 20 bytes; the last row is "
  "without them.",
  "a poll with a browser's headers costs 871 bytes that a WebSocket message replaces by 2, so headers of 1,000 clients a "
  "second are 6.968 Mbit/s against 0.016; the printed 6.6 and 0.015 are those divided by 2^20 instead of 10^6.",
  "that the network carries 435 times less: both need segments of TCP and IP, 52 bytes each, and the payload, after which "
  "about 8 is left; and that polls cost this where nothing is asked once a second or headers are short (ours have about 270 "
  "bytes).",
  trials,
  rows,
  fl_paper_trials,
};
