/* GET /stats?client=ID: the figures of one client, by its own counters and by the kernel's (TCP_INFO). The worker that owns it is
 * known by its id.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_client_figures_answer: answer with the figures of the client `id`; 400 where that is no id, 404 where there is no such
 * client. Called again when the owner has been asked. */
void fl_client_figures_answer(FlWorker *worker, FlRequest *request, const char *id);
