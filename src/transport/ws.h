/* What the router needs of the WebSocket transport: an upgrade is welcome on / as well.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/transport.h"

/* fl_ws_is_upgrade: whether the request asks for a WebSocket. */
gboolean fl_ws_is_upgrade(const FlRequest *request);

/* fl_ws_accept: as FlTransport.accept. */
void fl_ws_accept(FlWorker *worker, FlRequest *request, guint index);
