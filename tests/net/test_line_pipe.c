/* Bytes on their way: what leaves when, and how much there may be.
 * SPDX-License-Identifier: MIT */
#include "net/line_pipe.h"

#include <string.h>

#include "tests/fl_check.h"

static void put(FlLinePipe *pipe, const char *text, gint64 leave_ns) {
  fl_line_pipe_put(pipe, (const guint8 *)text, strlen(text), leave_ns);
}

/* What may leave at `now_ns`, in parts of any size; it stays. */
static char *due(FlLinePipe *pipe, gint64 now_ns, guint most) {
  struct iovec parts[8];
  guint n = fl_line_pipe_due(pipe, now_ns, parts, most);
  GString *text = g_string_new(NULL);
  ck_assert_uint_le(n, most);
  for (guint i = 0; i < n; i++)
    g_string_append_len(text, parts[i].iov_base, (gssize)parts[i].iov_len);
  return g_string_free(text, FALSE);
}

static void assert_due(FlLinePipe *pipe, gint64 now_ns, const char *text) {
  g_autofree char *found = due(pipe, now_ns, 8);
  ck_assert_str_eq(found, text);
}

START_TEST(bytes_leave_at_their_time_and_in_order) {
  FlLinePipe *pipe = fl_line_pipe_new();
  ck_assert_int_eq(fl_line_pipe_next(pipe), G_MAXINT64);
  put(pipe, "one", 10);
  put(pipe, "two", 20);
  put(pipe, "three", 20);
  ck_assert_int_eq(fl_line_pipe_next(pipe), 10);
  assert_due(pipe, 9, "");
  assert_due(pipe, 10, "one");
  assert_due(pipe, 20, "onetwothree");
  g_autofree char *first_two = due(pipe, 20, 2);
  ck_assert_str_eq(first_two, "onetwo");
  fl_line_pipe_free(pipe);
}
END_TEST

START_TEST(what_has_left_in_part_goes_on_where_it_was) {
  const char all[] = "onetwothree";
  for (gsize cut = 0; cut <= strlen(all); cut++) {
    FlLinePipe *pipe = fl_line_pipe_new();
    put(pipe, "one", 10);
    put(pipe, "two", 20);
    put(pipe, "three", 30);
    fl_line_pipe_drop(pipe, cut);
    assert_due(pipe, 30, all + cut);
    fl_line_pipe_drop(pipe, strlen(all) - cut);
    assert_due(pipe, 30, "");
    ck_assert_int_eq(fl_line_pipe_next(pipe), G_MAXINT64);
    fl_line_pipe_free(pipe);
  }
}
END_TEST

START_TEST(the_end_comes_after_all_bytes) {
  FlLinePipe *pipe = fl_line_pipe_new();
  put(pipe, "last words", 10);
  fl_line_pipe_end(pipe, 30);
  ck_assert(fl_line_pipe_has_end(pipe));
  ck_assert_uint_eq(fl_line_pipe_room(pipe), 0);
  ck_assert(!fl_line_pipe_is_over(pipe, 40));
  fl_line_pipe_drop(pipe, strlen("last words"));
  ck_assert_int_eq(fl_line_pipe_next(pipe), 30);
  ck_assert(!fl_line_pipe_is_over(pipe, 29));
  ck_assert(fl_line_pipe_is_over(pipe, 30));
  fl_line_pipe_free(pipe);
}
END_TEST

START_TEST(a_pipe_that_was_told_of_no_end_is_not_over) {
  FlLinePipe *pipe = fl_line_pipe_new();
  ck_assert(!fl_line_pipe_is_over(pipe, G_MAXINT64));
  fl_line_pipe_free(pipe);
}
END_TEST

START_TEST(bytes_are_bounded) {
  static guint8 data[FL_LINE_PIPE_BYTES];
  FlLinePipe *pipe = fl_line_pipe_new();
  ck_assert_uint_eq(fl_line_pipe_room(pipe), FL_LINE_PIPE_BYTES);
  fl_line_pipe_put(pipe, data, FL_LINE_PIPE_BYTES - 1, 1);
  ck_assert_uint_eq(fl_line_pipe_room(pipe), 1);
  fl_line_pipe_put(pipe, data, 1, 1);
  ck_assert_uint_eq(fl_line_pipe_room(pipe), 0);
  fl_line_pipe_drop(pipe, 1000);
  ck_assert_uint_eq(fl_line_pipe_room(pipe), 1000);
  fl_line_pipe_free(pipe);
}
END_TEST

START_TEST(pieces_are_bounded_too) {
  FlLinePipe *pipe = fl_line_pipe_new();
  for (int i = 0; i < FL_LINE_PIPE_PIECES; i++) {
    ck_assert_uint_gt(fl_line_pipe_room(pipe), 0);
    put(pipe, "x", 1);
  }
  ck_assert_uint_eq(fl_line_pipe_room(pipe), 0);
  fl_line_pipe_drop(pipe, 1);
  ck_assert_uint_gt(fl_line_pipe_room(pipe), 0);
  fl_line_pipe_free(pipe);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("line_pipe");
  TCase *tcase = tcase_create("line_pipe");
  tcase_add_test(tcase, bytes_leave_at_their_time_and_in_order);
  tcase_add_test(tcase, what_has_left_in_part_goes_on_where_it_was);
  tcase_add_test(tcase, the_end_comes_after_all_bytes);
  tcase_add_test(tcase, a_pipe_that_was_told_of_no_end_is_not_over);
  tcase_add_test(tcase, bytes_are_bounded);
  tcase_add_test(tcase, pieces_are_bounded_too);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
