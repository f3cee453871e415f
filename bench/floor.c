/* The floor: what a fan-out over WebSocket costs at the least. A bare loop of send() over all connections, one
 * update after the other by absolute deadlines, TCP_NODELAY, blocking, one thread; no feed, no resume, no event loop
 * while it sends. It frames as feedlab-server does, so that the very same clients read it.
 *
 *     floor RATE SIZE [ADDRESS]     updates per second; bytes of an update's data as JSON text; where to listen (127.0.0.1)
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "codec/websocket.h"
#include "core/clock.h"
#include "core/units.h"
#include "core/update.h"
#include "net/wslink.h"

#define REQUEST_MAX 4096

typedef struct {
  int listen_fd;
  GArray *fds;    /* the subscribers' */
  guint64 sent;   /* updates so far */
  guint64 missed; /* of them, those that went out when the next one was due already */
  gint64 offset_ns;
  GString *data;
} Floor;

static volatile sig_atomic_t stopped;

static void on_term(int signal_number) {
  stopped = 1;
}

static int listen_on(const char *host) {
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
      listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    fprintf(stderr, "floor: listen on %s: %s\n", host, strerror(errno));
    exit(1);
  }
  fprintf(stderr, "listening on http://%s:%u\n", host, ntohs(address.sin_port));
  return fd;
}

/* Read one request, to its empty line; loopback's clients send it at once. */
static gboolean read_request(int fd, char request[REQUEST_MAX]) {
  size_t have = 0;

  while (have + 1 < REQUEST_MAX) {
    ssize_t n = recv(fd, request + have, REQUEST_MAX - 1 - have, 0);
    if (n <= 0)
      return FALSE;
    have += (size_t)n;
    request[have] = '\0';
    if (strstr(request, "\r\n\r\n"))
      return TRUE;
  }
  return FALSE;
}

static gboolean answer_upgrade(int fd, const char *request) {
  static const char name[] = "\r\nSec-WebSocket-Key:";
  char accept[FL_WS_ACCEPT_LEN + 1];
  const char *found = strcasestr(request, name);

  if (!found)
    return FALSE;
  found += sizeof name - 1;
  found += strspn(found, " \t");
  g_autofree char *key = g_strndup(found, strcspn(found, " \t\r"));
  if (!fl_websocket_accept(key, accept))
    return FALSE;
  g_autofree char *head = g_strdup_printf("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                          "Upgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                                          accept);
  return send(fd, head, strlen(head), MSG_NOSIGNAL) == (ssize_t)strlen(head);
}

/* As feedlab-server's GET /stats, as far as the bench asks. */
static void answer_stats(const Floor *self, int fd) {
  g_autofree char *body = g_strdup_printf("{\"source\":{\"missed_deadlines\":%" G_GUINT64_FORMAT "}}\n", self->missed);
  g_autofree char *answer = g_strdup_printf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                            "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                                            strlen(body), body);
  if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
    fprintf(stderr, "floor: /stats: %s\n", strerror(errno));
}

static gboolean is_subscriber(const Floor *self, int fd) {
  char request[REQUEST_MAX];

  if (!read_request(fd, request))
    return FALSE;
  if (g_str_has_prefix(request, "GET /stats ")) {
    answer_stats(self, fd);
    return FALSE;
  }
  return answer_upgrade(fd, request);
}

static void accept_all(Floor *self) {
  int fd, on = 1;

  while ((fd = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (is_subscriber(self, fd))
      g_array_append_val(self->fds, fd);
    else
      close(fd);
  }
}

static GByteArray *frame_of(Floor *self, gint64 deadline_ns) {
  GByteArray *frame = g_byte_array_new();
  gsize len;
  g_autoptr(FlUpdate) update = fl_update_new("floor", ++self->sent, fl_clock_unix_us(deadline_ns, self->offset_ns),
                                             self->data->str, self->data->len);
  const char *json = fl_update_json(update, &len);

  fl_ws_frame_append(frame, FL_WS_TEXT, NULL, json, len);
  return frame;
}

static void send_to_all(Floor *self, const GByteArray *frame) {
  for (guint i = 0; i < self->fds->len;) {
    int fd = g_array_index(self->fds, int, i);
    if (send(fd, frame->data, frame->len, MSG_NOSIGNAL) == (ssize_t)frame->len) {
      i++;
      continue;
    }
    close(fd);
    g_array_remove_index_fast(self->fds, i);
  }
}

/* Accept until the deadline. */
static void wait_until(Floor *self, gint64 deadline_ns) {
  struct pollfd listening = { .fd = self->listen_fd, .events = POLLIN };
  gint64 left_ns;

  while (!stopped && (left_ns = deadline_ns - fl_clock_now_ns()) > 0) {
    struct timespec timeout = { .tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000 };
    if (ppoll(&listening, 1, &timeout, NULL) > 0)
      accept_all(self);
  }
}

static void run(Floor *self, double rate) {
  gint64 interval_ns = (gint64)(1e9 / rate + 0.5);
  gint64 deadline_ns = fl_clock_now_ns() + interval_ns;

  for (; !stopped; deadline_ns += interval_ns) {
    wait_until(self, deadline_ns);
    self->missed += fl_clock_now_ns() >= deadline_ns + interval_ns;
    self->offset_ns = fl_clock_offset_ns();
    g_autoptr(GByteArray) frame = frame_of(self, deadline_ns);
    send_to_all(self, frame);
  }
}

int main(int argc, char **argv) {
  double rate;
  gint64 size;

  if (argc < 3 || argc > 4 || !fl_units_rate(argv[1], &rate) || rate <= 0 || !fl_units_bytes(argv[2], &size) || size < 2) {
    fprintf(stderr, "usage: floor RATE SIZE [ADDRESS]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  struct sigaction on = { .sa_handler = on_term }; /* no SA_RESTART: it has to interrupt the wait */
  sigaction(SIGTERM, &on, NULL);
  sigaction(SIGINT, &on, NULL);
  Floor self = { .listen_fd = listen_on(argc == 4 ? argv[3] : "127.0.0.1"), .fds = g_array_new(FALSE, FALSE, sizeof(int)) };
  self.data = g_string_new("\"");
  while (self.data->len + 1 < (gsize)size)
    g_string_append_c(self.data, 'x');
  g_string_append_c(self.data, '"');
  run(&self, rate);
  for (guint i = 0; i < self.fds->len; i++)
    close(g_array_index(self.fds, int, i));
  g_array_free(self.fds, TRUE);
  g_string_free(self.data, TRUE);
  close(self.listen_fd);
  return 0;
}
