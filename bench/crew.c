/* A crew of loads. See the header.
 *
 *     calling thread   load 0  ├── phase ──┤ adds up ├── phase ──┤ adds up …
 *     load-1           load 1  ├── phase ──┤         ├── phase ──┤
 *
 * Within a phase a load is its thread's alone, between two phases all are the caller's: two semaphores a thread hand them over.
 * Nothing is shared while updates are received. (Semaphores and not GMutex, which tools that look for races don't see through.)
 * SPDX-License-Identifier: MIT */
#include "bench/crew.h"

#include <errno.h>
#include <math.h>
#include <semaphore.h>

#include "bench/usage.h"
#include "core/clock.h"

#define SLICE_NS G_GINT64_CONSTANT(200000000)
#define IDLE_NS G_GINT64_CONSTANT(10000000)

typedef struct {
  FlCrew *crew;
  FlLoad *load;
  FlRecorder *recorder;
  GThread *thread; /* NULL: the calling one */
  int cpu;
  clockid_t clock;  /* of the thread */
  gint64 cpu_ns;    /* at the last reset */
  guint share;      /* of the clients to connect in this phase */
  FlTcpAccount tcp; /* when it was last asked for */
  gboolean good;    /* how the phase ended */
  sem_t go, done;
} Member;

/* What all do until they wait for each other. */
typedef struct {
  gboolean (*run)(Member *member); /* NULL: the end */
  gint64 until_ns;
  gboolean until_past;
  FlCrewWatch watch; /* NULL: none */
  gpointer user;
} Phase;

struct _FlCrew {
  Member *members;
  FlAbsences **absences; /* of each member; NULL: none */
  guint n;
  guint clients;
  guint cores; /* the n-th thread is on the (n mod cores)-th of them */
  Phase phase;
  gint is_over;    /* atomic: someone has ended the phase before its time */
  gint connecting; /* atomic: members that still do */
  gint64 from_us, to_us;
};

/* --- threads ------------------------------------------------------------------------------------------------------- */

static void await(sem_t *semaphore) {
  while (sem_wait(semaphore) != 0)
    g_assert(errno == EINTR);
}

static gpointer work(gpointer user) {
  Member *self = user;

  fl_cpus_pin(self->cpu);
  self->clock = fl_usage_thread_clock();
  sem_post(&self->done);
  for (;;) {
    await(&self->go);
    if (!self->crew->phase.run)
      return NULL;
    self->good = self->crew->phase.run(self);
    sem_post(&self->done);
  }
}

static gboolean do_phase(FlCrew *self, Phase phase) {
  self->phase = phase;
  g_atomic_int_set(&self->is_over, FALSE);
  for (guint i = 1; i < self->n; i++)
    sem_post(&self->members[i].go);
  gboolean good = phase.run(&self->members[0]);
  for (guint i = 1; i < self->n; i++) {
    await(&self->members[i].done);
    good = good && self->members[i].good;
  }
  return good;
}

static guint share_of(guint count, guint n, guint i) {
  return count / n + (i < count % n);
}

static void begin_member(FlCrew *self, guint i, const FlCrewConfig *config) {
  Member *member = &self->members[i];
  FlLoadConfig load = config->load;

  member->crew = self;
  member->recorder = load.recorder = fl_recorder_new();
  load.clients = share_of(self->clients, self->n, i);
  load.first += i * (self->clients / self->n) + MIN(i, self->clients % self->n);
  load.is_over = &self->is_over;
  load.at_once = MAX(FL_LOAD_AT_ONCE / self->n, 1);
  if (self->absences) /* jitter of its own: threads must not come back in step */
    load.absences = self->absences[i] = fl_absences_new(config->absences_of, load.clients, load.seed + i);
  member->load = fl_load_new(&load);
  if (i == 0)
    return;
  g_autofree char *name = g_strdup_printf("load-%u", i);
  member->cpu = config->cpus->bench[i % self->cores];
  sem_init(&member->go, 0, 0);
  sem_init(&member->done, 0, 0);
  member->thread = g_thread_new(name, work, member);
  await(&member->done);
}

FlCrew *fl_crew_new(const FlCrewConfig *config) {
  FlCrew *self = g_new0(FlCrew, 1);

  self->clients = config->load.clients;
  self->n = CLAMP(config->threads, 1, self->clients);
  self->cores = config->cpus->cores;
  self->members = g_new0(Member, self->n);
  self->absences = config->absences_of ? g_new0(FlAbsences *, self->n) : NULL;
  for (guint i = 0; i < self->n; i++)
    begin_member(self, i, config);
  return self;
}

void fl_crew_free(FlCrew *self) {
  if (!self)
    return;
  self->phase = (Phase){ .run = NULL };
  for (guint i = 0; i < self->n; i++) {
    Member *member = &self->members[i];
    if (member->thread) {
      sem_post(&member->go);
      g_thread_join(member->thread);
      sem_destroy(&member->go);
      sem_destroy(&member->done);
    }
    fl_load_free(member->load);
    fl_recorder_free(member->recorder);
    if (self->absences)
      fl_absences_free(self->absences[i]);
  }
  g_free(self->absences);
  g_free(self->members);
  g_free(self);
}

/* --- phases -------------------------------------------------------------------------------------------------------- */

/* Who is done first goes on receiving, so that no subscriber is slow because another one is. */
static gboolean connect_share(Member *self) {
  FlCrew *crew = self->crew;
  gboolean good = fl_load_connect(self->load, self->share, crew->phase.until_ns);

  if (!good)
    g_atomic_int_set(&crew->is_over, TRUE);
  g_atomic_int_add(&crew->connecting, -1);
  while (good && g_atomic_int_get(&crew->connecting) > 0)
    good = fl_load_run(self->load, fl_clock_now_ns() + IDLE_NS, FALSE);
  return good;
}

gboolean fl_crew_connect(FlCrew *self, guint count, gint64 until_ns) {
  for (guint i = 0; i < self->n; i++)
    self->members[i].share = share_of(count, self->n, i);
  self->connecting = (gint)self->n;
  return do_phase(self, (Phase){ .run = connect_share, .until_ns = until_ns });
}

static gboolean receive(Member *self) {
  const Phase *phase = &self->crew->phase;
  FlCrewWatch watch = self->thread ? NULL : phase->watch;

  while (!g_atomic_int_get(&self->crew->is_over)) {
    if (watch && !watch(phase->user))
      break;
    gint64 until_ns = MIN(fl_clock_now_ns() + SLICE_NS, phase->until_ns);
    gboolean reached = fl_load_run(self->load, until_ns, phase->until_past);
    if (reached && (phase->until_past || until_ns == phase->until_ns))
      return TRUE;
    if (fl_load_error(self->load) || until_ns == phase->until_ns)
      break;
  }
  g_atomic_int_set(&self->crew->is_over, TRUE);
  return FALSE;
}

gboolean fl_crew_receive(FlCrew *self, gint64 until_ns, FlCrewWatch watch, gpointer user) {
  return do_phase(self, (Phase){ .run = receive, .until_ns = until_ns, .watch = watch, .user = user });
}

gboolean fl_crew_wait_past(FlCrew *self, gint64 until_ns) {
  return do_phase(self, (Phase){ .run = receive, .until_ns = until_ns, .until_past = TRUE });
}

void fl_crew_open(FlCrew *self, gint64 from_us, gint64 to_us) {
  self->from_us = from_us;
  self->to_us = to_us;
  for (guint i = 0; i < self->n; i++)
    fl_recorder_open(self->members[i].recorder, from_us, to_us);
}

void fl_crew_begin_polls(FlCrew *self) {
  gint64 begin_ns = fl_clock_now_ns();

  for (guint i = 0; i < self->n; i++)
    fl_load_begin_polls(self->members[i].load, begin_ns);
}

/* --- sums ---------------------------------------------------------------------------------------------------------- */

static gint64 cpu_ns_of(const FlCrew *self, guint i) {
  gint64 cpu_ns = i > 0 ? fl_usage_thread_cpu_ns(self->members[i].clock) : fl_usage_own_cpu_ns();

  for (guint k = 1; i == 0 && k < self->n; k++)
    cpu_ns -= fl_usage_thread_cpu_ns(self->members[k].clock);
  return cpu_ns;
}

gint64 fl_crew_cpu_ns(const FlCrew *self) {
  gint64 most_ns = 0;

  for (guint core = 0; core < MIN(self->cores, self->n); core++) {
    gint64 its_ns = 0;
    for (guint i = core; i < self->n; i += self->cores)
      its_ns += cpu_ns_of(self, i) - self->members[i].cpu_ns;
    most_ns = MAX(most_ns, its_ns);
  }
  return most_ns;
}

void fl_crew_reset(FlCrew *self) {
  for (guint i = 0; i < self->n; i++) {
    self->members[i].cpu_ns = cpu_ns_of(self, i);
    fl_load_reset(self->members[i].load);
  }
}

FlLoadCounts fl_crew_counts(const FlCrew *self) {
  FlLoadCounts sum = { 0 };

  for (guint i = 0; i < self->n; i++) {
    FlLoadCounts its = fl_load_counts(self->members[i].load);
    fl_load_counts_add(&sum, &its);
  }
  return sum;
}

static gboolean read_tcp(Member *self) {
  self->tcp = fl_load_tcp(self->load);
  return TRUE;
}

/* A system call a connection: all threads take part. */
FlTcpAccount fl_crew_tcp(FlCrew *self) {
  FlTcpAccount sum = { 0 };

  do_phase(self, (Phase){ .run = read_tcp });
  for (guint i = 0; i < self->n; i++) {
    const FlTcpAccount *its = &self->members[i].tcp;
    sum.bytes_in += its->bytes_in;
    sum.bytes_out += its->bytes_out;
    sum.segs_in += its->segs_in;
    sum.segs_out += its->segs_out;
    sum.retrans_bytes += its->retrans_bytes;
  }
  return sum;
}

void fl_crew_add_lag(const FlCrew *self, FlHistogram *sum) {
  for (guint i = 0; i < self->n; i++)
    fl_histogram_merge(sum, fl_load_lag(self->members[i].load));
}

void fl_crew_add_connect_times(const FlCrew *self, FlHistogram *sum) {
  for (guint i = 0; i < self->n; i++)
    fl_histogram_merge(sum, fl_load_connect_times(self->members[i].load));
}

guint64 fl_crew_failures(const FlCrew *self) {
  guint64 sum = 0;

  for (guint i = 0; i < self->n; i++)
    sum += fl_load_failures(self->members[i].load);
  return sum;
}

const char *fl_crew_error(const FlCrew *self) {
  for (guint i = 0; i < self->n; i++)
    if (fl_load_error(self->members[i].load))
      return fl_load_error(self->members[i].load);
  return NULL;
}

static int by_value(const void *a, const void *b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

static double median(const FlCrew *self, void (*append)(const FlLoad *load, GArray *numbers)) {
  g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(gint64));

  for (guint i = 0; i < self->n; i++)
    append(self->members[i].load, numbers);
  if (numbers->len == 0)
    return NAN;
  g_array_sort(numbers, by_value);
  return (double)g_array_index(numbers, gint64, numbers->len / 2);
}

double fl_crew_connect_bytes(const FlCrew *self) {
  return median(self, fl_load_connect_bytes);
}

double fl_crew_round_trips(const FlCrew *self) {
  return median(self, fl_load_round_trips);
}

guint fl_crew_threads(const FlCrew *self) {
  return self->n;
}

FlAbsences *const *fl_crew_absences(const FlCrew *self) {
  return self->absences;
}

void fl_crew_add_absences(const FlCrew *self, FlAbsenceAccount *sum) {
  if (self->absences)
    fl_absences_account(self->absences, self->n, sum);
}

const FlRecorder *fl_crew_calling_recorder(const FlCrew *self) {
  return self->members[0].recorder;
}

FlRecorder *fl_crew_recorder(const FlCrew *self) {
  FlRecorder *merged = fl_recorder_new();

  fl_recorder_open(merged, self->from_us, self->to_us);
  for (guint i = 0; i < self->n; i++)
    fl_recorder_merge(merged, self->members[i].recorder);
  return merged;
}

FlIntegrity fl_crew_integrity(const FlCrew *self, const FlRecorder *recorder) {
  g_autofree FlSubscriber **subscribers = g_new(FlSubscriber *, self->clients);
  FlSubscriber **next = subscribers;

  for (guint i = 0; i < self->n; i++) {
    fl_load_subscribers(self->members[i].load, next);
    next += share_of(self->clients, self->n, i);
  }
  FlIntegrity integrity = fl_recorder_settle(recorder, subscribers, self->clients);
  if (!self->absences)
    return integrity;
  integrity.lost = 0;
  for (guint i = 0; i < self->n; i++)
    integrity.lost += fl_load_miss(self->members[i].load, integrity.expected);
  return integrity;
}
