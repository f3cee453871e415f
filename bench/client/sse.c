/* Server-Sent Events: an event's id and its data have to agree.
 * SPDX-License-Identifier: MIT */
#include "codec/sse.h"

#include <string.h>

#include "bench/client/client.h"
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
  if (g_str_equal(event->name, "gap"))
    fl_client_gap(reading->client);
  else if (!g_str_equal(event->name, "message") || !fl_update_read(event->data, event->data_len, &stamp))
    reading->wrong = "an event is no update";
  else if (!fl_cursor_parse(event->id, &id) || id.seq != stamp.seq)
    reading->wrong = "an event's id is not its update's cursor";
  else
    fl_client_update(reading->client, &stamp);
}

static void open_events(FlClient *client) {
  client->http = fl_http_parser_new();
  client->body = g_byte_array_new();
  client->parser = fl_sse_parser_new(EVENT_MAX);
  fl_client_get(client, "/events", "Accept: text/event-stream\r\n");
}

static const char *check_head(FlClient *client) {
  const char *type = fl_http_parser_header(client->http, "Content-Type");

  if (fl_http_parser_status(client->http) != 200 || !type || !g_str_has_prefix(type, "text/event-stream"))
    return "/events was not answered with 200 text/event-stream";
  return NULL;
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  Reading reading = { .client = client };
  FlCursor id;

  fl_http_parser_receive(client->http, (const char *)data, len, client->body);
  FlHttpState state = fl_http_parser_state(client->http);
  if (state == FL_HTTP_HEAD)
    return NULL;
  if (state != FL_HTTP_BODY)
    return "the event stream is no HTTP, or ended";
  if (client->state != FL_CLIENT_READY && (reading.wrong = check_head(client)))
    return reading.wrong;
  if (!fl_sse_parser_receive(client->parser, (const char *)client->body->data, client->body->len, on_found, &reading))
    return "the event stream is malformed";
  g_byte_array_set_size(client->body, 0);
  if (client->state != FL_CLIENT_READY && fl_cursor_parse(fl_sse_parser_last_id(client->parser), &id))
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

const FlClientKind fl_client_sse = { "sse", FALSE, open_events, receive, no_poll, clear };
