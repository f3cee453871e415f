/* The WebSocket opening handshake (RFC 6455, section 4) and the wire form of an update. Frames themselves are made and
 * read by net/wslink.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The subprotocol under which server and client speak more than updates. */
#define FL_WS_SUBPROTOCOL "feedlab.v1"

/* Sec-WebSocket-Accept: 28 characters and NUL. */
#define FL_WS_ACCEPT_LEN 28

/* fl_websocket_accept: the answer to a key (RFC 6455, 4.2.2, step 5.4).
 * Returns: FALSE where `key` is not the base64 of 16 bytes. */
gboolean fl_websocket_accept(const char *key, char ret_accept[FL_WS_ACCEPT_LEN + 1]);
