/* Columns. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/column.h"

#include <math.h>
#include <string.h>

void fl_column_append(GString *out, const char *text, int width, gboolean right) {
  int room = MAX(width - (int)g_utf8_strlen(text, -1), 0);

  if (right)
    g_string_append_printf(out, "%*s%s", room, "", text);
  else
    g_string_append_printf(out, "%s%*s", text, room, "");
}

char *fl_column_number(double value, int decimals) {
  if (!isfinite(value))
    return g_strdup("–");
  g_autofree char *plain = g_strdup_printf("%.*f", decimals, value);
  gsize whole = strcspn(plain, ".");
  GString *out = g_string_new(NULL);
  for (gsize i = 0; plain[i]; i++) {
    if (i > 0 && i < whole && (whole - i) % 3 == 0 && plain[i - 1] != '-')
      g_string_append_c(out, ',');
    g_string_append_c(out, plain[i]);
  }
  return g_string_free(out, FALSE);
}

char *fl_column_ratio(double ratio) {
  return fl_column_number(ratio, ratio < 0.1 ? 4 : ratio < 10 ? 3 : ratio < 100 ? 1 : 0);
}

void fl_column_end(GString *out) {
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
  g_string_append_c(out, '\n');
}
