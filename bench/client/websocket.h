/* The client's half of WebSocket, for the kinds that speak it: the opening handshake and masked frames. Reading frames is
 * net/wslink's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/client/client.h"
#include "net/wslink.h"

/* fl_client_ws_open: ask for the upgrade at that target, with `extra` header lines. */
void fl_client_ws_open(FlClient *client, const char *target, const char *extra);

/* fl_client_ws_handshake: read the answer to it. Returns: NULL, or what was wrong with it. ret_used: the bytes that belong
 * to it. It is complete when client->http is NULL; what was not used are frames. */
const char *fl_client_ws_handshake(FlClient *client, const guint8 *data, gsize len, gsize *ret_used);

/* fl_client_ws_send: send one message or control frame. */
void fl_client_ws_send(FlClient *client, FlWsOpcode opcode, const void *payload, gsize len);
