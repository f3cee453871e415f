/* Answers in common. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/reply.h"

#include <string.h>

#include "codec/json.h"
#include "transport/client_log.h"

static const char *title_of(guint status) {
  static const struct {
    guint status;
    const char *title;
  } titles[] = {
    { 400, "Bad Request" },         { 401, "Unauthorized" },     { 403, "Forbidden" },
    { 404, "Not Found" },           { 405, "Method Not Allowed" }, { 409, "Conflict" },        { 413, "Content Too Large" },
    { 415, "Unsupported Media Type" }, { 426, "Upgrade Required" },
    { 429, "Too Many Requests" },   { 503, "Service Unavailable" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(titles); i++)
    if (titles[i].status == status)
      return titles[i].title;
  return "Error";
}

GBytes *fl_reply_gbytes(GString *text) {
  return g_string_free_to_bytes(text);
}

gboolean fl_request_is_read(const FlRequest *request) {
  const char *method = fl_request_method(request);
  return g_str_equal(method, "GET") || g_str_equal(method, "HEAD");
}

gboolean fl_reply_needs_cors(FlWorker *worker, const FlRequest *request) {
  const FlRequestHeaders *headers = fl_request_headers(request);
  return headers->origin && fl_access_origin(fl_application_of(worker)->access, headers->origin, headers->host) ==
                                FL_ORIGIN_ALLOWED;
}

void fl_reply_add_cors(FlWorker *worker, const FlRequest *request, FlResponse *response) {
  fl_response_header(response, "Vary", "Origin");
  if (!fl_reply_needs_cors(worker, request))
    return;
  fl_response_header(response, "Access-Control-Allow-Origin", fl_request_headers(request)->origin);
  fl_response_header(response, "Access-Control-Expose-Headers", "ETag, Retry-After");
}

/* Against pages that load answers as what they are not: an image, a script. CORS goes on as it did. */
static void add_guards(FlResponse *response) {
  fl_response_header(response, "X-Content-Type-Options", "nosniff");
  fl_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

static FlResponse *problem_new(FlWorker *worker, FlRequest *request, guint status, const char *detail) {
  GString *text = g_string_new(NULL);
  GString *quoted = fl_json_quote(detail, strlen(detail));

  g_string_printf(text, "{\"title\":\"%s\",\"status\":%u,\"detail\":%s}\n", title_of(status), status, quoted->str);
  g_string_free(quoted, TRUE);
  g_autoptr(GBytes) body = fl_reply_gbytes(text);
  FlResponse *response = fl_response_new(status, "application/problem+json", body);
  fl_response_header(response, "Cache-Control", "no-store");
  add_guards(response);
  fl_reply_add_cors(worker, request, response);
  return response;
}

/* Those that are worth a line in the log: not what is merely not there, nor that the server is full. Refusals by Host and
 * Origin have lines of their own, with the flag that would let them in. */
static gboolean is_clients_fault(guint status) {
  return status >= 400 && status < 500 && status != 403 && status != 404;
}

void fl_reply_problem(FlWorker *worker, FlRequest *request, guint status, const char *detail) {
  g_autoptr(FlResponse) response = problem_new(worker, request, status, detail);

  if (is_clients_fault(status))
    fl_client_refused(worker, request, status, detail);
  if (status == 401)
    fl_response_header(response, "WWW-Authenticate", "Bearer");
  if (status == 426) {
    fl_response_header(response, "Upgrade", "websocket");
    fl_response_header(response, "Sec-WebSocket-Version", "13");
  }
  if (status == 503)
    fl_response_header(response, "Retry-After", "5");
  fl_request_respond(request, response);
}

void fl_reply_later(FlWorker *worker, FlRequest *request, guint status, guint seconds, const char *detail) {
  g_autoptr(FlResponse) response = problem_new(worker, request, status, detail);
  g_autofree char *text = g_strdup_printf("%u", seconds);

  fl_client_refused(worker, request, status, detail);
  fl_response_header(response, "Retry-After", text);
  fl_request_respond(request, response);
}

static void answer_options(FlWorker *worker, FlRequest *request, const char *allow) {
  g_autofree char *all = g_strconcat(allow, ", OPTIONS", NULL);
  g_autoptr(FlResponse) response = fl_response_new(204, NULL, NULL);

  fl_response_header(response, "Allow", all);
  fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
}

void fl_reply_method(FlWorker *worker, FlRequest *request, const char *allow) {
  if (g_str_equal(fl_request_method(request), "OPTIONS")) {
    answer_options(worker, request, allow);
    return;
  }
  g_autofree char *detail = g_strdup_printf("This endpoint takes %s.", allow);
  g_autoptr(FlResponse) response = problem_new(worker, request, 405, detail);

  fl_client_refused(worker, request, 405, detail);
  fl_response_header(response, "Allow", allow);
  fl_request_respond(request, response);
}

void fl_reply(FlWorker *worker, FlRequest *request, guint status, const char *type, GBytes *body) {
  g_autoptr(FlResponse) response = fl_response_new(status, type, body);

  g_bytes_unref(body);
  fl_response_header(response, "Cache-Control", "no-store");
  add_guards(response);
  fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
}
