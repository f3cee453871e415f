/* WebSocket, without a subprotocol: each text message is an update; pings are answered. Where it may come back, with feedlab.v1:
 * only there does the server say of which run its updates are, and which were missed.
 * SPDX-License-Identifier: MIT */
#include "bench/client/websocket.h"
#include "bench/member_reader.h"
#include "bench/update_reader.h"

#define MESSAGE_MAX (4 * 1024 * 1024)

typedef struct {
  FlClient *client;
  const char *wrong;
} Reading;

/* Returns: FALSE where it is none. */
static gboolean take_notice(FlClient *client, const char *text, gsize len) {
  FlCursor cursor;

  if (fl_hello_read(text, len, &cursor)) {
    fl_client_follows(client, cursor.epoch);
    if (client->subscriber.next == 0)
      fl_subscriber_begin(&client->subscriber, cursor.seq);
    return TRUE;
  }
  if (!fl_gap_read(text, len))
    return FALSE;
  fl_client_gap(client);
  return TRUE;
}

static gboolean on_message(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  Reading *reading = user;
  FlStamp stamp;

  switch (opcode) {
  case FL_WS_TEXT:
    if (fl_update_read((const char *)payload, len, &stamp))
      fl_client_update(reading->client, &stamp);
    else if (!fl_client_may_return(reading->client) || !take_notice(reading->client, (const char *)payload, len))
      reading->wrong = "a message is no update";
    break;
  case FL_WS_PING:
    fl_client_ws_send(reading->client, FL_WS_PONG, payload, len);
    break;
  case FL_WS_CLOSE:
    reading->wrong = fl_client_ended(reading->client, "the server closed a WebSocket");
    break;
  default:
    reading->wrong = "a frame is of a kind that was not expected";
  }
  return reading->wrong == NULL;
}

/* Many servers send text in binary frames. */
static gboolean on_other_message(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  Reading *reading = user;
  FlStamp stamp;

  if (opcode != FL_WS_TEXT && opcode != FL_WS_BINARY)
    return on_message(user, opcode, payload, len);
  if (fl_member_update_read(&fl_client_endpoint(reading->client)->members, (const char *)payload, len, &stamp))
    fl_client_update(reading->client, &stamp);
  else
    reading->wrong = "a message is no JSON object with the members of --stamp and --seq";
  return reading->wrong == NULL;
}

static void open_at(FlClient *client, const char *target, const char *extra) {
  client->parser = fl_ws_link_new(FL_WS_CLIENT, MESSAGE_MAX);
  fl_client_ws_open(client, target, extra);
}

static void open_websocket(FlClient *client) {
  g_autofree char *target = client->cursor[0] ? g_strconcat("/ws?since=", client->cursor, NULL) : g_strdup("/ws");
  open_at(client, target, fl_client_may_return(client) ? "Sec-WebSocket-Protocol: feedlab.v1\r\n" : "");
}

static void open_other(FlClient *client) {
  open_at(client, fl_client_endpoint(client)->url.target, "");
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  Reading reading = { .client = client };
  FlWsMessage message = fl_client_endpoint(client) ? on_other_message : on_message;
  gsize used = 0;

  if (client->http) {
    reading.wrong = fl_client_ws_handshake(client, data, len, &used);
    if (reading.wrong || client->http)
      return reading.wrong;
    fl_client_ready(client);
  }
  if (used < len && fl_ws_link_receive(client->parser, data + used, len - used, message, &reading) != 0)
    return "a frame is against RFC 6455";
  return reading.wrong;
}

static void no_poll(FlClient *client) {
}

static void clear(FlClient *client) {
  g_clear_pointer(&client->http, fl_http_parser_free);
  fl_ws_link_free(client->parser);
  client->parser = NULL;
}

static void lost(FlClient *client) {
  fl_client_keep_cursor(client);
  clear(client);
}

const FlClientKind fl_client_ws = { "ws", FALSE, open_websocket, receive, no_poll, lost, clear };
const FlClientKind fl_client_other_ws = { "ws", FALSE, open_other, receive, no_poll, clear, clear };
