/* Planted faults: each of them must be found, and be called what it is. A fault is in every fifth update, so that the
 * count in the window is known to one. A machine that is too busy may spoil a run; what has been missed three times is
 * missed.
 * SPDX-License-Identifier: MIT */
#include <signal.h>

#include "bench/selftest_private.h"
#include "bench/usage.h"
#include "core/clock.h"

#define TRIES 3
#define CLIENTS 3
#define JSON_BYTES 160
#define MS_NS G_GINT64_CONSTANT(1000000)

/* How much of it there has to be. */
typedef enum {
  ONE_IN_FIVE, /* for each client: of the updates of the window, to one */
  SOME,
  THREE,
  ONE,
  AN_ERROR, /* the run ends */
} Amount;

typedef struct {
  FlFault fault;
  const char *what;
  guint64 (*found)(const FlResult *result);
  Amount amount;
  FlVerdict verdict;
  const char *transports[4];
} Case;

static guint64 lost(const FlResult *result) {
  return result->integrity.lost;
}

static guint64 duplicated(const FlResult *result) {
  return result->integrity.duplicated;
}

static guint64 reordered(const FlResult *result) {
  return result->integrity.reordered;
}

static guint64 gaps(const FlResult *result) {
  return result->integrity.gaps;
}

static guint64 negative(const FlResult *result) {
  return result->integrity.negative;
}

static guint64 missed(const FlResult *result) {
  return (guint64)MAX(result->missed_deadlines, 0);
}

static guint64 steps(const FlResult *result) {
  return (guint64)MAX(result->clock_steps, 0);
}

static const Case cases[] = {
  { FL_FAULT_LOSE, "updates lost", lost, ONE_IN_FIVE, FL_VERDICT_BROKEN, { "ws", "sse", "poll" } },
  { FL_FAULT_DOUBLE, "duplicates", duplicated, ONE_IN_FIVE, FL_VERDICT_BROKEN, { "ws", "sse", "poll" } },
  { FL_FAULT_REORDER, "reordering", reordered, ONE_IN_FIVE, FL_VERDICT_BROKEN, { "ws", "sse", "poll" } },
  { FL_FAULT_GAP, "gap notices", gaps, SOME, FL_VERDICT_BROKEN, { "sse", "poll" } },
  { FL_FAULT_EARLY, "updates before their time", negative, SOME, FL_VERDICT_INVALID, { "ws", "sse", "poll" } },
  { FL_FAULT_LATE, "missed deadlines", missed, THREE, FL_VERDICT_LATE, { "ws" } },
  { FL_FAULT_STEP, "a clock that was set", steps, ONE, FL_VERDICT_INVALID, { "ws" } },
  { FL_FAULT_CLOSE, "a server that closes", NULL, AN_ERROR, FL_VERDICT_BROKEN, { "ws", "sse", "poll" } },
};

static FlSelftestRun run_of(FlFault fault, const char *transport) {
  return (FlSelftestRun){
    .plan = { .fault = fault, .rate_hz = 100, .json_bytes = JSON_BYTES, .cpu = -1 },
    .options = { .clients = CLIENTS,
                 .warmup_ns = 60 * MS_NS,
                 .duration_ns = 250 * MS_NS,
                 .poll_interval_ns = 20 * MS_NS },
    .transport = transport,
  };
}

static gboolean is_amount(const Case *one, const FlResult *result) {
  guint64 found = one->found(result), window = result->integrity.expected;

  switch (one->amount) {
  case ONE_IN_FIVE:
    return found > 0 && found >= window / FL_BARE_EVERY * CLIENTS && found <= (window / FL_BARE_EVERY + 1) * CLIENTS;
  case SOME:
    return found > 0;
  case THREE:
    return found == 3;
  case ONE:
    return found == 1;
  case AN_ERROR:
    break;
  }
  return FALSE;
}

/* Returns: what was found, where the fault was; NULL where it was not. The caller's. */
static char *try_fault(const Case *one, const char *transport) {
  FlSelftestRun run = run_of(one->fault, transport);
  g_autoptr(GError) error = NULL;
  FlResult result;
  char *found = NULL;

  if (!fl_selftest_run(&run, &result, &error))
    return one->amount == AN_ERROR ? g_strdup(error->message) : NULL;
  if (one->amount != AN_ERROR && is_amount(one, &result) && fl_result_verdict(&result) == one->verdict)
    found = g_strdup_printf("%" G_GUINT64_FORMAT " found, and %" G_GUINT64_FORMAT
                            " updates in the window for each of %d clients: %s",
                            one->found(&result), result.integrity.expected, CLIENTS, fl_verdict_name(one->verdict));
  fl_result_clear(&result);
  return found;
}

static void plant(FlSelftest *self, const Case *one, const char *transport) {
  g_autofree char *what = g_strdup_printf("%s, %s", transport, one->what);
  g_autofree char *found = NULL;

  for (int i = 0; i < TRIES && !found; i++)
    found = try_fault(one, transport);
  fl_selftest_line(self, found != NULL, found ? "caught" : "missed", what, "%s",
                   found ? found : "not found, or not called that");
}

/* Without a fault there must be none: a harness that finds some in everything would pass all the others. */
static gboolean try_nothing(const char *transport, guint64 *ret_delivered) {
  FlSelftestRun run = run_of(FL_FAULT_NONE, transport);
  FlResult result;

  if (!fl_selftest_run(&run, &result, NULL))
    return FALSE;
  FlVerdict verdict = fl_result_verdict(&result);
  gboolean good = verdict != FL_VERDICT_BROKEN && verdict != FL_VERDICT_INVALID &&
                  result.integrity.delivered == result.integrity.expected * CLIENTS;
  *ret_delivered = result.integrity.delivered;
  fl_result_clear(&result);
  return good;
}

static void plant_nothing(FlSelftest *self, const char *transport) {
  g_autofree char *what = g_strdup_printf("%s, nothing", transport);
  guint64 delivered = 0;
  gboolean good = FALSE;

  for (int i = 0; i < TRIES && !good; i++)
    good = try_nothing(transport, &delivered);
  fl_selftest_line(self, good, good ? "clean" : "wrong", what,
                   good ? "%" G_GUINT64_FORMAT " updates, each once and in order"
                        : "%" G_GUINT64_FORMAT " updates, and faults among them",
                   delivered);
}

/* --- a stall ------------------------------------------------------------------------------------------------------- */

#define STALL_NS (1410 * MS_NS) /* the first update that it holds up may be due 5 ms after its beginning */
#define STALL_SEEN_US 1400000

typedef struct {
  gint64 since_ns; /* 0: not yet */
  gint64 ns;       /* 0: not over */
} Stall;

static void stall(gpointer user, const FlBare *bare, double part) {
  Stall *self = user;
  gint64 now_ns = fl_clock_now_ns();

  if (self->since_ns == 0) {
    kill(fl_bare_pid(bare), SIGSTOP);
    self->since_ns = fl_clock_now_ns();
  } else if (self->ns == 0 && now_ns - self->since_ns >= STALL_NS) {
    kill(fl_bare_pid(bare), SIGCONT);
    self->ns = now_ns - self->since_ns;
  }
}

static void plant_stall(FlSelftest *self) {
  Stall stalled = { 0, 0 };
  FlSelftestRun run = run_of(FL_FAULT_NONE, "ws");
  g_autoptr(GError) error = NULL;
  FlResult result;

  run.plan.rate_hz = 200;
  run.options.duration_ns = 2500 * MS_NS;
  run.watch = stall;
  run.user = &stalled;
  if (!fl_selftest_run(&run, &result, &error)) {
    fl_selftest_line(self, FALSE, "missed", "ws, a stall of 1.4 s", "%s", error->message);
    return;
  }
  gint64 most = fl_histogram_max(result.latency);
  gint64 p99 = fl_histogram_percentile(result.latency, 99);
  gint64 uncorrected = fl_histogram_percentile(result.uncorrected, 99);
  gboolean caught = stalled.ns > 0 && most >= STALL_SEEN_US && p99 >= STALL_SEEN_US * 9 / 10 &&
                    uncorrected < STALL_SEEN_US / 2 && result.missed_deadlines > 0;
  fl_selftest_line(self, caught, caught ? "caught" : "missed", "ws, a stall of 1.4 s",
                   "stopped for %.3f s: max %.3f s, p99 %.3f s; from the time of sending, p99 %.3f s; %" G_GINT64_FORMAT
                   " deadlines missed",
                   (double)stalled.ns / 1e9, (double)most / 1e6, (double)p99 / 1e6, (double)uncorrected / 1e6,
                   result.missed_deadlines);
  fl_result_clear(&result);
}

/* --- a bench that has too much to do ------------------------------------------------------------------------------- */

#define BURNERS 4 /* more than one, because on a busy machine one would not get its CPU */
#define BURN_NS (400 * MS_NS)
#define BURNT_ENOUGH 0.8 /* over FL_RESULT_SATURATED, whatever the rest of the window is */

static gpointer burn(gpointer user) {
  gint *done = user;
  while (!g_atomic_int_get(done))
    ;
  return NULL;
}

/* Use more CPU than one core has, by itself, while the window is measured; tell how much of one it was. */
static void saturate(gpointer user, const FlBare *bare, double part) {
  double *ret_burnt = user;
  gint done = 0;
  GThread *burners[BURNERS];
  gint64 begun_ns = fl_clock_now_ns(), cpu_ns = fl_usage_own_cpu_ns();

  for (int i = 0; i < BURNERS; i++)
    burners[i] = g_thread_new("burn", burn, &done);
  while (fl_clock_now_ns() < begun_ns + BURN_NS)
    g_usleep(10000);
  g_atomic_int_set(&done, 1);
  for (int i = 0; i < BURNERS; i++)
    g_thread_join(burners[i]);
  *ret_burnt = (double)(fl_usage_own_cpu_ns() - cpu_ns) / (double)(fl_clock_now_ns() - begun_ns);
}

/* A machine that is too busy may not let it have a whole core: then nothing was planted. */
static void plant_saturation(FlSelftest *self) {
  static const char what[] = "ws, a bench that lacks CPU";
  FlSelftestRun run = run_of(FL_FAULT_NONE, "ws");
  FlVerdict verdict = FL_VERDICT_SOUND;
  double burnt = 0;

  run.watch = saturate;
  run.user = &burnt;
  for (int i = 0; i < TRIES && (burnt < BURNT_ENOUGH || verdict != FL_VERDICT_SATURATED); i++) {
    FlResult result;
    if (!fl_selftest_run(&run, &result, NULL))
      continue;
    verdict = fl_result_verdict(&result);
    fl_result_clear(&result);
  }
  if (burnt < BURNT_ENOUGH) {
    fl_selftest_line(self, TRUE, "skipped", what, "not planted: others leave the bench %.0f %% of a core", 100 * burnt);
    return;
  }
  gboolean caught = verdict == FL_VERDICT_SATURATED;
  fl_selftest_line(self, caught, caught ? "caught" : "missed", what, "it burnt %.0f %% of a core on the side: %s",
                   100 * burnt, fl_verdict_name(verdict));
}

void fl_selftest_faults(FlSelftest *self) {
  static const char *const all[] = { "ws", "sse", "poll" };

  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    plant_nothing(self, all[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    for (const char *const *transport = cases[i].transports; *transport; transport++)
      plant(self, &cases[i], *transport);
  plant_stall(self);
  plant_saturation(self);
}
