/* From a request to whoever answers it: first who may ask, then the path.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_router_handle: as FlWorkerConfig.handle. */
void fl_router_handle(FlRequest *request, gpointer worker);

/* fl_router_may_ask: by the rules of Host and Origin. fl_router_refuse: answer and log the refusal where it may not. Returns:
 * whether it was refused. */
gboolean fl_router_may_ask(FlWorker *worker, const FlRequest *request);
gboolean fl_router_refuse(FlWorker *worker, FlRequest *request);

/* fl_router_answer_preflight: answer a page of another origin that asks before it sends. Returns: whether it did. */
gboolean fl_router_answer_preflight(FlWorker *worker, FlRequest *request);

/* fl_router_began: as FlWorkerConfig.began. */
void fl_router_began(FlRequest *request, gpointer worker);
