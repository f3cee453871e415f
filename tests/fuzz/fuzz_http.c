/* HTTP responses, one after the other, as the bench reads them: however the bytes are cut, the states, the bodies and the
 * bytes that were used are the same.
 * SPDX-License-Identifier: MIT */
#include "codec/http.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/split.h"

const char fl_fuzz_corpus[] = "http";

static void note(GString *story, const FlHttpParser *parser) {
  const char *type = fl_http_parser_header(parser, "content-type");

  g_string_append_printf(story, "[%d %d %s]", fl_http_parser_state(parser), fl_http_parser_status(parser), type ? type : "-");
}

/* `step` 0: pieces of any length. Returns: what was read, as text. */
static GString *receive(const char *data, gsize len, gsize step) {
  GString *story = g_string_new(NULL);
  FlHttpParser *parser = fl_http_parser_new();
  g_autoptr(GByteArray) body = g_byte_array_new();
  guint32 seed = (guint32)len;
  gsize at = 0;
  FlHttpState state = FL_HTTP_HEAD;

  while (at < len && state != FL_HTTP_UPGRADED && state != FL_HTTP_MALFORMED) {
    gsize piece = step > 0 ? MIN(step, len - at) : fl_fuzz_piece(&seed, len - at);
    gsize used = fl_http_parser_receive(parser, data + at, piece, body);
    g_assert_cmpuint(used, <=, piece);
    state = fl_http_parser_state(parser);
    at += used;
    if (state == FL_HTTP_DONE) {
      note(story, parser);
      g_string_append_printf(story, "%" G_GSIZE_FORMAT ";", at);
      fl_http_parser_next(parser, FALSE);
    } else
      g_assert_true(used == piece || state == FL_HTTP_UPGRADED || state == FL_HTTP_MALFORMED);
  }
  g_assert_cmpuint(body->len, <=, len);
  if (state == FL_HTTP_MALFORMED)
    g_string_append(story, "malformed");
  else {
    note(story, parser);
    gboolean is_end = fl_http_parser_eof(parser);
    g_string_append_printf(story, "%" G_GSIZE_FORMAT " %d;", at, is_end);
    g_string_append_len(story, (const char *)body->data, body->len);
  }
  fl_http_parser_free(parser);
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
