/* The server as a whole: a source, a sequencer, workers, and the order in which they begin and end.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "net/supervisor.h"
#include "options.h"

typedef struct _FlServer FlServer;

/* fl_server_new: bind, or take the sockets that were passed; set up, start. Options, supervisor and log are borrowed.
 * Returns: NULL with an error that names what is wrong ("listen on 127.0.0.1:8080: Address already in use"). */
FlServer *fl_server_new(const FlOptions *options, FlSupervisor *supervisor, FlLog *log, GError **error);

/* fl_server_run: until SIGTERM, SIGINT, or the end of input where that is asked for; then drain. */
void fl_server_run(FlServer *self);
void fl_server_free(FlServer *self);
