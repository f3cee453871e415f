/* Tokens: unguessable, and compared in constant time.
 * SPDX-License-Identifier: MIT */
#include "core/token.h"

#include <string.h>

#include "tests/fl_check.h"

static gboolean same(const char *a, const char *b) {
  guint8 of_a[FL_TOKEN_DIGEST_BYTES], of_b[FL_TOKEN_DIGEST_BYTES];
  fl_token_digest(a, of_a);
  fl_token_digest(b, of_b);
  return fl_token_same(of_a, of_b);
}

START_TEST(generates_another_token_each_time) {
  char a[FL_TOKEN_LEN + 1], b[FL_TOKEN_LEN + 1];
  fl_token_generate(a);
  fl_token_generate(b);
  ck_assert_int_eq((int)strlen(a), FL_TOKEN_LEN);
  ck_assert_int_eq((int)strspn(a, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_"), FL_TOKEN_LEN);
  ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(takes_only_the_whole_secret_for_the_same) {
  ck_assert(same("open-sesame", "open-sesame"));
  ck_assert(same("", ""));
  ck_assert(!same("open-sesame", ""));
  ck_assert(!same("", "open-sesame"));
  ck_assert(!same("open-sesame", "open-sesam"));
  ck_assert(!same("open-sesame", "open-sesame2"));
  ck_assert(!same("open-sesame", "Open-sesame"));
  ck_assert(!same("open-sesame", "open-sesame\n"));
  ck_assert(!same("\xc3\xa4", "\xe4"));
}
END_TEST

START_TEST(sees_a_difference_of_any_one_bit) {
  guint8 digest[FL_TOKEN_DIGEST_BYTES], other[FL_TOKEN_DIGEST_BYTES];
  fl_token_digest("open-sesame", digest);
  ck_assert(fl_token_same(digest, digest));
  for (int bit = 0; bit < FL_TOKEN_DIGEST_BYTES * 8; bit++) {
    memcpy(other, digest, sizeof other);
    other[bit / 8] ^= (guint8)(1 << bit % 8);
    ck_assert_msg(!fl_token_same(digest, other), "bit %d", bit);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("token");
  TCase *tcase = tcase_create("token");
  tcase_add_test(tcase, generates_another_token_each_time);
  tcase_add_test(tcase, takes_only_the_whole_secret_for_the_same);
  tcase_add_test(tcase, sees_a_difference_of_any_one_bit);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
