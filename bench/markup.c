/* Writing HTML and SVG. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/markup.h"

void fl_markup_add(GString *out, const char *format, ...) {
  va_list args;

  va_start(args, format);
  g_autofree char *markup = g_markup_vprintf_escaped(format, args);
  va_end(args);
  g_string_append(out, markup);
}
