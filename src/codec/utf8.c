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

/* What may follow a lead byte: how many bytes, and the range of the first of them, which is where overlong forms, surrogates
 * and what is above U+10FFFF differ from the rest. */
static gboolean lead(FlUtf8 *self, guint8 byte) {
  if (byte < 0xc2 || byte > 0xf4)
    return FALSE;
  self->missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  self->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  self->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  return TRUE;
}

gboolean fl_utf8_feed(FlUtf8 *self, const guint8 *text, gsize len) {
  for (gsize at = 0; at < len; at++) {
    if (self->missing == 0) {
      at += ascii_length(text + at, len - at);
      if (at < len && !lead(self, text[at]))
        return FALSE;
    } else if (text[at] < self->low || text[at] > self->high) {
      return FALSE;
    } else {
      self->missing--;
      self->low = 0x80;
      self->high = 0xbf;
    }
  }
  return TRUE;
}

gboolean fl_utf8_is_whole(const FlUtf8 *self) {
  return self->missing == 0;
}

gboolean fl_utf8_is_valid(const guint8 *text, gsize len) {
  FlUtf8 state = { 0 };
  return fl_utf8_feed(&state, text, len) && fl_utf8_is_whole(&state);
}
