/* Updates. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/update.h"

#include <string.h>

#include "core/cursor.h"

struct _FlUpdate {
  gatomicrefcount refs;
  char epoch[FL_EPOCH_MAX + 1];
  guint64 seq;
  gint64 t_us;
  GBytes *forms[FL_FORM_COUNT]; /* atomic; NULL until made */
  gsize json_len;
  char json[];
};

FlUpdate *fl_update_new(const char *epoch, guint64 seq, gint64 t_us, const char *data, gsize len) {
  char head[96];
  gsize head_len = (gsize)g_snprintf(
      head, sizeof head, "{\"seq\":%" G_GUINT64_FORMAT ",\"t\":%" G_GINT64_FORMAT ",\"data\":", seq, t_us);
  FlUpdate *self = g_malloc0(sizeof *self + head_len + len + 2);

  g_atomic_ref_count_init(&self->refs);
  g_strlcpy(self->epoch, epoch, sizeof self->epoch);
  self->seq = seq;
  self->t_us = t_us;
  self->json_len = head_len + len + 1;
  memcpy(self->json, head, head_len);
  memcpy(self->json + head_len, data, len);
  self->json[head_len + len] = '}';
  return self;
}

FlUpdate *fl_update_ref(FlUpdate *self) {
  g_atomic_ref_count_inc(&self->refs);
  return self;
}

void fl_update_unref(FlUpdate *self) {
  if (!self || !g_atomic_ref_count_dec(&self->refs))
    return;
  for (int i = 0; i < FL_FORM_COUNT; i++)
    g_clear_pointer(&self->forms[i], g_bytes_unref);
  g_free(self);
}

guint64 fl_update_seq(const FlUpdate *self) {
  return self->seq;
}

gint64 fl_update_t_us(const FlUpdate *self) {
  return self->t_us;
}

const char *fl_update_epoch(const FlUpdate *self) {
  return self->epoch;
}

const char *fl_update_json(const FlUpdate *self, gsize *ret_len) {
  *ret_len = self->json_len;
  return self->json;
}

const guint8 *fl_update_form(FlUpdate *self, FlForm form, FlEncode encode, gsize *ret_len) {
  GBytes *bytes = g_atomic_pointer_get(&self->forms[form]);

  if (!bytes) {
    GBytes *made = encode(self);
    if (g_atomic_pointer_compare_and_exchange(&self->forms[form], NULL, made)) {
      bytes = made;
    } else { /* another worker was first */
      g_bytes_unref(made);
      bytes = g_atomic_pointer_get(&self->forms[form]);
    }
  }
  return g_bytes_get_data(bytes, ret_len);
}
