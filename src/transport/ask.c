/* Requests that someone else answers. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/ask.h"

struct _FlAsk {
  gatomicrefcount refs;
  FlAskOptions options; /* with a sid of its own */

  /* Home's own. */
  FlRequest *request; /* NULL once it has ended */
  GQueue *asks; /* of the home's part */
  GList link;
  gboolean held, answered, gone;

  /* Written by home before it tells of them. */
  GBytes *body;
  gboolean is_octets;

  /* Written by the owner before it answers. */
  guint status;
  GBytes *answer;
  gboolean spoilt; /* its own */
};

FlAsk *fl_ask_ref(FlAsk *self) {
  g_atomic_ref_count_inc(&self->refs);
  return self;
}

void fl_ask_unref(FlAsk *self) {
  if (!g_atomic_ref_count_dec(&self->refs))
    return;
  g_clear_pointer(&self->body, g_bytes_unref);
  g_clear_pointer(&self->answer, g_bytes_unref);
  g_free((char *)self->options.sid);
  g_free(self);
}

FlAskKind fl_ask_kind(const FlAsk *self) {
  return self->options.kind;
}

FlWorker *fl_ask_owner(const FlAsk *self) {
  return self->options.owner;
}

const char *fl_ask_sid(const FlAsk *self) {
  return self->options.sid;
}

guint fl_ask_place(const FlAsk *self) {
  return self->options.place;
}

/* --- home ---------------------------------------------------------------------------------------------------------- */

/* The last place among the worker's parts; transports begin at the first. */
#define PLACE (FL_TRANSPORTS_MAX - 1)

static void resume(FlAsk *self) {
  if (!self->held)
    return;
  self->held = FALSE;
  fl_request_resume(self->request);
}

void fl_ask_abandon(FlAsk *self) {
  self->gone = TRUE;
  resume(self);
}

static void grew(gpointer state) {
}

static guint behind(gpointer state) {
  return 0;
}

static void drain(gpointer state) {
  GQueue *asks = state;
  for (GList *link = asks->head; link; link = link->next)
    fl_ask_abandon(link->data);
}

static void free_asks(gpointer state) {
  g_queue_free(state);
}

static const FlWorkerPart part = { grew, behind, drain, free_asks };

static GQueue *asks_of(FlWorker *home) {
  if (!fl_worker_part(home, PLACE))
    fl_worker_add_part(home, PLACE, &part, g_queue_new());
  return fl_worker_part(home, PLACE);
}

static void on_request_end(gpointer data) {
  FlAsk *self = data;

  if (!self->answered)
    fl_ask_tell(self, FL_ASK_GONE);
  g_queue_unlink(self->asks, &self->link);
  self->request = NULL;
  fl_ask_unref(self);
}

FlAsk *fl_ask_new(FlRequest *request, const FlAskOptions *options) {
  FlAsk *self = g_new0(FlAsk, 1);
  g_atomic_ref_count_init(&self->refs);
  self->options = *options;
  self->options.sid = g_strdup(options->sid);
  self->request = request;
  self->link.data = self;
  self->asks = asks_of(options->home);
  g_queue_push_tail_link(self->asks, &self->link);
  fl_request_attach(request, self, on_request_end);
  return self;
}

void fl_ask_take_body(FlAsk *self, const GByteArray *body, gboolean is_octets) {
  self->body = body ? g_bytes_new(body->data, body->len) : NULL;
  self->is_octets = is_octets;
}

typedef struct {
  FlAsk *ask;
  FlAskNews news;
} Telling;

static void on_told(gpointer data) {
  Telling *telling = data;
  telling->ask->options.hear(telling->ask, telling->news);
}

static void free_telling(gpointer data) {
  Telling *telling = data;
  fl_ask_unref(telling->ask);
  g_free(telling);
}

void fl_ask_tell(FlAsk *self, FlAskNews news) {
  if (news == FL_ASK_GONE) {
    if (self->gone)
      return;
    self->gone = TRUE;
  }
  if (self->options.home == self->options.owner) {
    self->options.hear(self, news);
    return;
  }
  Telling *telling = g_new(Telling, 1);
  *telling = (Telling){ fl_ask_ref(self), news };
  fl_worker_post(self->options.owner, on_told, telling, free_telling);
}

void fl_ask_hold(FlAsk *self) {
  self->held = TRUE;
  fl_request_hold(self->request);
}

guint fl_ask_answered(const FlAsk *self, GBytes **ret_body) {
  if (!self->answered)
    return 0;
  *ret_body = self->answer;
  return self->status;
}

static void on_answer(gpointer data) {
  FlAsk *self = data;

  self->answered = TRUE;
  if (self->request)
    resume(self);
}

/* --- the owner ----------------------------------------------------------------------------------------------------- */

GBytes *fl_ask_body(const FlAsk *self) {
  return self->body;
}

gboolean fl_ask_is_octets(const FlAsk *self) {
  return self->is_octets;
}

void fl_ask_answer(FlAsk *self, guint status, GBytes *body) {
  g_assert(self->status == 0);
  self->status = status;
  self->answer = body;
  if (self->options.home == self->options.owner)
    on_answer(self);
  else
    fl_worker_post(self->options.home, on_answer, fl_ask_ref(self), (GDestroyNotify)(void (*)(void))fl_ask_unref);
}

void fl_ask_spoil(FlAsk *self) {
  self->spoilt = TRUE;
}

gboolean fl_ask_is_spoilt(const FlAsk *self) {
  return self->spoilt;
}
