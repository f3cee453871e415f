/* UTF-8. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/utf8.h"

gboolean fl_utf8_is_valid(const guint8 *text, gsize len) {
  /* g_utf8_validate_len stops at a NUL and calls it wrong. */
  while (len > 0) {
    const char *end;
    if (g_utf8_validate_len((const char *)text, len, &end))
      return TRUE;
    gsize good = (gsize)((const guint8 *)end - text);
    if (text[good] != '\0')
      return FALSE;
    text += good + 1;
    len -= good + 1;
  }
  return TRUE;
}
