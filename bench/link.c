/* The link as the bench sees it. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/link_emulator.h"
#include "bench/link_namespace.h"

#define NICENESS (-10) /* of the emulator, where that is allowed */

struct _FlLink {
  pid_t emulator;
  int control_fd;
  gboolean has_ipv6;
};

static FlLink *start_emulator(const FlLinkNamespace *network, GError **error) {
  int pair[2] = { -1, -1 };
  pid_t pid = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 ? fork() : -1;

  if (pid == 0) {
    close(pair[0]);
    fl_link_emulator_run(network->tun_fd, pair[1]);
  }
  if (pid < 0) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "the link's emulator: %s", g_strerror(errno));
    return NULL;
  }
  close(pair[1]);
  FlLink *self = g_new(FlLink, 1);
  *self = (FlLink){ .emulator = pid, .control_fd = pair[0], .has_ipv6 = network->has_ipv6 };
  return self;
}

/* What root may do outside it may not inside: so the emulator inherits its priority, and this process gives it back. */
FlLink *fl_link_open(GError **error) {
  FlLinkNamespace network;
  int niceness = getpriority(PRIO_PROCESS, 0);

  setpriority(PRIO_PROCESS, 0, NICENESS);
  FlLink *self = fl_link_namespace_enter(&network, error) ? start_emulator(&network, error) : NULL;
  setpriority(PRIO_PROCESS, 0, niceness);
  if (!self) {
    g_prefix_error_literal(error, "no link can be emulated here: ");
    return NULL;
  }
  close(network.tun_fd);
  return self;
}

void fl_link_close(FlLink *self) {
  if (!self)
    return;
  close(self->control_fd);
  while (waitpid(self->emulator, NULL, 0) < 0 && errno == EINTR)
    ;
  g_free(self);
}

gboolean fl_link_has_ipv6(const FlLink *self) {
  return self->has_ipv6;
}

static gboolean order(const FlLink *self, const FlLinkMessage *message, FlLinkDone *ret_done, GError **error) {
  if (send(self->control_fd, message, sizeof *message, MSG_NOSIGNAL) == (ssize_t)sizeof *message &&
      recv(self->control_fd, ret_done, sizeof *ret_done, MSG_WAITALL) == (ssize_t)sizeof *ret_done)
    return TRUE;
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the link's emulator has ended");
  return FALSE;
}

gboolean fl_link_start(FlLink *self, const FlLinkSpec *spec, guint64 seed, GError **error) {
  FlLinkDone done;
  return order(self, &(FlLinkMessage){ .order = FL_LINK_START, .spec = *spec, .seed = seed }, &done, error);
}

gboolean fl_link_cut(FlLink *self, gint64 duration_ns, gint64 *ret_at_ns, GError **error) {
  FlLinkDone done;

  if (!order(self, &(FlLinkMessage){ .order = FL_LINK_CUT, .duration_ns = duration_ns }, &done, error))
    return FALSE;
  *ret_at_ns = done.at_ns;
  return TRUE;
}

gboolean fl_link_roam(FlLink *self, gint64 *ret_at_ns, GError **error) {
  FlLinkDone done;

  if (!order(self, &(FlLinkMessage){ .order = FL_LINK_ROAM }, &done, error))
    return FALSE;
  *ret_at_ns = done.at_ns;
  return TRUE;
}

gboolean fl_link_stop(FlLink *self, FlLinkAccount *ret_account, GError **error) {
  FlLinkDone done;

  if (!order(self, &(FlLinkMessage){ .order = FL_LINK_STOP }, &done, error))
    return FALSE;
  if (fl_link_account_read(self->control_fd, ret_account))
    return TRUE;
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the link's emulator has ended");
  return FALSE;
}
