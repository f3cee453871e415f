/* Engine.IO protocol 4: packets, payloads of HTTP polling, the open packet, errors. Bytes in, bytes out.
 *
 *     packet     a digit for the type, then data             4hello
 *     record     a packet as it stands in a payload; a       4hello      bAQIDBA==
 *                binary message is `b` and base64 (RFC 4648)
 *     payload    records joined by the byte 0x1e             4hello<1e>bAQIDBA==
 *
 * On WebSocket a text message is a packet, and a binary message is a MESSAGE as it is, without a type.
 * Specification: https://github.com/socketio/engine.io-protocol, revision 4.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define FL_EIO_PROTOCOL "4"
#define FL_EIO_SEPARATOR 0x1e

typedef enum {
  FL_EIO_OPEN = 0,
  FL_EIO_CLOSE = 1,
  FL_EIO_PING = 2,
  FL_EIO_PONG = 3,
  FL_EIO_MESSAGE = 4,
  FL_EIO_UPGRADE = 5,
  FL_EIO_NOOP = 6,
} FlEioType;

/* A packet that was read. `data` is borrowed from the reader, valid UTF-8 unless is_binary. */
typedef struct {
  FlEioType type;
  gboolean is_binary; /* then type is FL_EIO_MESSAGE */
  const guint8 *data;
  gsize len;
} FlEioPacket;

/* fl_eio_packet_read: read one text packet. Returns: FALSE where its type is none of 0 … 6 or its data is no UTF-8. */
gboolean fl_eio_packet_read(const guint8 *text, gsize len, FlEioPacket *ret_packet);

/* FlEioFound: a packet of a payload, borrowed for the call. Returns: FALSE to stop reading. */
typedef gboolean (*FlEioFound)(gpointer user, const FlEioPacket *packet);

/* fl_eio_payload_read: read the packets of a payload in order. Returns: FALSE at the first record that is none (an empty
 * payload holds one); what came before it has been found. TRUE also where `found` stopped. */
gboolean fl_eio_payload_read(const guint8 *payload, gsize len, FlEioFound found, gpointer user);

/* fl_eio_record_append: append a text packet to a payload, with the separator where it is not the first. */
void fl_eio_record_append(GByteArray *payload, FlEioType type, const void *data, gsize len);

/* fl_eio_packet_append: like fl_eio_record_append for a packet that is encoded already, its type in front. */
void fl_eio_packet_append(GByteArray *payload, const void *packet, gsize len);

/* fl_eio_binary_append: append a binary message to a payload, as base64. */
void fl_eio_binary_append(GByteArray *payload, const void *data, gsize len);

/* What the open packet tells a client; times in milliseconds. */
typedef struct {
  const char *sid; /* of URL-safe characters */
  gboolean may_upgrade;
  gint64 ping_interval_ms, ping_timeout_ms;
  gint64 max_payload_bytes;
} FlEioHandshake;

/* fl_eio_handshake_json: the data of the open packet. */
GString *fl_eio_handshake_json(const FlEioHandshake *handshake);

/* Why a request is refused: the codes of the reference implementation. */
typedef enum {
  FL_EIO_TRANSPORT_UNKNOWN = 0,
  FL_EIO_SID_UNKNOWN = 1,
  FL_EIO_BAD_HANDSHAKE_METHOD = 2,
  FL_EIO_BAD_REQUEST = 3,
  FL_EIO_FORBIDDEN = 4,
  FL_EIO_PROTOCOL_UNSUPPORTED = 5,
} FlEioError;

/* fl_eio_error_json: `{"code":…,"message":…}`; static. */
const char *fl_eio_error_json(FlEioError error);
