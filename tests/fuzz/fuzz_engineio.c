/* Engine.IO: an input is read as a payload and as a packet. What is found, before a wrong record too, gives the input's
 * bytes when it is written again, and is found again in them.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/engineio.h"
#include "codec/utf8.h"
#include "tests/fuzz/fuzz.h"

const char fl_fuzz_corpus[] = "engineio";

typedef struct {
  FlEioType type;
  gboolean is_binary;
  GBytes *data;
} Found;

static void found_clear(gpointer data) {
  Found *found = data;
  g_bytes_unref(found->data);
}

static GArray *founds_new(void) {
  GArray *founds = g_array_new(FALSE, FALSE, sizeof(Found));
  g_array_set_clear_func(founds, found_clear);
  return founds;
}

static gboolean collect(gpointer user, const FlEioPacket *packet) {
  GArray *founds = user;
  Found found = { packet->type, packet->is_binary, g_bytes_new(packet->data, packet->len) };

  g_assert_cmpint(packet->type, <=, FL_EIO_NOOP);
  if (packet->is_binary)
    g_assert_cmpint(packet->type, ==, FL_EIO_MESSAGE);
  else {
    g_assert_true(fl_utf8_is_valid(packet->data, packet->len));
    g_assert_null(packet->len > 0 ? memchr(packet->data, FL_EIO_SEPARATOR, packet->len) : NULL);
  }
  g_array_append_val(founds, found);
  return TRUE;
}

static gboolean collect_one(gpointer user, const FlEioPacket *packet) {
  collect(user, packet);
  return FALSE;
}

static gboolean are_equal(const GArray *a, const GArray *b) {
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const Found *x = &g_array_index(a, Found, i), *y = &g_array_index(b, Found, i);
    if (x->type != y->type || x->is_binary != y->is_binary || !g_bytes_equal(x->data, y->data))
      return FALSE;
  }
  return TRUE;
}

static GByteArray *write_payload(const GArray *founds, gboolean *ret_has_binary) {
  GByteArray *payload = g_byte_array_new();

  *ret_has_binary = FALSE;
  for (guint i = 0; i < founds->len; i++) {
    const Found *found = &g_array_index(founds, Found, i);
    gsize len;
    const void *data = g_bytes_get_data(found->data, &len);
    if (found->is_binary) {
      *ret_has_binary = TRUE;
      fl_eio_binary_append(payload, data, len);
    } else
      fl_eio_record_append(payload, found->type, data, len);
  }
  return payload;
}

static void check_payload(const guint8 *data, gsize len) {
  g_autoptr(GArray) founds = founds_new();
  g_autoptr(GArray) again = founds_new();
  g_autoptr(GArray) first = founds_new();
  gboolean good = fl_eio_payload_read(data, len, collect, founds);
  gboolean has_binary;
  g_autoptr(GByteArray) written = write_payload(founds, &has_binary);

  g_assert_true(!good || founds->len > 0);
  /* The last bits of base64 may be any, the bytes that it stands for are the same then. */
  g_assert_true(good ? written->len == len : written->len <= len);
  if (!has_binary && written->len > 0)
    g_assert_cmpmem(written->data, written->len, data, written->len);

  g_assert_true(fl_eio_payload_read(written->data, written->len, collect, again) == (founds->len > 0));
  g_assert_true(are_equal(founds, again));

  g_assert_true(fl_eio_payload_read(data, len, collect_one, first) == (founds->len > 0));
  g_assert_cmpuint(first->len, ==, MIN(founds->len, 1));
}

static void check_packet(const guint8 *data, gsize len) {
  g_autoptr(GByteArray) record = g_byte_array_new();
  g_autoptr(GByteArray) copy = g_byte_array_new();
  FlEioPacket packet;

  if (!fl_eio_packet_read(data, len, &packet))
    return;
  g_assert_true(fl_utf8_is_valid(data, len));
  g_assert_false(packet.is_binary);
  fl_eio_record_append(record, packet.type, packet.data, packet.len);
  g_assert_cmpmem(record->data, record->len, data, len);
  fl_eio_packet_append(copy, data, len);
  g_assert_cmpmem(copy->data, copy->len, data, len);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  check_payload(data, len);
  check_packet(data, len);
  return 0;
}
