/* A request that someone else answers, perhaps later and perhaps in another thread: the worker that owns its session.
 * The worker that the request came to is its home.
 *
 *     home     new ──► tell(BEGUN, WHOLE)  ───────────────────►  hear()
 *              hold the request                                    │ … until there is something to say
 *              resume it, reply          ◄───────────────────  answer()
 *
 * When the server goes away home gives up waiting: other workers may end before they answer.
 * Where home and owner are one worker, both ways are plain calls. A client that vanishes before the answer is told as GONE.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "net/worker.h"

typedef struct _FlAsk FlAsk;

typedef enum { FL_ASK_POLL, FL_ASK_POST, FL_ASK_UPGRADE } FlAskKind;

typedef enum {
  FL_ASK_BEGUN, /* of a POST: its head has come, its body is coming */
  FL_ASK_WHOLE, /* all of it is here: to be answered */
  FL_ASK_GONE,  /* the client has gone: no answer is wanted */
} FlAskNews;

/* FlAskHear: called in the owner's thread. */
typedef void (*FlAskHear)(FlAsk *ask, FlAskNews news);

/* fl_ask_new: an ask that is attached to `request`, which owns it, and listed among its home's parts until the request
 * ends. */
typedef struct {
  FlAskKind kind;
  FlWorker *home, *owner;
  guint place;     /* of the engine among the owner's parts */
  const char *sid; /* whom it is about; copied */
  FlAskHear hear;
} FlAskOptions;

FlAsk *fl_ask_new(FlRequest *request, const FlAskOptions *options);
FlAsk *fl_ask_ref(FlAsk *self);
void fl_ask_unref(FlAsk *self);

FlAskKind fl_ask_kind(const FlAsk *self);
FlWorker *fl_ask_owner(const FlAsk *self);
guint fl_ask_place(const FlAsk *self);
const char *fl_ask_sid(const FlAsk *self);

/* For home. */

/* fl_ask_take_body: hand over what a POST brought; `is_octets`: as application/octet-stream. Before WHOLE is told. */
void fl_ask_take_body(FlAsk *self, const GByteArray *body, gboolean is_octets);
void fl_ask_tell(FlAsk *self, FlAskNews news);

/* fl_ask_hold: hold the request until the answer is here. */
void fl_ask_hold(FlAsk *self);

/* fl_ask_abandon: the answer is waited for no longer, nor the owner told of anything: the server is going away, and other
 * workers may have ended. A held request is resumed. */
void fl_ask_abandon(FlAsk *self);

/* fl_ask_answered: the answer. Returns: its status, 0 while there is none; the body is borrowed, NULL for none. */
guint fl_ask_answered(const FlAsk *self, GBytes **ret_body);

/* For the owner. */
GBytes *fl_ask_body(const FlAsk *self); /* NULL where a POST brought none */
gboolean fl_ask_is_octets(const FlAsk *self);

/* fl_ask_answer: answer, once; takes `body`, which may be NULL. */
void fl_ask_answer(FlAsk *self, guint status, GBytes *body);

/* fl_ask_spoil, fl_ask_is_spoilt: the owner's own note on an ask that has begun and will be refused once it is whole. */
void fl_ask_spoil(FlAsk *self);
gboolean fl_ask_is_spoilt(const FlAsk *self);
