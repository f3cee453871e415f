/* A server as a child. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/cpus.h"
#include "core/clock.h"

#define LINES_KEPT 8
#define START_NS G_GINT64_CONSTANT(10000000000)
#define STOP_MS 15000

struct _FlChild {
  pid_t pid;
  int log_fd;
  guint16 port;
  GThread *reader; /* from when it listens */
  GMutex lock;
  GQueue *lines;   /* the last ones */
  GString *line;   /* the one that has no end yet */
};

static void keep_line(FlChild *self, const char *line) {
  static const char listening[] = "listening on http://";
  const char *colon = strrchr(line, ':');

  if (g_str_has_prefix(line, listening) && colon)
    self->port = (guint16)g_ascii_strtoull(colon + 1, NULL, 10);
  g_mutex_lock(&self->lock);
  g_queue_push_tail(self->lines, g_strdup(line));
  if (g_queue_get_length(self->lines) > LINES_KEPT)
    g_free(g_queue_pop_head(self->lines));
  g_mutex_unlock(&self->lock);
}

/* Returns: FALSE at the end of the log. */
static gboolean read_log(FlChild *self) {
  char data[16384];
  ssize_t n = read(self->log_fd, data, sizeof data);

  if (n < 0 && errno == EINTR)
    return TRUE;
  if (n <= 0)
    return FALSE;
  for (ssize_t i = 0; i < n; i++) {
    if (data[i] != '\n') {
      g_string_append_c(self->line, data[i]);
      continue;
    }
    keep_line(self, self->line->str);
    g_string_truncate(self->line, 0);
  }
  return TRUE;
}

static gpointer read_on(gpointer user) {
  while (read_log(user))
    ;
  return NULL;
}

static void become(const char *const *argv, int cpu, int log_fd) {
  fl_cpus_pin(cpu);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log_fd, STDERR_FILENO);
  execv(argv[0], (char *const *)argv);
  dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

static gboolean wait_until_listening(FlChild *self) {
  gint64 until_ns = fl_clock_now_ns() + START_NS;

  while (self->port == 0) {
    gint64 left_ms = (until_ns - fl_clock_now_ns()) / 1000000;
    struct pollfd log = { .fd = self->log_fd, .events = POLLIN };
    if (left_ms <= 0 || poll(&log, 1, (int)left_ms) < 0)
      return FALSE;
    if (log.revents && !read_log(self))
      return FALSE;
  }
  return TRUE;
}

FlChild *fl_child_start(const char *const *argv, int cpu, GError **error) {
  int log_pipe[2];

  if (pipe2(log_pipe, O_CLOEXEC) != 0) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "a pipe for %s: %s", argv[0], g_strerror(errno));
    return NULL;
  }
  pid_t pid = fork();
  if (pid == 0)
    become(argv, cpu, log_pipe[1]);
  close(log_pipe[1]);
  if (pid < 0) {
    close(log_pipe[0]);
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "fork for %s: %s", argv[0], g_strerror(errno));
    return NULL;
  }
  FlChild *self = g_new0(FlChild, 1);
  self->pid = pid;
  self->log_fd = log_pipe[0];
  self->lines = g_queue_new();
  self->line = g_string_new(NULL);
  g_mutex_init(&self->lock);
  if (!wait_until_listening(self)) {
    g_autofree char *words = fl_child_last_words(self);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s did not come to listen:\n%s", argv[0], words);
    fl_child_stop(self);
    return NULL;
  }
  self->reader = g_thread_new("child-log", read_on, self);
  return self;
}

/* Wait for the end, and force it where it doesn't come. */
static int reap(pid_t pid) {
  int status = 0;
  int pid_fd = pidfd_open(pid, 0);
  struct pollfd end = { .fd = pid_fd, .events = POLLIN };

  kill(pid, SIGTERM);
  if (pid_fd >= 0) {
    if (poll(&end, 1, STOP_MS) == 0)
      kill(pid, SIGKILL);
    close(pid_fd);
  }
  waitpid(pid, &status, 0);
  return status;
}

int fl_child_stop(FlChild *self) {
  int status = reap(self->pid);

  if (self->reader)
    g_thread_join(self->reader);
  close(self->log_fd);
  g_queue_free_full(self->lines, g_free);
  g_string_free(self->line, TRUE);
  g_mutex_clear(&self->lock);
  g_free(self);
  return status;
}

pid_t fl_child_pid(const FlChild *self) {
  return self->pid;
}

guint16 fl_child_port(const FlChild *self) {
  return self->port;
}

char *fl_child_last_words(FlChild *self) {
  GString *words = g_string_new(NULL);

  g_mutex_lock(&self->lock);
  for (GList *line = self->lines->head; line; line = line->next)
    g_string_append_printf(words, "%s%s", words->len ? "\n" : "", (const char *)line->data);
  g_mutex_unlock(&self->lock);
  return g_string_free(words, FALSE);
}
