/* Cursors. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/cursor.h"

#include <string.h>

void fl_epoch_generate(char ret_epoch[FL_EPOCH_MAX + 1]) {
  static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

  /* The first is a letter, so that an epoch never looks like a number. */
  ret_epoch[0] = digits[g_random_int_range(10, 36)];
  for (int i = 1; i < FL_EPOCH_LEN; i++)
    ret_epoch[i] = digits[g_random_int_range(0, 36)];
  ret_epoch[FL_EPOCH_LEN] = '\0';
}

gboolean fl_cursor_parse(const char *text, FlCursor *ret_cursor) {
  const char *dash = strchr(text, '-');
  const char *number = dash ? dash + 1 : text;
  gsize epoch_len = dash ? (gsize)(dash - text) : 0;
  guint64 seq;

  if (epoch_len > FL_EPOCH_MAX || (dash && epoch_len == 0))
    return FALSE;
  for (gsize i = 0; i < epoch_len; i++)
    if (!g_ascii_isalnum(text[i]))
      return FALSE;
  if (!g_ascii_isdigit(number[0]) || !g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT64, &seq, NULL))
    return FALSE;
  memcpy(ret_cursor->epoch, text, epoch_len);
  ret_cursor->epoch[epoch_len] = '\0';
  ret_cursor->seq = seq;
  return TRUE;
}

gsize fl_cursor_format(const char *epoch, guint64 seq, char ret_text[FL_CURSOR_MAX]) {
  return (gsize)g_snprintf(ret_text, FL_CURSOR_MAX, "%s-%" G_GUINT64_FORMAT, epoch, seq);
}
