/* UTF-8 as the wire wants it: NUL is a character like any other.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_utf8_is_valid: whether the bytes are UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). */
gboolean fl_utf8_is_valid(const guint8 *text, gsize len);

/* Text that comes in slices, cut anywhere; zeroed at first. */
typedef struct {
  guint8 missing;   /* bytes of the character that is not whole yet … */
  guint8 low, high; /* … and what the next of them may be */
} FlUtf8;

/* fl_utf8_feed: the next slice. Returns: FALSE at the first byte that no valid text could have there; the state is then spent. */
gboolean fl_utf8_feed(FlUtf8 *self, const guint8 *text, gsize len);

/* fl_utf8_is_whole: whether the text may end here: not within a character. */
gboolean fl_utf8_is_whole(const FlUtf8 *self);
