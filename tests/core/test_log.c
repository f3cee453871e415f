/* The log: what it lets out, and that it loses nothing.
 * SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "tests/fl_check.h"

/* Everything that `fill` logs, as text. */
static char *logged(FlLogFormat format, void (*fill)(FlLog *log)) {
  g_autofree char *path = g_build_filename(g_get_tmp_dir(), "feedlab-log-XXXXXX", NULL);
  int fd = g_mkstemp(path);
  char *text = NULL;

  ck_assert_int_ge(fd, 0);
  FlLog *log = fl_log_new(fd, format);
  fill(log);
  fl_log_free(log);
  close(fd);
  ck_assert(g_file_get_contents(path, &text, NULL, NULL));
  unlink(path);
  return text;
}

static const char hostile[] = "a\x1b[31m\n\"\\\x07\xff\xe2\x80\xae\xe2\x80\x8b\xe2\x80\xa8\xe2\x80\xa9\xc2\x9b end";

static void log_hostile(FlLog *log) {
  fl_log(log, "spoke", FL_FIELD("ip", "127.0.0.1"), FL_FIELD_N("message", hostile, sizeof hostile - 1),
         FL_FIELD_INT("bytes", 7), FL_FIELD("absent", NULL));
}

/* To some readers, such as JavaScript's. */
static gboolean is_line_end(gunichar c) {
  return c == 0x2028 || c == 0x2029;
}

static void assert_nothing_raw(const char *text) {
  ck_assert(g_utf8_validate(text, -1, NULL));
  ck_assert_int_eq((int)strlen(text), (int)(strchr(text, '\n') - text) + 1);
  for (const char *p = text; *p && *p != '\n'; p = g_utf8_next_char(p))
    ck_assert_msg(g_unichar_isprint(g_utf8_get_char(p)) && !is_line_end(g_utf8_get_char(p)), "U+%04X got out",
                  g_utf8_get_char(p));
}

START_TEST(lets_no_control_character_out_in_text) {
  g_autofree char *text = logged(FL_LOG_TEXT, log_hostile);
  assert_nothing_raw(text);
  ck_assert_ptr_nonnull(strstr(text, " spoke ip=127.0.0.1 message=\"a\\u001b[31m\\n\\\"\\\\"));
  ck_assert_ptr_nonnull(strstr(text, " end\" bytes=7\n"));
}
END_TEST

START_TEST(writes_json_that_parses) {
  g_autofree char *text = logged(FL_LOG_JSON, log_hostile);
  json_t *line = json_loads(text, 0, NULL);
  assert_nothing_raw(text);
  ck_assert_ptr_nonnull(line);
  ck_assert_str_eq(json_string_value(json_object_get(line, "event")), "spoke");
  ck_assert(g_str_has_prefix(json_string_value(json_object_get(line, "message")), "a\x1b[31m\n\"\\\x07"));
  ck_assert_ptr_null(json_object_get(line, "absent"));
  json_decref(line);
}
END_TEST

static void log_listening(FlLog *log) {
  fl_log_listening(log, "http://127.0.0.1:8080");
}

START_TEST(says_where_it_listens_in_a_line_of_its_own) {
  g_autofree char *text = logged(FL_LOG_TEXT, log_listening);
  ck_assert_str_eq(text, "listening on http://127.0.0.1:8080\n");
}
END_TEST

static void log_much(FlLog *log) {
  for (int i = 0; i < 5000; i++)
    fl_log(log, "line", FL_FIELD_INT("n", i));
}

START_TEST(loses_nothing_at_its_end) {
  g_autofree char *text = logged(FL_LOG_TEXT, log_much);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  ck_assert_uint_eq(g_strv_length(lines), 5001);
  ck_assert(g_str_has_suffix(lines[4999], " line n=4999"));
}
END_TEST

START_TEST(does_not_wait_for_ever_for_a_pipe_that_no_one_reads) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  FlLog *log = fl_log_new(ends[1], FL_LOG_TEXT);
  log_much(log);
  fl_log_free(log);
  close(ends[0]);
  close(ends[1]);
}
END_TEST

static gboolean holds_sesame(gconstpointer secret, const char *text, gsize len) {
  return g_strstr_len(text, (gssize)len, secret) != NULL;
}

static void log_secret(FlLog *log) {
  fl_log_keep_secret(log, holds_sesame, "sesame");
  fl_log(log, "spoke", FL_FIELD("why", "a sesame b"), FL_FIELD_N("message", "sesame", 6), FL_FIELD_N("cut", "sesame", 3),
         FL_FIELD("ip", "::1"), FL_FIELD_INT("n", 7));
  fl_log_keep_secret(log, NULL, NULL);
  fl_log(log, "spoke", FL_FIELD("why", "done"));
}

START_TEST(keeps_a_secret_whichever_field_holds_it) {
  g_autofree char *text = logged(FL_LOG_TEXT, log_secret), *json = logged(FL_LOG_JSON, log_secret);
  ck_assert_ptr_null(strstr(text, "sesame"));
  ck_assert_ptr_null(strstr(json, "sesame"));
  ck_assert_ptr_nonnull(strstr(text, " why=\"(not shown: it holds the token)\" message=\"(not shown: it holds the token)\" "
                                     "cut=ses ip=::1 n=7\n"));
  ck_assert_ptr_nonnull(strstr(text, " why=done\n"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("log");
  TCase *tcase = tcase_create("log");
  tcase_add_test(tcase, lets_no_control_character_out_in_text);
  tcase_add_test(tcase, writes_json_that_parses);
  tcase_add_test(tcase, says_where_it_listens_in_a_line_of_its_own);
  tcase_add_test(tcase, loses_nothing_at_its_end);
  tcase_add_test(tcase, does_not_wait_for_ever_for_a_pipe_that_no_one_reads);
  tcase_add_test(tcase, keeps_a_secret_whichever_field_holds_it);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
