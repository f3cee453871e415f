/* One transport of a server that isn't ours: where it is, how its messages are read, how polls go on, who publishes, and whose
 * CPU and memory count. All of it comes from the command line; docs/targets.md is its manual.
 *
 *     --target nchan@sse=http://…/sse,ws=ws://…/ws     two endpoints, nchan-sse and nchan-ws, of the server nchan
 *     --target ws=ws://…/                              one, ws, of a server without a name
 *     --pid nchan@4711                                 of that server; without `nchan@`: of all
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "bench/member_reader.h"

typedef struct {
  char *host;   /* an IPv4 address */
  guint16 port; /* 0: that of the server which the bench has started */
  char *target; /* path and query */
} FlUrl;

/* Where the cursor of the next poll comes from, and how it is handed back. */
typedef enum { FL_CURSOR_NONE, FL_CURSOR_HEADERS, FL_CURSOR_JSON } FlCursorSource;
typedef struct {
  FlCursorSource source;
  gboolean etag;          /* headers: ETag, handed back as If-None-Match */
  gboolean last_modified; /* headers: Last-Modified, handed back as If-Modified-Since */
  char **member;          /* JSON: the path to it … */
  char *query;            /* … and the name of the query's parameter */
} FlCursorRule;

typedef struct {
  char *name;      /* SERVER-TRANSPORT, or the transport where the server has no name */
  char *server;    /* "" where it has none */
  char *transport; /* a client's name */
  FlUrl url;
  FlMemberRule members;
  FlCursorRule cursor;
  char *event;         /* the name of Socket.IO's; NULL: news. SSE's events of that name are read beside `message` */
  gboolean publishes;  /* the bench is the publisher … */
  FlUrl publish;       /* … and POSTs there */
  pid_t pid;           /* 0: not measured */
  char **command;      /* started anew for each run; NULL: the server runs already */
} FlEndpoint;

/* The options as they were given, each perhaps several times; NULL for none. */
typedef struct {
  char **targets, **stamps, **seqs, **cursors, **events, **publishes, **pids, **starts;
} FlEndpointTexts;

/* fl_endpoints_parse: all endpoints, in the order given, without any where there is no --target. The caller's, of FlEndpoint.
 * Returns: NULL with an error that names the flag and what it takes. */
GPtrArray *fl_endpoints_parse(const FlEndpointTexts *texts, GError **error);

/* fl_endpoints_find: by its name; NULL where there is none. */
const FlEndpoint *fl_endpoints_find(const GPtrArray *endpoints, const char *name);

/* fl_endpoints_publish: whether the bench publishes to all of them; either to all or to none is wanted. */
gboolean fl_endpoints_publish(const GPtrArray *endpoints);

/* fl_endpoints_describe: what the servers are, in a line of text. The caller's. */
char *fl_endpoints_describe(const GPtrArray *endpoints);

/* fl_endpoints_start: whether the bench starts all their servers. */
gboolean fl_endpoints_start(const GPtrArray *endpoints);
