/* Connections by address. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/crowd.h"

#include <string.h>

struct _FlCrowd {
  GMutex lock;
  GHashTable *counts; /* household → guint, above 0 */
  guint most;
  const FlAccess *access;
};

FlCrowd *fl_crowd_new(guint most, const FlAccess *access) {
  FlCrowd *self = g_new0(FlCrowd, 1);
  g_mutex_init(&self->lock);
  self->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  self->most = most;
  self->access = access;
  return self;
}

void fl_crowd_free(FlCrowd *self) {
  if (!self)
    return;
  g_hash_table_unref(self->counts);
  g_mutex_clear(&self->lock);
  g_free(self);
}

static guint add(FlCrowd *self, const char *household, gint n) {
  g_mutex_lock(&self->lock);
  guint count = GPOINTER_TO_UINT(g_hash_table_lookup(self->counts, household)) + (guint)n;
  if (count > 0)
    g_hash_table_insert(self->counts, g_strdup(household), GUINT_TO_POINTER(count));
  else
    g_hash_table_remove(self->counts, household);
  g_mutex_unlock(&self->lock);
  return count;
}

void fl_crowd_leave_place(FlCrowd *self, FlCrowdPlace *place) {
  if (self && *place->household)
    add(self, place->household, -1);
  *place = (FlCrowdPlace){ 0 };
}

void fl_crowd_count(FlCrowd *self, FlCrowdPlace *place, const char *ip) {
  char household[FL_HOUSEHOLD_MAX] = "";

  if (!self)
    return;
  if (!fl_access_is_proxy(self->access, ip))
    fl_household_of(ip, household);
  if (strcmp(household, place->household) == 0)
    return;
  fl_crowd_leave_place(self, place);
  if (!*household)
    return;
  guint count = add(self, household, 1);
  memcpy(place->household, household, sizeof household);
  place->over = count > self->most;
  place->far_over = count > self->most + FL_CROWD_SURPLUS;
}

void fl_crowd_leave(FlCrowd *self, const char *ip) {
  FlCrowdPlace place = { 0 };

  if (!self || fl_access_is_proxy(self->access, ip))
    return;
  fl_household_of(ip, place.household);
  fl_crowd_leave_place(self, &place);
}
