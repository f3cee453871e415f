/* HTTP requests, by libmicrohttpd; the only module that includes microhttpd.h. One httpd a worker, run by the worker's
 * loop (external epoll mode); nothing here locks or blocks.
 *
 * The life of a request:  head read ─► body read (kept for POST) ─► handle() ─► respond | hold | detach | upgrade
 *                                                                      ▲           │
 *                                                                      └── resume ─┘
 *
 * handle() is called once the request is complete, and again after a resume; each time it ends in exactly one of the
 * four. Streams leave libmicrohttpd altogether: detach and upgrade hand the descriptor over.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <sys/socket.h>

#include "core/log.h"
#include "net/arrival.h"
#include "net/crowd.h"
#include "net/poller.h"

typedef struct _FlHttpd FlHttpd;
typedef struct _FlRequest FlRequest;
typedef struct _FlResponse FlResponse;

#define FL_PEER_TRANSPORTS 8

/* One connection that libmicrohttpd serves. Owned by the httpd; the rest is the handler's to use. */
typedef struct {
  guint64 id;   /* unique in this process */
  char ip[46];  /* of the socket */
  int fd;       /* borrowed */
  gboolean surplus; /* came when the server was full: to be sent away in words that its kind understands */
  FlCrowdPlace place; /* among those of its address */
  gint64 since_ns;
  char *client_ip;                     /* as logged, of the last request … */
  char *forwarded_for;                 /* … and the header that it came from */
  char *client_ips[FL_PEER_TRANSPORTS]; /* as logged when it came as a client of that transport */
  guint64 held_at;                     /* the head of the feed when its request was held */
  gboolean polls;                      /* the feed, … */
  guint64 polled;                      /* … and how far its answers have come */
  guint32 present;                     /* bit n: it has come as a client of transport n … */
  guint32 carries;                     /* … or carries a client of transport n that is more than one connection */
  guint64 updates[FL_PEER_TRANSPORTS]; /* sent to it, per transport */
  guint64 counted_in, counted_out;     /* bytes already added to the statistics … */
  gint64 counted_ns;                   /* … and when */
} FlPeer;

/* fl_peer_is_too_many: whether it is one more than the server, or its address, may have. */
static inline gboolean fl_peer_is_too_many(const FlPeer *self) {
  return self->surplus || self->place.over;
}

/* The parts of a request's head that anyone here asks for; NULL where absent. Several lines of one name are one list. */
typedef struct {
  const char *host, *origin, *upgrade, *connection, *if_none_match, *last_event_id, *authorization, *content_type;
  const char *ws_key, *ws_version, *ws_protocol, *ws_extensions, *forwarded_for, *cors_method;
  const char *version; /* of HTTP, such as HTTP/1.1 */
  const char *fetch_site, *fetch_mode;
} FlRequestHeaders;

typedef struct {
  void (*handle)(FlRequest *request, gpointer user);
  /* The head of a POST is read, its body is to come. To answer here refuses the body and ends the connection. */
  void (*began)(FlRequest *request, gpointer user);
  void (*peer_came)(FlPeer *peer, gpointer user);
  void (*peer_closed)(FlPeer *peer, gboolean detached, gpointer user);
  gpointer user;
  FlLog *log;
  FlPoller *poller;    /* watches held requests for peers that vanish */
  FlArrivals *arrivals; /* where connections wait for requests */
  gsize max_body;      /* bytes of a request's body */
  gboolean verbose;    /* pass on what libmicrohttpd has to say */
  guint64 id_first;    /* ids of peers: first, first + step … */
  guint64 id_step;
} FlHttpdConfig;

/* fl_httpd_new: start a daemon without a listen socket. Returns: NULL with an error where libmicrohttpd refuses. */
FlHttpd *fl_httpd_new(const FlHttpdConfig *config, GError **error);

/* fl_httpd_free: close every connection. No request may be held. */
void fl_httpd_free(FlHttpd *self);

/* fl_httpd_fd: readable when fl_httpd_run has something to do. Borrowed. */
int fl_httpd_fd(const FlHttpd *self);

/* fl_httpd_run: do what can be done now. */
void fl_httpd_run(FlHttpd *self);

/* fl_httpd_must_run: whether fl_httpd_run has something to do that its descriptor does not tell. */
gboolean fl_httpd_must_run(const FlHttpd *self);

/* fl_httpd_add: serve an accepted socket; takes the descriptor. `surplus` is passed on to the peer.
 * Returns: FALSE where libmicrohttpd refused it. */
gboolean fl_httpd_add(FlHttpd *self, int fd, const struct sockaddr *address, guint address_len, gboolean surplus);

/* fl_httpd_find: the peer of that id; NULL where there is none. fl_httpd_behind: peers that polled, but not up to `head` yet.
 * Both look at all of them. */
FlPeer *fl_httpd_find(const FlHttpd *self, guint64 id);
guint fl_httpd_behind(const FlHttpd *self, guint64 head);

/* Connections being served, and requests of them that have not been answered. */
guint fl_httpd_connections(const FlHttpd *self);
guint fl_httpd_requests(const FlHttpd *self);

/* fl_httpd_close_after_answer: from now on every answer ends its connection. */
void fl_httpd_close_after_answer(FlHttpd *self);

/* fl_httpd_take_id: the next id, for a client that is no longer a peer of ours. */
guint64 fl_httpd_take_id(FlHttpd *self);

/* About a request. All strings are borrowed until it is answered. */
const char *fl_request_method(const FlRequest *self);
const char *fl_request_path(const FlRequest *self);
const char *fl_request_query(const FlRequest *self, const char *name);
const FlRequestHeaders *fl_request_headers(const FlRequest *self);
const GByteArray *fl_request_body(const FlRequest *self); /* of a POST; NULL where there is none */
FlPeer *fl_request_peer(const FlRequest *self);

/* fl_request_resumed: whether this is the call after a resume. */
gboolean fl_request_resumed(const FlRequest *self);

/* fl_request_hung_up: whether the peer said its last while the request was held. */
gboolean fl_request_hung_up(const FlRequest *self);

/* fl_request_attach: keep something with the request; `ended` is called with it when the request ends, answered or not. */
void fl_request_attach(FlRequest *self, gpointer data, void (*ended)(gpointer data));
gpointer fl_request_attached(const FlRequest *self);

/* fl_request_deadline: an entry for whoever holds the request; stopped when the request ends. */
FlDeadline *fl_request_deadline(FlRequest *self);
FlRequest *fl_request_of_deadline(FlDeadline *entry);

/* fl_response_new: an answer that may be sent any number of times. `type` may be NULL. Takes no reference on `body`,
 * it makes its own. HEAD gets the head only. */
FlResponse *fl_response_new(guint status, const char *type, GBytes *body);

/* fl_response_new_file: like fl_response_new with a regular file as body; takes the descriptor. */
FlResponse *fl_response_new_file(const char *type, int fd, guint64 size);
void fl_response_header(FlResponse *self, const char *name, const char *value);
void fl_response_unref(FlResponse *self);

/* fl_request_respond: answer; keeps its own reference. */
void fl_request_respond(FlRequest *self, FlResponse *response);

/* fl_request_hold: wait for fl_request_resume, which calls handle() again. A peer that hangs up resumes it too. */
void fl_request_hold(FlRequest *self);
void fl_request_resume(FlRequest *self);

/* fl_request_detach: take the socket out of libmicrohttpd. Returns: the descriptor, the caller's; -1 with errno set where
 * the process has none left (answer something else then). */
int fl_request_detach(FlRequest *self);

/* FlUpgraded: the 101 has been sent and the socket has left libmicrohttpd. `fd` is the callee's; `early` are bytes
 * that came with the request, borrowed; -1 where the process has no descriptor left: the connection is then closed. */
typedef void (*FlUpgraded)(gpointer user, int fd, const guint8 *early, gsize early_len);

/* Values of Sec-WebSocket-Accept, -Protocol and -Extensions; the last two may be NULL. */
typedef struct {
  const char *accept, *protocol, *extensions;
} FlUpgradeAnswer;

/* fl_request_upgrade: answer 101 with Upgrade: websocket. Takes `user`, freed by g_free when the
 * request has ended, whether or not it came to an upgrade. */
void fl_request_upgrade(FlRequest *self, const FlUpgradeAnswer *answer, FlUpgraded upgraded, gpointer user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlResponse, fl_response_unref)
