/* What a server of ours has really published: a WebSocket of its own beside the subscribers, from when it is started until the server
 * ends it. A server that goes away tells what it still holds first (docs/wire/ws.md), so at a stop by SIGTERM the witness has seen
 * all; of one that is killed it has seen what left the process. A thread of its own.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/recorder.h"

typedef struct _FlWitness FlWitness;

/* fl_witness_start: connect to host (an IPv4 address) and port, and wait for the hello.
 * Returns: NULL with an error where that fails. */
FlWitness *fl_witness_start(const char *host, guint16 port, GError **error);

/* fl_witness_end: wait until the server has ended the connection, at most `patience_ns`, and end it then. Returns: FALSE where it
 * had to, or where something came that is against the wire: it then has not seen all. */
gboolean fl_witness_end(FlWitness *self, gint64 patience_ns);

/* fl_witness_tell: after its end: tell the recorder of all that was published. */
void fl_witness_tell(const FlWitness *self, FlRecorder *recorder);

void fl_witness_free(FlWitness *self);
