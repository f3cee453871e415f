/* permessage-deflate's messages: by the examples of RFC 7692, section 7.2.3, whole and cut at every byte, and there and back.
 * SPDX-License-Identifier: MIT */
#include "codec/deflate.h"

#include <string.h>

#include "tests/fl_check.h"

#define MOST 1000

/* Inflate a message that comes as `cut` bytes and the rest. Returns: the text, or what went wrong. */
static char *inflate_cut(const guint8 *data, gsize len, gsize cut, gsize most) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree guint8 *first = g_memdup2(data, cut); /* blocks of their own, so that reading past them is caught */
  g_autofree guint8 *rest = g_memdup2(data + cut, len - cut);
  FlInflater *inflater = fl_inflater_new();

  FlInflateResult result = fl_inflater_feed(inflater, first, cut, out, most);
  if (result == FL_INFLATE_OK)
    result = fl_inflater_feed(inflater, rest, len - cut, out, most);
  if (result == FL_INFLATE_OK)
    result = fl_inflater_end(inflater, out, most);
  fl_inflater_free(inflater);
  if (result != FL_INFLATE_OK)
    return g_strdup(result == FL_INFLATE_INVALID ? "invalid" : "too big");
  return g_strndup(out->len > 0 ? (const char *)out->data : "", out->len);
}

static void expect(const char *data, gsize len, gsize most, const char *expected) {
  for (gsize cut = 0; cut <= len; cut++) {
    g_autofree char *said = inflate_cut((const guint8 *)data, len, cut, most);
    ck_assert_msg(strcmp(said, expected) == 0, "cut at %d: %s, not %s", (int)cut, said, expected);
  }
}

#define EXPECT(literal, most, expected) expect(literal, sizeof(literal) - 1, most, expected)

START_TEST(reads_the_examples_of_the_rfc) {
  EXPECT("\xf2\x48\xcd\xc9\xc9\x07\x00", MOST, "Hello");
  EXPECT("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", MOST, "Hello");                 /* not compressed */
  EXPECT("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", MOST, "Hello");                             /* a final block */
  EXPECT("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", MOST, "Hello");         /* two blocks */
  EXPECT("\x00", MOST, "");
}
END_TEST

START_TEST(refuses_what_is_none) {
  EXPECT("\xff", MOST, "invalid");
  EXPECT("\x06", MOST, "invalid");
  EXPECT("\xf2\x48\xcd\xc9", MOST, "invalid"); /* cut in a block */
  EXPECT("", MOST, "invalid");
  EXPECT("\xf2\x00\x11\x00\x00", MOST, "invalid"); /* a reference to the message before */
}
END_TEST

START_TEST(stops_at_the_limit) {
  EXPECT("\xf2\x48\xcd\xc9\xc9\x07\x00", 5, "Hello");
  EXPECT("\xf2\x48\xcd\xc9\xc9\x07\x00", 4, "too big");
  g_autofree char *text = g_strnfill(1000000, 'x');
  g_autoptr(GByteArray) packed = fl_deflate_message(text, 1000000);
  ck_assert_uint_lt(packed->len, 2000);
  expect((const char *)packed->data, packed->len, MOST, "too big");
}
END_TEST

START_TEST(what_it_writes_comes_back) {
  static const gsize lengths[] = { 0, 1, 125, 16384, 16385, 65536, 300000 };

  for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
    gsize len = lengths[i];
    g_autofree guint8 *text = g_malloc(len + 1);
    guint32 noise = 1;
    for (gsize at = 0; at < len; at++) { /* half of it does not compress */
      noise = noise * 1664525 + 1013904223;
      text[at] = at % 2000 < 1000 ? 'x' : (guint8)(1 + (noise >> 24) % 255);
    }
    text[len] = '\0';
    g_autoptr(GByteArray) packed = fl_deflate_message(text, len);
    ck_assert_uint_gt(packed->len, 0);
    g_autofree char *back = inflate_cut(packed->data, packed->len, packed->len / 2, len);
    ck_assert_str_eq(back, (const char *)text);
  }
}
END_TEST

START_TEST(free_takes_null) {
  fl_inflater_free(NULL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("deflate");
  TCase *tcase = tcase_create("deflate");
  tcase_add_test(tcase, reads_the_examples_of_the_rfc);
  tcase_add_test(tcase, refuses_what_is_none);
  tcase_add_test(tcase, stops_at_the_limit);
  tcase_add_test(tcase, what_it_writes_comes_back);
  tcase_add_test(tcase, free_takes_null);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
