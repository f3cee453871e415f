/* What short and long polling have in common: reading the cursor, and answering with a batch.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/batch.h"
#include "transport/transport.h"

/* fl_polling_begin: take in what has been published, and plan the answer. Nothing is taken in between planning and what is
 * done then: the plan would no longer be that of the ring, nor a held request one that will be woken. Returns: FALSE where the request has been answered already, because its method or
 * cursor is wrong. A request without a cursor that was held goes on from where it began to wait. */
gboolean fl_polling_begin(FlWorker *worker, FlRequest *request, FlBatch *ret_batch);

/* fl_polling_hold: wait for up to `seconds`. */
void fl_polling_hold(FlWorker *worker, FlRequest *request, guint index, guint seconds);

/* fl_polling_answer: answer with the batch, or 304 where If-None-Match names its cursor. */
void fl_polling_answer(FlWorker *worker, FlRequest *request, guint index, const FlBatch *batch);

/* fl_polling_encode: an update in a batch is its object as it is. */
GBytes *fl_polling_encode(const FlUpdate *update);
