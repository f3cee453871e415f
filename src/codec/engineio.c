/* Engine.IO. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/engineio.h"

#include <string.h>

#include "codec/utf8.h"

gboolean fl_eio_packet_read(const guint8 *text, gsize len, FlEioPacket *ret_packet) {
  if (len == 0 || text[0] < '0' || text[0] > '6' || !fl_utf8_is_valid(text + 1, len - 1))
    return FALSE;
  *ret_packet = (FlEioPacket){ .type = (FlEioType)(text[0] - '0'), .data = text + 1, .len = len - 1 };
  return TRUE;
}

/* The whole alphabet, whole groups of four, padding at the end only: GLib's decoder would skip what it does not know. */
static gboolean is_base64(const guint8 *text, gsize len) {
  gsize n = len;

  if (len % 4 != 0)
    return FALSE;
  while (n > 0 && len - n < 2 && text[n - 1] == '=')
    n--;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum(text[i]) && text[i] != '+' && text[i] != '/')
      return FALSE;
  return TRUE;
}

/* Returns: whether it is a record; *ret_more whether to go on. */
static gboolean read_binary(const guint8 *text, gsize len, FlEioFound found, gpointer user, gboolean *ret_more) {
  FlEioPacket packet = { .type = FL_EIO_MESSAGE, .is_binary = TRUE, .data = (const guint8 *)"" };

  if (!is_base64(text, len))
    return FALSE;
  if (len == 0) {
    *ret_more = found(user, &packet);
    return TRUE;
  }
  g_autofree char *copy = g_strndup((const char *)text, len);
  packet.data = (const guint8 *)g_base64_decode_inplace(copy, &packet.len);
  *ret_more = found(user, &packet);
  return TRUE;
}

static gboolean read_text(const guint8 *text, gsize len, FlEioFound found, gpointer user, gboolean *ret_more) {
  FlEioPacket packet;

  if (!fl_eio_packet_read(text, len, &packet))
    return FALSE;
  *ret_more = found(user, &packet);
  return TRUE;
}

gboolean fl_eio_payload_read(const guint8 *payload, gsize len, FlEioFound found, gpointer user) {
  gboolean more = TRUE;

  for (;;) {
    const guint8 *separator = len > 0 ? memchr(payload, FL_EIO_SEPARATOR, len) : NULL;
    gsize record = separator ? (gsize)(separator - payload) : len;
    gboolean binary = record > 0 && payload[0] == 'b';
    if (binary ? !read_binary(payload + 1, record - 1, found, user, &more)
               : !read_text(payload, record, found, user, &more))
      return FALSE;
    if (!separator || !more)
      return TRUE;
    payload += record + 1;
    len -= record + 1;
  }
}

static void separate(GByteArray *payload) {
  static const guint8 separator = FL_EIO_SEPARATOR;
  if (payload->len > 0)
    g_byte_array_append(payload, &separator, 1);
}

void fl_eio_record_append(GByteArray *payload, FlEioType type, const void *data, gsize len) {
  guint8 digit = (guint8)('0' + type);

  separate(payload);
  g_byte_array_append(payload, &digit, 1);
  g_byte_array_append(payload, data, (guint)len);
}

void fl_eio_packet_append(GByteArray *payload, const void *packet, gsize len) {
  separate(payload);
  g_byte_array_append(payload, packet, (guint)len);
}

void fl_eio_binary_append(GByteArray *payload, const void *data, gsize len) {
  g_autofree char *text = g_base64_encode(data, len);

  separate(payload);
  g_byte_array_append(payload, (const guint8 *)"b", 1);
  g_byte_array_append(payload, (const guint8 *)text, (guint)strlen(text));
}

GString *fl_eio_handshake_json(const FlEioHandshake *handshake) {
  GString *out = g_string_new(NULL);
  g_string_printf(out,
                  "{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%" G_GINT64_FORMAT
                  ",\"pingTimeout\":%" G_GINT64_FORMAT ",\"maxPayload\":%" G_GINT64_FORMAT "}",
                  handshake->sid, handshake->may_upgrade ? "\"websocket\"" : "", handshake->ping_interval_ms,
                  handshake->ping_timeout_ms, handshake->max_payload_bytes);
  return out;
}

const char *fl_eio_error_json(FlEioError error) {
  static const char *const bodies[] = {
    [FL_EIO_TRANSPORT_UNKNOWN] = "{\"code\":0,\"message\":\"Transport unknown\"}",
    [FL_EIO_SID_UNKNOWN] = "{\"code\":1,\"message\":\"Session ID unknown\"}",
    [FL_EIO_BAD_HANDSHAKE_METHOD] = "{\"code\":2,\"message\":\"Bad handshake method\"}",
    [FL_EIO_BAD_REQUEST] = "{\"code\":3,\"message\":\"Bad request\"}",
    [FL_EIO_FORBIDDEN] = "{\"code\":4,\"message\":\"Forbidden\"}",
    [FL_EIO_PROTOCOL_UNSUPPORTED] = "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
  };
  return bodies[error];
}
