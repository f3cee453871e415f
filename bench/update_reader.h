/* Updates as they stand on the wire, read strictly and without building anything: `{"seq":N,"t":N,"data":…}` with the
 * members in that order and without white space, and the answer to a poll, which is a list of them. `data` must be one
 * JSON value (RFC 8259), which is checked and skipped. See docs/wire/.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/stamp.h"
#include "core/cursor.h"

/* fl_json_skip: pass over one JSON value without insignificant white space, nested at most 2,048 deep.
 * Returns: where it ends, or NULL where there is none between `text` and `end`. */
const char *fl_json_skip(const char *text, const char *end);

/* fl_update_skip: pass over one update. Returns: where it ends, or NULL where there is none; the results are then untouched. */
const char *fl_update_skip(const char *text, const char *end, FlStamp *ret_stamp);

/* fl_update_read: read one update that takes up all of `text`. Returns: FALSE where it is none. */
gboolean fl_update_read(const char *text, gsize len, FlStamp *ret_stamp);

/* What the answer to a poll says beside its updates. */
typedef struct {
  char cursor_text[FL_CURSOR_MAX]; /* as it was given, to be handed back */
  FlCursor cursor;
  guint updates;
  gboolean gap;
  gboolean more;
} FlPollAnswer;

/* FlUpdateFound: an update of the answer, in its order. */
typedef void (*FlUpdateFound)(gpointer user, const FlStamp *stamp);

/* fl_poll_answer_read: read `{"cursor":"E-N","updates":[…]}`, with `"gap":{…}` before the updates and `"more":true` after
 * them where they apply, and a line feed at the end if there is one.
 * Returns: FALSE where it is none, or where the cursor is not that of the last update; ret_answer is then untouched, but
 *          updates may have been found. */
gboolean fl_poll_answer_read(const char *text, gsize len, FlUpdateFound found, gpointer user, FlPollAnswer *ret_answer);

/* fl_poll_cursor_read: of the answer to a poll only the cursor, with which it begins: before its updates are found, they are known
 * to be of that epoch. Returns: FALSE where there is none. */
gboolean fl_poll_cursor_read(const char *text, gsize len, FlCursor *ret_cursor);

/* fl_hello_read: `{"hello":{"cursor":"E-N"}}`, a WebSocket's first message with the subprotocol feedlab.v1. fl_gap_read:
 * `{"gap":{…}}`, its word for updates that were missed. Returns: FALSE where the text is something else. */
gboolean fl_hello_read(const char *text, gsize len, FlCursor *ret_cursor);
gboolean fl_gap_read(const char *text, gsize len);
