/* The ceiling: how many updates a second this harness can receive and check with one core. It is the same code as in a
 * run, on the first CPU, and the bare sender on the last one. The ceiling is updates over the CPU time that they took,
 * so that it holds also where the sender is the slower of the two, or others want the CPU.
 *
 * Many updates a write, and polls: the sender goes on as fast as the sockets take it. One update a read: in steps; the
 * sender writes one update to everyone, and only then they are all read.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/cpus.h"
#include "bench/load.h"
#include "bench/selftest_private.h"
#include "bench/usage.h"
#include "core/clock.h"

#define JSON_BYTES 160 /* of data of 128 bytes, as a run has it */
#define SECOND_NS G_GINT64_CONSTANT(1000000000)
#define DISPATCH_NS 10000 /* to one look at the sockets */
#define WARMUP_NS G_GINT64_CONSTANT(200000000)
#define POLL_INTERVAL_NS \
  G_GINT64_CONSTANT(100000000) /* of the first polls: each answer is followed by the next question */

typedef struct {
  const char *transport;
  guint clients;
  guint per_write;
  gboolean steps;
} Case;

static const Case cases[] = {
  { "ws", 8, 400, FALSE }, { "sse", 8, 400, FALSE }, { "poll", 8, 400, FALSE },
  { "ws", 250, 1, TRUE },  { "sse", 250, 1, TRUE },  { "poll", 250, 1, FALSE },
};

typedef struct {
  double per_second; /* updates */
  double cores;      /* that it took */
  double per_read;   /* updates */
} Speed;

static guint64 received(const FlRecorder *recorder) {
  return fl_histogram_count(fl_recorder_latency(recorder));
}

/* In steps only what is read counts, and not the waiting for it to be written. */
static gboolean read_steps(FlLoad *load, const FlRecorder *recorder, const Case *one, FlBare *bare, gint64 until_ns) {
  for (gint64 wanted = (gint64)received(recorder); fl_clock_now_ns() < until_ns;) {
    if (!fl_bare_step(bare))
      return FALSE;
    wanted += one->clients;
    while ((gint64)received(recorder) < wanted)
      if (!fl_load_run(load, fl_clock_now_ns() + DISPATCH_NS, FALSE) || fl_clock_now_ns() > until_ns + SECOND_NS)
        return FALSE;
  }
  return TRUE;
}

static gboolean go_on(FlLoad *load, const FlRecorder *recorder, const Case *one, FlBare *bare, gint64 until_ns) {
  return one->steps ? read_steps(load, recorder, one, bare, until_ns) : fl_load_run(load, until_ns, FALSE);
}

static gboolean measure(FlLoad *load, const FlRecorder *recorder, const Case *one, FlBare *bare, Speed *ret_speed) {
  fl_load_begin_polls(load, fl_clock_now_ns());
  if (!go_on(load, recorder, one, bare, fl_clock_now_ns() + WARMUP_NS))
    return FALSE;
  fl_load_reset(load);
  guint64 before = received(recorder);
  gint64 begun_ns = fl_clock_now_ns(), cpu_ns = fl_usage_own_cpu_ns();
  if (!go_on(load, recorder, one, bare, begun_ns + SECOND_NS))
    return FALSE;
  double seconds = (double)(fl_clock_now_ns() - begun_ns) / 1e9;
  double updates = (double)(received(recorder) - before);
  *ret_speed = (Speed){ .per_second = updates / seconds,
                        .cores = (double)(fl_usage_own_cpu_ns() - cpu_ns) / 1e9 / seconds,
                        .per_read = updates / (double)fl_histogram_count(fl_load_lag(load)) };
  return TRUE;
}

/* What is under way still comes. Returns: whether everyone then has had everything once and in order. */
static gboolean is_whole(FlLoad *load) {
  gint64 until_ns = fl_clock_now_ns() + 5 * SECOND_NS;
  FlIntegrity integrity = fl_load_integrity(load);

  while (integrity.lost > 0 && fl_clock_now_ns() < until_ns &&
         fl_load_run(load, fl_clock_now_ns() + SECOND_NS / 100, FALSE))
    integrity = fl_load_integrity(load);
  return fl_integrity_holds(&integrity);
}

/* Returns: NULL, or what went wrong: the caller's. */
static char *try(const Case *one, FlBare *bare, Speed *ret_speed) {
  g_autoptr(FlRecorder) recorder = fl_recorder_new();
  FlLoadConfig config = { .kind = fl_client_kind(one->transport),
                          .host = "127.0.0.1",
                          .port = fl_bare_port(bare),
                          .clients = one->clients,
                          .poll_interval_ns = POLL_INTERVAL_NS,
                          .seed = 1,
                          .recorder = recorder };
  FlLoad *load = fl_load_new(&config);
  gboolean good = fl_load_connect(load, one->clients, fl_clock_now_ns() + 5 * SECOND_NS);
  gint64 now_us = g_get_real_time();

  fl_recorder_open(recorder, now_us, now_us + 60 * G_USEC_PER_SEC);
  fl_bare_begin(bare);
  good = good && measure(load, recorder, one, bare, ret_speed);
  fl_bare_stop(bare);
  gboolean whole = good && is_whole(load);
  char *wrong =
      whole ? NULL : g_strdup(fl_load_error(load) ? fl_load_error(load) : "not every update came once and in order");
  fl_load_free(load);
  return wrong;
}

static double measure_case(FlSelftest *self, const Case *one, int cpu) {
  FlBarePlan plan = { .per_write = one->per_write, .steps = one->steps, .json_bytes = JSON_BYTES, .cpu = cpu };
  g_autofree char *what = one->per_write == 1
                              ? g_strdup_printf("%s, one update a read", one->transport)
                              : g_strdup_printf("%s, %u updates a write", one->transport, one->per_write);
  g_autoptr(GError) error = NULL;
  g_autoptr(FlBare) bare = fl_bare_start(&plan, &error);
  g_autofree char *wrong = NULL;
  Speed speed = { NAN, NAN, NAN };

  if (!bare || (wrong = try(one, bare, &speed))) {
    fl_selftest_line(self, FALSE, "failed", what, "%s", bare ? wrong : error->message);
    return NAN;
  }
  double ceiling = speed.per_second / speed.cores;
  fl_selftest_line(self, TRUE, "", what, "%9.0f a second: %.0f came by %.0f %% of a core, %.1f a read", ceiling,
                   speed.per_second, 100 * speed.cores, speed.per_read);
  return ceiling;
}

void fl_selftest_ceiling(FlSelftest *self) {
  FlCpus cpus = fl_cpus_allowed();
  FlCpuMap map = fl_cpus_share(&cpus, 1);
  double one_a_read = NAN;

  fl_cpus_pin(map.bench[0]);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    double ceiling = measure_case(self, &cases[i], map.server);
    if (cases[i].per_write == 1 && isnan(one_a_read))
      one_a_read = ceiling;
  }
  fl_selftest_line(
      self, TRUE, "", "ws, what runs use of it",
      "100 clients at 10/s %.1f %%, 1,000 at 50/s %.0f %%, 10,000 at 10/s %.0f %%; over 70 %% is SATURATED",
      100 * 1000 / one_a_read, 100 * 50000 / one_a_read, 100 * 100000 / one_a_read);
}
