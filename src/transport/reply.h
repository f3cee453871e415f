/* Answers that the endpoints have in common: problems in the words of RFC 9457, and the CORS headers of origins that may
 * read.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_reply_problem: answer with application/problem+json; `detail` is a sentence that helps. */
void fl_reply_problem(FlWorker *worker, FlRequest *request, guint status, const char *detail);

/* fl_reply_later: like fl_reply_problem, with Retry-After. */
void fl_reply_later(FlWorker *worker, FlRequest *request, guint status, guint seconds, const char *detail);

/* fl_reply_method: answer 405 with Allow; OPTIONS, which asks just that, 204. */
void fl_reply_method(FlWorker *worker, FlRequest *request, const char *allow);

/* fl_reply: answer with a body of that type, not to be stored; takes `body`. */
void fl_reply(FlWorker *worker, FlRequest *request, guint status, const char *type, GBytes *body);

/* fl_reply_needs_cors: whether the request comes from another origin that may read. */
gboolean fl_reply_needs_cors(FlWorker *worker, const FlRequest *request);

/* fl_reply_add_cors: add to an answer what lets that origin read it. */
void fl_reply_add_cors(FlWorker *worker, const FlRequest *request, FlResponse *response);

/* fl_reply_gbytes: the bytes of a GString, which is taken. */
GBytes *fl_reply_gbytes(GString *text);

/* fl_request_is_read: whether the method is GET or HEAD. */
gboolean fl_request_is_read(const FlRequest *request);
