/* Token buckets, one an address. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/allowance.h"

#include "net/household.h"

#define SECOND_NS 1e9
#define SWEEP_LEAST 1024 /* addresses before full buckets are looked for */

struct _FlAllowance {
  GMutex lock;
  GHashTable *full_at; /* household → gint64 */
  guint sweep_at;
  gint64 interval_ns, room_ns; /* between two; the bucket's size less one, in time */
};

FlAllowance *fl_allowance_new(double rate_hz) {
  FlAllowance *self = g_new0(FlAllowance, 1);
  g_mutex_init(&self->lock);
  self->full_at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  self->sweep_at = SWEEP_LEAST;
  self->interval_ns = (gint64)(SECOND_NS / rate_hz);
  self->room_ns = MAX((gint64)SECOND_NS - self->interval_ns, 0);
  return self;
}

void fl_allowance_free(FlAllowance *self) {
  if (!self)
    return;
  g_hash_table_unref(self->full_at);
  g_mutex_clear(&self->lock);
  g_free(self);
}

static gboolean is_full(gpointer key, gpointer value, gpointer user) {
  return *(gint64 *)value <= *(gint64 *)user;
}

/* Twice as many as were left must come before the next sweep: each costs a constant. */
static void sweep(FlAllowance *self, gint64 now_ns) {
  g_hash_table_foreach_remove(self->full_at, is_full, &now_ns);
  self->sweep_at = MAX(2 * g_hash_table_size(self->full_at), SWEEP_LEAST);
}

static gint64 take(FlAllowance *self, const char *household, gint64 now_ns) {
  gint64 *full_at = g_hash_table_lookup(self->full_at, household);
  gint64 from_ns = full_at ? MAX(*full_at, now_ns) : now_ns;

  if (from_ns - now_ns > self->room_ns)
    return from_ns - now_ns - self->room_ns;
  if (!full_at) {
    if (g_hash_table_size(self->full_at) >= self->sweep_at)
      sweep(self, now_ns);
    full_at = g_new(gint64, 1);
    g_hash_table_insert(self->full_at, g_strdup(household), full_at);
  }
  *full_at = from_ns + self->interval_ns;
  return 0;
}

gint64 fl_allowance_take(FlAllowance *self, const char *ip, gint64 now_ns) {
  char household[FL_HOUSEHOLD_MAX];

  if (!self)
    return 0;
  fl_household_of(ip, household);
  g_mutex_lock(&self->lock);
  gint64 wait_ns = take(self, household, now_ns);
  g_mutex_unlock(&self->lock);
  return wait_ns;
}

guint fl_allowance_size(const FlAllowance *self) {
  return g_hash_table_size(self->full_at);
}
