/* A cursor: the place of a reader in the feed, `EPOCH-SEQ` on the wire (k3f9tz-17). The epoch names one run of the
 * feed, so that a reader who comes back after a restart is told so instead of being given other updates under the
 * numbers that it knows.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define FL_EPOCH_LEN 6  /* of ours: base 36, 2 billion of them */
#define FL_EPOCH_MAX 16 /* of anybody's */
#define FL_CURSOR_MAX (FL_EPOCH_MAX + 1 + 20 + 1)

typedef struct {
  char epoch[FL_EPOCH_MAX + 1]; /* empty for a bare number, which means the current epoch */
  guint64 seq;
} FlCursor;

/* fl_epoch_generate: write a random epoch, NUL-terminated. */
void fl_epoch_generate(char ret_epoch[FL_EPOCH_MAX + 1]);

/* fl_cursor_parse: read `EPOCH-SEQ` or a bare number. Returns: FALSE where it is neither; ret_cursor is then untouched. */
gboolean fl_cursor_parse(const char *text, FlCursor *ret_cursor);

/* fl_cursor_format: write the cursor, NUL-terminated. Returns: its length. */
gsize fl_cursor_format(const char *epoch, guint64 seq, char ret_text[FL_CURSOR_MAX]);
