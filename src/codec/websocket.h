/* The WebSocket opening handshake (RFC 6455, section 4) and the wire form of an update. Frames themselves are made and
 * read by net/wslink.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The subprotocol under which server and client speak more than updates. */
#define FL_WS_SUBPROTOCOL "feedlab.v1"

/* Sec-WebSocket-Accept: 28 characters and NUL. */
#define FL_WS_ACCEPT_LEN 28

/* What is answered to an offer of permessage-deflate that is accepted: the longest answer and NUL. */
#define FL_WS_EXTENSIONS_MAX 112

/* fl_websocket_deflate: look for an offer of permessage-deflate that can be accepted in Sec-WebSocket-Extensions (NULL: absent);
 * the first one is (RFC 7692, 5 and 7.1). Messages are independent, either way. An offer with a parameter that is unknown, there
 * twice or malformed is declined, and so is one that wants a smaller window of the server.
 * Returns: FALSE where there is none; else ret_answer is the answer's Sec-WebSocket-Extensions. */
gboolean fl_websocket_deflate(const char *extensions, char ret_answer[FL_WS_EXTENSIONS_MAX]);

/* fl_websocket_accept: the answer to a key (RFC 6455, 4.2.2, step 5.4).
 * Returns: FALSE where `key` is not the base64 of 16 bytes. */
gboolean fl_websocket_accept(const char *key, char ret_accept[FL_WS_ACCEPT_LEN + 1]);
