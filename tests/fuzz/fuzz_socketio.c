/* Socket.IO: an input is read as a packet. What is read keeps the header's promises, and is the same when it is written
 * and read again.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/json.h"
#include "codec/socketio.h"
#include "codec/utf8.h"
#include "tests/fuzz/fuzz.h"

const char fl_fuzz_corpus[] = "socketio";

static gboolean is_valid(const char *text, gsize len) {
  return fl_utf8_is_valid((const guint8 *)text, len);
}

static GString *write_packet(const FlSioPacket *packet) {
  GString *out = g_string_new(NULL);

  fl_sio_head_append(out, packet->type, packet->attachments, packet->nsp, packet->has_id ? &packet->id : NULL);
  if (packet->data)
    g_string_append_len(out, packet->data->str, (gssize)packet->data->len);
  return out;
}

static void check_head(const FlSioPacket *packet) {
  gboolean is_binary = packet->type == FL_SIO_BINARY_EVENT || packet->type == FL_SIO_BINARY_ACK;

  g_assert_cmpint(packet->type, <=, FL_SIO_BINARY_ACK);
  g_assert_cmpint(packet->type, !=, FL_SIO_CONNECT_ERROR);
  g_assert_cmpuint(packet->attachments, <=, is_binary ? FL_SIO_ATTACHMENTS_MAX : 0);
  g_assert_true(packet->nsp[0] == '/' && !strchr(packet->nsp, ','));
  g_assert_true(is_valid(packet->nsp, strlen(packet->nsp)));
  g_assert_cmpuint(packet->id, <, G_GUINT64_CONSTANT(10000000000000000));
  g_assert_true(packet->has_id || packet->id == 0);
}

/* A text that is quoted is the same text. */
static void check_text(const char *value, gsize len) {
  g_autofree char *text = fl_json_text(value, len);

  if (!text)
    return;
  g_assert_true(is_valid(text, strlen(text)));
  g_autoptr(GString) quoted = fl_json_quote(text, strlen(text));
  g_autofree char *again = fl_json_text(quoted->str, quoted->len);
  g_assert_cmpstr(again, ==, text);
}

/* The elements, joined, are the array. */
static void check_elements(const GString *array) {
  g_autoptr(GString) joined = g_string_new("[");
  const char *element;
  gsize len;

  for (guint n = 0; (element = fl_json_element(array, n, &len)); n++) {
    if (n > 0)
      g_string_append_c(joined, ',');
    g_string_append_len(joined, element, (gssize)len);
    check_text(element, len);
  }
  g_string_append_c(joined, ']');
  g_assert_cmpmem(joined->str, joined->len, array->str, array->len);
}

static void check_event(const GString *data) {
  static const char *const reserved[] = { "connect",       "connect_error", "disconnect",
                                          "disconnecting", "newListener",   "removeListener" };
  gsize len = 0;
  const char *name = fl_json_element(data, 0, &len);

  g_assert_nonnull(name);
  g_assert_true(*name == '"' || *name == '-' || g_ascii_isdigit(*name));
  g_autofree char *text = fl_json_text(name, len);
  for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++)
    g_assert_cmpstr(text, !=, reserved[i]);
}

static void check_data(const FlSioPacket *packet) {
  const GString *data = packet->data;
  g_autofree char *error = NULL;

  switch (packet->type) {
  case FL_SIO_CONNECT:
    g_assert_true(!data || data->str[0] == '{');
    break;
  case FL_SIO_EVENT:
  case FL_SIO_BINARY_EVENT:
    check_event(data);
    break;
  case FL_SIO_ACK:
  case FL_SIO_BINARY_ACK:
    g_assert_true(packet->has_id && data->str[0] == '[');
    break;
  default:
    g_assert_null(data);
  }
  if (!data)
    return;
  g_assert_true(is_valid(data->str, data->len));
  g_autoptr(GString) normalised = fl_json_normalise(data->str, data->len, &error);
  g_assert_cmpmem(normalised->str, normalised->len, data->str, data->len);
  if (data->str[0] == '[')
    check_elements(data);
}

/* What fits fits with one attachment more; where nothing can be a placeholder all fits. */
static void check_placeholders(const FlSioPacket *packet) {
  FlSioPacket more = *packet, none = *packet;

  if (!packet->data)
    return;
  more.attachments++;
  none.attachments = 0;
  if (fl_sio_placeholders_fit(packet))
    g_assert_true(fl_sio_placeholders_fit(&more));
  if (!strstr(packet->data->str, "\"_placeholder\":true") && !strchr(packet->data->str, '\\'))
    g_assert_true(fl_sio_placeholders_fit(&none));
}

static void check_again(const FlSioPacket *packet) {
  g_autoptr(GString) text = write_packet(packet);
  FlSioPacket again;

  g_assert_true(fl_sio_packet_read((const guint8 *)text->str, text->len, &again));
  g_assert_cmpint(again.type, ==, packet->type);
  g_assert_cmpuint(again.attachments, ==, packet->attachments);
  g_assert_cmpstr(again.nsp, ==, packet->nsp);
  g_assert_cmpint(again.has_id, ==, packet->has_id);
  g_assert_cmpuint(again.id, ==, packet->id);
  g_assert_true(!again.data == !packet->data);
  g_assert_true(!again.data || g_string_equal(again.data, packet->data));
  fl_sio_packet_clear(&again);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  FlSioPacket packet;

  if (!fl_sio_packet_read(data, len, &packet)) {
    g_assert_true(!packet.nsp && !packet.data);
    return 0;
  }
  check_head(&packet);
  check_data(&packet);
  check_placeholders(&packet);
  check_again(&packet);
  fl_sio_packet_clear(&packet);
  return 0;
}
