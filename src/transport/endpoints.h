/* The endpoints beside the transports: publishing, figures, health.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

void fl_endpoint_publish(FlWorker *worker, FlRequest *request);
void fl_endpoint_stats(FlWorker *worker, FlRequest *request);
void fl_endpoint_live(FlWorker *worker, FlRequest *request);
void fl_endpoint_ready(FlWorker *worker, FlRequest *request);
