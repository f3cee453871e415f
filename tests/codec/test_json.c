/* JSON: what is accepted, and that it is kept as written.
 * SPDX-License-Identifier: MIT */
#include "codec/json.h"

#include <string.h>

#include "tests/fl_check.h"

static const char *const kept[][2] = {
  { "12345678901234567890", "12345678901234567890" },
  { " 1.0 ", "1.0" },
  { "1e5", "1e5" },
  { "{ \"a\" : [ 1 ,\n 2 ] , \"b c\" : \" x \\\" y \" }", "{\"a\":[1,2],\"b c\":\" x \\\" y \"}" },
  { "\"\\u0000\\ud83d\\ude00\"", "\"\\u0000\\ud83d\\ude00\"" },
  { "null", "null" },
  { "\t\"\xc3\xa9\"\r\n", "\"\xc3\xa9\"" },
};

START_TEST(keeps_a_value_as_written_without_its_white_space) {
  g_autofree char *error = NULL;
  g_autoptr(GString) got = fl_json_normalise(kept[_i][0], strlen(kept[_i][0]), &error);
  ck_assert_msg(got != NULL, "%s: %s", kept[_i][0], error);
  ck_assert_str_eq(got->str, kept[_i][1]);
}
END_TEST

static const char *const refused[] = { "", " ", "{", "[1,]", "'x'", "nul", "1 2", "{\"a\":1}x", "\"\xff\"", "\"\x01\"", "01", "1e999" };

START_TEST(refuses_what_is_no_json_with_a_sentence) {
  char *error = NULL;
  ck_assert_msg(fl_json_normalise(refused[_i], strlen(refused[_i]), &error) == NULL, "'%s'", refused[_i]);
  ck_assert_ptr_nonnull(error);
  g_free(error);
}
END_TEST

START_TEST(refuses_a_hundred_thousand_brackets) {
  g_autofree char *brackets = g_strnfill(100000, '[');
  char *error = NULL;
  ck_assert_ptr_null(fl_json_normalise(brackets, 100000, &error));
  g_free(error);
}
END_TEST

START_TEST(refuses_nul_bytes) {
  char *error = NULL;
  ck_assert_ptr_null(fl_json_normalise("1\0", 2, &error));
  g_free(error);
}
END_TEST

static void assert_line(const char *line, gsize len, const char *json) {
  g_autoptr(GString) got = fl_json_from_line(line, len);
  ck_assert_str_eq(got->str, json);
}

START_TEST(takes_a_line_for_json_or_for_a_string) {
  assert_line("{\"a\": 1}", 8, "{\"a\":1}");
  assert_line("12 monkeys", 10, "\"12 monkeys\"");
  assert_line("", 0, "\"\"");
  assert_line("true", 4, "true");
  assert_line("\r 8\r", 4, "8");
  assert_line("say \"hi\"\\\t\x01", 11, "\"say \\\"hi\\\"\\\\\\t\\u0001\"");
  assert_line("bad \xff utf-8", 11, "\"bad \xef\xbf\xbd utf-8\"");
  assert_line("a\0b", 3, "\"a\\u0000b\"");
}
END_TEST

START_TEST(finds_a_member_s_bytes) {
  g_autoptr(GString) object = g_string_new("{\"a\":{\"b\":[1,\"}\"]},\"publish\":1.50,\"\":null}");
  gsize len;
  const char *found = fl_json_member(object, "a", &len);
  ck_assert(len == 13 && strncmp(found, "{\"b\":[1,\"}\"]}", len) == 0);
  found = fl_json_member(object, "publish", &len);
  ck_assert(len == 4 && strncmp(found, "1.50", len) == 0);
  found = fl_json_member(object, "", &len);
  ck_assert(len == 4 && strncmp(found, "null", len) == 0);
  ck_assert_ptr_null(fl_json_member(object, "b", &len));
  g_string_assign(object, "[1]");
  ck_assert_ptr_null(fl_json_member(object, "a", &len));
}
END_TEST

static void assert_element(const char *array, guint n, const char *expected) {
  g_autoptr(GString) text = g_string_new(array);
  gsize len = 17;
  const char *found = fl_json_element(text, n, &len);

  if (!expected) {
    ck_assert_msg(found == NULL, "element %u of %s", n, array);
    ck_assert_uint_eq(len, 17);
    return;
  }
  ck_assert_msg(found && found >= text->str && found + len <= text->str + text->len, "element %u of %s", n, array);
  ck_assert_msg(len == strlen(expected) && memcmp(found, expected, len) == 0, "element %u of %s: %.*s", n, array,
                (int)len, found);
}

START_TEST(finds_an_element_s_bytes) {
  static const char array[] = "[\"a,]\\\"\\\\\",[1,[2,\"]\"]],{\"b\":[3,4]},-1.50,null,\"\",[],{}]";
  static const char *const elements[] = {
    "\"a,]\\\"\\\\\"", "[1,[2,\"]\"]]", "{\"b\":[3,4]}", "-1.50", "null", "\"\"", "[]", "{}"
  };

  for (guint n = 0; n < G_N_ELEMENTS(elements); n++)
    assert_element(array, n, elements[n]);
  assert_element(array, G_N_ELEMENTS(elements), NULL);
  assert_element(array, G_MAXUINT, NULL);
  assert_element("[1]", 0, "1");
  assert_element("[1]", 1, NULL);
  assert_element("[[]]", 0, "[]");
  assert_element("[[1,2]]", 1, NULL);
}
END_TEST

START_TEST(finds_no_element_where_there_is_no_array) {
  static const char *const others[] = { "[]", "{}", "{\"a\":1}", "\"[1]\"", "17", "null", "" };

  for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
    assert_element(others[i], 0, NULL);
    assert_element(others[i], 1, NULL);
  }
}
END_TEST

/* The value is its own block, so that reading past it is caught. */
static void assert_text(const char *value, gsize len, const char *expected) {
  g_autofree char *copy = g_memdup2(value, len);
  g_autofree char *text = fl_json_text(copy, len);
  ck_assert_pstr_eq(text, expected);
}

START_TEST(tells_a_string_s_text) {
  assert_text("\"\"", 2, "");
  assert_text("\"news\"", 6, "news");
  assert_text("\"a\\\"b\\\\\\n\"", 10, "a\"b\\\n");
  assert_text("\"\\u0063\\u00e9\"", 14, "c\xc3\xa9");
  assert_text("\"\\ud83d\\ude00\"", 14, "\xf0\x9f\x98\x80");
  assert_text("\"\xc3\xa9\"", 4, "\xc3\xa9");
}
END_TEST

START_TEST(tells_no_text_of_what_is_no_string) {
  static const char *const others[] = { "",       "\"",         "17",  "null", "true",     "[\"a\"]", "{\"a\":\"b\"}",
                                        "\"a\",", "\"a\"\"b\"", "\"a", "a\"",  "\"\xff\"", "\"\\x\"" };

  for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
    assert_text(others[i], strlen(others[i]), NULL);
}
END_TEST

START_TEST(tells_no_text_with_a_nul) {
  assert_text("\"a\\u0000b\"", 10, NULL);
  assert_text("\"a\0b\"", 5, NULL);
}
END_TEST

START_TEST(reads_records_with_their_times) {
  static const char *const lines[] = { "{\"t\":1764000000123456,\"data\":[1, 2]}", "{\"time\":1764000000.123456,\"data\":[1,2]}",
                                       "{\"time\":\"2025-11-24T16:00:00.123456Z\",\"data\":[1,2]}" };
  for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_autofree char *error = NULL;
    gint64 t_us = 0;
    g_autoptr(GString) value = fl_json_record(lines[i], strlen(lines[i]), &t_us, &error);
    ck_assert_msg(value != NULL, "%s", error);
    ck_assert_str_eq(value->str, "[1,2]");
    ck_assert_int_eq(t_us, G_GINT64_CONSTANT(1764000000123456));
  }
}
END_TEST

START_TEST(refuses_records_without_a_time) {
  gint64 t_us;
  g_autofree char *error = NULL;
  ck_assert_ptr_null(fl_json_record("{\"data\":1}", 10, &t_us, &error));
  ck_assert_ptr_nonnull(strstr(error, "no time"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("json");
  TCase *tcase = tcase_create("json");
  tcase_add_loop_test(tcase, keeps_a_value_as_written_without_its_white_space, 0, G_N_ELEMENTS(kept));
  tcase_add_loop_test(tcase, refuses_what_is_no_json_with_a_sentence, 0, G_N_ELEMENTS(refused));
  tcase_add_test(tcase, refuses_a_hundred_thousand_brackets);
  tcase_add_test(tcase, refuses_nul_bytes);
  tcase_add_test(tcase, takes_a_line_for_json_or_for_a_string);
  tcase_add_test(tcase, finds_a_member_s_bytes);
  tcase_add_test(tcase, finds_an_element_s_bytes);
  tcase_add_test(tcase, finds_no_element_where_there_is_no_array);
  tcase_add_test(tcase, tells_a_string_s_text);
  tcase_add_test(tcase, tells_no_text_of_what_is_no_string);
  tcase_add_test(tcase, tells_no_text_with_a_nul);
  tcase_add_test(tcase, reads_records_with_their_times);
  tcase_add_test(tcase, refuses_records_without_a_time);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
