/* Listening and accepting. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096

struct _FlListener {
  int fd;
  int reserve_fd;
  FlLimit *limit;
  int sndbuf_bytes;
  gboolean expects_requests;
  FlAccepted accepted;
  gpointer user;
};

static const char full[] = "HTTP/1.1 503 Service Unavailable\r\n"
                           "Content-Type: application/problem+json\r\n"
                           "Content-Length: 97\r\n"
                           "Retry-After: 5\r\n"
                           "Connection: close\r\n"
                           "\r\n"
                           "{\"title\":\"Service Unavailable\",\"status\":503,"
                           "\"detail\":\"The server has all the clients it takes.\"}\n";

/* An EventSource gives up for good on any status but 200. That any page may read this tells it nothing. */
static const char later[] = "HTTP/1.1 200 OK\r\n"
                            "Content-Type: text/event-stream\r\n"
                            "Cache-Control: no-store\r\n"
                            "Access-Control-Allow-Origin: *\r\n"
                            "Connection: close\r\n"
                            "\r\n"
                            "retry: 5000\n\n";

static void reserve(FlListener *self) {
  self->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int bind_socket(const struct addrinfo *address, gboolean shared) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;

  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared)
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, address->ai_addr, address->ai_addrlen) == 0)
    return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

/* SO_REUSEPORT would let two servers share a port unawares: the first socket must be able to have it alone. */
static int bind_first(const struct addrinfo *address) {
  int alone = bind_socket(address, FALSE);

  if (alone < 0)
    return -1;
  close(alone);
  return bind_socket(address, TRUE);
}

int fl_listener_bind(const char *host, guint16 port, FlListenerShare share, GError **error) {
  struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  char service[8];

  g_snprintf(service, sizeof service, "%u", port);
  int failed = getaddrinfo(host, service, &hints, &found);
  if (failed) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "listen on %s: %s", host, gai_strerror(failed));
    return -1;
  }
  int fd = share == FL_LISTENER_FIRST ? bind_first(found) : bind_socket(found, share == FL_LISTENER_FURTHER);
  if (fd < 0) {
    int why = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why), "listen on %s:%u: %s", host, port, g_strerror(why));
  }
  freeaddrinfo(found);
  return fd;
}

static struct sockaddr_storage bound_to(int fd) {
  struct sockaddr_storage address = { 0 };
  socklen_t len = sizeof address;
  getsockname(fd, (struct sockaddr *)&address, &len);
  return address;
}

guint16 fl_listener_port(int fd) {
  struct sockaddr_storage address = bound_to(fd);
  return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                             : ((struct sockaddr_in *)&address)->sin_port);
}

char *fl_listener_url(int fd) {
  struct sockaddr_storage address = bound_to(fd);
  char host[INET6_ADDRSTRLEN];

  if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, host, sizeof host);
    return g_strdup_printf("http://[%s]:%u", host, fl_listener_port(fd));
  }
  inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, host, sizeof host);
  return g_strdup_printf("http://%s:%u", host, fl_listener_port(fd));
}

gboolean fl_listener_is_loopback(int fd) {
  struct sockaddr_storage address = bound_to(fd);
  if (address.ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr);
  return ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == 127;
}

socklen_t fl_listener_near_address(int fd, struct sockaddr_storage *ret_address) {
  *ret_address = bound_to(fd);
  if (ret_address->ss_family == AF_INET6) {
    struct in6_addr *in6 = &((struct sockaddr_in6 *)ret_address)->sin6_addr;
    if (IN6_IS_ADDR_UNSPECIFIED(in6))
      *in6 = in6addr_loopback;
    return sizeof(struct sockaddr_in6);
  }
  struct in_addr *in = &((struct sockaddr_in *)ret_address)->sin_addr;
  if (in->s_addr == htonl(INADDR_ANY))
    in->s_addr = htonl(INADDR_LOOPBACK);
  return sizeof(struct sockaddr_in);
}

FlListener *fl_listener_new(int fd, FlLimit *limit, int sndbuf_bytes, FlAccepted accepted, gpointer user,
                            GError **error) {
  if (listen(fd, BACKLOG) != 0) {
    int why = errno;
    g_autofree char *url = fl_listener_url(fd);
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why), "listen on %s: %s", url, g_strerror(why));
    close(fd);
    return NULL;
  }
  FlListener *self = g_new0(FlListener, 1);
  self->fd = fd;
  self->limit = limit;
  self->sndbuf_bytes = sndbuf_bytes;
  self->accepted = accepted;
  self->user = user;
  reserve(self);
  return self;
}

void fl_listener_free(FlListener *self) {
  if (!self)
    return;
  close(self->fd);
  if (self->reserve_fd >= 0)
    close(self->reserve_fd);
  g_free(self);
}

int fl_listener_fd(const FlListener *self) {
  return self->fd;
}

/* From now on, who sends no request with its connection is not accepted for this long, so that most can be answered. */
static void expect_requests(FlListener *self) {
  int seconds = 1;
  if (!self->expects_requests)
    setsockopt(self->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
  self->expects_requests = TRUE;
}

void fl_limit_release(FlLimit *self) {
  atomic_fetch_sub(&self->now, 1);
}

/* The request is read first: what to say depends on it, and closing with unread input would reset the connection and take the
 * answer away from the client. Where it has not come yet, nothing is said, which all clients take for a failure of the network. */
static void answer_full(FlListener *self, int fd) {
  char request[16384];
  ssize_t n = recv(fd, request, sizeof request - 1, MSG_DONTWAIT);

  if (n > 0) {
    request[n] = '\0';
    gboolean is_event_source = strstr(request, "text/event-stream") != NULL;
    (void)!send(fd, is_event_source ? later : full, (is_event_source ? sizeof later : sizeof full) - 1,
                MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  shutdown(fd, SHUT_WR);
  close(fd);
  expect_requests(self);
}

static void hand_on(FlListener *self, int fd, const struct sockaddr_storage *address, socklen_t len) {
  int on = 1;
  gint before = atomic_fetch_add(&self->limit->now, 1);

  if (before >= self->limit->most + FL_LIMIT_SURPLUS) {
    fl_limit_release(self->limit);
    answer_full(self, fd);
    return;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (self->sndbuf_bytes > 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &self->sndbuf_bytes, sizeof self->sndbuf_bytes);
  self->accepted(self->user, fd, (const struct sockaddr *)address, len, before >= self->limit->most);
}

static void accept_on_reserve(FlListener *self) {
  if (self->reserve_fd >= 0)
    close(self->reserve_fd);
  int fd = accept4(self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0)
    answer_full(self, fd);
  reserve(self);
}

void fl_listener_accept(FlListener *self, guint most) {
  for (; most > 0; most--) {
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    int fd = accept4(self->fd, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
      hand_on(self, fd, &address, len);
    else if (errno == EMFILE || errno == ENFILE)
      accept_on_reserve(self);
    else if (errno != EINTR && errno != ECONNABORTED)
      return;
  }
}
