/* One line. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/line.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>

#include "core/clock.h"
#include "net/listener.h"

#define ACCEPT_MOST 16

struct _FlLine {
  const FlLineConfig *config;
  char id[FL_TOKEN_LEN + 1];
  guint16 port;
  FlListener *listener; /* NULL: closed */
  FlPollable listening;
  FlLimit limit;
  FlLinePath path;
  GQueue connections; /* their own links */
  guint64 seed;
  guint64 accepted, refused;
  gint64 cut_until_ns;
  gint64 next_ns; /* when the next of the connections has something to run */
  FlDeadline vacancy;
};

/* --- connections --------------------------------------------------------------------------------------------------- */

static void on_ended(FlLineConnection *connection, gpointer user) {
  FlLine *self = user;

  g_queue_unlink(&self->connections, fl_line_connection_link(connection));
  fl_limit_release(&self->limit);
  if (self->connections.length == 0)
    fl_deadline_start(self->config->vacancies, &self->vacancy, fl_clock_now_ns());
}

static void on_accepted(gpointer user, int fd, const struct sockaddr *address, socklen_t address_len, gboolean surplus) {
  FlLine *self = user;
  FlLineConnection *connection = NULL;

  if (surplus || fl_clock_now_ns() < self->cut_until_ns)
    fl_line_socket_reset(fd);
  else
    connection = fl_line_connection_new(&self->path, fd, (const struct sockaddr *)&self->config->server,
                                        self->config->server_len, self->seed + self->accepted);
  if (!connection) {
    fl_limit_release(&self->limit);
    self->refused++;
    return;
  }
  self->accepted++;
  g_queue_push_tail_link(&self->connections, fl_line_connection_link(connection));
  fl_deadline_stop(&self->vacancy);
}

static void on_listening(FlPollable *pollable, guint32 events) {
  FlLine *self = (FlLine *)((char *)pollable - offsetof(FlLine, listening));
  fl_listener_accept(self->listener, ACCEPT_MOST);
}

static void reset_all(FlLine *self) {
  while (self->connections.head)
    fl_line_connection_reset(self->connections.head->data);
}

/* Also where one of them ends at that. */
static void run_all(FlLine *self, gint64 now_ns) {
  for (GList *link = self->connections.head, *next; link; link = next) {
    next = link->next;
    if (fl_line_connection_next(link->data) <= now_ns)
      fl_line_connection_run(link->data, now_ns);
  }
}

/* --- the line ------------------------------------------------------------------------------------------------------ */

FlLine *fl_line_new(const FlLineConfig *config, const FlLineProfile *profile, guint64 seed, GError **error) {
  int mss = FL_LINE_MSS;
  int fd = fl_listener_bind(config->host, 0, FL_LISTENER_ALONE, error);

  if (fd < 0)
    return NULL;
  guint16 port = fl_listener_port(fd);
  setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss); /* what is accepted inherits it */
  FlLine *self = g_new0(FlLine, 1);
  self->limit.most = config->connections_most;
  self->listener = fl_listener_new(fd, &self->limit, 0, on_accepted, self, error);
  if (!self->listener) {
    g_free(self);
    return NULL;
  }
  fl_token_generate(self->id);
  self->config = config;
  self->port = port;
  self->seed = seed << 32;
  self->next_ns = G_MAXINT64;
  self->path = (FlLinePath){ .poller = config->poller, .silences = config->silences, .profile = profile, .reads = TRUE,
                             .ended = on_ended, .user = self };
  self->listening = (FlPollable){ .fd = fl_listener_fd(self->listener), .ready = on_listening };
  fl_poller_add(config->poller, &self->listening, EPOLLIN);
  fl_deadline_start(config->vacancies, &self->vacancy, fl_clock_now_ns());
  return self;
}

void fl_line_close(FlLine *self) {
  if (!self->listener)
    return;
  fl_poller_remove(self->config->poller, &self->listening);
  g_clear_pointer(&self->listener, fl_listener_free);
}

void fl_line_free(FlLine *self) {
  fl_line_close(self);
  reset_all(self);
  fl_deadline_stop(&self->vacancy);
  g_free(self);
}

const char *fl_line_id(const FlLine *self) {
  return self->id;
}

void fl_line_figures(const FlLine *self, FlLineFigures *ret_figures) {
  *ret_figures = (FlLineFigures){
    .port = self->port,
    .profile = self->path.profile,
    .reads = self->path.reads,
    .cut_ns = MAX(self->cut_until_ns - fl_clock_now_ns(), 0),
    .connections = self->connections.length,
    .accepted = self->accepted,
    .refused = self->refused,
    .bytes_up = self->path.bytes_up,
    .bytes_down = self->path.bytes_down,
    .tcp = self->path.tcp_ended,
  };
  memcpy(ret_figures->id, self->id, sizeof self->id);
  for (const GList *link = self->connections.head; link; link = link->next)
    fl_line_connection_count(link->data, &ret_figures->tcp);
}

void fl_line_set_profile(FlLine *self, const FlLineProfile *profile) {
  self->path.profile = profile;
}

void fl_line_set_reads(FlLine *self, gboolean reads) {
  self->path.reads = reads;
  for (GList *link = self->connections.head, *next; link; link = next) {
    next = link->next;
    fl_line_connection_run(link->data, fl_clock_now_ns());
  }
}

void fl_line_cut(FlLine *self, gint64 ns) {
  self->cut_until_ns = fl_clock_now_ns() + ns;
  reset_all(self);
}

gint64 fl_line_run(FlLine *self, gint64 now_ns) {
  if (self->next_ns <= now_ns) {
    run_all(self, now_ns);
    self->path.stirred = TRUE;
  }
  if (!self->path.stirred)
    return self->next_ns;
  self->path.stirred = FALSE;
  self->next_ns = G_MAXINT64;
  for (const GList *link = self->connections.head; link; link = link->next)
    self->next_ns = MIN(self->next_ns, fl_line_connection_next(link->data));
  return self->next_ns;
}

gboolean fl_line_is_served(const FlLine *self) {
  for (const GList *link = self->connections.head; link; link = link->next)
    if (!fl_line_connection_is_served(link->data))
      return FALSE;
  return TRUE;
}

FlLine *fl_line_of_vacancy(FlDeadline *entry) {
  return (FlLine *)((char *)entry - offsetof(FlLine, vacancy));
}
