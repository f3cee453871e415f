/* What started the process and keeps it, systemd or one that speaks as it does: told when the server is ready and when it
 * stops (sd_notify(3)), and the giver of sockets that listen already (sd_listen_fds(3)). The protocols are a datagram and
 * three variables of the environment; libsystemd is not needed.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlSupervisor FlSupervisor;

#define FL_SUPERVISOR_FIRST_FD 3 /* SD_LISTEN_FDS_START: where passed sockets begin */

/* fl_supervisor_new: read NOTIFY_SOCKET, LISTEN_PID and LISTEN_FDS, and take them out of the environment; before there are
 * threads. Where none is set nobody supervises: every call below then succeeds and does nothing. Sockets that were meant
 * for another process (LISTEN_PID) are not touched.
 * Returns: NULL with an error where a value cannot be right. */
FlSupervisor *fl_supervisor_new(GError **error);
void fl_supervisor_free(FlSupervisor *self);

/* fl_supervisor_sockets: how many sockets were passed. */
guint fl_supervisor_sockets(const FlSupervisor *self);

/* fl_supervisor_socket: a descriptor of its own for passed socket `index`; those that share a socket share its queue, and
 * whoever is first accepts. Returns: the caller's; -1 with an error where that is no TCP socket that listens. */
int fl_supervisor_socket(FlSupervisor *self, guint index, GError **error);

/* fl_supervisor_drop_sockets: close what was passed; descriptors made of it stay. */
void fl_supervisor_drop_sockets(FlSupervisor *self);

/* fl_supervisor_tell: send a state such as "READY=1" or "STOPPING=1", lines of NAME=VALUE. Never waits.
 * Returns: FALSE with an error where nobody took it. */
gboolean fl_supervisor_tell(FlSupervisor *self, const char *state, GError **error);
