/* The head's judge, on heads laid out as libmicrohttpd lays them out: in place, each string ended by a NUL.
 * SPDX-License-Identifier: MIT */
#include "net/head.h"

#include <string.h>

#include "tests/fl_check.h"

#define NUL "\0"

/* `head` holds method NUL target NUL version NUL NUL, then per field name NUL value NUL NUL, then NUL NUL. */
static guint judge(char *head, gsize len, gboolean in_place) {
  const char *fault, *end = head + len;
  const char *target = head + strlen(head) + 1;
  const char *version = target + strlen(target) + 1;
  FlHead self;

  fl_head_begin(&self, head, target, strlen(target), version, in_place);
  for (const char *at = version + strlen(version); at < end;) {
    while (at < end && *at == '\0')
      at++;
    if (at == end)
      break;
    const char *value = at + strlen(at) + 1;
    fl_head_field(&self, at, value + strspn(value, " \t"));
    at = value + strlen(value);
  }
  guint status = fl_head_end(&self, len, &fault);
  ck_assert_int_eq(status == 0, fault == NULL);
  return status;
}

#define JUDGE(text, in_place) judge((char[]){ text }, sizeof text - 1, in_place)
#define LINE "GET" NUL "/a" NUL "HTTP/1.1" NUL NUL

START_TEST(a_head_as_it_should_be_is_fine) {
  ck_assert_uint_eq(JUDGE(LINE "Host" NUL " a" NUL NUL "B" NUL "\t c" NUL NUL NUL NUL, TRUE), 0);
  ck_assert_uint_eq(JUDGE(LINE NUL NUL, TRUE), 0);
}
END_TEST

START_TEST(a_byte_too_few_or_too_many_between_the_strings_is_refused) {
  ck_assert_uint_eq(JUDGE("GET" NUL "/a" NUL "HTTP/1.1" NUL "Host" NUL "a" NUL NUL NUL NUL, TRUE), 400);
  ck_assert_uint_eq(JUDGE(LINE "Host" NUL "a" NUL "B" NUL "c" NUL NUL NUL NUL, TRUE), 400);
  ck_assert_uint_eq(JUDGE(LINE "Host" NUL "a" NUL NUL NUL "B" NUL "c" NUL NUL NUL NUL, TRUE), 400);
  ck_assert_uint_eq(JUDGE(LINE "Host" NUL "a" NUL NUL NUL, TRUE), 400);
  ck_assert_uint_eq(JUDGE(LINE "Host" NUL "a" NUL NUL NUL NUL NUL, TRUE), 400);
}
END_TEST

START_TEST(the_layout_is_not_judged_where_nothing_stands_in_place) {
  ck_assert_uint_eq(JUDGE(LINE "Host" NUL "a" NUL NUL NUL, FALSE), 0);
  ck_assert_uint_eq(JUDGE(LINE "Ho st" NUL "a" NUL NUL NUL, FALSE), 400);
}
END_TEST

START_TEST(codings_and_expectations_that_are_unknown_have_their_status) {
  ck_assert_uint_eq(JUDGE(LINE "Transfer-Encoding" NUL "Chunked" NUL NUL NUL NUL, TRUE), 0);
  ck_assert_uint_eq(JUDGE(LINE "Transfer-Encoding" NUL "gzip" NUL NUL NUL NUL, TRUE), 501);
  ck_assert_uint_eq(JUDGE(LINE "Expect" NUL "100-Continue" NUL NUL NUL NUL, TRUE), 0);
  ck_assert_uint_eq(JUDGE(LINE "Expect" NUL "more" NUL NUL NUL NUL, TRUE), 417);
}
END_TEST

START_TEST(targets_are_paths_urls_or_a_star) {
  const char *good[] = { "/", "/a?b=%20", "*", "http://a/", "HTTP://a", "/%7f" };
  const char *bad[] = { "", "a", "/a#b", "/%", "/%4", "/%4g", "/%00", "/\x7f", "/\xc3\xa9", "/ ", "https://a/", "a:80" };

  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    ck_assert_ptr_null(fl_head_target_fault(good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert_ptr_nonnull(fl_head_target_fault(bad[i]));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("head");
  TCase *tests = tcase_create("head");

  tcase_add_test(tests, a_head_as_it_should_be_is_fine);
  tcase_add_test(tests, a_byte_too_few_or_too_many_between_the_strings_is_refused);
  tcase_add_test(tests, the_layout_is_not_judged_where_nothing_stands_in_place);
  tcase_add_test(tests, codings_and_expectations_that_are_unknown_have_their_status);
  tcase_add_test(tests, targets_are_paths_urls_or_a_star);
  suite_add_tcase(suite, tests);
  return fl_check_run(suite);
}
