/* Columns of text: what tables for people are made of. Widths are of characters, not bytes.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_column_append: `text` in at least `width` columns; a text that is longer moves what follows. */
void fl_column_append(GString *out, const char *text, int width, gboolean right);

/* fl_column_number: with commas between thousands; a dash for what is no finite number. The caller's. */
char *fl_column_number(double value, int decimals);

/* fl_column_ratio: three digits, as far as they tell something: 0.98, 12.3, 2,600. The caller's. */
char *fl_column_ratio(double ratio);

/* fl_column_end: end the line, without the spaces at its end. */
void fl_column_end(GString *out);
