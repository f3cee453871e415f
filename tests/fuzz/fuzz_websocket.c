/* WebSocket input: the first byte says which end reads and how it is cut, the rest is what came. However it is cut, the
 * same messages are found and the connection ends with the same code; text is UTF-8 and nothing is over the limit.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/utf8.h"
#include "codec/websocket.h"
#include "net/wslink.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/split.h"

#define MESSAGE_MAX 1000

const char fl_fuzz_corpus[] = "websocket";

static gboolean collect(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  GByteArray *found = user;
  guint32 head[2] = { opcode, (guint32)len };

  g_assert_cmpuint(len, <=, opcode >= FL_WS_CLOSE ? 125 : MESSAGE_MAX);
  if (opcode == FL_WS_TEXT)
    g_assert_true(fl_utf8_is_valid(payload, len));
  if (opcode == FL_WS_CLOSE) {
    g_assert_true(len == 0 || len >= 2);
    g_assert_true(len == 0 || fl_utf8_is_valid(payload + 2, len - 2));
  }
  g_byte_array_append(found, (const guint8 *)head, sizeof head);
  if (len > 0)
    g_byte_array_append(found, payload, (guint)len);
  return TRUE;
}

/* `step` 0: pieces of any length. */
static GByteArray *receive(FlWsRole role, const guint8 *data, gsize len, gsize step, int *ret_code) {
  GByteArray *found = g_byte_array_new();
  FlWsLink *link = fl_ws_link_new(role, MESSAGE_MAX);
  guint32 seed = len > 0 ? data[0] : 0;

  *ret_code = 0;
  for (gsize at = 0, piece; at < len && *ret_code == 0; at += piece) {
    piece = step > 0 ? MIN(step, len - at) : fl_fuzz_piece(&seed, len - at);
    *ret_code = fl_ws_link_receive(link, data + at, piece, collect, found);
  }
  if (*ret_code != 0) {
    guint before = found->len;
    g_assert_cmpint(fl_ws_link_receive(link, (const guint8 *)"\x89\0", 2, collect, found), ==, *ret_code);
    g_assert_cmpuint(found->len, ==, before);
    g_assert_false(fl_ws_link_at_boundary(link));
  }
  fl_ws_link_free(link);
  return found;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  int whole_code, byte_code, cut_code;

  if (len == 0)
    return 0;
  FlWsRole role = data[0] & 1 ? FL_WS_CLIENT : FL_WS_SERVER;
  g_autoptr(GByteArray) whole = receive(role, data + 1, len - 1, G_MAXUINT32, &whole_code);
  g_autoptr(GByteArray) byte = receive(role, data + 1, len - 1, 1, &byte_code);
  g_autoptr(GByteArray) cut = receive(role, data + 1, len - 1, 0, &cut_code);

  g_assert_cmpint(whole_code, ==, byte_code);
  g_assert_cmpint(whole_code, ==, cut_code);
  g_assert_cmpmem(whole->data, whole->len, byte->data, byte->len);
  g_assert_cmpmem(whole->data, whole->len, cut->data, cut->len);
  g_autofree char *key = g_strndup((const char *)data + 1, len - 1);
  char accept[FL_WS_ACCEPT_LEN + 1];
  if (fl_websocket_accept(key, accept))
    g_assert_cmpuint(strlen(accept), ==, FL_WS_ACCEPT_LEN);
  return 0;
}
