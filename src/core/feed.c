/* The ring of updates. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/feed.h"

struct _FlFeed {
  char epoch[FL_EPOCH_MAX + 1];
  FlUpdate **ring; /* the update of seq n stands at n % capacity */
  gsize capacity;
  gsize max_bytes;
  gsize bytes; /* JSON bytes of the kept updates */
  guint64 oldest;
  guint64 head;
};

FlFeed *fl_feed_new(const char *epoch, gsize history, gsize history_bytes) {
  FlFeed *self = g_new0(FlFeed, 1);
  g_strlcpy(self->epoch, epoch, sizeof self->epoch);
  self->capacity = MAX(history, 1);
  self->max_bytes = history_bytes;
  self->ring = g_new0(FlUpdate *, self->capacity);
  self->oldest = 1;
  return self;
}

static void drop_oldest(FlFeed *self) {
  FlUpdate **slot = &self->ring[self->oldest % self->capacity];
  gsize len;

  fl_update_json(*slot, &len);
  self->bytes -= len;
  g_clear_pointer(slot, fl_update_unref);
  self->oldest++;
}

void fl_feed_free(FlFeed *self) {
  if (!self)
    return;
  while (self->oldest <= self->head)
    drop_oldest(self);
  g_free(self->ring);
  g_free(self);
}

const char *fl_feed_epoch(const FlFeed *self) {
  return self->epoch;
}

void fl_feed_append(FlFeed *self, FlUpdate *update) {
  gsize len;

  g_assert(fl_update_seq(update) == self->head + 1);
  fl_update_json(update, &len);
  while (self->oldest <= self->head &&
         (self->head - self->oldest + 1 == self->capacity || self->bytes + len > self->max_bytes))
    drop_oldest(self);
  self->head++;
  self->bytes += len;
  self->ring[self->head % self->capacity] = update;
}

void fl_feed_begin(FlFeed *self, guint64 seq) {
  g_assert(self->oldest > self->head);
  self->head = seq;
  self->oldest = seq + 1;
}

guint64 fl_feed_head(const FlFeed *self) {
  return self->head;
}

guint64 fl_feed_oldest(const FlFeed *self) {
  return self->oldest;
}

FlUpdate *fl_feed_get(const FlFeed *self, guint64 seq) {
  return seq >= self->oldest && seq <= self->head ? self->ring[seq % self->capacity] : NULL;
}

gboolean fl_feed_locate(const FlFeed *self, const char *since, guint64 *ret_seq, FlGap *ret_gap) {
  FlCursor cursor;
  FlGap gap = { FL_GAP_NONE, 0, 0 };
  guint64 seq;

  if (!since) {
    seq = self->head;
  } else if (!fl_cursor_parse(since, &cursor)) {
    return FALSE;
  } else if (cursor.epoch[0] && !g_str_equal(cursor.epoch, self->epoch)) {
    gap.kind = FL_GAP_EPOCH;
    seq = self->oldest - 1;
  } else if (!cursor.epoch[0] && cursor.seq == 0) {
    seq = self->oldest - 1;
  } else {
    seq = cursor.seq;
    fl_feed_skip(self, 0, &seq, &gap);
  }
  *ret_seq = seq;
  *ret_gap = gap;
  return TRUE;
}

gboolean fl_feed_skip(const FlFeed *self, guint64 max_lag, guint64 *seq, FlGap *ret_gap) {
  guint64 begin = self->oldest;

  if (max_lag > 0 && self->head > max_lag)
    begin = MAX(begin, self->head - max_lag + 1);
  if (*seq + 1 >= begin)
    return FALSE;
  *ret_gap = (FlGap){ FL_GAP_RANGE, *seq + 1, begin - 1 };
  *seq = begin - 1;
  return TRUE;
}

void fl_gap_append(GString *out, const FlGap *gap, const char *epoch) {
  if (gap->kind == FL_GAP_EPOCH)
    g_string_append_printf(out, "{\"epoch\":\"%s\",\"from\":null}", epoch);
  else
    g_string_append_printf(out, "{\"from\":%" G_GUINT64_FORMAT ",\"to\":%" G_GUINT64_FORMAT "}", gap->from, gap->to);
}
