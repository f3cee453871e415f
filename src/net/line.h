/* A line: a port of its own at which the server is reached as through a network of some kind. Its connections have a delay,
 * a rate and stalls as its profile says; it can be cut, and it can stop taking what the server sends.
 *
 * It has no thread and no lock: the set of lines has (net/line_set.h), and calls everything here.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/token.h"
#include "net/line_connection.h"

typedef struct _FlLine FlLine;

/* What a line is and has done. */
typedef struct {
  char id[FL_TOKEN_LEN + 1]; /* unguessable: whoever knows it may change the line */
  guint16 port;
  const FlLineProfile *profile;
  gboolean reads;
  gint64 cut_ns; /* how long connections will still be refused; 0: they are not */
  guint connections;
  guint64 accepted, refused;
  guint64 bytes_up, bytes_down;
  FlLineTcp tcp;
} FlLineFigures;

/* What all lines of a set have in common; borrowed for as long as the line lives. */
typedef struct {
  FlPoller *poller;
  FlDeadlineList *silences;       /* of connections, see FlLinePath */
  FlDeadlineList *vacancies;      /* of lines that no one is connected to */
  const char *host;               /* where lines listen, as given to fl_listener_bind */
  struct sockaddr_storage server; /* where they lead to */
  socklen_t server_len;
  guint connections_most;
} FlLineConfig;

/* fl_line_new: listen on a free port. `seed`: of all its jitter and stalls. Returns: NULL with an error. */
FlLine *fl_line_new(const FlLineConfig *config, const FlLineProfile *profile, guint64 seed, GError **error);

/* fl_line_free: ends all connections with a reset. */
void fl_line_free(FlLine *self);

const char *fl_line_id(const FlLine *self);
void fl_line_figures(const FlLine *self, FlLineFigures *ret_figures);

/* fl_line_set_profile: for what comes from now on; what is on its way keeps its time.
 * fl_line_set_reads: whether bytes are taken from the server.
 * fl_line_cut: end all connections with a reset, and refuse others, in the same way, for so long. */
void fl_line_set_profile(FlLine *self, const FlLineProfile *profile);
void fl_line_set_reads(FlLine *self, gboolean reads);
void fl_line_cut(FlLine *self, gint64 ns);

/* fl_line_run: let leave what may at `now_ns`. Returns: when there is something to run again, G_MAXINT64 where sockets are
 * waited for. Cheap where nothing has happened. */
gint64 fl_line_run(FlLine *self, gint64 now_ns);

/* fl_line_close: accept no more. fl_line_is_served: whether nothing of the server's is on its way any more. */
void fl_line_close(FlLine *self);
gboolean fl_line_is_served(const FlLine *self);

/* fl_line_of_vacancy: of an entry of `vacancies`. */
FlLine *fl_line_of_vacancy(FlDeadline *entry);
