/* One connection through a line: the browser's socket, a socket to the server, and what is on its way between them.
 *
 *     client ──► up pipe ──► server        an end of stream is passed on like bytes, and so is a reset
 *     client ◄── down pipe ◄── server      a full pipe is read into no more: the sender's own TCP then waits
 *
 * It has no thread: its line's set runs it. What a line's connections have in common is their path.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <sys/socket.h>

#include "net/deadline.h"
#include "net/line_delay.h"
#include "net/poller.h"

typedef struct _FlLineConnection FlLineConnection;

/* TCP_MAXSEG of Ethernet: 1500 less the heads of IPv4 and TCP. */
#define FL_LINE_MSS 1460

/* What TCP_INFO says of the browsers' sockets: all that were ever there. */
typedef struct {
  guint64 bytes_sent, bytes_received, segs_out, segs_in;
} FlLineTcp;

/* Owned by the line; everything is to be changed between two calls only. */
typedef struct {
  FlPoller *poller;         /* borrowed */
  FlDeadlineList *silences; /* borrowed: ends connections that one side has ended and on which nothing moves any more */
  const FlLineProfile *profile;
  FlLineWire up, down;
  gboolean reads;      /* bytes are taken from the server */
  gboolean stirred;    /* something has moved: fl_line_connection_next is to be asked again */
  guint64 bytes_up;    /* given to the server … */
  guint64 bytes_down;  /* … and to browsers */
  FlLineTcp tcp_ended; /* of connections that are no more */
  void (*ended)(FlLineConnection *connection, gpointer user); /* it frees itself after this */
  gpointer user;
} FlLinePath;

/* fl_line_connection_new: relay an accepted socket, which is taken, to the server at `address`. `seed`: of its jitter and
 * stalls. Returns: NULL where no socket is to be had; the client has then been reset. */
FlLineConnection *fl_line_connection_new(FlLinePath *path, int client_fd, const struct sockaddr *address,
                                         socklen_t address_len, guint64 seed);

/* fl_line_connection_run: let leave what may at `now_ns`; to be called again when the path's `reads` has changed. It may
 * end here. fl_line_connection_next: when there is something to run; G_MAXINT64 where sockets are waited for. */
void fl_line_connection_run(FlLineConnection *self, gint64 now_ns);
gint64 fl_line_connection_next(const FlLineConnection *self);

/* fl_line_connection_reset: end it now, with a reset to both sides. */
void fl_line_connection_reset(FlLineConnection *self);

/* fl_line_connection_is_served: whether there is nothing of the server's that would still be passed on by itself. */
gboolean fl_line_connection_is_served(const FlLineConnection *self);

/* fl_line_connection_count: add what TCP_INFO says now. */
void fl_line_connection_count(const FlLineConnection *self, FlLineTcp *tcp);

/* fl_line_connection_of_silence: of an entry of the path's `silences`. */
FlLineConnection *fl_line_connection_of_silence(FlDeadline *entry);

/* fl_line_connection_link: a place in the line's own list. */
GList *fl_line_connection_link(FlLineConnection *self);

/* fl_line_socket_reset: close a socket in a way that its peer takes for a failure. */
void fl_line_socket_reset(int fd);
