/* WebSocket, without a subprotocol: each text message is an update; pings are answered.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench/client/client.h"
#include "bench/update_reader.h"
#include "codec/websocket.h"
#include "net/wslink.h"

#define MESSAGE_MAX (4 * 1024 * 1024)

/* A key of 16 bytes and a mask: the peer is a server of ours, there is no cache between to be kept from confusion. */
static const char key[] = "ZmVlZGxhYi1iZW5jaC0xNg==";
static const guint8 mask[4] = { 0x1f, 0x2e, 0x3d, 0x4c };

typedef struct {
  FlClient *client;
  const char *wrong;
} Reading;

static gboolean on_message(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  Reading *reading = user;
  g_autoptr(GByteArray) pong = NULL;
  guint64 seq;
  gint64 t_us;

  switch (opcode) {
  case FL_WS_TEXT:
    if (fl_update_read((const char *)payload, len, &seq, &t_us))
      fl_client_update(reading->client, seq, t_us);
    else
      reading->wrong = "a message is no update";
    break;
  case FL_WS_PING:
    pong = g_byte_array_new();
    fl_ws_frame_append(pong, FL_WS_PONG, mask, payload, len);
    fl_client_send(reading->client, pong->data, pong->len, FALSE);
    break;
  case FL_WS_CLOSE:
    reading->wrong = "the server closed a WebSocket";
    break;
  default:
    reading->wrong = "a frame is of a kind that was not expected";
  }
  return reading->wrong == NULL;
}

static void open_websocket(FlClient *client) {
  client->http = fl_http_parser_new();
  client->parser = fl_ws_link_new(FL_WS_CLIENT, MESSAGE_MAX);
  fl_client_get(client, "/ws",
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: ZmVlZGxhYi1iZW5jaC0xNg==\r\n");
}

static const char *read_handshake(FlClient *client, const guint8 *data, gsize len, gsize *ret_used) {
  char expected[FL_WS_ACCEPT_LEN + 1];

  *ret_used = fl_http_parser_receive(client->http, (const char *)data, len, NULL);
  FlHttpState state = fl_http_parser_state(client->http);
  if (state == FL_HTTP_HEAD)
    return NULL;
  const char *accept = fl_http_parser_header(client->http, "Sec-WebSocket-Accept");
  if (state != FL_HTTP_UPGRADED || !fl_websocket_accept(key, expected) || g_strcmp0(accept, expected) != 0)
    return "the upgrade to WebSocket was not answered as RFC 6455 wants it";
  g_clear_pointer(&client->http, fl_http_parser_free);
  fl_client_ready(client);
  return NULL;
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  Reading reading = { .client = client };
  gsize used = 0;

  if (client->http && (reading.wrong = read_handshake(client, data, len, &used)))
    return reading.wrong;
  if (client->http || used == len)
    return NULL;
  if (fl_ws_link_receive(client->parser, data + used, len - used, on_message, &reading) != 0)
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

const FlClientKind fl_client_ws = { "ws", FALSE, open_websocket, receive, no_poll, clear };
