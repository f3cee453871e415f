/* Reading updates and answers to polls: what the wire allows, cut short at every byte, and what it does not allow.
 * SPDX-License-Identifier: MIT */
#include "bench/update_reader.h"

#include <string.h>

#include "tests/fl_check.h"

/* A copy without a byte after it, so that a sanitizer sees a read beyond the end. */
static char *tight_copy(const char *text, gsize len) {
  return g_memdup2(text, MAX(len, 1));
}

static gboolean skips(const char *text) {
  gsize len = strlen(text);
  g_autofree char *copy = tight_copy(text, len);
  return fl_json_skip(copy, copy + len) == copy + len;
}

START_TEST(skips_every_kind_of_value) {
  static const char *const values[] = { "0",
                                        "-0",
                                        "12.5e-3",
                                        "1E+9",
                                        "true",
                                        "false",
                                        "null",
                                        "\"\"",
                                        "\"a\"",
                                        "[]",
                                        "{}",
                                        "[1,[2,{}],\"]\"]",
                                        "[[],[]]",
                                        "{\"a\":{}}",
                                        "{\"a\":1,\"b\":[true,{\"c\":\"}\"}]}",
                                        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"" };
  for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
    ck_assert_msg(skips(values[i]), "%s", values[i]);
}
END_TEST

START_TEST(stops_after_the_value) {
  static const char text[] = "{\"a\":[1]},next";
  ck_assert_ptr_eq(fl_json_skip(text, text + strlen(text)), text + 9);
}
END_TEST

START_TEST(refuses_what_is_no_json) {
  static const char *const values[] = { "",        " 1",          "01",     "-",      "+1",        ".5",
                                        "1.",      "1e",          "tru",    "truE",   "'a'",       "\"a",
                                        "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "[",      "[1",        "[1,",
                                        "[1,]",    "[,1]",        "[1 ]",   "{",      "{\"a\"}",   "{\"a\":}",
                                        "{a:1}",   "{\"a\":1,}",  "{1:2}",  "[1}",    "{\"a\":1]", "[}",
                                        "{]",      "nul",         "\"\\",   "\"\\u00" };
  for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
    ck_assert_msg(!skips(values[i]), "%s", values[i]);
}
END_TEST

START_TEST(bounds_the_depth) {
  g_autofree char *deep_open = g_strnfill(2048, '[');
  g_autofree char *deep_close = g_strnfill(2048, ']');
  g_autofree char *deep = g_strconcat(deep_open, "1", deep_close, NULL);
  g_autofree char *deeper = g_strconcat("[", deep, "]", NULL);
  g_autofree char *abyss = g_strnfill(1000000, '[');
  ck_assert(skips(deep));
  ck_assert(!skips(deeper));
  ck_assert(!skips(abyss));
}
END_TEST

static gboolean reads(const char *text, gsize len, FlStamp *ret_stamp) {
  g_autofree char *copy = tight_copy(text, len);
  return fl_update_read(copy, len, ret_stamp);
}

START_TEST(reads_an_update) {
  static const char text[] = "{\"seq\":17,\"t\":1764000000123456,\"data\":{\"x\":\"}\"}}";
  FlStamp stamp = { 0, 0, 0, 0 };
  ck_assert(reads(text, strlen(text), &stamp));
  ck_assert_uint_eq(stamp.seq, 17);
  ck_assert_int_eq(stamp.t_us, G_GINT64_CONSTANT(1764000000123456));
  ck_assert_uint_eq(stamp.bytes, strlen(text));
}
END_TEST

START_TEST(reads_when_it_was_published_where_the_data_begin_with_that) {
  static const struct {
    const char *data;
    gint64 sent_us;
  } cases[] = {
    { "\"1764000000123460abcdef\"", G_GINT64_CONSTANT(1764000000123460) },
    { "\"1764000000123460\"", G_GINT64_CONSTANT(1764000000123460) },
    { "\"176400000012346\"", 0 },
    { "\"17640000001234x0\"", 0 },
    { "1764000000123460", 0 },
    { "\"\"", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf("{\"seq\":17,\"t\":1764000000123456,\"data\":%s}", cases[i].data);
    FlStamp stamp;
    ck_assert(reads(text, strlen(text), &stamp));
    ck_assert_msg(stamp.sent_us == cases[i].sent_us, "%s", text);
  }
}
END_TEST

START_TEST(refuses_an_update_cut_short_anywhere) {
  static const char text[] = "{\"seq\":17,\"t\":1764000000123456,\"data\":[1,\"a\\u00e4\"]}";
  FlStamp stamp = { 99, 99, 99, 99 };
  for (gsize len = 0; len < strlen(text); len++)
    ck_assert_msg(!reads(text, len, &stamp), "%.*s", (int)len, text);
  ck_assert_uint_eq(stamp.seq, 99);
  ck_assert_int_eq(stamp.t_us, 99);
}
END_TEST

START_TEST(refuses_updates_that_are_none) {
  static const char *const texts[] = {
    "{\"seq\":0,\"t\":1,\"data\":1}",         "{\"seq\":01,\"t\":1,\"data\":1}",
    "{\"seq\":-1,\"t\":1,\"data\":1}",        "{\"seq\":1.0,\"t\":1,\"data\":1}",
    "{\"seq\":\"1\",\"t\":1,\"data\":1}",     "{\"t\":1,\"seq\":1,\"data\":1}",
    "{ \"seq\":1,\"t\":1,\"data\":1}",        "{\"seq\":1,\"t\":1,\"data\": 1}",
    "{\"seq\":1,\"t\":1,\"data\":}",          "{\"seq\":1,\"t\":1}",
    "{\"seq\":1,\"t\":1,\"data\":1}}",        "{\"seq\":1,\"t\":1,\"data\":1}\n",
    "{\"seq\":1,\"t\":1,\"data\":1,\"x\":2}", "{\"seq\":9223372036854775808,\"t\":1,\"data\":1}",
    "{\"seq\":1,\"t\":,\"data\":1}",
  };
  FlStamp stamp;
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(!reads(texts[i], strlen(texts[i]), &stamp), "%s", texts[i]);
}
END_TEST

static void note(gpointer user, const FlStamp *stamp) {
  g_string_append_printf(user, "%" G_GUINT64_FORMAT "@%" G_GINT64_FORMAT ";", stamp->seq, stamp->t_us);
}

static gboolean answers(const char *text, gsize len, GString *story, FlPollAnswer *ret_answer) {
  g_autofree char *copy = tight_copy(text, len);
  g_string_truncate(story, 0);
  return fl_poll_answer_read(copy, len, note, story, ret_answer);
}

#define UPDATE(seq, t) "{\"seq\":" seq ",\"t\":" t ",\"data\":\"],}\"}"

START_TEST(reads_answers_to_polls) {
  static const struct {
    const char *text, *story, *cursor;
    guint updates;
    gboolean gap, more;
  } cases[] = {
    { "{\"cursor\":\"k3f9-17\",\"updates\":[]}", "", "k3f9-17", 0, FALSE, FALSE },
    { "{\"cursor\":\"k3f9-17\",\"updates\":[" UPDATE("17", "5") "]}\n", "17@5;", "k3f9-17", 1, FALSE, FALSE },
    { "{\"cursor\":\"a-8\",\"updates\":[" UPDATE("7", "5") "," UPDATE("8", "6") "],\"more\":true}\n", "7@5;8@6;", "a-8",
      2, FALSE, TRUE },
    { "{\"cursor\":\"a-8\",\"gap\":{\"from\":5,\"to\":7},\"updates\":[" UPDATE("8", "6") "]}", "8@6;", "a-8", 1, TRUE,
      FALSE },
  };
  g_autoptr(GString) story = g_string_new(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    FlPollAnswer answer;
    ck_assert(answers(cases[i].text, strlen(cases[i].text), story, &answer));
    ck_assert_str_eq(story->str, cases[i].story);
    ck_assert_str_eq(answer.cursor_text, cases[i].cursor);
    ck_assert_uint_eq(answer.updates, cases[i].updates);
    ck_assert_int_eq(answer.gap, cases[i].gap);
    ck_assert_int_eq(answer.more, cases[i].more);
  }
}
END_TEST

START_TEST(refuses_an_answer_cut_short_anywhere) {
  static const char text[] = "{\"cursor\":\"k3f9-8\",\"gap\":{\"from\":5,\"to\":6},\"updates\":[" UPDATE(
      "7", "5") "," UPDATE("8", "6") "],\"more\":true}";
  g_autoptr(GString) story = g_string_new(NULL);
  FlPollAnswer answer;
  for (gsize len = 0; len < strlen(text); len++)
    ck_assert_msg(!answers(text, len, story, &answer), "%.*s", (int)len, text);
  ck_assert(answers(text, strlen(text), story, &answer));
}
END_TEST

START_TEST(refuses_answers_that_are_none) {
  static const char *const texts[] = {
    "{}",
    "{\"updates\":[],\"cursor\":\"a-1\"}",
    "{\"cursor\":17,\"updates\":[]}",
    "{\"cursor\":\"-17\",\"updates\":[]}",
    "{\"cursor\":\"a-b\",\"updates\":[]}",
    "{\"cursor\":\"a-0123456789012345678901234567890123456789\",\"updates\":[]}",
    "{\"cursor\":\"a-1\",\"updates\":[" UPDATE("1", "1") ",]}",
    "{\"cursor\":\"a-1\",\"updates\":[," UPDATE("1", "1") "]}",
    "{\"cursor\":\"a-2\",\"updates\":[" UPDATE("1", "1") "]}",
    "{\"cursor\":\"a-1\",\"updates\":[],\"more\":false}",
    "{\"cursor\":\"a-1\",\"gap\":5,\"updates\":[]}",
    "{\"cursor\":\"a-1\",\"updates\":[]}x",
    "{\"cursor\":\"a-1\",\"updates\":[]}\n\n",
  };
  g_autoptr(GString) story = g_string_new(NULL);
  FlPollAnswer answer;
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(!answers(texts[i], strlen(texts[i]), story, &answer), "%s", texts[i]);
}
END_TEST

START_TEST(reads_the_cursor_of_an_answer_by_itself) {
  static const char text[] = "{\"cursor\":\"k3f9tz-17\",\"updates\":[";
  FlCursor cursor = { .seq = 99 };
  gsize least = strlen("{\"cursor\":\"k3f9tz-17\"");
  for (gsize len = 0; len < strlen(text); len++) {
    g_autofree char *copy = tight_copy(text, len);
    ck_assert_int_eq(fl_poll_cursor_read(copy, len, &cursor), len >= least);
    ck_assert_uint_eq(cursor.seq, len >= least ? 17 : 99);
  }
  ck_assert_str_eq(cursor.epoch, "k3f9tz");
}
END_TEST

START_TEST(reads_a_websockets_hello) {
  static const char text[] = "{\"hello\":{\"cursor\":\"k3f9tz-17\"}}";
  static const char *const others[] = { "{\"hello\":{\"cursor\":\"k3f9tz\"}}", "{\"hello\":{\"cursor\":\"k3f9tz-17\"}}x",
                                        "{\"hello\":{}}", "{\"echo\":{\"cursor\":\"k3f9tz-17\"}}" };
  FlCursor cursor = { .seq = 99 };
  for (gsize len = 0; len < strlen(text); len++) {
    g_autofree char *copy = tight_copy(text, len);
    ck_assert_msg(!fl_hello_read(copy, len, &cursor), "%.*s", (int)len, text);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
    ck_assert_msg(!fl_hello_read(others[i], strlen(others[i]), &cursor), "%s", others[i]);
  ck_assert_uint_eq(cursor.seq, 99);
  ck_assert(fl_hello_read(text, strlen(text), &cursor));
  ck_assert_str_eq(cursor.epoch, "k3f9tz");
  ck_assert_uint_eq(cursor.seq, 17);
}
END_TEST

START_TEST(reads_a_websockets_word_for_a_gap) {
  static const char text[] = "{\"gap\":{\"from\":5,\"to\":9}}", epoch[] = "{\"gap\":{\"epoch\":\"k3f9tz\",\"from\":null}}";
  for (gsize len = 0; len < strlen(text); len++) {
    g_autofree char *copy = tight_copy(text, len);
    ck_assert_msg(!fl_gap_read(copy, len), "%.*s", (int)len, text);
  }
  ck_assert(fl_gap_read(text, strlen(text)));
  ck_assert(fl_gap_read(epoch, strlen(epoch)));
  ck_assert(!fl_gap_read("{\"gap\":5}", strlen("{\"gap\":5}")));
  ck_assert(!fl_gap_read("{\"gap\":{}}}", strlen("{\"gap\":{}}}")));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("update reader");
  TCase *tcase = tcase_create("update reader");
  tcase_add_test(tcase, skips_every_kind_of_value);
  tcase_add_test(tcase, stops_after_the_value);
  tcase_add_test(tcase, refuses_what_is_no_json);
  tcase_add_test(tcase, bounds_the_depth);
  tcase_add_test(tcase, reads_an_update);
  tcase_add_test(tcase, reads_when_it_was_published_where_the_data_begin_with_that);
  tcase_add_test(tcase, refuses_an_update_cut_short_anywhere);
  tcase_add_test(tcase, refuses_updates_that_are_none);
  tcase_add_test(tcase, reads_answers_to_polls);
  tcase_add_test(tcase, refuses_an_answer_cut_short_anywhere);
  tcase_add_test(tcase, refuses_answers_that_are_none);
  tcase_add_test(tcase, reads_the_cursor_of_an_answer_by_itself);
  tcase_add_test(tcase, reads_a_websockets_hello);
  tcase_add_test(tcase, reads_a_websockets_word_for_a_gap);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
