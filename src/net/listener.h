/* A listen socket of one worker: accepts, keeps the limits, and hands sockets on. When the process has no descriptor
 * left, a reserved one is given up for a moment, so that the client gets a 503 (an EventSource what lets it come again)
 * instead of waiting for ever.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <sys/socket.h>

typedef struct _FlListener FlListener;

/* How many connections there are and may be, shared by the workers. */
typedef struct {
  _Atomic gint now;
  gint most;
} FlLimit;

/* A few more than the limit are accepted, so that they can be sent away in words that fit their request. */
#define FL_LIMIT_SURPLUS 64

/* FlAccepted: a socket, non-blocking and with TCP_NODELAY; the callee's. It has been counted in the limit; `surplus`: it
 * is over the limit. */
typedef void (*FlAccepted)(gpointer user, int fd, const struct sockaddr *address, socklen_t address_len,
                           gboolean surplus);

/* Whether sockets share a port (SO_REUSEPORT). FIRST and FURTHER ones do; the FIRST must have found it free. */
typedef enum { FL_LISTENER_ALONE, FL_LISTENER_FIRST, FL_LISTENER_FURTHER } FlListenerShare;

/* fl_listener_bind: a socket bound to `host:port` (port 0: any free one) that does not listen yet.
 * Returns: the descriptor, the caller's; -1 with an error that names the address. */
int fl_listener_bind(const char *host, guint16 port, FlListenerShare share, GError **error);

/* fl_listener_port, fl_listener_url, fl_listener_is_loopback: of a bound socket. The URL is the caller's. */
guint16 fl_listener_port(int fd);
char *fl_listener_url(int fd);
gboolean fl_listener_is_loopback(int fd);

/* fl_listener_near_address: how programs of this machine reach a bound socket: its own address, the loopback one where it is
 * bound to all. Returns: its length. */
socklen_t fl_listener_near_address(int fd, struct sockaddr_storage *ret_address);

/* fl_listener_new: listen on a bound socket; takes it. `sndbuf_bytes`: SO_SNDBUF of what is accepted, 0: the kernel's.
 * Returns: NULL with an error. */
FlListener *fl_listener_new(int fd, FlLimit *limit, int sndbuf_bytes, FlAccepted accepted, gpointer user,
                            GError **error);
void fl_listener_free(FlListener *self);

/* fl_listener_fd: readable when fl_listener_accept has something to do. Borrowed. */
int fl_listener_fd(const FlListener *self);

/* fl_listener_accept: accept what waits, up to `most`. */
void fl_listener_accept(FlListener *self, guint most);

/* fl_limit_release: a connection that was counted is gone. Any thread. */
void fl_limit_release(FlLimit *self);
