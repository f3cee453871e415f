/* Exact bytes: a number of updates of a known size, and what a crew of one thread or two counted for them, byte for byte.
 * The formulas are those of docs/wire: a frame's head of 2, 4 or 10 bytes, `id: …` and `data: …` with their line ends, an
 * answer's head and the list around its updates. What the kernel counted of the same connections stands beside it.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench/bare_wire.h"
#include "bench/crew.h"
#include "bench/selftest_private.h"
#include "core/clock.h"

#define UPDATES 20
#define PATIENCE_NS G_GINT64_CONSTANT(5000000000)
#define SLICE_NS G_GINT64_CONSTANT(2000000)
#define CURSOR FL_BARE_EPOCH "-"

static guint64 digits(guint64 number) {
  guint64 n = 1;
  while (number /= 10)
    n++;
  return n;
}

/* --- by the wire format -------------------------------------------------------------------------------------------- */

static guint64 frame_bytes(guint64 seq, guint64 json) {
  return json + (json <= 125 ? 2 : json <= 65535 ? 4 : 10);
}

static guint64 event_bytes(guint64 seq, guint64 json) {
  return strlen("id: " CURSOR) + digits(seq) + 1 + strlen("data: ") + json + 2;
}

static guint64 answer_bytes(guint64 cursor, guint64 updates, const char *close) {
  guint64 body =
      strlen("{\"cursor\":\"" CURSOR) + digits(cursor) + strlen("\",\"updates\":[") + updates + strlen(close);
  return strlen("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \r\n\r\n") + digits(body) + body;
}

/* One update an answer, and all but the last one say that there is more. */
static guint64 full_answer_bytes(guint64 seq, guint64 json) {
  return answer_bytes(seq, json, seq < UPDATES ? "],\"more\":true}\n" : "]}\n");
}

static guint64 request_bytes(guint64 cursor, guint16 port) {
  return strlen("GET /poll?since=" CURSOR " HTTP/1.1\r\nHost: 127.0.0.1:\r\nUser-Agent: feedlab-bench\r\n\r\n") +
         digits(cursor) + digits(port);
}

/* --- by the crew --------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *transport;
  guint64 json;
  guint clients; /* polls: 1, because each has its own answers */
  guint threads;
  guint64 (*update_bytes)(guint64 seq, guint64 json);
} Case;

static const Case cases[] = {
  { "ws", 125, 3, 1, frame_bytes },         { "ws", 126, 3, 1, frame_bytes },   { "ws", 65535, 3, 1, frame_bytes },
  { "ws", 65536, 3, 1, frame_bytes },       { "ws", 65536, 3, 2, frame_bytes }, { "sse", 128, 3, 1, event_bytes },
  { "sse", 128, 3, 2, event_bytes },        { "sse", 65536, 3, 1, event_bytes },
  { "poll", 128, 1, 1, full_answer_bytes }, { "poll", 65536, 1, 1, full_answer_bytes },
};

typedef struct {
  gboolean complete; /* all updates came */
  FlLoadCounts counts;
  FlTcpAccount before, after;
} Counted;

static guint64 received(const FlCrew *crew) {
  g_autoptr(FlRecorder) recorder = fl_crew_recorder(crew);
  return fl_histogram_count(fl_recorder_latency(recorder));
}

/* Returns: whether as many came. */
static gboolean receive_all(FlCrew *crew, guint64 wanted) {
  gint64 until_ns = fl_clock_now_ns() + PATIENCE_NS;

  while (received(crew) < wanted && fl_clock_now_ns() < until_ns)
    if (!fl_crew_receive(crew, fl_clock_now_ns() + SLICE_NS, NULL, NULL))
      break;
  return received(crew) == wanted;
}

static Counted count(const Case *one, FlBare *bare) {
  FlCpus cpus = fl_cpus_allowed();
  FlCpuMap map = fl_cpus_leave(&cpus, one->threads);
  FlCrewConfig config = { .threads = one->threads,
                          .cpus = &map,
                          .load = { .kind = fl_client_kind(one->transport),
                                    .host = "127.0.0.1",
                                    .port = fl_bare_port(bare),
                                    .clients = one->clients,
                                    .poll_interval_ns = SLICE_NS,
                                    .seed = 1 } };
  g_autoptr(FlCrew) crew = fl_crew_new(&config);
  Counted counted = { .complete = FALSE };

  if (fl_crew_connect(crew, one->clients, fl_clock_now_ns() + PATIENCE_NS)) {
    fl_crew_open(crew, 0, G_MAXINT64 / FL_SLICES);
    fl_crew_reset(crew);
    counted.before = fl_crew_tcp(crew);
    fl_bare_begin(bare);
    fl_crew_begin_polls(crew);
    counted.complete = receive_all(crew, UPDATES * one->clients);
    counted.counts = fl_crew_counts(crew);
    counted.after = fl_crew_tcp(crew);
  }
  return counted;
}

static void check_pushed(FlSelftest *self, const Case *one, const Counted *counted, const char *what) {
  guint64 wanted = 0, tcp = counted->after.bytes_in - counted->before.bytes_in;

  for (guint64 seq = 1; seq <= UPDATES; seq++)
    wanted += one->clients * one->update_bytes(seq, one->json);
  gboolean exact = counted->complete && counted->counts.bytes_in == wanted && tcp == wanted;
  fl_selftest_line(self, exact, exact ? "exact" : "wrong", what,
                   "%" G_GUINT64_FORMAT " bytes counted, %" G_GUINT64_FORMAT " by the wire format, %" G_GUINT64_FORMAT
                   " by the kernel",
                   counted->counts.bytes_in, wanted, tcp);
}

/* The requests up to UPDATES ask for one update each, those after them for what is not there. */
static void check_polled(FlSelftest *self, const Case *one, const Counted *counted, const char *what, guint16 port) {
  const FlLoadCounts *counts = &counted->counts;
  guint64 wanted_in = counts->empty_polls * answer_bytes(UPDATES, 0, "]}\n"), wanted_out = 0;

  for (guint64 seq = 1; seq <= UPDATES; seq++)
    wanted_in += one->update_bytes(seq, one->json);
  for (guint64 i = 0; i < counts->requests; i++)
    wanted_out += request_bytes(MIN(i, UPDATES), port);
  gboolean exact = counted->complete && counts->bytes_in == wanted_in && counts->bytes_out == wanted_out;
  fl_selftest_line(self, exact, exact ? "exact" : "wrong", what,
                   "%" G_GUINT64_FORMAT " bytes in and %" G_GUINT64_FORMAT " out counted, %" G_GUINT64_FORMAT
                   " and %" G_GUINT64_FORMAT " by the wire format (%" G_GUINT64_FORMAT " answers of them empty)",
                   counts->bytes_in, counts->bytes_out, wanted_in, wanted_out, counts->empty_polls);
}

static void check(FlSelftest *self, const Case *one) {
  FlBarePlan plan = { .count = UPDATES, .per_write = 1, .json_bytes = one->json, .cpu = -1 };
  g_autofree char *what =
      one->threads > 1
          ? g_strdup_printf("%s, %" G_GUINT64_FORMAT " bytes by %u threads", one->transport, one->json, one->threads)
          : g_strdup_printf("%s, updates of %" G_GUINT64_FORMAT " bytes", one->transport, one->json);
  g_autoptr(GError) error = NULL;
  g_autoptr(FlBare) bare = fl_bare_start(&plan, &error);

  if (!bare) {
    fl_selftest_line(self, FALSE, "wrong", what, "%s", error->message);
    return;
  }
  Counted counted = count(one, bare);
  if (one->update_bytes == full_answer_bytes)
    check_polled(self, one, &counted, what, fl_bare_port(bare));
  else
    check_pushed(self, one, &counted, what);
}

void fl_selftest_bytes(FlSelftest *self) {
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    check(self, &cases[i]);
}
