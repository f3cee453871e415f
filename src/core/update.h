/* One update of the feed: immutable, counted, shared by all workers and all subscribers. Besides its JSON object it
 * holds its wire forms, one slot a transport that frames differently; each is made on first use, by whichever thread
 * comes first, and published by compare-and-swap.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlUpdate FlUpdate;

/* The slots for wire forms. */
typedef enum { FL_FORM_SSE, FL_FORM_WS, FL_FORM_WS_DEFLATE, FL_FORM_SOCKETIO_FRAME, FL_FORM_SOCKETIO_RECORD, FL_FORM_COUNT } FlForm;

/* FlEncode: make the wire form of an update. Returns: a new reference. */
typedef GBytes *(*FlEncode)(const FlUpdate *update);

/* fl_update_new: build the update and its object `{"seq":…,"t":…,"data":…}`. `data` is one JSON value without
 * insignificant white space, trusted to be that; copied. `t_us`: Unix time in microseconds. */
FlUpdate *fl_update_new(const char *epoch, guint64 seq, gint64 t_us, const char *data, gsize len);
FlUpdate *fl_update_ref(FlUpdate *self);
void fl_update_unref(FlUpdate *self);

guint64 fl_update_seq(const FlUpdate *self);
gint64 fl_update_t_us(const FlUpdate *self);
const char *fl_update_epoch(const FlUpdate *self);

/* fl_update_json: the update's object; borrowed, NUL-terminated. */
const char *fl_update_json(const FlUpdate *self, gsize *ret_len);

/* fl_update_form: the bytes of a wire form, made by `encode` where no one has yet; borrowed. */
const guint8 *fl_update_form(FlUpdate *self, FlForm form, FlEncode encode, gsize *ret_len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlUpdate, fl_update_unref)
