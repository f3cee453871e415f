/* Near names. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/spelling.h"

#include <string.h>

#define SHOWN_MOST 4

/* The table of Wagner and Fischer (1974), three rows of it at a time. */
guint fl_spelling_distance(const char *a, const char *b) {
  gsize n_a = strlen(a), n_b = strlen(b);
  g_autofree guint *rows = g_new0(guint, 3 * (n_b + 1));
  guint *before = rows, *above = rows + n_b + 1, *row = above + n_b + 1;

  for (gsize k = 0; k <= n_b; k++)
    row[k] = (guint)k;
  for (gsize i = 1; i <= n_a; i++) {
    guint *oldest = before;
    before = above;
    above = row;
    row = oldest;
    row[0] = (guint)i;
    for (gsize k = 1; k <= n_b; k++) {
      row[k] = MIN(MIN(above[k], row[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
        row[k] = MIN(row[k], before[k - 2] + 1);
    }
  }
  return row[n_b];
}

char *fl_spelling_list(const char *const *words, guint count) {
  GString *list = g_string_new(NULL);

  for (guint i = 0; i < count; i++)
    g_string_append_printf(list, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
  return g_string_free(list, FALSE);
}

char *fl_spelling_near(const char *word, const char *const *names) {
  const char *near[SHOWN_MOST];
  guint most = MAX(2, (guint)strlen(word) / 3), n = 0;

  for (guint distance = 0; distance <= most; distance++)
    for (const char *const *name = names; *name && n < SHOWN_MOST; name++)
      if (distance < strlen(*name) && fl_spelling_distance(word, *name) == distance)
        near[n++] = *name;
  gboolean by_prefix = n == 0 && *word;
  for (const char *const *name = names; *name && n < SHOWN_MOST && by_prefix; name++)
    if (g_str_has_prefix(*name, word))
      near[n++] = *name;
  return n > 0 ? fl_spelling_list(near, n) : NULL;
}
