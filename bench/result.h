/* The figures of one run of one transport: plain values, as measured; what was not measured is not a number (NAN) or -1.
 * run.c fills it, report.c prints it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/absence.h"
#include "bench/cpus.h"
#include "bench/histogram.h"
#include "bench/link.h"
#include "bench/radio.h"
#include "bench/recorder.h"

/* The kernel's account of the subscribers' connections, from their end (TCP_INFO). */
typedef struct {
  guint64 bytes_in, bytes_out; /* TCP payload, what was sent again counted again */
  guint64 segs_in, segs_out;   /* acknowledgements too */
  guint64 retrans_bytes;       /* of what they sent */
} FlTcpAccount;

/* One slice of the window: plain values, for the time series. */
typedef struct {
  guint64 delivered;
  double p50_ms, p99_ms, max_ms; /* NAN where there are too few */
} FlSeries;

/* fl_series_of: a slice's values. */
FlSeries fl_series_of(FlSlice slice);

typedef struct {
  const char *name; /* of the transport; "floor" for bench/floor; SERVER-TRANSPORT of servers that aren't ours */
  const char *transport; /* NULL: that is its name too */
  const char *server;    /* of servers that aren't ours: its name; NULL or "": it has none */
  guint clients;
  double duration_s; /* of the measured window */
  FlIntegrity integrity;
  FlHistogram *latency; /* µs from the scheduled time; owned */
  FlHistogram *uncorrected; /* µs from the time of publication; empty where that is not known; owned */
  FlHistogram *lag;     /* µs that input waited for the bench; owned */
  double age_us;        /* mean age of what is shown; NAN where nothing was */
  FlSeries series[FL_SLICES];
  FlHistogram *connect; /* µs from connect() until the subscription is established; owned */
  double connect_bytes; /* both ways until then, the median of the clients */
  double round_trips;   /* until the first update, the median of the clients; NAN where none came */

  /* over the window, at the client, application bytes with HTTP heads and frames */
  guint64 bytes_in, bytes_out;
  FlTcpAccount tcp; /* over the window, of all connections */
  guint64 requests, empty_polls;
  guint64 exchanges, head_bytes, answer_head_bytes; /* polls answered; heads of both, of the answers alone */
  guint64 updates, payload_bytes; /* that came in that time, and what their objects take */
  FlRadioCost radio;      /* of a subscriber, by the model of the setting */
  double polls_wanted_hz; /* short polling: asked for in all; NAN otherwise */

  const char *scenario;     /* what went wrong on purpose; NULL: nothing */
  FlAbsenceAccount absence; /* of that, and its histogram owned; all zero without */

  guint64 connect_failures;
  gint64 missed_deadlines; /* of the server's schedule, in the window; -1: it does not say */
  gint64 clock_steps;      /* that the server saw in the window; -1: it does not say */
  gint64 server_cpu_ns;    /* -1: a server that is not our child */
  double server_user;      /* the share of that in user mode, by clock ticks; NAN: not known */
  double memory_slope;     /* bytes of the server's PSS a client, over four numbers of clients; NAN: not measured */
  gint64 client_cpu_ns; /* on the busiest of the bench's CPUs */
  gint64 wall_ns;       /* of the window, for client_cpu_ns */
  gint64 clock_step_ns; /* change of REALTIME against MONOTONIC over the run */
  FlLinkAccount link;   /* of the whole run, connecting too; nothing in it on loopback */
  double link_rtt_ms;   /* of the emulated link; 0 on loopback */
  char *server_library; /* the file of libmicrohttpd that our own server runs on; owned, NULL: not known */
} FlResult;

/* What a result is worth, from good to bad: of several results, the worst speaks for all (docs/method). */
typedef enum {
  FL_VERDICT_SOUND,
  FL_VERDICT_LATE,      /* the publisher missed deadlines in the window: invalid */
  FL_VERDICT_SATURATED, /* the bench itself was the bottleneck: overload, which ranks nothing; deadlines may be missed */
  FL_VERDICT_LINK,      /* the emulated link was not what it was to be: late itself, or too slow: invalid */
  FL_VERDICT_INVALID,   /* the clocks disagree, or there is nothing to judge */
  FL_VERDICT_BROKEN,    /* updates were lost, duplicated or reordered */
} FlVerdict;

/* What all results of an invocation have in common. */
typedef struct {
  double rate_hz; /* NAN: the server's own (--url) */
  gint64 size_bytes;
  gint64 poll_interval_ns, warmup_ns;
  gint64 poll_pause_ns; /* 0: slots of poll_interval_ns */
  FlRadioModel radio;
  gint64 header_bytes; /* of a poll and its answer; 0: not padded */
  guint64 seed;
  const char *url; /* NULL: own child */
  const char *servers; /* of --target, in words; NULL: none */
  guint threads_most; /* of the bench: as asked for, or as many as there are CPUs for */
  guint threads;      /* that it has: no more than subscribers */
  FlCpuMap cpus;
  const char *scenario; /* NULL: none */
  gint64 outage_ns;     /* how long its failure lasts */
  FlLink *link; /* the emulated one; NULL: loopback. Borrowed … */
  FlLinkSpec link_spec;
  const char *link_text; /* … and what it is, as text; NULL: loopback */
  gboolean link_streams; /* it is a stand-in: bench/link_stream */
  char *command_line;
} FlSetting;

/* fl_result_transport: its transport's name, `floor` of bench/floor. */
const char *fl_result_transport(const FlResult *self);

/* fl_result_per_update: a figure of the window over the updates delivered; NAN where none was. */
double fl_result_per_update(const FlResult *self, double figure);

/* fl_result_cpu_us: server CPU per delivered update in µs; NAN where it was not measured. */
double fl_result_cpu_us(const FlResult *self);

/* fl_result_ip_bytes: bytes at the IP layer both ways, from TCP's: 52 more a segment (IPv4 20, TCP 20, timestamps 12). */
#define FL_SEGMENT_BYTES 52
double fl_result_ip_bytes(const FlResult *self);

/* fl_result_merge: add `other`, a run of the same transport, to `self`: histograms and counts; what has no sum stays. */
void fl_result_merge(FlResult *self, const FlResult *other);

/* fl_result_memory_kb: server memory per client in kB (1,024 bytes); NAN where it was not measured. */
double fl_result_memory_kb(const FlResult *self);

/* fl_result_client_load: the bench's CPU time on the busiest of its CPUs over the window's time: 1 is a whole CPU. */
double fl_result_client_load(const FlResult *self);

/* fl_result_percentile_ms: of the latency; NAN with fewer than 10/(1-p) samples (docs/method). `p` in 0 … 1. */
double fl_result_percentile_ms(const FlResult *self, double p);

FlVerdict fl_result_verdict(const FlResult *self);
FlVerdict fl_result_verdict_of_all(const FlResult *results, guint n);

/* fl_verdict_name: a word for programs; static. */
const char *fl_verdict_name(FlVerdict verdict);

void fl_result_clear(FlResult *self);

/* Over 70 % of one of its CPUs the bench measures itself. */
#define FL_RESULT_SATURATED 0.7
