/* Socket.IO protocol 5: packets as they stand in an Engine.IO MESSAGE. Bytes in, bytes out.
 *
 *     <type>[<attachments>-][<namespace>,][<ack id>][JSON]          2["news",{"seq":17}]     51-/chat,12["file",{…}]
 *
 * A BINARY_EVENT or BINARY_ACK is followed by that many binary messages, its attachments, which
 * `{"_placeholder":true,"num":N}` in the JSON stand for. The namespace is left out where it is `/`.
 * Specification: https://github.com/socketio/socket.io-protocol, revision 5.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef enum {
  FL_SIO_CONNECT = 0,
  FL_SIO_DISCONNECT = 1,
  FL_SIO_EVENT = 2,
  FL_SIO_ACK = 3,
  FL_SIO_CONNECT_ERROR = 4,
  FL_SIO_BINARY_EVENT = 5,
  FL_SIO_BINARY_ACK = 6,
} FlSioType;

/* A packet of more attachments than this is refused. */
#define FL_SIO_ATTACHMENTS_MAX 256

/* A packet. Zeroed, it owns nothing. */
typedef struct {
  FlSioType type;
  guint attachments;
  char *nsp;      /* begins with `/` */
  gboolean has_id;
  guint64 id;     /* of the acknowledgement that is wanted or given; below 10^16 */
  GString *data;  /* the JSON, normalised; NULL where there is none */
} FlSioPacket;

/* fl_sio_packet_read: read a packet that a client may send, strictly: a CONNECT has an object or nothing, a DISCONNECT
 * nothing, an event a non-empty array that begins with a number or with a string that is none of the reserved names, an
 * ACK an array and an id; a CONNECT_ERROR is the server's to send.
 * Returns: FALSE where it is none; ret_packet is then empty. Else it is to be cleared. */
gboolean fl_sio_packet_read(const guint8 *text, gsize len, FlSioPacket *ret_packet);
void fl_sio_packet_clear(FlSioPacket *self);

/* fl_sio_placeholders_fit: whether each placeholder in the data names one of the attachments. */
gboolean fl_sio_placeholders_fit(const FlSioPacket *packet);

/* fl_sio_head_append: append what stands before the JSON. `id` NULL: none; `nsp` "/" is left out; `attachments` counts for
 * the binary types only. */
void fl_sio_head_append(GString *out, FlSioType type, guint attachments, const char *nsp, const guint64 *id);
