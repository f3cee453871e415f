/* Publish bodies, lines of input and records of replay files: what is taken is UTF-8 without white space to strip, the same
 * when it is read again, and JSON to the bench's reader too. UTF-8 is what GLib takes for it.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench/update_reader.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "tests/fuzz/fuzz.h"

const char fl_fuzz_corpus[] = "json";

static void check_normalised(const GString *value) {
  g_autofree char *error = NULL;
  g_autoptr(GString) again = fl_json_normalise(value->str, value->len, &error);

  g_assert_nonnull(again);
  g_assert_cmpmem(again->str, again->len, value->str, value->len);
  g_assert_true(fl_utf8_is_valid((const guint8 *)value->str, value->len));
  g_assert_true(fl_json_skip(value->str, value->str + value->len) == value->str + value->len);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  const char *text = len > 0 ? (const char *)data : "";
  g_autofree char *error = NULL, *record_error = NULL;
  gint64 t_us = 0;
  g_autoptr(GString) value = fl_json_normalise(text, len, &error);
  g_autoptr(GString) line = fl_json_from_line(text, len);
  g_autoptr(GString) quoted = fl_json_quote(text, len);
  g_autoptr(GString) record = fl_json_record(text, len, &t_us, &record_error);

  g_assert_true(fl_utf8_is_valid(data, len) == g_utf8_validate_len(text, len, NULL) || memchr(text, 0, len));
  g_assert_true(!value == (error != NULL));
  if (value) {
    g_assert_cmpuint(value->len, <=, len);
    check_normalised(value);
    g_assert_cmpmem(line->str, line->len, value->str, value->len);
  }
  check_normalised(line);
  check_normalised(quoted);
  g_assert_true(!record == (record_error != NULL));
  if (record) {
    g_assert_nonnull(value);
    check_normalised(record);
  }
  return 0;
}
