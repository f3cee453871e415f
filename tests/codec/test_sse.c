/* Server-Sent Events: every stream is read whole, per byte and at every split, and must tell the same story. Cases from
 * WHATWG HTML, section 9.2.6, and its web platform tests.
 * SPDX-License-Identifier: MIT */
#include "codec/sse.h"

#include <string.h>

#include "tests/fl_check.h"

#define MAX_EVENT 200

/* A story: "name|id|data;" an event, "#text;" a comment, "spent" where the parser gave up. */
static void tell(gpointer user, const FlSseEvent *event, const char *comment) {
  GString *story = user;

  if (comment)
    g_string_append_printf(story, "#%s;", comment);
  else
    g_string_append_printf(story, "%s|%s|%.*s;", event->name, event->id, (int)event->data_len, event->data);
}

static gboolean feed(FlSseParser *parser, const char *data, gsize len, GString *story) {
  gboolean good = fl_sse_parser_receive(parser, data, len, tell, story);
  if (!good && !g_str_has_suffix(story->str, "spent"))
    g_string_append(story, "spent");
  return good;
}

static char *story_of(const char *text, gsize len, gsize split, gboolean per_byte) {
  FlSseParser *parser = fl_sse_parser_new(MAX_EVENT);
  GString *story = g_string_new(NULL);

  if (per_byte) {
    for (gsize i = 0; i < len && feed(parser, text + i, 1, story); i++)
      ;
  } else if (feed(parser, text, split, story))
    feed(parser, text + split, len - split, story);
  g_string_append_printf(story, " last=%s retry=%d", fl_sse_parser_last_id(parser),
                         (int)fl_sse_parser_retry_ms(parser));
  fl_sse_parser_free(parser);
  return g_string_free(story, FALSE);
}

static void expect_len(const char *text, gsize len, const char *expected) {
  g_autofree char *bytewise = story_of(text, len, 0, TRUE);
  ck_assert_str_eq(bytewise, expected);
  for (gsize split = 0; split <= len; split++) {
    g_autofree char *story = story_of(text, len, split, FALSE);
    ck_assert_msg(strcmp(story, expected) == 0, "split at %d: %s, expected %s", (int)split, story, expected);
  }
}

static void expect(const char *text, const char *expected) {
  expect_len(text, strlen(text), expected);
}

START_TEST(reads_an_event_with_its_id) {
  expect("id: k3f9-17\ndata: {\"seq\":17}\n\n", "message|k3f9-17|{\"seq\":17}; last=k3f9-17 retry=-1");
}
END_TEST

START_TEST(reads_what_opens_a_stream) {
  expect("retry: 1000\nid: k3f9-0\n\ndata: a\n\n", "message|k3f9-0|a; last=k3f9-0 retry=1000");
}
END_TEST

START_TEST(joins_data_lines_with_line_feeds) {
  expect("data: a\ndata:b\ndata\ndata:  c\n\n", "message||a\nb\n\n c; last= retry=-1");
}
END_TEST

START_TEST(takes_any_line_end_and_any_mixture_of_them) {
  expect("data: a\r\n\r\ndata: b\r\rdata: c\n\n", "message||a;message||b;message||c; last= retry=-1");
  expect("data: a\rdata: b\r\ndata: c\n\r\n", "message||a\nb\nc; last= retry=-1");
}
END_TEST

START_TEST(skips_one_byte_order_mark_at_the_start_only) {
  expect("\xef\xbb\xbf"
         "data: a\n\n",
         "message||a; last= retry=-1");
  expect("data: a\n\n\xef\xbb\xbf"
         "data: b\n\n",
         "message||a; last= retry=-1");
}
END_TEST

START_TEST(names_events_once) {
  expect("event: gap\ndata: {}\n\ndata: a\n\n", "gap||{};message||a; last= retry=-1");
  expect("event: gap\n\ndata: a\n\n", "message||a; last= retry=-1");
}
END_TEST

START_TEST(keeps_the_id_until_another_one_comes) {
  expect("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "message|1|a;message|1|b;message||c; last= retry=-1");
}
END_TEST

START_TEST(counts_an_id_only_when_its_event_has_ended) {
  expect("id: 1\ndata: a\n\nid: 2\ndata: b\n", "message|1|a; last=1 retry=-1");
}
END_TEST

START_TEST(ignores_an_id_with_a_nul) {
  static const char text[] = "id: 1\ndata: a\n\nid: 2\0x\ndata: b\n\n";
  expect_len(text, sizeof text - 1, "message|1|a;message|1|b; last=1 retry=-1");
}
END_TEST

START_TEST(dispatches_empty_data_but_not_no_data) {
  expect("data\n\n", "message||; last= retry=-1");
  expect("data:\n\n", "message||; last= retry=-1");
  expect("id: 5\n\n\n\n", " last=5 retry=-1");
}
END_TEST

START_TEST(tells_of_comments) {
  expect(": heartbeat\n\n:\n\n", "#heartbeat;#; last= retry=-1");
  expect("data: a\n:x\ndata: b\n\n", "#x;message||a\nb; last= retry=-1");
}
END_TEST

START_TEST(ignores_unknown_fields_and_bad_retries) {
  expect("datum: 1\nretry: 1s\nretry:\n: \nfoo\ndata: a\n\n", "#;message||a; last= retry=-1");
  expect("retry: 99999999999999999999\n\n", " last= retry=2147483647");
}
END_TEST

START_TEST(gives_up_on_what_is_no_utf8) {
  expect("data: \xc3\xa4\n\ndata: \xff\n\ndata: b\n\n", "message||\xc3\xa4;spent last= retry=-1");
}
END_TEST

START_TEST(gives_up_on_an_event_that_is_too_long) {
  g_autofree char *fill = g_strnfill(MAX_EVENT - 6, 'x');
  g_autofree char *fits = g_strconcat("data: ", fill, "\n\n", NULL);
  g_autofree char *story = g_strconcat("message||", fill, "; last= retry=-1", NULL);
  g_autofree char *line = g_strconcat("data: x", fill, NULL);
  expect(fits, story);
  expect(line, "spent last= retry=-1");
}
END_TEST

START_TEST(stays_spent) {
  FlSseParser *parser = fl_sse_parser_new(MAX_EVENT);
  g_autoptr(GString) story = g_string_new(NULL);
  ck_assert(!fl_sse_parser_receive(parser, "\xff\n", 2, tell, story));
  ck_assert(!fl_sse_parser_receive(parser, "data: a\n\n", 9, tell, story));
  ck_assert_str_eq(story->str, "");
  fl_sse_parser_free(parser);
}
END_TEST

static void expect_written(const char *name, const char *id, const char *data, const char *expected) {
  g_autoptr(GString) out = g_string_new(NULL);
  fl_sse_event_append(out, name, id, data, data ? strlen(data) : 0);
  ck_assert_str_eq(out->str, expected);
}

START_TEST(writes_events_as_the_page_on_the_wire_says) {
  expect_written(NULL, "k3f9-17", "{\"seq\":17}", "id: k3f9-17\ndata: {\"seq\":17}\n\n");
  expect_written("gap", "k3f9-9", "{}", "event: gap\nid: k3f9-9\ndata: {}\n\n");
  expect_written(NULL, "k3f9-0", NULL, "id: k3f9-0\n\n");
}
END_TEST

START_TEST(writes_each_line_of_data_as_a_data_line) {
  expect_written(NULL, NULL, "a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n");
  expect_written(NULL, NULL, "a\n", "data: a\ndata: \n\n");
  expect_written(NULL, NULL, "a\r\n", "data: a\ndata: \n\n");
  expect_written(NULL, NULL, "", "data: \n\n");
}
END_TEST

START_TEST(reads_what_it_writes) {
  g_autoptr(GString) out = g_string_new(NULL);
  fl_sse_comment_append(out, "hi");
  fl_sse_event_append(out, "n", "7", " a\n\nb\n", 6);
  expect(out->str, "#hi;n|7| a\n\nb\n; last=7 retry=-1");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sse");
  TCase *read = tcase_create("read");
  tcase_add_test(read, reads_an_event_with_its_id);
  tcase_add_test(read, reads_what_opens_a_stream);
  tcase_add_test(read, joins_data_lines_with_line_feeds);
  tcase_add_test(read, takes_any_line_end_and_any_mixture_of_them);
  tcase_add_test(read, skips_one_byte_order_mark_at_the_start_only);
  tcase_add_test(read, names_events_once);
  tcase_add_test(read, keeps_the_id_until_another_one_comes);
  tcase_add_test(read, counts_an_id_only_when_its_event_has_ended);
  tcase_add_test(read, ignores_an_id_with_a_nul);
  tcase_add_test(read, dispatches_empty_data_but_not_no_data);
  tcase_add_test(read, tells_of_comments);
  tcase_add_test(read, ignores_unknown_fields_and_bad_retries);
  tcase_add_test(read, gives_up_on_what_is_no_utf8);
  tcase_add_test(read, gives_up_on_an_event_that_is_too_long);
  tcase_add_test(read, stays_spent);
  suite_add_tcase(suite, read);
  TCase *write = tcase_create("write");
  tcase_add_test(write, writes_events_as_the_page_on_the_wire_says);
  tcase_add_test(write, writes_each_line_of_data_as_a_data_line);
  tcase_add_test(write, reads_what_it_writes);
  suite_add_tcase(suite, write);
  return fl_check_run(suite);
}
