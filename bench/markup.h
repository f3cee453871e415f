/* Writing HTML and SVG. Whatever is formatted in is text: only the format itself is markup.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_markup_add: append; of each %s the characters & < > " ' are escaped. */
void fl_markup_add(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
