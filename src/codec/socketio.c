/* Socket.IO packets. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/socketio.h"

#include <jansson.h>
#include <string.h>

#include "codec/json.h"
#include "codec/utf8.h"

#define ID_DIGITS 16 /* what a client's numbers hold exactly, and a little more */
#define NAMESPACE_MAX 256

/* The reader stands at `text`; each step moves it on. */
typedef struct {
  const char *text, *end;
} Reader;

/* Digits, at most `most` of them. Returns: how many there were, most + 1 for more. */
static guint read_number(Reader *reader, guint most, guint64 *ret_number) {
  guint digits = 0;
  guint64 number = 0;

  for (; reader->text < reader->end && g_ascii_isdigit(*reader->text) && digits <= most; reader->text++, digits++)
    number = number * 10 + (guint64)(*reader->text - '0');
  *ret_number = number;
  return digits;
}

static gboolean is_binary(FlSioType type) {
  return type == FL_SIO_BINARY_EVENT || type == FL_SIO_BINARY_ACK;
}

static gboolean read_attachments(Reader *reader, FlSioPacket *packet) {
  guint64 number;
  guint digits = read_number(reader, 3, &number);

  if (digits == 0 || digits > 3 || number > FL_SIO_ATTACHMENTS_MAX)
    return FALSE;
  if (reader->text == reader->end || *reader->text != '-')
    return FALSE;
  reader->text++;
  packet->attachments = (guint)number;
  return TRUE;
}

/* Without a comma the rest is the namespace, as in `0/chat`. */
static gboolean read_namespace(Reader *reader, FlSioPacket *packet) {
  if (reader->text == reader->end || *reader->text != '/') {
    packet->nsp = g_strdup("/");
    return TRUE;
  }
  gsize left = (gsize)(reader->end - reader->text);
  const char *comma = memchr(reader->text, ',', left);
  gsize len = comma ? (gsize)(comma - reader->text) : left;
  if (len > NAMESPACE_MAX || memchr(reader->text, '\0', len) || !fl_utf8_is_valid((const guint8 *)reader->text, len))
    return FALSE;
  packet->nsp = g_strndup(reader->text, len);
  reader->text += comma ? len + 1 : len;
  return TRUE;
}

static gboolean read_id(Reader *reader, FlSioPacket *packet) {
  guint digits = read_number(reader, ID_DIGITS, &packet->id);
  packet->has_id = digits > 0;
  return digits <= ID_DIGITS;
}

static gboolean read_data(Reader *reader, FlSioPacket *packet) {
  g_autofree char *error = NULL;

  if (reader->text == reader->end)
    return TRUE;
  packet->data = fl_json_normalise(reader->text, (gsize)(reader->end - reader->text), &error);
  return packet->data != NULL;
}

/* Names that the libraries keep for themselves, however they are written. */
static gboolean is_reserved(const char *name, gsize len) {
  static const char *const reserved[] = { "connect",     "connect_error",  "disconnect", "disconnecting",
                                          "newListener", "removeListener", NULL };
  g_autofree char *text = fl_json_text(name, len);

  return text && g_strv_contains(reserved, text);
}

static gboolean is_event(const GString *data) {
  gsize len;
  const char *name = fl_json_element(data, 0, &len);

  if (!name)
    return FALSE;
  return *name == '-' || g_ascii_isdigit(*name) || (*name == '"' && !is_reserved(name, len));
}

static gboolean has_valid_data(const FlSioPacket *packet) {
  const GString *data = packet->data;

  switch (packet->type) {
  case FL_SIO_CONNECT:
    return !data || data->str[0] == '{';
  case FL_SIO_DISCONNECT:
    return !data;
  case FL_SIO_EVENT:
  case FL_SIO_BINARY_EVENT:
    return data && is_event(data);
  case FL_SIO_ACK:
  case FL_SIO_BINARY_ACK:
    return data && data->str[0] == '[' && packet->has_id;
  case FL_SIO_CONNECT_ERROR:
    return FALSE;
  }
  return FALSE;
}

gboolean fl_sio_packet_read(const guint8 *text, gsize len, FlSioPacket *ret_packet) {
  FlSioPacket packet = { 0 };

  *ret_packet = packet;
  if (len == 0 || text[0] < '0' || text[0] > '6')
    return FALSE;
  Reader reader = { .text = (const char *)text + 1, .end = (const char *)text + len };
  packet.type = (FlSioType)(text[0] - '0');
  if ((is_binary(packet.type) && !read_attachments(&reader, &packet)) || !read_namespace(&reader, &packet) ||
      !read_id(&reader, &packet) || !read_data(&reader, &packet) || !has_valid_data(&packet)) {
    fl_sio_packet_clear(&packet);
    return FALSE;
  }
  *ret_packet = packet;
  return TRUE;
}

void fl_sio_packet_clear(FlSioPacket *self) {
  g_free(self->nsp);
  if (self->data)
    g_string_free(self->data, TRUE);
  *self = (FlSioPacket){ 0 };
}

/* jansson has limited the depth. */
static gboolean placeholders_fit(const json_t *value, guint attachments) {
  const char *key;
  json_t *member;
  size_t index;

  if (json_is_array(value)) {
    json_array_foreach((json_t *)value, index, member)
      if (!placeholders_fit(member, attachments))
        return FALSE;
  } else if (json_is_object(value)) {
    if (json_is_true(json_object_get(value, "_placeholder"))) {
      double num = json_number_value(json_object_get(value, "num"));
      return json_is_number(json_object_get(value, "num")) && num >= 0 && num < attachments && num == (guint)num;
    }
    json_object_foreach((json_t *)value, key, member)
      if (!placeholders_fit(member, attachments))
        return FALSE;
  }
  return TRUE;
}

gboolean fl_sio_placeholders_fit(const FlSioPacket *packet) {
  /* As in codec/json: an integer beyond 64 bits is valid JSON. */
  json_t *value = json_loadb(packet->data->str, packet->data->len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
  gboolean fit = value ? placeholders_fit(value, packet->attachments) : FALSE;

  json_decref(value);
  return fit;
}

void fl_sio_head_append(GString *out, FlSioType type, guint attachments, const char *nsp, const guint64 *id) {
  g_string_append_c(out, (char)('0' + type));
  if (is_binary(type))
    g_string_append_printf(out, "%u-", attachments);
  if (!g_str_equal(nsp, "/"))
    g_string_append_printf(out, "%s,", nsp);
  if (id)
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, *id);
}
