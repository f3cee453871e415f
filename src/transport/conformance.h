/* --conformance: the server without the feed, as the test suites of the protocols' specifications want it.
 *
 *     /engine.io/   echoes every message, text and binary
 *     /socket.io/   takes the namespaces / and /custom; emits `auth` with the CONNECT's auth; answers `message` with
 *                   `message-back` and its arguments; acknowledges `message-with-ack` with its arguments
 *     /ws           echoes every message, up to --max-body (16 MiB)
 *     POST /        echoes the body
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_conformance_handle, fl_conformance_began: as FlWorkerConfig.handle and .began. */
void fl_conformance_handle(FlRequest *request, gpointer worker);
void fl_conformance_began(FlRequest *request, gpointer worker);
