/* Reading two members out of messages of any shape: where they stand, how they are written, and what is refused, whole and cut
 * short at every byte.
 * SPDX-License-Identifier: MIT */
#include "bench/member_reader.h"

#include <string.h>

#include "tests/fl_check.h"

/* A copy without a byte after it, so that a sanitizer sees a read beyond the end. */
static char *tight_copy(const char *text, gsize len) {
  return g_memdup2(text, MAX(len, 1));
}

/* A rule for keys as --seq and --stamp take them. */
typedef struct {
  const char *seq, *t, *sent;
  gint64 units_per_s;
} Keys;

static const Keys plain = { "seq", "t", NULL, 1000000 };
static const Keys nested = { "data.n", "data.at", "data.text", 1000000 };

static FlMemberRule rule_of(Keys keys) {
  return (FlMemberRule){ fl_member_path_parse(keys.seq), fl_member_path_parse(keys.t),
                         keys.sent ? fl_member_path_parse(keys.sent) : NULL, keys.units_per_s };
}

static void rule_clear(FlMemberRule *rule) {
  g_strfreev(rule->seq);
  g_strfreev(rule->t);
  g_strfreev(rule->sent);
}

static gboolean reads_part(Keys keys, const char *text, gsize len, FlStamp *ret_stamp) {
  FlMemberRule rule = rule_of(keys);
  g_autofree char *copy = tight_copy(text, len);
  gboolean good = fl_member_update_read(&rule, copy, len, ret_stamp);

  rule_clear(&rule);
  return good;
}

static gboolean reads(Keys keys, const char *text, FlStamp *ret_stamp) {
  return reads_part(keys, text, strlen(text), ret_stamp);
}

START_TEST(finds_the_members_wherever_they_stand) {
  static const struct {
    const Keys *keys;
    const char *text;
  } cases[] = {
    { &plain, "{\"seq\":17,\"t\":123456}" },
    { &plain, "{\"t\":123456,\"seq\":17}" },
    { &plain, " {\r\n\t\"a\" : [ 1 , { } , [ ] ] , \"t\" : 123456 , \"b\" : \"}\" , \"seq\" : 17 }\n" },
    { &plain, "{\"inner\":{\"seq\":1,\"t\":2},\"seq\":17,\"t\":123456,\"x\":-1.5e+9,\"y\":[true,false,null]}" },
    { &plain, "{\"\\u0073eq\":17,\"\\u0074\":123456}" },
    { &plain, "{\"se\":1,\"seqq\":2,\"seq\":17,\"T\":3,\"t\":123456,\"\":4}" },
    { &plain, "{\"\\u0000\":1,\"seq\\u0000\":2,\"seq\":17,\"t\":123456}" },
    { &nested, "{\"data\":{\"n\":17,\"at\":123456},\"n\":1,\"at\":2}" },
    { &nested, "{\"data\":{\"at\":123456,\"data\":{\"n\":1},\"n\":17}}" },
    { &nested, "{\"d\\u0061ta\":{\"n\":17,\"at\":123456}}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    FlStamp stamp;
    ck_assert_msg(reads(*cases[i].keys, cases[i].text, &stamp), "%s", cases[i].text);
    ck_assert_uint_eq(stamp.seq, 17);
    ck_assert_int_eq(stamp.t_us, 123456);
    ck_assert_int_eq(stamp.sent_us, 0);
  }
}
END_TEST

START_TEST(compares_keys_by_their_characters) {
  static const Keys keys = { "nº \"1\"", "zeit/🕐", NULL, 1000000 };
  static const char *const texts[] = { "{\"nº \\\"1\\\"\":17,\"zeit/🕐\":1}", "{\"n\\u00ba\\u0020\\u00221\\\"\":17,\"zeit\\/\\ud83d\\uDD50\":1}" };
  FlStamp stamp;

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(reads(keys, texts[i], &stamp), "%s", texts[i]);
  ck_assert(!reads(keys, "{\"nº \\\"1\":17,\"zeit/🕐\":1}", &stamp));
  ck_assert(!reads(keys, "{\"nº \\\"1\\\"\":17,\"zeit/\\ud83d\":1}", &stamp));
  ck_assert(!reads(keys, "{\"nº \\\"1\\\"\":17,\"zeit/\\ud83d\\ud83d\":1}", &stamp));
}
END_TEST

START_TEST(takes_every_unit_with_its_fraction) {
  static const struct {
    gint64 units_per_s;
    const char *t;
    gint64 t_us;
  } cases[] = {
    { 1, "1764000000", G_GINT64_CONSTANT(1764000000000000) },
    { 1, "1764000000.5", G_GINT64_CONSTANT(1764000000500000) },
    { 1, "1764000000.1234567", G_GINT64_CONSTANT(1764000000123456) },
    { 1000, "1764000000123", G_GINT64_CONSTANT(1764000000123000) },
    { 1000, "1764000000123.04", G_GINT64_CONSTANT(1764000000123040) },
    { 1000000, "1764000000123456", G_GINT64_CONSTANT(1764000000123456) },
    { 1000000, "1764000000123456.9", G_GINT64_CONSTANT(1764000000123456) },
    { 1000000000, "1764000000123456789", G_GINT64_CONSTANT(1764000000123456) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    Keys keys = { "seq", "t", NULL, cases[i].units_per_s };
    g_autofree char *text = g_strdup_printf("{\"t\":%s,\"seq\":1}", cases[i].t);
    FlStamp stamp;
    ck_assert_msg(reads(keys, text, &stamp) && stamp.t_us == cases[i].t_us, "%s", text);
  }
}
END_TEST

START_TEST(reads_when_it_was_published_where_that_is_told) {
  FlStamp stamp;

  ck_assert(reads(nested, "{\"data\":{\"n\":17,\"at\":1,\"text\":\"1764000000123460xx\"}}", &stamp));
  ck_assert_int_eq(stamp.sent_us, G_GINT64_CONSTANT(1764000000123460));
  ck_assert(reads(nested, "{\"data\":{\"n\":17,\"at\":1,\"text\":\"17640000001234.0xx\"}}", &stamp));
  ck_assert_int_eq(stamp.sent_us, 0);
  ck_assert(reads(nested, "{\"data\":{\"n\":17,\"at\":1,\"text\":\"176400000012346\"}}", &stamp));
  ck_assert_int_eq(stamp.sent_us, 0);
}
END_TEST

START_TEST(refuses_a_message_cut_short_anywhere) {
  static const char text[] = "{\"a\":[1,{\"b\":\"\\u00e4\"},-0.5e-3],\"data\":{\"\\u006e\":17,\"x\":true,\"at\":123,\"text\":\"1764000000123460\"}}";
  FlStamp stamp = { 99, 99, 99, 99 };

  for (gsize len = 0; len < strlen(text); len++)
    ck_assert_msg(!reads_part(nested, text, len, &stamp), "%.*s", (int)len, text);
  ck_assert_uint_eq(stamp.seq, 99);
  ck_assert_int_eq(stamp.t_us, 99);
  ck_assert(reads(nested, text, &stamp));
}
END_TEST

START_TEST(refuses_what_is_no_json_or_has_not_the_members) {
  static const char *const texts[] = {
    "",
    "17",
    "[]",
    "{}",
    "null",
    "{\"seq\":17}",
    "{\"t\":1}",
    "{\"seq\":17,\"t\":1}x",
    "{\"seq\":17,\"t\":1}{}",
    "{\"seq\":17,\"t\":1,}",
    "{\"seq\":17 \"t\":1}",
    "{\"seq\":17,\"t\":1,\"a\":[1,]}",
    "{\"seq\":17,\"t\":1,\"a\":[1}}",
    "{\"seq\":17,\"t\":1,\"a\":\"\t\"}",
    "{\"seq\":17,\"t\":1,\"a\":\"\\x\"}",
    "{\"seq\":17,\"t\":1,\"a\":tru}",
    "{\"seq\":17,\"t\":1,\"a\":01}",
    "{\"seq\":17,\"t\":1,\"a\":1.}",
    "{\"seq\":17,\"t\":1,\"a\"}",
    "{\"seq\":17,\"t\":1,a:1}",
    "{\"seq\":17,\"seq\":18,\"t\":1}",
    "{\"seq\":17,\"t\":1,\"t\":1}",
    "{\"seq\":0,\"t\":1}",
    "{\"seq\":-1,\"t\":1}",
    "{\"seq\":1.5,\"t\":1}",
    "{\"seq\":1e3,\"t\":1}",
    "{\"seq\":\"17\",\"t\":1}",
    "{\"seq\":{},\"t\":1}",
    "{\"seq\":9223372036854775808,\"t\":1}",
    "{\"seq\":17,\"t\":1e3}",
    "{\"seq\":17,\"t\":1.5e3}",
    "{\"seq\":17,\"t\":\"1\"}",
    "{\"seq\":17,\"t\":null}",
  };
  FlStamp stamp;

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(!reads(plain, texts[i], &stamp), "%s", texts[i]);
}
END_TEST

START_TEST(bounds_the_depth) {
  g_autofree char *open = g_strnfill(63, '['), *close = g_strnfill(63, ']');
  g_autofree char *deep = g_strdup_printf("{\"seq\":1,\"t\":1,\"a\":%s%s}", open, close);
  g_autofree char *deeper = g_strdup_printf("{\"seq\":1,\"t\":1,\"a\":[%s%s]}", open, close);
  g_autofree char *abyss = g_strnfill(1000000, '[');
  g_autofree char *deepest = g_strdup_printf("{\"a\":%s", abyss);
  FlStamp stamp;

  ck_assert(reads(plain, deep, &stamp));
  ck_assert(!reads(plain, deeper, &stamp));
  ck_assert(!reads(plain, deepest, &stamp));
}
END_TEST

START_TEST(parses_paths) {
  g_auto(GStrv) path = fl_member_path_parse("data.t");
  ck_assert_uint_eq(g_strv_length(path), 2);
  ck_assert_str_eq(path[1], "t");
  ck_assert_ptr_null(fl_member_path_parse(""));
  ck_assert_ptr_null(fl_member_path_parse("data."));
  ck_assert_ptr_null(fl_member_path_parse(".t"));
}
END_TEST

/* --- answers to polls ---------------------------------------------------------------------------------------------- */

static void note(gpointer user, const FlStamp *stamp) {
  g_string_append_printf(user, "%" G_GUINT64_FORMAT "@%" G_GINT64_FORMAT ";", stamp->seq, stamp->t_us);
}

static gboolean answers(const char *cursor, const char *text, gsize len, GString *story, FlMemberAnswer *ret_answer) {
  FlMemberRule rule = rule_of(plain);
  g_auto(GStrv) path = cursor ? fl_member_path_parse(cursor) : NULL;
  g_autofree char *copy = tight_copy(text, len);

  g_string_truncate(story, 0);
  gboolean good = fl_member_answer_read(&rule, path, copy, len, note, story, ret_answer);
  rule_clear(&rule);
  return good;
}

START_TEST(reads_answers_of_every_shape) {
  static const struct {
    const char *cursor, *text, *story, *ret_cursor;
    gboolean is_single;
  } cases[] = {
    { NULL, "{\"seq\":1,\"t\":2}", "1@2;", "", TRUE },
    { NULL, "{\"list\":[3],\"seq\":1,\"t\":2}", "1@2;", "", TRUE },
    { NULL, "[]", "", "", FALSE },
    { NULL, "[ {\"seq\":1,\"t\":2} ,\n{\"seq\":2,\"t\":3}]\n", "1@2;2@3;", "", FALSE },
    { NULL, "{\"updates\":[{\"seq\":1,\"t\":2}],\"more\":true}", "1@2;", "", FALSE },
    { NULL, "{\"t\":\"now\",\"a\":{\"b\":[1]},\"updates\":[{\"seq\":1,\"t\":2}],\"others\":[5]}", "1@2;", "", FALSE },
    { "cursor", "{\"cursor\":\"k-2\",\"updates\":[{\"seq\":1,\"t\":2},{\"seq\":2,\"t\":3}]}", "1@2;2@3;", "k-2", FALSE },
    { "page.next", "{ \"updates\" : [ ] , \"page\" : { \"last\" : 1 , \"next\" : 17 } }", "", "17", FALSE },
    { "id", "{\"seq\":1,\"t\":2,\"id\":\"a b\"}", "1@2;", "a b", TRUE },
  };
  g_autoptr(GString) story = g_string_new(NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    FlMemberAnswer answer;
    const char *text = cases[i].text;
    ck_assert_msg(answers(cases[i].cursor, text, strlen(text), story, &answer), "%s", text);
    ck_assert_str_eq(story->str, cases[i].story);
    ck_assert_str_eq(answer.cursor, cases[i].ret_cursor);
    ck_assert_msg(answer.is_single == cases[i].is_single, "%s", text);
    for (gsize len = 0; len < strlen(text); len++)
      ck_assert_msg(text[len] == '\n' || text[len] == ' ' || !answers(cases[i].cursor, text, len, story, &answer), "%.*s",
                    (int)len, text);
  }
}
END_TEST

START_TEST(refuses_answers_that_hold_no_updates_or_no_cursor) {
  g_autofree char *cursor_text = g_strnfill(FL_MEMBER_CURSOR_MAX, 'c');
  g_autofree char *too_long = g_strdup_printf("{\"cursor\":\"%s\",\"u\":[]}", cursor_text);
  const struct {
    const char *cursor, *text;
  } cases[] = {
    { NULL, "" },
    { NULL, "17" },
    { NULL, "{}" },
    { NULL, "{\"updates\":null}" },
    { NULL, "[1]" },
    { NULL, "[{\"seq\":1}]" },
    { NULL, "[{\"seq\":1,\"t\":2},]" },
    { NULL, "[] []" },
    { NULL, "{\"updates\":[{\"seq\":1,\"t\":2},{}]}" },
    { "cursor", "[]" },
    { "cursor", "{\"updates\":[]}" },
    { "cursor", "{\"cursor\":{},\"updates\":[]}" },
    { "cursor", "{\"cursor\":\"\",\"updates\":[]}" },
    { "cursor", "{\"cursor\":\"a\\n\",\"updates\":[]}" },
    { "cursor.x", "{\"cursor\":1,\"updates\":[]}" },
    { "cursor.x", "{\"cursor\":{},\"updates\":[]}" },
    { "cursor", too_long },
  };
  g_autoptr(GString) story = g_string_new(NULL);
  FlMemberAnswer answer;

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    ck_assert_msg(!answers(cases[i].cursor, cases[i].text, strlen(cases[i].text), story, &answer), "%s", cases[i].text);
}
END_TEST

/* --- Socket.IO ----------------------------------------------------------------------------------------------------- */

static FlMemberEvent event(const char *text, gsize len, FlStamp *ret_stamp) {
  FlMemberRule rule = rule_of(plain);
  g_autofree char *copy = tight_copy(text, len);
  FlMemberEvent is = fl_member_event_read(&rule, "news", copy, len, ret_stamp);

  rule_clear(&rule);
  return is;
}

START_TEST(reads_events_of_socket_io) {
  static const struct {
    const char *text;
    FlMemberEvent is;
  } cases[] = {
    { "2[\"news\",{\"seq\":17,\"t\":1}]", FL_MEMBER_UPDATE },
    { "212[\"news\",{\"seq\":17,\"t\":1}]", FL_MEMBER_UPDATE },
    { "2[\"ne\\u0077s\",\"room\",[{\"seq\":1,\"t\":1}],{\"seq\":17,\"t\":1},{\"seq\":1},null]", FL_MEMBER_UPDATE },
    { "2[\"hello\"]", FL_MEMBER_OTHER },
    { "2[\"hello\",1]", FL_MEMBER_OTHER },
    { "2[\"news\"]", FL_MEMBER_MALFORMED },
    { "2[\"news\",1]", FL_MEMBER_MALFORMED },
    { "2[\"news\",{\"t\":1}]", FL_MEMBER_MALFORMED },
    { "2[\"news\",{},{\"seq\":17,\"t\":1}]", FL_MEMBER_MALFORMED },
    { "2[\"news\",{\"seq\":17,\"t\":1}]x", FL_MEMBER_MALFORMED },
    { "2[]", FL_MEMBER_MALFORMED },
    { "2[1,{}]", FL_MEMBER_MALFORMED },
    { "3[\"news\",{\"seq\":17,\"t\":1}]", FL_MEMBER_MALFORMED },
    { "", FL_MEMBER_MALFORMED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    const char *text = cases[i].text;
    FlStamp stamp = { 0, 0, 0, 0 };
    ck_assert_msg(event(text, strlen(text), &stamp) == cases[i].is, "%s", text);
    ck_assert_uint_eq(stamp.seq, cases[i].is == FL_MEMBER_UPDATE ? 17 : 0);
    for (gsize len = 0; cases[i].is == FL_MEMBER_UPDATE && len < strlen(text); len++)
      ck_assert_msg(event(text, len, &stamp) == FL_MEMBER_MALFORMED, "%.*s", (int)len, text);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("member reader");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, finds_the_members_wherever_they_stand);
  tcase_add_test(cases, compares_keys_by_their_characters);
  tcase_add_test(cases, takes_every_unit_with_its_fraction);
  tcase_add_test(cases, reads_when_it_was_published_where_that_is_told);
  tcase_add_test(cases, refuses_a_message_cut_short_anywhere);
  tcase_add_test(cases, refuses_what_is_no_json_or_has_not_the_members);
  tcase_add_test(cases, bounds_the_depth);
  tcase_add_test(cases, parses_paths);
  tcase_add_test(cases, reads_answers_of_every_shape);
  tcase_add_test(cases, refuses_answers_that_hold_no_updates_or_no_cursor);
  tcase_add_test(cases, reads_events_of_socket_io);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
