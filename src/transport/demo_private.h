/* What the endpoints below /demo share.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "transport/application.h"

/* fl_demo_object: the JSON object in a request's body, the caller's; NULL where there is none: it has been answered, with
 * `wants` as the sentence that helps. */
json_t *fl_demo_object(FlWorker *worker, FlRequest *request, const char *wants);

/* fl_demo_reply: answer with JSON; takes it. */
void fl_demo_reply(FlWorker *worker, FlRequest *request, guint status, json_t *json);

/* fl_demo_lines: /demo/lines. fl_demo_line: /demo/lines/ID. */
void fl_demo_lines(FlWorker *worker, FlRequest *request);
void fl_demo_line(FlWorker *worker, FlRequest *request, const char *id);
