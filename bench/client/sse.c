/* Server-Sent Events: an event's id and its data have to agree; of servers that aren't ours, only the data are read. Coming back is
 * EventSource's: with Last-Event-ID, after the stream's own retry time; a status other than 200 ends it for good, and the page
 * makes another, which can hand the id back in the query only.
 * SPDX-License-Identifier: MIT */
#include "codec/sse.h"

#include <string.h>

#include "bench/client/client.h"
#include "bench/member_reader.h"
#include "bench/update_reader.h"

#define EVENT_MAX (4 * 1024 * 1024)

typedef struct {
  FlClient *client;
  const char *wrong;
} Reading;

static void on_found(gpointer user, const FlSseEvent *event, const char *comment) {
  Reading *reading = user;
  FlCursor id;
  FlStamp stamp;

  if (!event || reading->wrong)
    return;
  if (fl_client_may_return(reading->client) && fl_cursor_parse(event->id, &id))
    fl_client_follows(reading->client, id.epoch);
  if (g_str_equal(event->name, "gap"))
    fl_client_gap(reading->client);
  else if (!g_str_equal(event->name, "message") || !fl_update_read(event->data, event->data_len, &stamp))
    reading->wrong = "an event is no update";
  else if (!fl_cursor_parse(event->id, &id) || id.seq != stamp.seq)
    reading->wrong = "an event's id is not its update's cursor";
  else
    fl_client_update(reading->client, &stamp);
}

/* Events of another name are passed over: servers send heartbeats that way. */
static void on_found_other(gpointer user, const FlSseEvent *event, const char *comment) {
  Reading *reading = user;
  const FlEndpoint *endpoint = fl_client_endpoint(reading->client);
  FlStamp stamp;

  if (!event || reading->wrong || (!g_str_equal(event->name, "message") && g_strcmp0(event->name, endpoint->event) != 0))
    return;
  if (fl_member_update_read(&endpoint->members, event->data, event->data_len, &stamp))
    fl_client_update(reading->client, &stamp);
  else
    reading->wrong = "an event is no JSON object with the members of --stamp and --seq";
}

static void open_at(FlClient *client, const char *target, const char *extra) {
  client->http = fl_http_parser_new();
  client->body = g_byte_array_new();
  client->parser = fl_sse_parser_new(EVENT_MAX);
  g_autofree char *headers = g_strconcat("Accept: text/event-stream\r\n", extra, NULL);
  fl_client_get(client, target, headers);
}

static void open_events(FlClient *client) {
  gboolean has_id = client->cursor[0] != '\0';
  g_autofree char *target = has_id && client->anew ? g_strconcat("/events?last_event_id=", client->cursor, NULL) : g_strdup("/events");
  g_autofree char *extra = has_id && !client->anew ? g_strconcat("Last-Event-ID: ", client->cursor, "\r\n", NULL) : g_strdup("");
  client->anew = FALSE;
  open_at(client, target, extra);
}

static void open_other(FlClient *client) {
  open_at(client, fl_client_endpoint(client)->url.target, "");
}

static const char *check_head(FlClient *client) {
  const char *type = fl_http_parser_header(client->http, "Content-Type");

  if (fl_http_parser_status(client->http) == 200 && type && g_str_has_prefix(type, "text/event-stream"))
    return NULL;
  client->anew = TRUE;
  client->told_ns = -1;
  return fl_client_ended(client, "the request for events was not answered with 200 text/event-stream");
}

/* What an EventSource has learnt, and keeps when the connection goes. */
static void keep(FlClient *client) {
  const char *id = fl_sse_parser_last_id(client->parser);
  gint64 retry_ms = fl_sse_parser_retry_ms(client->parser);

  if (*id)
    g_strlcpy(client->cursor, id, sizeof client->cursor);
  if (retry_ms >= 0)
    client->told_ns = retry_ms * 1000000;
}

/* Our own server says at which cursor a subscription begins; of others, the head has to do. */
static gboolean has_begun(const FlClient *client) {
  FlCursor id;
  return fl_client_endpoint(client) || fl_cursor_parse(fl_sse_parser_last_id(client->parser), &id);
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  Reading reading = { .client = client };
  FlSseFound found = fl_client_endpoint(client) ? on_found_other : on_found;

  fl_http_parser_receive(client->http, (const char *)data, len, client->body);
  FlHttpState state = fl_http_parser_state(client->http);
  if (state == FL_HTTP_HEAD)
    return NULL;
  if (state != FL_HTTP_MALFORMED && client->state != FL_CLIENT_READY && (reading.wrong = check_head(client)))
    return reading.wrong;
  if (state != FL_HTTP_BODY && state != FL_HTTP_DONE)
    return "the event stream is no HTTP";
  if (!fl_sse_parser_receive(client->parser, (const char *)client->body->data, client->body->len, found, &reading))
    return "the event stream is malformed";
  g_byte_array_set_size(client->body, 0);
  if (fl_client_may_return(client))
    keep(client);
  if (state == FL_HTTP_DONE)
    return fl_client_ended(client, "the event stream ended");
  if (client->state != FL_CLIENT_READY && has_begun(client))
    fl_client_ready(client);
  return reading.wrong;
}

static void no_poll(FlClient *client) {
}

static void clear(FlClient *client) {
  g_clear_pointer(&client->http, fl_http_parser_free);
  g_clear_pointer(&client->body, g_byte_array_unref);
  fl_sse_parser_free(client->parser);
  client->parser = NULL;
}

const FlClientKind fl_client_sse = { "sse", FALSE, open_events, receive, no_poll, clear, clear };
const FlClientKind fl_client_other_sse = { "sse", FALSE, open_other, receive, no_poll, clear, clear };
