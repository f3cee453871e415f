/* Event streams: however the bytes are cut, the same events and comments are found; an event that is written again is read
 * as it was.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/sse.h"
#include "codec/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/split.h"

#define EVENT_MAX 1000

const char fl_fuzz_corpus[] = "sse";

static void collect(gpointer user, const FlSseEvent *event, const char *comment) {
  GString *story = user;

  if (!event) {
    g_string_append_printf(story, "(%s)", comment);
    return;
  }
  g_assert_true(fl_utf8_is_valid((const guint8 *)event->data, event->data_len));
  g_assert_null(strpbrk(event->id, "\r\n"));
  g_string_append_printf(story, "[%s|%s|", event->name, event->id);
  g_string_append_len(story, event->data, (gssize)event->data_len);
  g_string_append_c(story, ']');
}

static GString *receive(const char *data, gsize len, gsize step) {
  GString *story = g_string_new(NULL);
  FlSseParser *parser = fl_sse_parser_new(EVENT_MAX);
  guint32 seed = (guint32)len;
  gboolean good = TRUE;

  for (gsize at = 0, piece; at < len && good; at += piece) {
    piece = step > 0 ? MIN(step, len - at) : fl_fuzz_piece(&seed, len - at);
    good = fl_sse_parser_receive(parser, data + at, piece, collect, story);
  }
  g_assert_cmpint(fl_sse_parser_retry_ms(parser), >=, -1);
  g_string_append_printf(story, "%d", good);
  if (good)
    g_string_append_printf(story, " %s %" G_GINT64_FORMAT, fl_sse_parser_last_id(parser), fl_sse_parser_retry_ms(parser));
  fl_sse_parser_free(parser);
  return story;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  g_autoptr(GString) whole = receive((const char *)data, len, G_MAXUINT32);
  g_autoptr(GString) byte = receive((const char *)data, len, 1);
  g_autoptr(GString) cut = receive((const char *)data, len, 0);

  g_assert_cmpmem(whole->str, whole->len, byte->str, byte->len);
  g_assert_cmpmem(whole->str, whole->len, cut->str, cut->len);
  return 0;
}
