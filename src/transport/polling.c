/* What polls have in common. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/polling.h"

#include "codec/header.h"
#include "transport/client_log.h"
#include "transport/reply.h"

gboolean fl_polling_begin(FlWorker *worker, FlRequest *request, FlBatch *ret_batch) {
  const FlFeed *feed = fl_worker_feed(worker);
  const char *since = fl_request_query(request, "since");
  FlPeer *peer = fl_request_peer(request);
  char held_at[FL_CURSOR_MAX];

  if (!fl_request_is_read(request)) {
    fl_reply_method(worker, request, "GET, HEAD");
    return FALSE;
  }
  if (!since && fl_request_resumed(request)) {
    fl_cursor_format(fl_feed_epoch(feed), peer->held_at, held_at);
    since = held_at;
  }
  if (!fl_batch_plan(feed, since, ret_batch)) {
    fl_reply_problem(worker, request, 400, "since is no cursor: hand back the one that you were given, or 0 for all that is kept.");
    return FALSE;
  }
  return TRUE;
}

void fl_polling_hold(FlWorker *worker, FlRequest *request, guint index, guint seconds) {
  FlPeer *peer = fl_request_peer(request);

  peer->held_at = peer->polled = fl_feed_head(fl_worker_ring(worker));
  peer->polls = TRUE;
  fl_client_present(worker, request, index);
  fl_worker_hold(worker, request, seconds);
}

static FlResponse *batch_response(FlWorker *worker, const FlBatch *batch, guint status) {
  const FlFeed *feed = fl_worker_ring(worker);
  char cursor[FL_CURSOR_MAX];
  char etag[FL_CURSOR_MAX + 2];
  g_autoptr(GBytes) body = status == 200 ? fl_reply_gbytes(fl_batch_encode(batch, feed)) : NULL;
  FlResponse *response = fl_response_new(status, status == 200 ? "application/json" : NULL, body);

  fl_cursor_format(fl_feed_epoch(feed), batch->last, cursor);
  g_snprintf(etag, sizeof etag, "\"%s\"", cursor);
  fl_response_header(response, "ETag", etag);
  fl_response_header(response, "Cache-Control", "no-store");
  fl_response_header(response, "X-Content-Type-Options", "nosniff");
  return response;
}

static gboolean names_cursor(const char *if_none_match, const FlFeed *feed, guint64 seq) {
  char cursor[FL_CURSOR_MAX];
  char etag[FL_CURSOR_MAX + 2];

  fl_cursor_format(fl_feed_epoch(feed), seq, cursor);
  g_snprintf(etag, sizeof etag, "\"%s\"", cursor);
  return fl_header_names_etag(if_none_match, etag);
}

void fl_polling_answer(FlWorker *worker, FlRequest *request, guint index, const FlBatch *batch) {
  const char *if_none_match = fl_request_headers(request)->if_none_match;
  gboolean unchanged = if_none_match && names_cursor(if_none_match, fl_worker_ring(worker), batch->last);
  gboolean cors = fl_request_headers(request)->origin && fl_reply_needs_cors(worker, request);
  gboolean shared = !unchanged && !cors && batch->gap.kind == FL_GAP_NONE;
  FlResponse *response = shared ? fl_worker_answer(worker, batch->since) : NULL;

  fl_request_peer(request)->polls = TRUE;
  fl_request_peer(request)->polled = batch->last;
  fl_client_polled(worker, request, index, unchanged ? 0 : fl_batch_updates(batch));
  if (response) {
    fl_request_respond(request, response);
    return;
  }
  response = batch_response(worker, batch, unchanged ? 304 : 200);
  if (cors)
    fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
  if (shared)
    fl_worker_keep_answer(worker, batch->since, response);
  else
    fl_response_unref(response);
}

GBytes *fl_polling_encode(const FlUpdate *update) {
  gsize len;
  const char *json = fl_update_json(update, &len);
  return g_bytes_new(json, len);
}
