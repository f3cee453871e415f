/* Cutting an input: the same bytes, in pieces that the input itself decides.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_fuzz_piece: how many of the `left` bytes come next, 1 … left; `seed` runs on. */
static inline gsize fl_fuzz_piece(guint32 *seed, gsize left) {
  *seed = *seed * 1664525u + 1013904223u;
  return MIN(left, 1 + (*seed >> 24) % 24);
}
