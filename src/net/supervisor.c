/* systemd's side of a service. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKETS_MOST 256 /* as many as there can be workers */

struct _FlSupervisor {
  struct sockaddr_un notify;
  socklen_t notify_len; /* 0: nobody wants to be told */
  guint n_sockets;
};

static void set_error(GError **error, int why, const char *what) {
  g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why), "%s: %s", what, g_strerror(why));
}

/* A path, or @NAME in the abstract namespace, where the name begins with NUL and ends with the address. */
static gboolean read_notify(FlSupervisor *self, const char *name, GError **error) {
  gsize len = strlen(name);

  if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof self->notify.sun_path) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "NOTIFY_SOCKET %s: a path or @NAME is wanted", name);
    return FALSE;
  }
  self->notify.sun_family = AF_UNIX;
  memcpy(self->notify.sun_path, name, len + 1);
  if (name[0] == '@')
    self->notify.sun_path[0] = '\0';
  self->notify_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
  return TRUE;
}

static gboolean read_sockets(FlSupervisor *self, const char *pid, const char *count, GError **error) {
  guint64 value;

  if (!g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &value, NULL)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "LISTEN_PID %s: the number of a process is wanted", pid);
    return FALSE;
  }
  if ((pid_t)value != getpid())
    return TRUE;
  if (!g_ascii_string_to_unsigned(count, 10, 0, SOCKETS_MOST, &value, NULL)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "LISTEN_FDS %s: a count up to %d is wanted", count, SOCKETS_MOST);
    return FALSE;
  }
  self->n_sockets = (guint)value;
  for (guint i = 0; i < self->n_sockets; i++)
    fcntl(FL_SUPERVISOR_FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
  return TRUE;
}

FlSupervisor *fl_supervisor_new(GError **error) {
  FlSupervisor *self = g_new0(FlSupervisor, 1);
  const char *notify = g_getenv("NOTIFY_SOCKET");
  const char *pid = g_getenv("LISTEN_PID");
  const char *count = g_getenv("LISTEN_FDS");

  if ((notify && *notify && !read_notify(self, notify, error)) || (pid && count && !read_sockets(self, pid, count, error))) {
    fl_supervisor_free(self);
    return NULL;
  }
  g_unsetenv("NOTIFY_SOCKET");
  g_unsetenv("LISTEN_PID");
  g_unsetenv("LISTEN_FDS");
  g_unsetenv("LISTEN_FDNAMES");
  return self;
}

void fl_supervisor_free(FlSupervisor *self) {
  if (!self)
    return;
  fl_supervisor_drop_sockets(self);
  g_free(self);
}

guint fl_supervisor_sockets(const FlSupervisor *self) {
  return self->n_sockets;
}

static int option_of(int fd, int name) {
  int value = -1;
  socklen_t len = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

int fl_supervisor_socket(FlSupervisor *self, guint index, GError **error) {
  int fd = FL_SUPERVISOR_FIRST_FD + (int)index;
  int domain = option_of(fd, SO_DOMAIN);
  g_autofree char *what = g_strdup_printf("passed socket %d", fd);

  if ((domain != AF_INET && domain != AF_INET6) || option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) != 1) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: it is no TCP socket that listens", what);
    return -1;
  }
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  /* systemd's are blocking, and whoever shares one may find that another was first. */
  if (own < 0 || fcntl(own, F_SETFL, fcntl(own, F_GETFL) | O_NONBLOCK) != 0) {
    set_error(error, errno, what);
    if (own >= 0)
      close(own);
    return -1;
  }
  return own;
}

void fl_supervisor_drop_sockets(FlSupervisor *self) {
  for (guint i = 0; i < self->n_sockets; i++)
    close(FL_SUPERVISOR_FIRST_FD + (int)i);
  self->n_sockets = 0;
}

gboolean fl_supervisor_tell(FlSupervisor *self, const char *state, GError **error) {
  if (self->notify_len == 0)
    return TRUE;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  gssize sent = fd < 0 ? -1 : sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&self->notify, self->notify_len);
  int why = errno;
  if (fd >= 0)
    close(fd);
  if (sent < 0)
    set_error(error, why, "NOTIFY_SOCKET");
  return sent >= 0;
}
