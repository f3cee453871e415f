/* UTF-8. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/utf8.h"

#include <string.h>

#define HIGH_BITS G_GUINT64_CONSTANT(0x8080808080808080)

/* Most of what a feed carries is ASCII: it is passed eight bytes at a time. */
static gsize ascii_length(const guint8 *text, gsize len) {
  gsize at = 0;
  guint64 bytes;

  for (; len - at >= sizeof bytes; at += sizeof bytes) {
    memcpy(&bytes, text + at, sizeof bytes);
    if (bytes & HIGH_BITS)
      break;
  }
  while (at < len && text[at] < 0x80)
    at++;
  return at;
}

gboolean fl_utf8_is_valid(const guint8 *text, gsize len) {
  gsize ascii = ascii_length(text, len);

  text += ascii;
  len -= ascii;
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
