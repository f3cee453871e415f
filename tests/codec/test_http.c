/* HTTP responses: every one is read whole, per byte and at every split, and must come out the same; what RFC 9112 does
 * not allow is refused.
 * SPDX-License-Identifier: MIT */
#include "codec/http.h"

#include <string.h>

#include "tests/fl_check.h"

/* What a parser made of its input: state, status, body, and how much it left alone. */
typedef struct {
  FlHttpState state;
  int status;
  gsize consumed;
  GByteArray *body;
} Outcome;

static void feed(FlHttpParser *parser, const char *data, gsize len, Outcome *outcome) {
  gsize offered = 0;

  while (offered < len) {
    gsize n = fl_http_parser_receive(parser, data + offered, len - offered, outcome->body);
    offered += n;
    if (n == 0)
      break;
  }
  outcome->consumed += offered;
  outcome->state = fl_http_parser_state(parser);
  outcome->status = fl_http_parser_status(parser);
}

static void expect_cut(const char *text, gsize len, gsize step, gsize split, gboolean head_only, FlHttpState state,
                       int status, const char *body, gsize left) {
  FlHttpParser *parser = fl_http_parser_new();
  Outcome outcome = { .body = g_byte_array_new() };

  fl_http_parser_next(parser, head_only);
  if (step > 0) {
    for (gsize at = 0; at < len; at += step)
      feed(parser, text + at, MIN(step, len - at), &outcome);
  } else {
    feed(parser, text, split, &outcome);
    feed(parser, text + split, len - split, &outcome);
  }
  ck_assert_msg(outcome.state == state, "split at %d: state %d, expected %d of\n%s", (int)split, outcome.state, state,
                text);
  if (state != FL_HTTP_MALFORMED) {
    ck_assert_int_eq(outcome.status, status);
    ck_assert_uint_eq(outcome.body->len, strlen(body));
    ck_assert_int_eq(memcmp(outcome.body->data ? outcome.body->data : (guint8 *)"", body, strlen(body)), 0);
    ck_assert_uint_eq(outcome.consumed, len - left);
  }
  g_byte_array_unref(outcome.body);
  fl_http_parser_free(parser);
}

static void expect_any_cut(const char *text, gsize len, gboolean head_only, FlHttpState state, int status,
                           const char *body, gsize left) {
  expect_cut(text, len, 1, 0, head_only, state, status, body, left);
  for (gsize split = 0; split <= len; split++)
    expect_cut(text, len, 0, split, head_only, state, status, body, left);
}

static void expect(const char *text, FlHttpState state, int status, const char *body, gsize left) {
  expect_any_cut(text, strlen(text), FALSE, state, status, body, left);
}

static void refuse(const char *text) {
  expect_any_cut(text, strlen(text), FALSE, FL_HTTP_MALFORMED, 0, "", 0);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"

START_TEST(reads_a_sized_body_and_leaves_what_follows) {
  expect(OK_HEAD "Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nhelloHTTP", FL_HTTP_DONE, 200, "hello", 4);
  expect(OK_HEAD "content-length:0\r\n\r\nX", FL_HTTP_DONE, 200, "", 1);
}
END_TEST

START_TEST(waits_for_the_rest) {
  expect("HT", FL_HTTP_HEAD, 0, "", 0);
  expect(OK_HEAD "Content-Length: 5\r\n", FL_HTTP_HEAD, 200, "", 0);
  expect(OK_HEAD "Content-Length: 5\r\n\r\nhell", FL_HTTP_BODY, 200, "hell", 0);
}
END_TEST

START_TEST(reads_chunks_with_extensions_and_trailers) {
  expect(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0006;a=b\r\n world\r\n0\r\n\r\nX", FL_HTTP_DONE, 200,
         "hello world", 1);
  expect(OK_HEAD "Transfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nMore: yes\r\nAnd: more\r\n\r\n",
         FL_HTTP_DONE, 200, "0123456789", 0);
}
END_TEST

START_TEST(reads_a_body_without_a_length_until_the_end) {
  FlHttpParser *parser = fl_http_parser_new();
  GByteArray *body = g_byte_array_new();
  static const char text[] = OK_HEAD "Content-Type: text/event-stream\r\n\r\ndata: 1\n\n";
  ck_assert_uint_eq(fl_http_parser_receive(parser, text, sizeof text - 1, body), sizeof text - 1);
  ck_assert_int_eq(fl_http_parser_state(parser), FL_HTTP_BODY);
  ck_assert_uint_eq(body->len, 9);
  ck_assert(fl_http_parser_eof(parser));
  ck_assert_int_eq(fl_http_parser_state(parser), FL_HTTP_DONE);
  g_byte_array_unref(body);
  fl_http_parser_free(parser);
}
END_TEST

START_TEST(knows_an_end_that_came_too_early) {
  static const char *const texts[] = { "", "HTTP/1.1 20", OK_HEAD "Content-Length: 5\r\n\r\nhell",
                                       OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    FlHttpParser *parser = fl_http_parser_new();
    fl_http_parser_receive(parser, texts[i], strlen(texts[i]), NULL);
    ck_assert(!fl_http_parser_eof(parser));
    fl_http_parser_free(parser);
  }
}
END_TEST

START_TEST(ends_without_a_body_where_there_can_be_none) {
  expect("HTTP/1.1 304 Not Modified\r\nETag: \"k3f9-1\"\r\nContent-Length: 99\r\n\r\n", FL_HTTP_DONE, 304, "", 0);
  expect("HTTP/1.1 204 No Content\r\n\r\nX", FL_HTTP_DONE, 204, "", 1);
  static const char head[] = OK_HEAD "Content-Length: 5\r\n\r\n";
  expect_any_cut(head, strlen(head), TRUE, FL_HTTP_DONE, 200, "", 0);
}
END_TEST

START_TEST(hands_over_after_101) {
  expect("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01x",
         FL_HTTP_UPGRADED, 101, "", 3);
}
END_TEST

START_TEST(passes_over_interim_responses) {
  expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK_HEAD
         "Content-Length: 1\r\n\r\na",
         FL_HTTP_DONE, 200, "a", 0);
}
END_TEST

START_TEST(finds_headers_in_any_case) {
  static const char text[] =
      OK_HEAD "ETag:  \"k3f9-17\" \t\r\nEmpty:\r\nSET-X: 1\r\nset-x: 2\r\nContent-Length: 0\r\n\r\n";
  FlHttpParser *parser = fl_http_parser_new();
  fl_http_parser_receive(parser, text, sizeof text - 1, NULL);
  ck_assert_str_eq(fl_http_parser_header(parser, "etag"), "\"k3f9-17\"");
  ck_assert_str_eq(fl_http_parser_header(parser, "empty"), "");
  ck_assert_str_eq(fl_http_parser_header(parser, "Set-X"), "1");
  ck_assert_ptr_null(fl_http_parser_header(parser, "Location"));
  fl_http_parser_free(parser);
}
END_TEST

START_TEST(reads_one_response_after_the_other) {
  static const char text[] = OK_HEAD "Content-Length: 1\r\nA: 1\r\n\r\na" OK_HEAD "Content-Length: 2\r\n\r\nbc";
  FlHttpParser *parser = fl_http_parser_new();
  GByteArray *body = g_byte_array_new();
  gsize n = fl_http_parser_receive(parser, text, sizeof text - 1, body);
  ck_assert_str_eq(fl_http_parser_header(parser, "A"), "1");
  fl_http_parser_next(parser, FALSE);
  ck_assert_uint_eq(n + fl_http_parser_receive(parser, text + n, sizeof text - 1 - n, body), sizeof text - 1);
  ck_assert_int_eq(fl_http_parser_state(parser), FL_HTTP_DONE);
  ck_assert_ptr_null(fl_http_parser_header(parser, "A"));
  ck_assert_uint_eq(body->len, 3);
  ck_assert_int_eq(memcmp(body->data, "abc", 3), 0);
  g_byte_array_unref(body);
  fl_http_parser_free(parser);
}
END_TEST

START_TEST(refuses_status_lines_that_are_none) {
  static const char *const texts[] = {
    "hello",
    "http/1.1 200 OK\r\n",
    "HTTP/2 200 OK\r\n",
    "HTTP/1.2 200 OK\r\n",
    "HTTP/1.1 200\r\n",
    "HTTP/1.1  200 OK\r\n",
    "HTTP/1.1 20x OK\r\n",
    "HTTP/1.1 099 OK\r\n",
    "HTTP/1.1 600 OK\r\n",
    "\r\n" OK_HEAD,
    "HTTP/1.1 2000 OK\r\n",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    refuse(texts[i]);
}
END_TEST

START_TEST(refuses_lines_that_do_not_end_in_crlf) {
  refuse("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
  refuse(OK_HEAD "Content-Length: 0\n\r\n");
  refuse(OK_HEAD "A: b\rc\r\n");
  refuse(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n");
}
END_TEST

START_TEST(refuses_fields_that_are_none) {
  refuse(OK_HEAD "no colon\r\n");
  refuse(OK_HEAD ": no name\r\n");
  refuse(OK_HEAD "space before : colon\r\n");
  refuse(OK_HEAD "A: 1\r\n folded: 2\r\n");
  refuse(OK_HEAD "A: \x01\r\n");
  static const char nul[] = OK_HEAD "A: \0\r\n";
  expect_any_cut(nul, sizeof nul - 1, FALSE, FL_HTTP_MALFORMED, 0, "", 0);
}
END_TEST

START_TEST(refuses_lengths_that_leave_doubt) {
  refuse(OK_HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\n");
  refuse(OK_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
  refuse(OK_HEAD "Content-Length: 5, 5\r\n\r\n");
  refuse(OK_HEAD "Content-Length: +5\r\n\r\n");
  refuse(OK_HEAD "Content-Length: -1\r\n\r\n");
  refuse(OK_HEAD "Content-Length:\r\n\r\n");
  refuse(OK_HEAD "Content-Length: 99999999999999999999\r\n\r\n");
  refuse(OK_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n");
  refuse(OK_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
  refuse("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}
END_TEST

START_TEST(refuses_chunks_that_are_none) {

  refuse(CHUNKED "\r\n");
  refuse(CHUNKED "x\r\n");
  refuse(CHUNKED "-1\r\n");
  refuse(CHUNKED "5 \r\nhello");
  refuse(CHUNKED "1000000000000000\r\n");
  refuse(CHUNKED "5\r\nhello!\r\n");
  refuse(CHUNKED "5\r\nhello0\r\n\r\n");
  refuse(CHUNKED "0\r\nno trailer\r\n\r\n");
}
END_TEST

START_TEST(refuses_a_head_over_16_kilobytes) {
  g_autofree char *fill = g_strnfill(1000, 'x');
  g_autoptr(GString) head = g_string_new(OK_HEAD);
  for (int i = 0; i < 15; i++)
    g_string_append_printf(head, "A: %s\r\n", fill);
  g_autofree char *fits = g_strconcat(head->str, "Content-Length: 0\r\n\r\n", NULL);
  g_string_append_printf(head, "A: %s\r\nA: %s\r\n", fill, fill);
  expect_cut(fits, strlen(fits), 1, 0, FALSE, FL_HTTP_DONE, 200, "", 0);
  expect_cut(head->str, head->len, 1, 0, FALSE, FL_HTTP_MALFORMED, 0, "", 0);
  expect_cut(head->str, head->len, 0, 0, FALSE, FL_HTTP_MALFORMED, 0, "", 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("http");
  TCase *good = tcase_create("responses");
  tcase_add_test(good, reads_a_sized_body_and_leaves_what_follows);
  tcase_add_test(good, waits_for_the_rest);
  tcase_add_test(good, reads_chunks_with_extensions_and_trailers);
  tcase_add_test(good, reads_a_body_without_a_length_until_the_end);
  tcase_add_test(good, knows_an_end_that_came_too_early);
  tcase_add_test(good, ends_without_a_body_where_there_can_be_none);
  tcase_add_test(good, hands_over_after_101);
  tcase_add_test(good, passes_over_interim_responses);
  tcase_add_test(good, finds_headers_in_any_case);
  tcase_add_test(good, reads_one_response_after_the_other);
  suite_add_tcase(suite, good);
  TCase *bad = tcase_create("refusals");
  tcase_add_test(bad, refuses_status_lines_that_are_none);
  tcase_add_test(bad, refuses_lines_that_do_not_end_in_crlf);
  tcase_add_test(bad, refuses_fields_that_are_none);
  tcase_add_test(bad, refuses_lengths_that_leave_doubt);
  tcase_add_test(bad, refuses_chunks_that_are_none);
  tcase_add_test(bad, refuses_a_head_over_16_kilobytes);
  suite_add_tcase(suite, bad);
  return fl_check_run(suite);
}
