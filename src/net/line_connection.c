/* Relaying one connection. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/line_connection.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <unistd.h>

#include "core/clock.h"
#include "net/line_pipe.h"

#define MOST_PARTS 64

/* A browser's host that is gone without a word is noticed by the kernel. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 3

/* One of the two sockets. */
typedef struct {
  FlPollable pollable;
  FlLineConnection *of;
  FlLinePipe *in;     /* what is read here goes into */
  FlLinePipe *out;    /* what is written here comes from */
  guint32 watched;    /* for these events; 0: not in the poller */
  gboolean is_client;
  gboolean blocked;   /* it takes nothing now, or is still being connected */
  gboolean told;      /* it has been told of the end of `out` */
  gboolean broken;    /* it was reset, or could not be connected: there is no one to write to */
} End;

struct _FlLineConnection {
  GList link;
  FlLinePath *path;
  End client, server;
  FlLinePipe *up, *down;
  FlLineFlow up_flow, down_flow;
  FlDeadline silence; /* running once one side has ended */
};

void fl_line_socket_reset(int fd) {
  struct linger at_once = { .l_onoff = 1 };
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

/* --- the end ------------------------------------------------------------------------------------------------------- */

void fl_line_connection_count(const FlLineConnection *self, FlLineTcp *tcp) {
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;

  if (getsockopt(self->client.pollable.fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
    return;
  tcp->bytes_sent += info.tcpi_bytes_sent;
  tcp->bytes_received += info.tcpi_bytes_received;
  tcp->segs_out += info.tcpi_segs_out;
  tcp->segs_in += info.tcpi_segs_in;
}

static void close_end(End *end, gboolean reset) {
  if (end->watched)
    fl_poller_remove(end->of->path->poller, &end->pollable);
  if (reset)
    fl_line_socket_reset(end->pollable.fd);
  else
    close(end->pollable.fd);
}

static void finish(FlLineConnection *self, gboolean reset) {
  FlLinePath *path = self->path;

  fl_line_connection_count(self, &path->tcp_ended);
  path->stirred = TRUE;
  path->ended(self, path->user);
  fl_deadline_stop(&self->silence);
  close_end(&self->client, reset);
  close_end(&self->server, reset);
  fl_line_pipe_free(self->up);
  fl_line_pipe_free(self->down);
  g_free(self);
}

void fl_line_connection_reset(FlLineConnection *self) {
  finish(self, TRUE);
}

/* --- moving bytes -------------------------------------------------------------------------------------------------- */

static End *other_of(End *end) {
  return end->is_client ? &end->of->server : &end->of->client;
}

static gint64 delay(End *from, gsize bytes) {
  FlLineConnection *self = from->of;
  FlLinePath *path = self->path;
  return fl_line_delay(path->profile, from->is_client ? &path->up : &path->down,
                       from->is_client ? &self->up_flow : &self->down_flow, fl_clock_now_ns(), bytes);
}

/* At a limited rate segments arrive one by one. */
static void put(End *from, const guint8 *data, gsize len) {
  gsize piece = from->of->path->profile->kbit > 0 ? FL_LINE_SEGMENT_BYTES : len;

  for (gsize n; len > 0; data += n, len -= n) {
    n = MIN(piece, len);
    fl_line_pipe_put(from->in, data, n, delay(from, n));
  }
}

/* A reset travels as an end of stream does; what it means is seen when that arrives. */
static void break_end(End *end) {
  end->broken = TRUE;
  if (!fl_line_pipe_has_end(end->in))
    fl_line_pipe_end(end->in, delay(end, 0));
}

/* When there is silence from now on, one side having said its last, the connection ends. */
static void note_progress(FlLineConnection *self) {
  if (fl_line_pipe_has_end(self->up) || fl_line_pipe_has_end(self->down))
    fl_deadline_start(self->path->silences, &self->silence, fl_clock_now_ns());
}

/* Once for each time that it is readable: the others have their turn too. */
static void read_from(End *from) {
  guint8 data[FL_LINE_PIPE_BYTES];
  ssize_t n = recv(from->pollable.fd, data, fl_line_pipe_room(from->in), 0);

  if (n > 0)
    put(from, data, (gsize)n);
  else if (n == 0)
    fl_line_pipe_end(from->in, delay(from, 0));
  else if (errno != EAGAIN && errno != EINTR)
    break_end(from);
  note_progress(from->of);
}

static void count(End *to, gsize bytes) {
  FlLinePath *path = to->of->path;
  *(to->is_client ? &path->bytes_down : &path->bytes_up) += bytes;
  note_progress(to->of);
}

static void write_due(End *to, gint64 now_ns) {
  struct iovec parts[MOST_PARTS];

  while (!to->blocked && !to->broken) {
    struct msghdr message = { .msg_iov = parts };
    message.msg_iovlen = fl_line_pipe_due(to->out, now_ns, parts, MOST_PARTS);
    if (message.msg_iovlen == 0)
      return;
    ssize_t n = sendmsg(to->pollable.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      fl_line_pipe_drop(to->out, (gsize)n);
      count(to, (gsize)n);
    } else if (errno == EAGAIN) {
      to->blocked = TRUE;
    } else if (errno != EINTR) {
      break_end(to);
    }
  }
}

static void write_to(End *to, gint64 now_ns) {
  write_due(to, now_ns);
  if (to->told || to->blocked || to->broken || other_of(to)->broken || !fl_line_pipe_is_over(to->out, now_ns))
    return;
  shutdown(to->pollable.fd, SHUT_WR);
  to->told = TRUE;
}

/* A socket of which nothing is wanted is not watched at all: epoll would go on telling of its end. */
static void watch(End *end, guint32 events) {
  FlPoller *poller = end->of->path->poller;

  if (events == end->watched)
    return;
  if (events == 0)
    fl_poller_remove(poller, &end->pollable);
  else if (end->watched == 0)
    fl_poller_add(poller, &end->pollable, events);
  else
    fl_poller_modify(poller, &end->pollable, events);
  end->watched = events;
}

static void watch_what_is_wanted(End *end) {
  gboolean may_read = !end->broken && !other_of(end)->broken && (end->is_client || end->of->path->reads);
  guint32 in = may_read && fl_line_pipe_room(end->in) > 0 ? EPOLLIN : 0;
  guint32 out = end->blocked && !end->broken ? EPOLLOUT : 0;
  watch(end, in | out);
}

/* Whether a side was reset and the other has got all that was said before. */
static gboolean is_broken_off(FlLineConnection *self, gint64 now_ns) {
  return (self->client.broken && (self->server.broken || fl_line_pipe_is_over(self->up, now_ns))) ||
         (self->server.broken && fl_line_pipe_is_over(self->down, now_ns));
}

void fl_line_connection_run(FlLineConnection *self, gint64 now_ns) {
  self->path->stirred = TRUE;
  write_to(&self->server, now_ns);
  write_to(&self->client, now_ns);
  gboolean broken_off = is_broken_off(self, now_ns);
  if (broken_off || (self->client.told && self->server.told)) {
    finish(self, broken_off);
    return;
  }
  watch_what_is_wanted(&self->client);
  watch_what_is_wanted(&self->server);
}

static void on_ready(FlPollable *pollable, guint32 events) {
  End *end = (End *)((char *)pollable - offsetof(End, pollable));

  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
    end->blocked = FALSE;
  if (end->watched & EPOLLIN && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
    read_from(end);
  fl_line_connection_run(end->of, fl_clock_now_ns());
}

static gint64 next_to(const End *to) {
  return to->told || to->blocked || to->broken ? G_MAXINT64 : fl_line_pipe_next(to->out);
}

gint64 fl_line_connection_next(const FlLineConnection *self) {
  return MIN(next_to(&self->client), next_to(&self->server));
}

gboolean fl_line_connection_is_served(const FlLineConnection *self) {
  return self->client.told || self->client.broken || !self->path->reads;
}

/* --- the beginning ------------------------------------------------------------------------------------------------- */

static void set(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

/* Segments as on Ethernet, and little room for what is not read: on loopback they would be 64 kB, and some megabytes. */
static int connect_to(const struct sockaddr *address, socklen_t address_len) {
  int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return -1;
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, IPPROTO_TCP, TCP_MAXSEG, FL_LINE_MSS);
  set(fd, SOL_SOCKET, SO_RCVBUF, FL_LINE_PIPE_BYTES);
  if (connect(fd, address, address_len) == 0 || errno == EINPROGRESS)
    return fd;
  close(fd);
  return -1;
}

static void end_init(End *end, FlLineConnection *of, int fd, FlLinePipe *in, FlLinePipe *out) {
  *end = (End){ .pollable = { .fd = fd, .ready = on_ready }, .of = of, .in = in, .out = out };
}

FlLineConnection *fl_line_connection_new(FlLinePath *path, int client_fd, const struct sockaddr *address,
                                         socklen_t address_len, guint64 seed) {
  int server_fd = connect_to(address, address_len);

  if (server_fd < 0) {
    fl_line_socket_reset(client_fd);
    return NULL;
  }
  set(client_fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(client_fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
  set(client_fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
  set(client_fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
  FlLineConnection *self = g_new0(FlLineConnection, 1);
  gint64 now_ns = fl_clock_now_ns();
  self->link.data = self;
  self->path = path;
  self->up = fl_line_pipe_new();
  self->down = fl_line_pipe_new();
  fl_line_flow_init(&self->up_flow, path->profile, now_ns, 2 * seed);
  fl_line_flow_init(&self->down_flow, path->profile, now_ns, 2 * seed + 1);
  end_init(&self->client, self, client_fd, self->up, self->down);
  end_init(&self->server, self, server_fd, self->down, self->up);
  self->client.is_client = TRUE;
  self->server.blocked = TRUE;
  watch_what_is_wanted(&self->client);
  watch_what_is_wanted(&self->server);
  return self;
}

FlLineConnection *fl_line_connection_of_silence(FlDeadline *entry) {
  return (FlLineConnection *)((char *)entry - offsetof(FlLineConnection, silence));
}

GList *fl_line_connection_link(FlLineConnection *self) {
  return &self->link;
}
