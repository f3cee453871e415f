/* The publisher's thread. See the header.
 *
 *     ┌──► wait for the deadline or an answer ──► read answers ──┐
 *     └───────────────── send an update if it is due ◄───────────┘
 *
 * SPDX-License-Identifier: MIT */
#include "bench/publisher.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/http.h"
#include "core/clock.h"

#define NICENESS (-10)
#define SEND_PATIENCE_MS 5000

struct _FlPublisher {
  struct sockaddr_in server;
  char *url, *head;
  double rate_hz;
  gsize size_bytes;
  gint64 begin_ns, offset_ns;
  guint64 first_seq;
  guint64 sent;     /* updates */
  guint64 answered; /* of them */
  gint missed;      /* atomic */
  int fd;           /* -1 between two connections */
  int stop_fd;      /* an eventfd: readable when it is to end */
  FlHttpParser *answers;
  GString *request;
  GThread *thread;
  GMutex lock;
  char *error; /* under the lock */
};

static void fail(FlPublisher *self, const char *why) {
  g_mutex_lock(&self->lock);
  if (!self->error)
    self->error = g_strdup_printf("publishing to %s: %s", self->url, why);
  g_mutex_unlock(&self->lock);
}

/* --- the schedule -------------------------------------------------------------------------------------------------- */

static gint64 deadline_ns(const FlPublisher *self, guint64 n) {
  return self->begin_ns + (gint64)llround((double)n * 1e9 / self->rate_hz);
}

static gint64 deadline_us(const FlPublisher *self, guint64 n) {
  return fl_clock_unix_us(deadline_ns(self, n), self->offset_ns);
}

/* The first update that is scheduled for `t_us` or later. */
static guint64 first_from(const FlPublisher *self, gint64 t_us) {
  double after_s = (double)(t_us - deadline_us(self, 0)) / 1e6;
  guint64 n = after_s > 0 ? (guint64)(after_s * self->rate_hz) : 0;

  n = n > 2 ? n - 2 : 0;
  while (deadline_us(self, n) < t_us)
    n++;
  return n;
}

guint64 fl_publisher_count(const FlPublisher *self, gint64 from_us, gint64 to_us) {
  return first_from(self, to_us) - first_from(self, from_us);
}

/* --- the connection ------------------------------------------------------------------------------------------------ */

static int connect_to(const struct sockaddr_in *server) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;

  if (fd < 0)
    return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (const struct sockaddr *)server, sizeof *server) == 0)
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static gboolean reconnect(FlPublisher *self) {
  self->fd = connect_to(&self->server);
  if (self->fd < 0)
    fail(self, g_strerror(errno));
  fl_http_parser_next(self->answers, FALSE);
  return self->fd >= 0;
}

/* A server may end a connection that owes nothing: nginx does so after a number of requests. */
static gboolean take_end(FlPublisher *self) {
  close(self->fd);
  self->fd = -1;
  if (self->answered < self->sent)
    fail(self, "the server ended the connection without an answer");
  return self->answered == self->sent;
}

static gboolean take_answer(FlPublisher *self) {
  int status = fl_http_parser_status(self->answers);
  const char *connection = fl_http_parser_header(self->answers, "Connection");
  gboolean ends = connection && g_ascii_strcasecmp(connection, "close") == 0;
  char why[64];

  self->answered++;
  fl_http_parser_next(self->answers, FALSE);
  if (status >= 200 && status < 300)
    return !ends || take_end(self);
  g_snprintf(why, sizeof why, "an update was answered with %d", status);
  fail(self, why);
  return FALSE;
}

/* Returns: FALSE when it is over. */
static gboolean read_answers(FlPublisher *self) {
  char data[16384];
  ssize_t n = recv(self->fd, data, sizeof data, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n <= 0)
    return take_end(self);
  for (gsize used = 0; used < (gsize)n && self->fd >= 0;) {
    used += fl_http_parser_receive(self->answers, data + used, (gsize)n - used, NULL);
    if (fl_http_parser_state(self->answers) == FL_HTTP_DONE) {
      if (self->answered == self->sent || !take_answer(self))
        return FALSE;
    } else if (fl_http_parser_state(self->answers) == FL_HTTP_MALFORMED) {
      fail(self, "an answer is no HTTP");
      return FALSE;
    }
  }
  return TRUE;
}

/* --- updates ------------------------------------------------------------------------------------------------------- */

static void build_request(FlPublisher *self) {
  gsize head_len = strlen(self->head);

  g_string_truncate(self->request, 0);
  g_string_append_len(self->request, self->head, (gssize)head_len);
  g_string_append_printf(self->request,
                         "{\"seq\":%" G_GUINT64_FORMAT ",\"t\":%" G_GINT64_FORMAT ",\"data\":\"%016" G_GINT64_FORMAT,
                         self->first_seq + self->sent, deadline_us(self, self->sent), g_get_real_time());
  while (self->request->len < head_len + self->size_bytes - 2)
    g_string_append_c(self->request, 'x');
  g_string_append(self->request, "\"}");
}

/* Returns: FALSE where there is none in time, or it is to end. */
static gboolean wait_for_room(const FlPublisher *self) {
  struct pollfd fds[] = { { .fd = self->stop_fd, .events = POLLIN }, { .fd = self->fd, .events = POLLOUT } };
  return poll(fds, G_N_ELEMENTS(fds), SEND_PATIENCE_MS) > 0 && fds[0].revents == 0;
}

/* A full socket means that the server has not read for a long time; the schedule then waits, and deadlines are missed. */
static gboolean send_update(FlPublisher *self) {
  build_request(self);
  for (gsize sent = 0; sent < self->request->len;) {
    ssize_t n = send(self->fd, self->request->str + sent, self->request->len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
      sent += (gsize)n;
    else if (errno == EAGAIN ? !wait_for_room(self) : errno != EINTR) {
      fail(self, errno == EAGAIN ? "the server does not read" : g_strerror(errno));
      return FALSE;
    }
  }
  self->sent++;
  return TRUE;
}

/* One that is due when the next one is too was met too late. */
static gboolean send_due(FlPublisher *self) {
  gint64 now_ns = fl_clock_now_ns();

  if (deadline_ns(self, self->sent) > now_ns)
    return TRUE;
  if (deadline_ns(self, self->sent + 1) <= now_ns)
    g_atomic_int_inc(&self->missed);
  return (self->fd >= 0 || reconnect(self)) && send_update(self);
}

/* Returns: FALSE when it is over. */
static gboolean wait_and_read(FlPublisher *self) {
  struct pollfd fds[] = { { .fd = self->stop_fd, .events = POLLIN }, { .fd = self->fd, .events = POLLIN } };
  gint64 left_ns = MAX(deadline_ns(self, self->sent) - fl_clock_now_ns(), 0);
  struct timespec left = { left_ns / 1000000000, left_ns % 1000000000 };

  if (ppoll(fds, G_N_ELEMENTS(fds), &left, NULL) < 0 && errno != EINTR)
    return FALSE;
  if (fds[0].revents)
    return FALSE;
  return fds[1].revents == 0 || read_answers(self);
}

/* It shares a CPU with the subscribers, and goes before them where that is allowed. */
static gpointer publish(gpointer user) {
  FlPublisher *self = user;

  prctl(PR_SET_TIMERSLACK, 1);
  setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
  while (wait_and_read(self) && send_due(self))
    ;
  return NULL;
}

FlPublisher *fl_publisher_start(const FlPublisherConfig *config, GError **error) {
  struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(config->port) };

  g_assert(config->size_bytes >= FL_PUBLISHER_SIZE_MIN);
  inet_pton(AF_INET, config->host, &server.sin_addr);
  g_autofree char *url = g_strdup_printf("http://%s:%u%s", config->host, config->port, config->target);
  int fd = connect_to(&server);
  if (fd < 0) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "publishing to %s: %s", url, g_strerror(errno));
    return NULL;
  }
  FlPublisher *self = g_new0(FlPublisher, 1);
  self->server = server;
  self->fd = fd;
  self->stop_fd = eventfd(0, EFD_CLOEXEC);
  self->url = g_steal_pointer(&url);
  self->head = g_strdup_printf("POST %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: feedlab-bench\r\n"
                               "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                               config->target, config->host, config->port, config->size_bytes);
  self->rate_hz = config->rate_hz;
  self->size_bytes = config->size_bytes;
  self->answers = fl_http_parser_new();
  self->request = g_string_sized_new(strlen(self->head) + config->size_bytes + 1);
  self->offset_ns = fl_clock_offset_ns();
  self->begin_ns = fl_clock_now_ns();
  self->first_seq = (guint64)fl_clock_unix_us(self->begin_ns, self->offset_ns);
  g_mutex_init(&self->lock);
  self->thread = g_thread_new("publisher", publish, self);
  return self;
}

void fl_publisher_free(FlPublisher *self) {
  if (!self)
    return;
  eventfd_write(self->stop_fd, 1);
  g_thread_join(self->thread);
  close(self->stop_fd);
  if (self->fd >= 0)
    close(self->fd);
  fl_http_parser_free(self->answers);
  g_string_free(self->request, TRUE);
  g_mutex_clear(&self->lock);
  g_free(self->error);
  g_free(self->head);
  g_free(self->url);
  g_free(self);
}

gint64 fl_publisher_missed(const FlPublisher *self) {
  return g_atomic_int_get(&self->missed);
}

char *fl_publisher_error(FlPublisher *self) {
  g_mutex_lock(&self->lock);
  char *error = g_strdup(self->error);
  g_mutex_unlock(&self->lock);
  return error;
}
