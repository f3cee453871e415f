/* From a request to whoever answers it: first who may ask, then the path.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_router_handle: as FlWorkerConfig.handle. */
void fl_router_handle(FlRequest *request, gpointer worker);
