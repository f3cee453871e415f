/* Log-linear buckets. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/histogram.h"

#include <math.h>

/* Three digits ask for steps of one up to 2 × 10³; the next power of two is 2,048. */
#define SUB_BUCKETS 2048
#define HALF 1024
#define HALF_MAGNITUDE 10
#define BUCKETS 22 /* SUB_BUCKETS << (BUCKETS - 1) > FL_HISTOGRAM_MAX */
#define SLOTS ((BUCKETS + 1) * HALF)

G_STATIC_ASSERT(((gint64)SUB_BUCKETS << (BUCKETS - 1)) > FL_HISTOGRAM_MAX);

struct _FlHistogram {
  guint64 count;
  gint64 min;
  gint64 max;
  guint64 counts[SLOTS];
};

FlHistogram *fl_histogram_new(void) {
  FlHistogram *self = g_new0(FlHistogram, 1);
  self->min = G_MAXINT64;
  return self;
}

void fl_histogram_free(FlHistogram *self) {
  g_free(self);
}

static int bucket_of(gint64 value) {
  return 63 - __builtin_clzll((guint64)value | (SUB_BUCKETS - 1)) - HALF_MAGNITUDE;
}

static gsize slot_of(gint64 value) {
  int bucket = bucket_of(value);
  return ((gsize)(bucket + 1) << HALF_MAGNITUDE) + (gsize)(value >> bucket) - HALF;
}

/* The lowest value of a slot, and how many values share it. */
static gint64 slot_value(gsize slot, gint64 *ret_width) {
  gsize bucket = slot >> HALF_MAGNITUDE;
  gint64 sub = (gint64)(slot & (HALF - 1)) + HALF;

  if (bucket == 0) {
    sub -= HALF;
    bucket = 1;
  }
  *ret_width = G_GINT64_CONSTANT(1) << (bucket - 1);
  return sub << (bucket - 1);
}

gboolean fl_histogram_record_n(FlHistogram *self, gint64 value, guint64 n) {
  if (value < 0)
    return FALSE;
  if (n == 0)
    return TRUE;
  self->counts[slot_of(MIN(value, FL_HISTOGRAM_MAX))] += n;
  self->count += n;
  self->min = MIN(self->min, value);
  self->max = MAX(self->max, value);
  return TRUE;
}

gboolean fl_histogram_record(FlHistogram *self, gint64 value) {
  return fl_histogram_record_n(self, value, 1);
}

void fl_histogram_merge(FlHistogram *self, const FlHistogram *other) {
  for (gsize i = 0; i < SLOTS; i++)
    self->counts[i] += other->counts[i];
  self->count += other->count;
  self->min = MIN(self->min, other->min);
  self->max = MAX(self->max, other->max);
}

guint64 fl_histogram_count(const FlHistogram *self) {
  return self->count;
}

gint64 fl_histogram_min(const FlHistogram *self) {
  return self->count > 0 ? self->min : 0;
}

gint64 fl_histogram_max(const FlHistogram *self) {
  return self->max;
}

/* How many values a percentile asks for. Rounded up, but an error of one unit in the last place of the product must
 * not skip a value: HdrHistogram's getValueAtPercentile. */
static guint64 count_at(guint64 count, double percentile) {
  double wanted = MIN(percentile, 100.0) / 100.0 * (double)count;
  int exponent;

  frexp(wanted, &exponent);
  double rounded = ceil(wanted - ldexp(1.0, exponent - 53));
  return rounded > 1 ? (guint64)rounded : 1;
}

gint64 fl_histogram_percentile(const FlHistogram *self, double percentile) {
  guint64 wanted = count_at(self->count, percentile);
  guint64 seen = 0;

  for (gsize i = 0; i < SLOTS && self->count > 0; i++) {
    seen += self->counts[i];
    if (seen >= wanted) {
      gint64 width;
      gint64 value = slot_value(i, &width);
      return percentile > 0 ? value + width - 1 : value;
    }
  }
  return 0;
}

static double middle(gsize slot) {
  gint64 width;
  gint64 value = slot_value(slot, &width);
  return (double)(value + (width >> 1));
}

gboolean fl_histogram_next(const FlHistogram *self, gsize *slot, gint64 *ret_value, guint64 *ret_n) {
  gint64 width;

  while (*slot < SLOTS && self->counts[*slot] == 0)
    ++*slot;
  if (*slot == SLOTS)
    return FALSE;
  *ret_n = self->counts[*slot];
  *ret_value = slot_value(*slot, &width);
  *ret_value += width - 1;
  ++*slot;
  return TRUE;
}

double fl_histogram_mean(const FlHistogram *self) {
  double sum = 0;

  if (self->count == 0)
    return 0;
  for (gsize i = 0; i < SLOTS; i++)
    if (self->counts[i] > 0)
      sum += middle(i) * (double)self->counts[i];
  return sum / (double)self->count;
}

double fl_histogram_stddev(const FlHistogram *self) {
  double mean = fl_histogram_mean(self);
  double sum = 0;

  if (self->count == 0)
    return 0;
  for (gsize i = 0; i < SLOTS; i++)
    if (self->counts[i] > 0)
      sum += (middle(i) - mean) * (middle(i) - mean) * (double)self->counts[i];
  return sqrt(sum / (double)self->count);
}

gboolean fl_histogram_has_percentile(const FlHistogram *self, double percentile) {
  /* In thousandths of a per cent, because 1 - 0.9 is a little less than 0.1. */
  guint64 beyond = (guint64)llround((100.0 - percentile) * 1000);
  return self->count * beyond >= 10 * 100000;
}
