/* The answer to a poll. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/batch.h"

gboolean fl_batch_plan(const FlFeed *feed, const char *since, FlBatch *ret_batch) {
  FlBatch batch = { 0 };
  gsize bytes = 0;

  if (!fl_feed_locate(feed, since, &batch.since, &batch.gap))
    return FALSE;
  batch.last = batch.since;
  guint64 head = fl_feed_head(feed);
  while (batch.last < head) {
    gsize len;
    fl_update_json(fl_feed_get(feed, batch.last + 1), &len);
    if (fl_batch_updates(&batch) > 0 && (fl_batch_updates(&batch) == FL_BATCH_UPDATES || bytes + len > FL_BATCH_BYTES)) {
      batch.more = TRUE;
      break;
    }
    bytes += len;
    batch.last++;
  }
  *ret_batch = batch;
  return TRUE;
}

gboolean fl_batch_is_empty(const FlBatch *self) {
  return self->last == self->since && self->gap.kind == FL_GAP_NONE;
}

guint64 fl_batch_updates(const FlBatch *self) {
  return self->last - self->since;
}

GString *fl_batch_encode(const FlBatch *self, const FlFeed *feed) {
  GString *out = g_string_sized_new(256);
  char cursor[FL_CURSOR_MAX];

  fl_cursor_format(fl_feed_epoch(feed), self->last, cursor);
  g_string_printf(out, "{\"cursor\":\"%s\"", cursor);
  if (self->gap.kind != FL_GAP_NONE) {
    g_string_append(out, ",\"gap\":");
    fl_gap_append(out, &self->gap, fl_feed_epoch(feed));
  }
  g_string_append(out, ",\"updates\":[");
  for (guint64 seq = self->since + 1; seq <= self->last; seq++) {
    gsize len;
    const char *json = fl_update_json(fl_feed_get(feed, seq), &len);
    if (seq > self->since + 1)
      g_string_append_c(out, ',');
    g_string_append_len(out, json, (gssize)len);
  }
  g_string_append(out, self->more ? "],\"more\":true}\n" : "]}\n");
  return out;
}
