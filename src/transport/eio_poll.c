/* Polls and POSTs of an Engine.IO session. A poll is held until there is something to say; what there is is one payload.
 * SPDX-License-Identifier: MIT */
#include "transport/eio_session_private.h"

#include <string.h>

#include "core/clock.h"
#include "transport/batch.h"

/* --- polls --------------------------------------------------------------------------------------------------------- */

void fl_eio_refuse(FlAsk *ask, FlEioError error) {
  const char *text = fl_eio_error_json(error);
  fl_ask_answer(ask, 400, g_bytes_new_static(text, strlen(text)));
}

void fl_eio_wait_no_more(FlEioSession *self) {
  if (self->waiting.data)
    g_queue_unlink(&self->engine->waiting, &self->waiting);
  self->waiting.data = NULL;
}

/* Takes the payload. */
static void answer_with(FlEioSession *self, GByteArray *payload) {
  FlAsk *poll = g_steal_pointer(&self->poll);

  fl_eio_wait_no_more(self);
  fl_deadline_stop(&self->noop);
  fl_ask_answer(poll, 200, g_byte_array_free_to_bytes(payload));
  fl_ask_unref(poll);
}

void fl_eio_answer_poll(FlEioSession *self, FlEioType type) {
  GByteArray *payload = g_byte_array_new();
  fl_eio_record_append(payload, type, NULL, 0);
  answer_with(self, payload);
}

static void tell_gap(FlEioSession *self, const FlFeed *feed) {
  FlGap gap;

  if (!fl_feed_skip(feed, 0, &self->cursor, &gap))
    return;
  fl_counter_add(&fl_eio_session_stats(self)->gaps, 1);
  self->engine->app->gap(self, &gap);
}

static void append_updates(FlEioSession *self, const FlFeed *feed) {
  const FlEioApp *app = self->engine->app;
  guint64 head = fl_feed_head(feed);
  guint64 before = self->cursor;
  gsize len;

  while (self->cursor < head && self->cursor - before < FL_BATCH_UPDATES &&
         (!self->outbox || self->outbox->len < FL_BATCH_BYTES)) {
    FlUpdate *update = fl_feed_get(feed, ++self->cursor);
    const guint8 *record = fl_update_form(update, app->record_form, app->record, &len);
    fl_eio_packet_append(fl_eio_session_outbox(self), record, len);
  }
  self->updates += self->cursor - before;
  fl_counter_add(&fl_eio_session_stats(self)->deliveries, (gint64)(self->cursor - before));
}

void fl_eio_serve_poll(FlEioSession *self) {
  FlEngine *engine = self->engine;

  if (!self->poll)
    return;
  if (self->follows) {
    const FlFeed *feed = fl_worker_ring(engine->worker);
    tell_gap(self, feed);
    append_updates(self, feed);
  }
  if (self->outbox) {
    answer_with(self, g_steal_pointer(&self->outbox));
    return;
  }
  if (self->follows && !self->waiting.data) {
    self->waiting.data = self;
    g_queue_push_tail_link(&engine->waiting, &self->waiting);
  }
  if (self->probed && !self->noop.list)
    fl_deadline_start(&engine->noops, &self->noop, fl_clock_now_ns());
}

void fl_eio_grew(FlEngine *self) {
  for (guint n = self->waiting.length; n > 0 && self->waiting.length > 0; n--) {
    FlEioSession *session = self->waiting.head->data;
    fl_eio_wait_no_more(session);
    fl_eio_serve_poll(session);
  }
}

void fl_eio_on_noop_due(FlDeadline *entry, gpointer user) {
  FlEioSession *self = FL_EIO_SESSION_OF(entry, noop);
  if (self->poll)
    fl_eio_answer_poll(self, FL_EIO_NOOP);
}

void fl_eio_session_poll(FlEioSession *self, FlAsk *ask) {
  fl_eio_session_ref(self);
  /* The `5` that a client sent before this poll may not have been read yet. */
  if (self->state == FL_EIO_PROBING)
    fl_stream_read(self->stream);
  if (self->state == FL_EIO_UPGRADED) {
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  } else if (self->poll || self->state == FL_EIO_CLOSED) {
    fl_eio_session_close(self, FL_EIO_END_OVERLAP);
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  } else {
    self->poll = fl_ask_ref(ask);
    fl_eio_serve_poll(self);
  }
  fl_eio_session_unref(self);
}

/* --- POSTs --------------------------------------------------------------------------------------------------------- */

static gboolean on_record(gpointer user, const FlEioPacket *packet) {
  FlEioSession *self = user;
  fl_eio_session_take(self, packet);
  return self->state != FL_EIO_CLOSED;
}

void fl_eio_session_began(FlEioSession *self, FlAsk *ask) {
  if (self->posts++ == 0 || self->state == FL_EIO_UPGRADED)
    return;
  fl_ask_spoil(ask);
  fl_eio_session_close(self, FL_EIO_END_OVERLAP);
}

/* Returns: NULL, or why the session ends. */
static gboolean take_post(FlEioSession *self, FlAsk *ask, FlEioEnd *ret_end) {
  gsize len = 0;
  const guint8 *data = fl_ask_body(ask) ? g_bytes_get_data(fl_ask_body(ask), &len) : (const guint8 *)"";

  if (self->outbox && self->outbox->len > self->engine->max_payload) {
    *ret_end = FL_EIO_END_GREEDY;
    return FALSE;
  }
  *ret_end = FL_EIO_END_MALFORMED;
  return !fl_ask_is_octets(ask) && fl_eio_payload_read(data, len, on_record, self);
}

void fl_eio_session_post(FlEioSession *self, FlAsk *ask) {
  GBytes *body = fl_ask_body(ask);
  FlEioEnd end;

  self->posts--;
  if (self->state == FL_EIO_UPGRADED) {
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
    return;
  }
  if (body && g_bytes_get_size(body) > self->engine->max_payload) {
    fl_ask_answer(ask, 413, NULL);
    return;
  }
  fl_eio_session_ref(self);
  if (!take_post(self, ask, &end))
    fl_eio_session_close(self, end);
  if (self->erred)
    fl_eio_refuse(ask, FL_EIO_BAD_REQUEST);
  else
    fl_ask_answer(ask, 200, g_bytes_new_static("ok", 2));
  fl_eio_session_flush(self);
  fl_eio_session_unref(self);
}

void fl_eio_session_cut(FlEioSession *self, FlAsk *ask) {
  gboolean is_post = fl_ask_kind(ask) == FL_ASK_POST;

  if (is_post)
    self->posts--;
  if (ask == self->poll || (is_post && self->state != FL_EIO_UPGRADED))
    fl_eio_session_close(self, FL_EIO_END_LOST);
}
