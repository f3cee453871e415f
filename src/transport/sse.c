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

typedef struct {
  GString *begin; /* of the answer */
  gboolean ends;  /* with it: there is no stream */
} Opening;

/* The opening id lets a stream that is cut before its first update resume too. */
static void opened(FlStream *stream, gpointer options, const FlGap *missed) {
  const Opening *opening = options;
  GString *out = g_string_new_len(opening->begin->str, (gssize)opening->begin->len);
  char id[FL_CURSOR_MAX];

  if (opening->ends) {
    queue(stream, out);
    fl_stream_finish(stream, 0, FALSE);
    return;
  }
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

/* The answer's head and, of what comes later, `first`; HEAD gets the head only. */
static GString *response_begin(FlWorker *worker, FlRequest *request, const char *first) {
  GString *out = g_string_new("HTTP/1.1 200 OK\r\n"
                              "Content-Type: text/event-stream\r\n"
                              "Cache-Control: no-store\r\n"
                              "X-Accel-Buffering: no\r\n"
                              "X-Content-Type-Options: nosniff\r\n"
                              "Connection: close\r\n");
  if (fl_reply_needs_cors(worker, request))
    g_string_append_printf(out, "Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n",
                           fl_request_headers(request)->origin);
  g_string_append(out, "\r\n");
  g_string_append(out, first);
  return out;
}

/* For want of a descriptor libmicrohttpd answers; it knows the length, which is as good. */
static void answer_by_httpd(FlWorker *worker, FlRequest *request) {
  g_autoptr(GBytes) body = g_bytes_new_static(come_later, strlen(come_later));
  g_autoptr(FlResponse) response = fl_response_new(200, "text/event-stream", body);

  fl_response_header(response, "Cache-Control", "no-store");
  fl_response_header(response, "X-Accel-Buffering", "no");
  fl_response_header(response, "X-Content-Type-Options", "nosniff");
  fl_response_header(response, "Connection", "close");
  fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
}

static const char *since_of(const FlRequest *request, gboolean *ret_is_last_id) {
  const char *since = fl_request_headers(request)->last_event_id;
  if (!since || !*since)
    since = fl_request_query(request, "last_event_id");
  *ret_is_last_id = since && *since;
  return *ret_is_last_id ? since : fl_request_query(request, "since");
}

/* An EventSource keeps what it was given as its last id, by whomever, and gives up for good on a 400: an id that is no cursor
 * is taken for one of another epoch. Returns: FALSE where the request has been answered. */
static gboolean locate(FlWorker *worker, FlRequest *request, FlStreamOpening *opening) {
  const FlFeed *feed = fl_worker_feed(worker);
  gboolean is_last_id;

  if (fl_feed_locate(feed, since_of(request, &is_last_id), &opening->cursor, &opening->gap))
    return TRUE;
  if (is_last_id) {
    opening->cursor = fl_feed_oldest(feed) - 1;
    opening->gap = (FlGap){ .kind = FL_GAP_EPOCH };
    return TRUE;
  }
  fl_reply_problem(worker, request, 400,
                   "since is no cursor: hand back the one that you were given, or 0 for all that is kept.");
  return FALSE;
}

static void open_stream(FlWorker *worker, FlRequest *request, guint index, FlStreamOpening *opening, Opening *options) {
  FlTransportStats *stats = fl_worker_stats(worker, index);

  opening->fd = fl_request_detach(request);
  if (opening->fd < 0) {
    answer_by_httpd(worker, request);
    return;
  }
  opening->id = fl_request_peer(request)->id;
  opening->ip = fl_client_ip(worker, request);
  opening->options = options;
  opening->stats = stats;
  fl_counter_add(&stats->requests, 1);
  fl_counter_add(&stats->opened, 1);
  fl_counter_add(&stats->clients, 1);
  fl_client_came(worker, "sse", opening->ip, opening->id);
  fl_stream_open(fl_worker_streams(worker), &kind, opening);
}

static void accept_sse(FlWorker *worker, FlRequest *request, guint index) {
  FlStreamOpening opening = { 0 };

  if (!fl_request_is_read(request)) {
    fl_reply_method(worker, request, "GET, HEAD");
    return;
  }
  if (!locate(worker, request, &opening))
    return;
  gboolean later = fl_worker_is_draining(worker) || fl_peer_is_too_many(fl_request_peer(request));
  gboolean head_only = g_str_equal(fl_request_method(request), "HEAD");
  Opening options = { .begin = response_begin(worker, request, later && !head_only ? come_later : ""),
                      .ends = later || head_only };
  open_stream(worker, request, index, &opening, &options);
  g_string_free(options.begin, TRUE);
}

const FlTransport fl_transport_sse = { "sse", "/events", accept_sse, encode };
