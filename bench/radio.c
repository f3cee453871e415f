/* The radio of a phone. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/radio.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "core/units.h"

/* Promotion 260.1 ms at 1,210.7 mW, tail 11.576 s at 1,060.0 mW; a transfer 1,288.04 mW and 438.39 mW per Mbit/s up, 51.97
 * down; median rates 13 Mbit/s down, 6 up. */
const FlRadioModel fl_radio_lte = { .promotion_s = 0.2601,
                                    .promotion_w = 1.2107,
                                    .tail_s = 11.576,
                                    .tail_w = 1.06,
                                    .transfer_w = 1.28804,
                                    .up_w_per_mbps = 0.43839,
                                    .down_w_per_mbps = 0.05197,
                                    .up_mbps = 6,
                                    .down_mbps = 13 };

void fl_radio_note(const FlRadioModel *self, FlRadioAccount *account, double gap_s) {
  account->wakeups += gap_s > self->tail_s;
  account->on_s += MIN(gap_s, self->tail_s);
}

void fl_radio_account_add(FlRadioAccount *self, const FlRadioAccount *other) {
  self->wakeups += other->wakeups;
  self->on_s += other->on_s;
}

FlRadioCost fl_radio_cost(const FlRadioModel *self, const FlRadioAccount *account, double up_bytes, double down_bytes,
                          double phone_s) {
  double minutes = phone_s / 60;
  double up_mbit = up_bytes * 8 / 1e6, down_mbit = down_bytes * 8 / 1e6;
  double transfer_s = up_mbit / self->up_mbps + down_mbit / self->down_mbps;
  double joules = (double)account->wakeups * self->promotion_s * self->promotion_w + account->on_s * self->tail_w +
                  transfer_s * (self->transfer_w - self->tail_w) + up_mbit * self->up_w_per_mbps +
                  down_mbit * self->down_w_per_mbps;

  return (FlRadioCost){ .wakeups = (double)account->wakeups / minutes,
                        .on_percent = 100 * account->on_s / phone_s,
                        .joules = joules / minutes };
}

FlRadioCost fl_radio_regular(const FlRadioModel *self, double spacing_s, double up_bytes, double down_bytes) {
  FlRadioAccount account = { 0 };

  fl_radio_note(self, &account, spacing_s);
  return fl_radio_cost(self, &account, up_bytes, down_bytes, spacing_s);
}

/* --- as text ------------------------------------------------------------------------------------------------------- */

static const struct {
  const char *key;
  gsize place;
  gboolean is_time;
} numbers[] = {
  { "promotion", offsetof(FlRadioModel, promotion_s), TRUE },
  { "promotion-power", offsetof(FlRadioModel, promotion_w), FALSE },
  { "tail", offsetof(FlRadioModel, tail_s), TRUE },
  { "tail-power", offsetof(FlRadioModel, tail_w), FALSE },
  { "transfer-power", offsetof(FlRadioModel, transfer_w), FALSE },
  { "up-power", offsetof(FlRadioModel, up_w_per_mbps), FALSE },
  { "down-power", offsetof(FlRadioModel, down_w_per_mbps), FALSE },
  { "up-rate", offsetof(FlRadioModel, up_mbps), FALSE },
  { "down-rate", offsetof(FlRadioModel, down_mbps), FALSE },
};

static gboolean read_value(const char *text, gboolean is_time, double *ret_value) {
  gint64 ns;
  char *end;

  if (is_time) {
    if (!fl_units_duration(text, &ns) || ns <= 0)
      return FALSE;
    *ret_value = (double)ns / 1e9;
    return TRUE;
  }
  double value = g_ascii_strtod(text, &end);
  if (end == text || *end || !isfinite(value) || value <= 0)
    return FALSE;
  *ret_value = value;
  return TRUE;
}

static gboolean take_part(const char *part, FlRadioModel *model) {
  const char *equals = strchr(part, '=');

  for (gsize i = 0; equals && i < G_N_ELEMENTS(numbers); i++)
    if (strlen(numbers[i].key) == (gsize)(equals - part) && g_str_has_prefix(part, numbers[i].key))
      return read_value(equals + 1, numbers[i].is_time, (double *)((char *)model + numbers[i].place));
  return FALSE;
}

gboolean fl_radio_parse(const char *text, FlRadioModel *ret_model, GError **error) {
  g_auto(GStrv) parts = g_strsplit(text, ",", -1);
  FlRadioModel model = *ret_model;

  for (char **part = parts; *part || part == parts; part++)
    if (!*part || !take_part(*part, &model)) {
      g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                  "'%s': promotion or tail with a duration, promotion-power, tail-power, transfer-power, up-power, down-power, "
                  "up-rate or down-rate with a number above 0 is wanted, such as tail=5s",
                  *part ? *part : "");
      return FALSE;
    }
  *ret_model = model;
  return TRUE;
}

char *fl_radio_text(const FlRadioModel *self) {
  GString *out = g_string_new(NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
    double value = *(const double *)((const char *)self + numbers[i].place);
    g_ascii_formatd(number, sizeof number, "%.9g", value);
    g_string_append_printf(out, "%s%s=%s%s", i > 0 ? "," : "", numbers[i].key, number, numbers[i].is_time ? "s" : "");
  }
  return g_string_free(out, FALSE);
}
