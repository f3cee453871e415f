/* UTF-8: what RFC 3629 counts as valid, and NUL with it.
 * SPDX-License-Identifier: MIT */
#include "codec/utf8.h"

#include "tests/fl_check.h"

/* The text is its own block, so that reading past it is caught. */
static gboolean is_valid(const char *text, gsize len) {
  g_autofree guint8 *copy = g_memdup2(text, len);
  return fl_utf8_is_valid(copy, len);
}

#define TEXT(literal) { (literal), sizeof(literal) - 1 }

typedef struct {
  const char *text;
  gsize len;
} Text;

static const Text valid[] = {
  TEXT(""),
  TEXT("hello"),
  TEXT("\x01\x1e\x7f"),
  TEXT("\xc2\x80\xdf\xbf"),         /* the first and the last of two bytes */
  TEXT("\xe0\xa0\x80\xef\xbf\xbf"), /* of three */
  TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
  TEXT("\xed\x9f\xbf\xee\x80\x80"), /* beside the surrogates */
  TEXT("\xef\xb7\x90"),             /* a noncharacter is a character */
  TEXT("\0"),
  TEXT("\0\0a\0\xc3\xa9\0"),
};

START_TEST(takes_every_character_nul_too) {
  ck_assert_msg(is_valid(valid[_i].text, valid[_i].len), "%s", valid[_i].text);
}
END_TEST

static const Text invalid[] = {
  TEXT("\x80"),
  TEXT("\xff"),
  TEXT("\xfe"),
  TEXT("a\xbf"),
  TEXT("\xc0\x80"), /* NUL and others, written too long */
  TEXT("\xc1\xbf"),
  TEXT("\xe0\x9f\xbf"),
  TEXT("\xf0\x8f\xbf\xbf"),
  TEXT("\xed\xa0\x80"), /* surrogates */
  TEXT("\xed\xbf\xbf"),
  TEXT("\xed\xa0\xbd\xed\xb8\x80"),
  TEXT("\xf4\x90\x80\x80"), /* above U+10FFFF */
  TEXT("\xf8\x88\x80\x80\x80"),
  TEXT("\xc3\xc3\xa9"),
  TEXT("\xc3\0\xa9"),
  TEXT("\0\xff"),
  TEXT("\0a\0\0\x80\0"),
};

START_TEST(refuses_what_is_none) {
  ck_assert_msg(!is_valid(invalid[_i].text, invalid[_i].len), "case %d", _i);
}
END_TEST

START_TEST(refuses_characters_that_are_cut) {
  static const Text whole[] = { TEXT("\xc3\xa9"), TEXT("\xe2\x82\xac"), TEXT("\xf0\x9f\x98\x80"),
                                TEXT("\0\xe2\x82\xac") };

  for (gsize i = 0; i < G_N_ELEMENTS(whole); i++) {
    ck_assert(is_valid(whole[i].text, whole[i].len));
    for (gsize len = 1; len < whole[i].len; len++)
      ck_assert_msg(is_valid(whole[i].text, len) == (whole[i].text[len - 1] == '\0'), "%d of %d", (int)len, (int)i);
  }
}
END_TEST

/* Returns: how many bytes, given one by one, are taken before one is refused; `len` where none is. */
static gsize bytes_taken(const char *text, gsize len) {
  FlUtf8 state = { 0 };
  gsize at = 0;
  while (at < len && fl_utf8_feed(&state, (const guint8 *)text + at, 1))
    at++;
  return at;
}

START_TEST(refuses_the_first_byte_that_can_not_be) {
  static const struct {
    Text text;
    gsize good;
  } cases[] = {
    { TEXT("\xff"), 0 },         { TEXT("a\xc0\x80"), 1 },         { TEXT("\xe0\x9f\xbf"), 1 },
    { TEXT("\xed\xa0\x80"), 1 }, { TEXT("\xf4\x90\x80\x80"), 1 },  { TEXT("\xf0\x8f\xbf\xbf"), 1 },
    { TEXT("\xe2\x82\x28"), 2 }, { TEXT("\xf0\x9f\x98\x28"), 3 },  { TEXT("\xc3\xa9\x80"), 2 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    ck_assert_uint_eq(bytes_taken(cases[i].text.text, cases[i].text.len), cases[i].good);
  for (gsize i = 0; i < G_N_ELEMENTS(valid); i++)
    ck_assert_uint_eq(bytes_taken(valid[i].text, valid[i].len), valid[i].len);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("utf8");
  TCase *tcase = tcase_create("utf8");
  tcase_add_loop_test(tcase, takes_every_character_nul_too, 0, G_N_ELEMENTS(valid));
  tcase_add_loop_test(tcase, refuses_what_is_none, 0, G_N_ELEMENTS(invalid));
  tcase_add_test(tcase, refuses_characters_that_are_cut);
  tcase_add_test(tcase, refuses_the_first_byte_that_can_not_be);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
