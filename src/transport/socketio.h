/* What the router needs of Socket.IO, whose path can be changed and has files below it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/transport.h"

/* fl_socketio_is_below: whether a path is --socketio-path, with or without its last slash, or below it. */
gboolean fl_socketio_is_below(const FlApplication *application, const char *path);

/* fl_socketio_began: the head of a POST has come; `index` as in FlTransport.accept. */
void fl_socketio_began(FlWorker *worker, FlRequest *request, guint index);
