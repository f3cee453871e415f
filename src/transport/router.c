/* Who may ask, and for what. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/router.h"

#include <string.h>

#include "transport/client_log.h"
#include "transport/demo.h"
#include "transport/endpoints.h"
#include "transport/pages.h"
#include "transport/reply.h"
#include "transport/socketio.h"
#include "transport/ws_socket.h"

#define RETRY_SECONDS 5       /* for those who are too many */
#define PREFLIGHT_SECONDS "600" /* for which a browser need not ask again */

static const struct {
  const char *path;
  void (*answer)(FlWorker *worker, FlRequest *request);
} endpoints[] = {
  { "/publish", fl_endpoint_publish },
  { "/stats", fl_endpoint_stats },
  { "/health/live", fl_endpoint_live },
  { "/health/ready", fl_endpoint_ready },
};

/* The path under which the transport stands in the registry. */
static const char *path_of(FlWorker *worker, const FlRequest *request) {
  const char *path = fl_request_path(request);

  if (g_str_equal(path, "/") && fl_ws_is_upgrade(request))
    return fl_transport_ws.path;
  return fl_socketio_is_below(fl_application_of(worker), path) ? fl_transport_socketio.path : path;
}

static gboolean is_endpoint(const char *path) {
  guint index;

  for (gsize i = 0; i < G_N_ELEMENTS(endpoints); i++)
    if (g_str_equal(path, endpoints[i].path))
      return TRUE;
  return fl_transport_find(path, &index) != NULL || g_str_equal(path, "/demo") || g_str_has_prefix(path, "/demo/");
}

static void log_refusal(FlWorker *worker, FlRequest *request, const char *header, const char *value, const char *flag) {
  fl_log(fl_worker_log(worker), "refused", FL_FIELD("ip", fl_client_ip(worker, request)),
         fl_client_text(fl_application_of(worker), "path", fl_request_path(request)),
         fl_client_text(fl_application_of(worker), header, value ? value : "(none)"),
         FL_FIELD("allow_with", flag));
}

/* What a browser says of itself (Fetch Metadata): a page of another site asks without an Origin by an image, a script or a form, and
 * has no business with feed and controls. It may link to what is read, and load pages' files and the Socket.IO client. */
static gboolean is_foreign_load(FlWorker *worker, const FlRequest *request) {
  const FlRequestHeaders *headers = fl_request_headers(request);
  gboolean is_file = g_str_has_suffix(fl_request_path(request), ".js") || !is_endpoint(path_of(worker, request));

  if (headers->origin || !headers->fetch_site || g_ascii_strcasecmp(headers->fetch_site, "cross-site") != 0)
    return FALSE;
  if (!fl_request_is_read(request))
    return TRUE;
  return !is_file && (!headers->fetch_mode || g_ascii_strcasecmp(headers->fetch_mode, "navigate") != 0);
}

gboolean fl_router_refuse(FlWorker *worker, FlRequest *request) {
  const FlAccess *access = fl_application_of(worker)->access;
  const FlRequestHeaders *headers = fl_request_headers(request);

  if (!fl_access_host(access, headers->host)) {
    log_refusal(worker, request, "host", headers->host, "--allow-host");
    fl_reply_problem(worker, request, 403,
                     "The Host is neither an IP address nor localhost; the server's --allow-host lets a name in.");
    return TRUE;
  }
  if (fl_access_origin(access, headers->origin, headers->host) == FL_ORIGIN_REFUSED) {
    log_refusal(worker, request, "origin", headers->origin, "--allow-origin");
    fl_reply_problem(worker, request, 403,
                     "Pages of this Origin may not use this server; the server's --allow-origin lets one in.");
    return TRUE;
  }
  if (is_foreign_load(worker, request)) {
    log_refusal(worker, request, "sec-fetch-site", headers->fetch_site, "--allow-origin, and a request with an Origin");
    fl_reply_problem(worker, request, 403, "A page of another site asks with an Origin (CORS), or not at all.");
    return TRUE;
  }
  return FALSE;
}

/* A page of another origin asks before it sends: the CORS preflight of the Fetch standard. */
gboolean fl_router_answer_preflight(FlWorker *worker, FlRequest *request) {
  const FlRequestHeaders *headers = fl_request_headers(request);

  if (!g_str_equal(fl_request_method(request), "OPTIONS") || !headers->origin || !headers->cors_method)
    return FALSE;
  g_autoptr(FlResponse) response = fl_response_new(204, NULL, NULL);
  fl_response_header(response, "Access-Control-Allow-Methods", "DELETE, GET, HEAD, POST");
  fl_response_header(response, "Access-Control-Allow-Headers",
                     "Authorization, Content-Type, If-None-Match, Last-Event-ID");
  fl_response_header(response, "Access-Control-Max-Age", PREFLIGHT_SECONDS);
  fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
  return TRUE;
}

gboolean fl_router_may_ask(FlWorker *worker, const FlRequest *request) {
  const FlAccess *access = fl_application_of(worker)->access;
  const FlRequestHeaders *headers = fl_request_headers(request);
  return fl_access_host(access, headers->host) &&
         fl_access_origin(access, headers->origin, headers->host) != FL_ORIGIN_REFUSED && !is_foreign_load(worker, request);
}

void fl_router_began(FlRequest *request, gpointer user) {
  FlWorker *worker = user;
  guint index;

  if (fl_transport_find(path_of(worker, request), &index) == &fl_transport_socketio && fl_router_may_ask(worker, request))
    fl_socketio_began(worker, request, index);
}

/* Returns: whether it was one too many, and has been told. EventSources are told by their own transport. */
static gboolean send_away(FlWorker *worker, FlRequest *request, const FlTransport *transport, const char *path) {
  FlPeer *peer = fl_request_peer(request);

  if (fl_worker_crowd(worker))
    fl_crowd_count(fl_worker_crowd(worker), &peer->place, fl_client_ip(worker, request));
  if (!fl_peer_is_too_many(peer) || transport == &fl_transport_sse || g_str_has_prefix(path, "/health/"))
    return FALSE;
  if (peer->surplus)
    fl_reply_problem(worker, request, 503, "The server has all the clients it takes (--max-clients).");
  else
    fl_reply_later(worker, request, 429, RETRY_SECONDS,
                   "Your address has all the connections that the server gives to one (--max-clients-per-address).");
  return TRUE;
}

void fl_router_handle(FlRequest *request, gpointer user) {
  FlWorker *worker = user;
  const char *path = path_of(worker, request);
  const FlTransport *transport;
  guint index;

  if (!fl_request_resumed(request) && (fl_router_refuse(worker, request) || fl_router_answer_preflight(worker, request)))
    return;
  transport = fl_transport_find(path, &index);
  if (send_away(worker, request, transport, path))
    return;
  if (g_str_equal(path, "*")) {
    fl_reply_method(worker, request, "GET, HEAD, POST, DELETE"); /* of the server as a whole */
    return;
  }
  if (transport) {
    transport->accept(worker, request, index);
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(endpoints); i++)
    if (g_str_equal(path, endpoints[i].path)) {
      endpoints[i].answer(worker, request);
      return;
    }
  if (!fl_demo_answer(worker, request))
    fl_pages_answer(worker, request);
}
