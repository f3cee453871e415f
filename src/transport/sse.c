/* Server-Sent Events: GET /events. The browser keeps the cursor, as the last event id. See docs/wire/sse.md.
 * The body has no length and no chunks: it ends with the connection.
 * SPDX-License-Identifier: MIT */
#include "codec/sse.h"

#include <string.h>

#include "transport/client_log.h"
#include "transport/reply.h"

/* EventSource gives up for good on any status but 200, so that "later" has to be said in its own words. */
static const char come_later[] = "retry: 5000\n\n";

static GBytes *encode(const FlUpdate *update) {
  GString *out = g_string_new(NULL);
  char id[FL_CURSOR_MAX];
  gsize len;
  const char *json = fl_update_json(update, &len);

  fl_cursor_format(fl_update_epoch(update), fl_update_seq(update), id);
  fl_sse_event_append(out, NULL, id, json, len);
  return g_string_free_to_bytes(out);
}

static void queue(FlStream *stream, GString *text) {
  fl_stream_queue(stream, text->str, text->len);
  g_string_free(text, TRUE);
}

static void gap(FlStream *stream, const FlGap *gap) {
  const FlFeed *feed = fl_stream_feed(stream);
  GString *out = g_string_new(NULL);
  g_autoptr(GString) json = g_string_new(NULL);
  char id[FL_CURSOR_MAX];

  fl_cursor_format(fl_feed_epoch(feed), fl_stream_cursor(stream), id);
  fl_gap_append(json, gap, fl_feed_epoch(feed));
  fl_sse_event_append(out, "gap", id, json->str, json->len);
  queue(stream, out);
}

/* The opening id lets a stream that is cut before its first update resume too. */
static void opened(FlStream *stream, gpointer options, const FlGap *missed) {
  const GString *head = options;
  GString *out = g_string_new_len(head->str, (gssize)head->len);
  char id[FL_CURSOR_MAX];

  fl_cursor_format(fl_feed_epoch(fl_stream_feed(stream)), fl_stream_cursor(stream), id);
  g_string_append_printf(out, "retry: 1000\nid: %s\n\n", id);
  queue(stream, out);
  if (missed->kind != FL_GAP_NONE)
    gap(stream, missed);
}

static void heartbeat(FlStream *stream) {
  GString *out = g_string_new(NULL);
  fl_sse_comment_append(out, "");
  queue(stream, out);
}

static void input(FlStream *stream, const guint8 *data, gsize len) {
  /* A subscriber has nothing more to say on this connection. */
}

static void goodbye(FlStream *stream, FlGoodbye why) {
  if (why == FL_GOODBYE_TOO_SLOW)
    fl_client_erred(fl_stream_log(stream), "sse", fl_stream_ip(stream), fl_stream_id(stream),
                    "fell behind by more than --max-lag");
  fl_stream_finish(stream, 0, FALSE);
}

static const FlStreamKind kind = { "sse",     FL_FORM_SSE, encode,  opened,
                                   gap,       heartbeat,   input,   goodbye,
                                   fl_client_stream_left };

static GString *response_head(FlWorker *worker, FlRequest *request) {
  GString *head = g_string_new("HTTP/1.1 200 OK\r\n"
                               "Content-Type: text/event-stream\r\n"
                               "Cache-Control: no-store\r\n"
                               "X-Accel-Buffering: no\r\n"
                               "X-Content-Type-Options: nosniff\r\n"
                               "Connection: close\r\n");
  if (fl_reply_needs_cors(worker, request))
    g_string_append_printf(head, "Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n",
                           fl_request_headers(request)->origin);
  g_string_append(head, "\r\n");
  return head;
}

static void answer_without_stream(FlWorker *worker, FlRequest *request, const char *text) {
  g_autoptr(GBytes) body = g_bytes_new_static(text, strlen(text));
  g_autoptr(FlResponse) response = fl_response_new(200, "text/event-stream", body);

  fl_response_header(response, "Cache-Control", "no-store");
  fl_response_header(response, "Connection", "close");
  fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
}

static const char *since_of(const FlRequest *request) {
  const char *since = fl_request_headers(request)->last_event_id;
  if (!since || !*since)
    since = fl_request_query(request, "last_event_id");
  if (!since || !*since)
    since = fl_request_query(request, "since");
  return since;
}

static void open_stream(FlWorker *worker, FlRequest *request, guint index, FlStreamOpening *opening) {
  FlTransportStats *stats = fl_worker_stats(worker, index);
  GString *head = response_head(worker, request);

  opening->fd = fl_request_detach(request);
  if (opening->fd < 0) {
    g_string_free(head, TRUE);
    answer_without_stream(worker, request, come_later);
    return;
  }
  opening->id = fl_request_peer(request)->id;
  opening->ip = fl_client_ip(worker, request);
  opening->options = head;
  opening->stats = stats;
  fl_counter_add(&stats->requests, 1);
  fl_counter_add(&stats->opened, 1);
  fl_counter_add(&stats->clients, 1);
  fl_client_came(worker, "sse", opening->ip, opening->id);
  fl_stream_open(fl_worker_streams(worker), &kind, opening);
  g_string_free(head, TRUE);
}

static void accept_sse(FlWorker *worker, FlRequest *request, guint index) {
  FlStreamOpening opening = { 0 };

  if (!fl_request_is_read(request)) {
    fl_reply_method(worker, request, "GET, HEAD");
    return;
  }
  if (!fl_feed_locate(fl_worker_feed(worker), since_of(request), &opening.cursor, &opening.gap)) {
    fl_reply_problem(worker, request, 400,
                     "The last event id is no cursor: hand back the one that you were given, or 0 for all that is kept.");
    return;
  }
  if (fl_worker_is_draining(worker) || fl_request_peer(request)->surplus)
    answer_without_stream(worker, request, come_later);
  else if (g_str_equal(fl_request_method(request), "HEAD"))
    answer_without_stream(worker, request, "");
  else
    open_stream(worker, request, index, &opening);
}

const FlTransport fl_transport_sse = { "sse", "/events", accept_sse, encode };
