/* Appelqvist and Örnmyr: what an update costs besides its payload, by four ways.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/paper.h"

static const char *const trials[] = {
  "-t poll,longpoll,sse,ws -c 20 -R 10 -s 30 --poll-interval 100ms -d 3s --warmup 300ms",
  "-t poll,longpoll,sse,ws -c 20 -R 10 -s 5000 --poll-interval 100ms -d 3s --warmup 300ms",
  NULL,
};

#define OVERHEAD(label, published, trial, arm) \
  { label, "B", 1, published, published, trial, arm, "bytes.overhead", fl_paper_figure, fl_paper_overhead_model }
#define IP(label, trial, arm) \
  { label, "B", 0, NAN, NAN, trial, arm, "bytes.ip", fl_paper_figure, fl_paper_ip_model }

static const FlPaperRow rows[] = {
  OVERHEAD("30 B, besides the update: polling", 472, 0, "poll"),
  OVERHEAD("30 B, besides the update: long polling", 464, 0, "longpoll"),
  OVERHEAD("30 B, besides the update: SSE", 8, 0, "sse"),
  OVERHEAD("30 B, besides the update: WebSocket", 2, 0, "ws"),
  OVERHEAD("5,000 B, besides the update: polling", 472, 1, "poll"),
  OVERHEAD("5,000 B, besides the update: long polling", 464, 1, "longpoll"),
  OVERHEAD("5,000 B, besides the update: SSE", 8, 1, "sse"),
  OVERHEAD("5,000 B, besides the update: WebSocket", 2, 1, "ws"),
  IP("30 B, at the IP layer: polling", 0, "poll"),
  IP("30 B, at the IP layer: long polling", 0, "longpoll"),
  IP("30 B, at the IP layer: SSE", 0, "sse"),
  IP("30 B, at the IP layer: WebSocket", 0, "ws"),
  IP("5,000 B, at the IP layer: polling", 1, "poll"),
  IP("5,000 B, at the IP layer: long polling", 1, "longpoll"),
  IP("5,000 B, at the IP layer: SSE", 1, "sse"),
  IP("5,000 B, at the IP layer: WebSocket", 1, "ws"),
  { NULL, NULL, 0, NAN, NAN, 0, NULL, NULL, NULL, NULL },
};

const FlPaper fl_paper_appelqvist = {
  "appelqvist",
  "Rasmus Appelqvist, Oliver Örnmyr: a bachelor's thesis on XHR polling, long polling, Server-Sent Events and WebSockets. "
  "Blekinge Institute of Technology, 2017.",
  "overhead an update with payloads of 30 and 5,000 B",
  FL_PAPER_REVIEWED,
  "the same payloads, 10 updates a second and a poll for each, 3 s. Our updates carry a number and a time beside the payload, "
  "which count as the update; our events have an id line, for resuming, which the paper's 8 bytes lack; heads are ours, "
  "without a browser's. On loopback 5,000 B are one segment; Ethernet would need four.",
  "besides the payload an update costs some 470 bytes by polling of either kind, 8 by SSE and 2 by WebSocket.",
  "what the network carries: TCP is left out, and with it the ratio of 236 between polling and WebSocket, of which the IP "
  "rows leave 3 for 30 bytes and hardly anything for 5,000; nor that a frame of more than 125 bytes has 4 bytes of its own.",
  trials,
  rows,
  fl_paper_trials,
};
