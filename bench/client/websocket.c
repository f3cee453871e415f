/* The client's half of WebSocket. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/client/websocket.h"

#include "codec/websocket.h"

/* A key of 16 bytes and a mask: the peer is a server of ours, there is no cache between to be kept from confusion. */
#define KEY "ZmVlZGxhYi1iZW5jaC0xNg=="
static const guint8 mask[4] = { 0x1f, 0x2e, 0x3d, 0x4c };

void fl_client_ws_open(FlClient *client, const char *target, const char *extra) {
  char headers[256];

  g_assert(!client->http);
  client->http = fl_http_parser_new();
  g_snprintf(headers, sizeof headers,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: " KEY "\r\n%s", extra);
  fl_client_get(client, target, headers);
}

/* A 101 with a length, against RFC 9110, 8.6: nginx with Nchan sends one. The head is then read to its end. */
static gboolean has_empty_body(const FlHttpParser *http) {
  return fl_http_parser_status(http) == 101 && g_strcmp0(fl_http_parser_header(http, "Content-Length"), "0") == 0;
}

const char *fl_client_ws_handshake(FlClient *client, const guint8 *data, gsize len, gsize *ret_used) {
  char expected[FL_WS_ACCEPT_LEN + 1];

  *ret_used = fl_http_parser_receive(client->http, (const char *)data, len, NULL);
  FlHttpState state = fl_http_parser_state(client->http);
  if (state == FL_HTTP_HEAD)
    return NULL;
  if (state == FL_HTTP_MALFORMED && fl_client_endpoint(client) && has_empty_body(client->http))
    state = FL_HTTP_UPGRADED;
  const char *accept = fl_http_parser_header(client->http, "Sec-WebSocket-Accept");
  if (state != FL_HTTP_UPGRADED && state != FL_HTTP_MALFORMED)
    return fl_client_ended(client, "the upgrade to WebSocket was not answered with 101");
  if (state != FL_HTTP_UPGRADED || !fl_websocket_accept(KEY, expected) || g_strcmp0(accept, expected) != 0)
    return "the upgrade to WebSocket was not answered as RFC 6455 wants it";
  g_clear_pointer(&client->http, fl_http_parser_free);
  return NULL;
}

void fl_client_ws_send(FlClient *client, FlWsOpcode opcode, const void *payload, gsize len) {
  g_autoptr(GByteArray) frame = g_byte_array_new();

  fl_ws_frame_append(frame, opcode, mask, payload, len);
  fl_client_send(client, frame->data, frame->len, FALSE);
}
