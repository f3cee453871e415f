/* The account of a run. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/recorder.h"

#include <math.h>

typedef struct {
  guint64 from;
  guint64 to; /* inclusive */
} Range;

/* One run of the feed, as far as anyone has seen it in the window. */
typedef struct {
  char name[FL_EPOCH_MAX + 1]; /* "" while no one has said it */
  guint64 first_seq;           /* 0 while there is none */
  guint64 last_seq;
} Epoch;

struct _FlRecorder {
  gint64 from_us;
  gint64 to_us;
  GArray *epochs; /* at least one, the first */
  guint past;
  guint64 duplicated;
  guint64 reordered;
  guint64 gaps;
  guint64 negative;
  FlHistogram *latency, *uncorrected;
  FlHistogram *slices[FL_SLICES];
  double age_area; /* µs² */
  double age_time; /* µs */
};

FlRecorder *fl_recorder_new(void) {
  FlRecorder *self = g_new0(FlRecorder, 1);
  self->from_us = self->to_us = G_MAXINT64;
  self->epochs = g_array_new(FALSE, TRUE, sizeof(Epoch));
  g_array_set_size(self->epochs, 1);
  self->latency = fl_histogram_new();
  self->uncorrected = fl_histogram_new();
  for (guint i = 0; i < FL_SLICES; i++)
    self->slices[i] = fl_histogram_new();
  return self;
}

void fl_recorder_free(FlRecorder *self) {
  if (!self)
    return;
  g_array_unref(self->epochs);
  fl_histogram_free(self->latency);
  fl_histogram_free(self->uncorrected);
  for (guint i = 0; i < FL_SLICES; i++)
    fl_histogram_free(self->slices[i]);
  g_free(self);
}

void fl_recorder_open(FlRecorder *self, gint64 from_us, gint64 to_us) {
  self->from_us = from_us;
  self->to_us = to_us;
}

void fl_subscriber_begin(FlSubscriber *subscriber, guint64 seq) {
  subscriber->first = subscriber->next = seq + 1;
}

void fl_subscriber_clear(FlSubscriber *subscriber) {
  g_clear_pointer(&subscriber->missing, g_array_unref);
}

/* --- runs of the feed ---------------------------------------------------------------------------------------------- */

static Epoch *epoch_at(const FlRecorder *self, guint index) {
  return &g_array_index(self->epochs, Epoch, index);
}

/* The first one that is named is the one that was watched so far. Returns: NULL where there is none of that name. */
static Epoch *known_epoch(const FlRecorder *self, const char *name) {
  for (guint i = 0; i < self->epochs->len; i++) {
    Epoch *epoch = epoch_at(self, i);
    if (!epoch->name[0])
      g_strlcpy(epoch->name, name, sizeof epoch->name);
    if (g_str_equal(epoch->name, name))
      return epoch;
  }
  return NULL;
}

/* One that begins while others are watched is in the window from its first update on. */
static Epoch *find_epoch(FlRecorder *self, const char *name) {
  Epoch *known = known_epoch(self, name);

  if (known)
    return known;
  Epoch epoch = { .first_seq = 1 };
  g_strlcpy(epoch.name, name, sizeof epoch.name);
  g_array_append_val(self->epochs, epoch);
  return epoch_at(self, self->epochs->len - 1);
}

void fl_recorder_epoch(FlRecorder *self, FlSubscriber *subscriber, const char *epoch) {
  guint index = (guint)(find_epoch(self, epoch) - epoch_at(self, 0));

  if (index == subscriber->epoch)
    return;
  subscriber->epoch = index;
  fl_subscriber_clear(subscriber);
  fl_subscriber_begin(subscriber, 0);
}

const char *fl_recorder_epoch_name(const FlRecorder *self, const FlSubscriber *subscriber) {
  return epoch_at(self, subscriber->epoch)->name;
}

static gboolean is_in_window(const FlRecorder *self, gint64 t_us) {
  return t_us >= self->from_us && t_us < self->to_us;
}

static void extend(Epoch *epoch, guint64 seq) {
  if (epoch->first_seq == 0 || seq < epoch->first_seq)
    epoch->first_seq = seq;
  epoch->last_seq = MAX(epoch->last_seq, seq);
}

void fl_recorder_published(FlRecorder *self, const char *epoch, const FlStamp *stamp) {
  if (is_in_window(self, stamp->t_us))
    extend(find_epoch(self, epoch), stamp->seq);
}

guint64 fl_recorder_expected(const FlRecorder *self) {
  guint64 sum = 0;

  for (guint i = 0; i < self->epochs->len; i++)
    if (epoch_at(self, i)->last_seq > 0)
      sum += epoch_at(self, i)->last_seq - epoch_at(self, i)->first_seq + 1;
  return sum;
}

/* --- what comes ---------------------------------------------------------------------------------------------------- */

static void miss(FlSubscriber *subscriber, guint64 from, guint64 to) {
  Range range = { from, to };
  if (!subscriber->missing)
    subscriber->missing = g_array_new(FALSE, FALSE, sizeof(Range));
  g_array_append_val(subscriber->missing, range);
}

/* Whether `seq` was skipped; it no longer is then. */
static gboolean find_missing(FlSubscriber *subscriber, guint64 seq) {
  for (guint i = 0; subscriber->missing && i < subscriber->missing->len; i++) {
    Range range = g_array_index(subscriber->missing, Range, i);
    if (seq < range.from || seq > range.to)
      continue;
    g_array_remove_index(subscriber->missing, i);
    if (seq > range.from)
      miss(subscriber, range.from, seq - 1);
    if (seq < range.to)
      miss(subscriber, seq + 1, range.to);
    return TRUE;
  }
  return FALSE;
}

typedef enum { IN_ORDER, LATE, AGAIN } Place;

static Place place(FlSubscriber *subscriber, guint64 seq) {
  if (subscriber->next == 0)
    fl_subscriber_begin(subscriber, seq - 1);
  if (seq >= subscriber->next) {
    if (seq > subscriber->next)
      miss(subscriber, subscriber->next, seq - 1);
    subscriber->next = seq + 1;
    return IN_ORDER;
  }
  return seq < subscriber->first || find_missing(subscriber, seq) ? LATE : AGAIN;
}

/* The age grows with slope 1 from one arrival to the next: a trapezium over the part of that time that lies in the window. */
static void age(FlRecorder *self, FlSubscriber *subscriber, gint64 t_us, gint64 now_us) {
  gint64 from_us = MAX(subscriber->since_us, self->from_us);
  gint64 to_us = MIN(now_us, self->to_us);

  if (subscriber->since_us > 0 && to_us > from_us) {
    double time = (double)(to_us - from_us);
    self->age_area += time * ((double)(from_us - subscriber->shown_us) + (double)(to_us - subscriber->shown_us)) / 2;
    self->age_time += time;
  }
  subscriber->shown_us = MAX(subscriber->shown_us, t_us);
  subscriber->since_us = now_us;
}

static FlHistogram *slice_of(const FlRecorder *self, gint64 t_us) {
  return self->slices[(t_us - self->from_us) * FL_SLICES / (self->to_us - self->from_us)];
}

gboolean fl_recorder_take(FlRecorder *self, FlSubscriber *subscriber, const FlStamp *stamp, gint64 now_us) {
  guint64 seq = stamp->seq;
  gint64 t_us = stamp->t_us;
  Place came = place(subscriber, seq);

  age(self, subscriber, t_us, now_us);
  if (t_us >= self->to_us && !subscriber->past) {
    subscriber->past = TRUE;
    self->past++;
  }
  if (!is_in_window(self, t_us))
    return FALSE;
  if (came == AGAIN) {
    self->duplicated++;
    return FALSE;
  }
  if (came == LATE)
    self->reordered++;
  if (seq >= subscriber->first)
    subscriber->in_window++;
  extend(epoch_at(self, subscriber->epoch), seq);
  if (!fl_histogram_record(self->latency, now_us - t_us))
    self->negative++;
  fl_histogram_record(slice_of(self, t_us), now_us - t_us);
  if (stamp->sent_us > 0)
    fl_histogram_record(self->uncorrected, MAX(now_us - stamp->sent_us, 0));
  return TRUE;
}

void fl_recorder_gap(FlRecorder *self) {
  self->gaps++;
}

static void merge_epoch(FlRecorder *self, const Epoch *other) {
  Epoch *epoch = other->name[0] ? known_epoch(self, other->name) : epoch_at(self, 0);

  if (!epoch) {
    g_array_append_vals(self->epochs, other, 1);
    return;
  }
  if (epoch->first_seq == 0 || (other->first_seq > 0 && other->first_seq < epoch->first_seq))
    epoch->first_seq = other->first_seq;
  epoch->last_seq = MAX(epoch->last_seq, other->last_seq);
}

void fl_recorder_merge(FlRecorder *self, const FlRecorder *other) {
  g_assert(self->from_us == other->from_us && self->to_us == other->to_us);
  for (guint i = 0; i < other->epochs->len; i++)
    merge_epoch(self, epoch_at(other, i));
  self->past += other->past;
  self->duplicated += other->duplicated;
  self->reordered += other->reordered;
  self->gaps += other->gaps;
  self->negative += other->negative;
  fl_histogram_merge(self->latency, other->latency);
  fl_histogram_merge(self->uncorrected, other->uncorrected);
  for (guint i = 0; i < FL_SLICES; i++)
    fl_histogram_merge(self->slices[i], other->slices[i]);
  self->age_area += other->age_area;
  self->age_time += other->age_time;
}

guint fl_recorder_past(const FlRecorder *self) {
  return self->past;
}

FlIntegrity fl_recorder_settle(const FlRecorder *self, FlSubscriber *const *subscribers, guint n) {
  FlIntegrity sum = {
    .duplicated = self->duplicated, .reordered = self->reordered, .gaps = self->gaps, .negative = self->negative
  };

  sum.expected = fl_recorder_expected(self);
  for (guint i = 0; i < n; i++) {
    sum.delivered += subscribers[i]->in_window;
    if (subscribers[i]->in_window < sum.expected)
      sum.lost += sum.expected - subscribers[i]->in_window;
  }
  return sum;
}

gboolean fl_integrity_holds(const FlIntegrity *self) {
  return self->lost + self->duplicated + self->reordered + self->gaps == 0;
}

const FlHistogram *fl_recorder_latency(const FlRecorder *self) {
  return self->latency;
}

const FlHistogram *fl_recorder_uncorrected(const FlRecorder *self) {
  return self->uncorrected;
}

double fl_recorder_age_us(const FlRecorder *self) {
  return self->age_time > 0 ? self->age_area / self->age_time : NAN;
}

FlSlice fl_recorder_slice(const FlRecorder *self, guint n) {
  return (FlSlice){ fl_histogram_count(self->slices[n]), self->slices[n] };
}
