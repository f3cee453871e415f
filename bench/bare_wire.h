/* The bytes of the bare sender, put together by hand from docs/wire: nothing that the server or the clients share
 * makes them, so that a mistake of theirs cannot hide in it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The epoch of its cursors. */
#define FL_BARE_EPOCH "bare"

typedef struct {
  guint64 seq;
  gint64 t_us;      /* scheduled, Unix µs of 16 digits */
  gint64 sent_us;   /* now; it begins the data, as the clock source writes it */
  gsize json_bytes; /* of the update's object; 74 or more */
} FlBareUpdate;

/* fl_bare_json_append: {"seq":…,"t":…,"data":"…"}. fl_bare_frame_append: the same in an unmasked text frame (RFC 6455,
 * 5.2).
 * fl_bare_event_append: as an event with its id. */
void fl_bare_json_append(GString *out, const FlBareUpdate *update);
void fl_bare_frame_append(GString *out, const FlBareUpdate *update);
void fl_bare_event_append(GString *out, const FlBareUpdate *update);

/* fl_bare_gap_event_append: `event: gap` for one update. */
void fl_bare_gap_event_append(GString *out, guint64 seq);

/* fl_bare_answer_append: the answer to a poll, with its head. `updates`: their objects with commas between. `gap`: 0,
 * or the update that is told missing. */
void fl_bare_answer_append(GString *out, guint64 cursor, guint64 gap, const GString *updates, gboolean more);
