/* UTF-8 as the wire wants it: NUL is a character like any other.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_utf8_is_valid: whether the bytes are UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). */
gboolean fl_utf8_is_valid(const guint8 *text, gsize len);
