/* What is printed: checks before figures, what is wrong marked, and the JSON with the figures of the table.
 * SPDX-License-Identifier: MIT */
#include "bench/report.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "bench/figure.h"
#include "tests/fl_check.h"

static char command_line[] = "feedlab-bench run -c 2";
static const FlSetting setting = { .rate_hz = 10,
                                   .size_bytes = 128,
                                   .poll_interval_ns = 1000000000,
                                   .warmup_ns = 1000000000,
                                   .seed = 7,
                                   .server_cpu = 1,
                                   .client_cpu = 0,
                                   .command_line = command_line };

/* A result that has every figure, each another one. */
static FlResult full(const char *name) {
  FlResult result = {
    .name = name,
    .clients = 2,
    .duration_s = 4,
    .integrity = { .expected = 10000, .delivered = 20000 },
    .latency = fl_histogram_new(),
    .connect = fl_histogram_new(),
    .connect_bytes = 1609,
    .round_trips = 8,
    .bytes_in = 20000 * 171,
    .bytes_out = 20000 * 12,
    .requests = 5000,
    .empty_polls = 150,
    .polls_wanted_hz = 1260,
    .server_cpu_ns = 20000 * 6500,
    .memory_slope = 17.5 * 1024,
    .client_cpu_ns = 33,
    .wall_ns = 100,
  };
  for (gint64 i = 1; i <= 20000; i++)
    fl_histogram_record(result.latency, i);
  for (gint64 i = 1; i <= 1000; i++)
    fl_histogram_record(result.connect, 3 * i);
  return result;
}

/* The table of them; frees what they hold. */
static char *table_of(FlResult *results, guint n) {
  char *table = fl_report_table(results, n, &setting);
  for (guint i = 0; i < n; i++)
    fl_result_clear(&results[i]);
  return table;
}

static void expect_before(const char *text, const char *first, const char *second) {
  const char *a = strstr(text, first), *b = strstr(text, second);
  ck_assert_msg(a != NULL, "%s is not in\n%s", first, text);
  ck_assert_msg(b != NULL, "%s is not in\n%s", second, text);
  ck_assert_msg(a < b, "%s comes after %s in\n%s", first, second, text);
}

/* Unrounded, by group and key; written to a file and read from it. */
static json_t *json_of(const FlResult *results, guint n) {
  g_autofree char *folder = g_dir_make_tmp("feedlab-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "result.json", NULL);
  ck_assert(fl_report_write_json(results, n, &setting, path, NULL));
  json_t *all = json_load_file(path, 0, NULL);
  g_remove(path);
  g_rmdir(folder);
  ck_assert_ptr_nonnull(all);
  return all;
}

/* The number in that row, thousands without their commas; NULL where there is no such row. */
static char *number_in(const char *table, const char *label) {
  g_autofree char *begin = g_strconcat("\n  ", label, "  ", NULL);
  const char *row = strstr(table, begin);
  if (!row)
    return NULL;
  row += strlen(begin);
  row += strspn(row, " ");
  g_autofree char *number = g_strndup(row, strcspn(row, " \n"));
  g_auto(GStrv) parts = g_strsplit(number, ",", -1);
  return g_strjoinv("", parts);
}

START_TEST(prints_each_figure_in_the_table_and_in_the_json) {
  FlResult result = full("poll");
  g_autofree char *table = fl_report_table(&result, 1, &setting);
  json_t *all = json_of(&result, 1);
  json_t *in_json = json_array_get(json_object_get(all, "results"), 0);
  json_t *group = NULL;

  ck_assert_ptr_null(fl_figures[0].value);
  for (const FlFigure *figure = fl_figures; figure->key; figure++) {
    if (!figure->value) {
      group = json_object_get(in_json, figure->key);
      ck_assert_msg(json_is_object(group), "%s", figure->key);
      continue;
    }
    g_autofree char *expected = g_strdup_printf("%.*f", figure->decimals, figure->value(&result));
    g_autofree char *printed = number_in(table, figure->label);
    ck_assert_msg(printed && g_str_equal(printed, expected), "%s: %s, expected %s", figure->label, printed, expected);
    double value = json_real_value(json_object_get(group, figure->key));
    ck_assert_msg(fabs(value - figure->value(&result)) < 1e-6, "%s: %g", figure->key, value);
  }
  json_decref(all);
  fl_result_clear(&result);
}
END_TEST

START_TEST(leaves_out_of_the_table_what_no_transport_has_and_says_null_in_the_json) {
  FlResult result = full("ws");
  result.polls_wanted_hz = result.memory_slope = NAN;
  result.server_cpu_ns = -1;
  g_autofree char *table = fl_report_table(&result, 1, &setting);
  json_t *all = json_of(&result, 1);
  const json_t *in_json = json_array_get(json_object_get(all, "results"), 0);

  ck_assert_ptr_null(strstr(table, "polls wanted"));
  ck_assert_ptr_null(strstr(table, "server memory"));
  ck_assert_ptr_null(strstr(table, "server CPU, µs"));
  ck_assert(json_is_null(json_object_get(json_object_get(in_json, "in_all"), "polls_wanted_per_s")));
  ck_assert(json_is_null(json_object_get(json_object_get(in_json, "per_client"), "server_memory_kb")));
  ck_assert(json_is_null(json_object_get(json_object_get(in_json, "per_update"), "server_cpu_us")));
  json_decref(all);
  fl_result_clear(&result);
}
END_TEST

START_TEST(compares_sound_results_with_ws) {
  FlResult results[] = { full("sse"), full("ws") };
  results[0].bytes_in = 20000 * 342;
  g_autofree char *table = table_of(results, 2);
  ck_assert_ptr_nonnull(strstr(table, "× of ws"));
  ck_assert_ptr_nonnull(strstr(table, "342.0 ×2.00"));
  ck_assert_ptr_null(strstr(table, "✗"));
  ck_assert_ptr_null(strstr(table, "INVALID"));
}
END_TEST

START_TEST(says_that_updates_were_lost_before_any_figure) {
  FlResult results[] = { full("sse"), full("ws") };
  results[0].integrity.lost = 3;
  results[0].integrity.gaps = 2;
  g_autofree char *table = table_of(results, 2);
  expect_before(table, "✗ sse      INVALID: 20,000 delivered, 3 lost, 0 duplicated, 0 reordered\n", "latency, ms");
  expect_before(table, "the server told of 2 gaps", "latency, ms");
  expect_before(table, "INVALID: updates were lost, duplicated or reordered.", "latency, ms");
  expect_before(table, "✗ sse  ", "latency, ms");
  ck_assert_msg(!strstr(table, " ×"), "%s", table);
}
END_TEST

START_TEST(says_that_deadlines_were_missed_before_any_figure) {
  FlResult result = full("ws");
  result.missed_deadlines = 15;
  g_autofree char *table = table_of(&result, 1);
  expect_before(table, "✗ ws       INVALID: the publisher met 15 deadlines of the window too late\n", "latency, ms");
  expect_before(table, "INVALID: the schedule was not kept.", "latency, ms");
}
END_TEST

START_TEST(says_that_clocks_disagree_before_any_figure) {
  FlResult result = full("ws");
  result.integrity.negative = 4;
  result.clock_step_ns = -2500000;
  result.clock_steps = 1;
  g_autofree char *table = table_of(&result, 1);
  expect_before(table, "INVALID: 4 updates came before their time", "latency, ms");
  expect_before(table, "INVALID: the system clock was set by -2.5 ms", "latency, ms");
  expect_before(table, "INVALID: in the window the server saw its clock being set, 1 times", "latency, ms");
}
END_TEST

START_TEST(labels_overload_and_ranks_nothing_by_it) {
  FlResult results[] = { full("sse"), full("ws") };
  results[1].client_cpu_ns = 90;
  results[1].missed_deadlines = 15;
  g_autofree char *table = table_of(results, 2);
  expect_before(table, "✗ ws       SATURATED: the bench used 90 % of its CPU", "latency, ms");
  expect_before(table, "✗ ws       OVERLOAD: the publisher met 15 deadlines", "latency, ms");
  expect_before(table, "\nOVERLOAD: what is marked ✗", "latency, ms");
  ck_assert_ptr_null(strstr(table, "INVALID"));
  ck_assert_ptr_null(strstr(table, "× of ws"));
  ck_assert_ptr_null(strstr(table, " ×"));
}
END_TEST

START_TEST(says_what_could_not_be_checked) {
  FlResult result = full("ws");
  result.missed_deadlines = -1;
  g_autofree char *table = table_of(&result, 1);
  expect_before(table, "· ws       whether the publisher missed deadlines is not known", "latency, ms");
}
END_TEST

START_TEST(keeps_five_transports_within_120_columns) {
  FlResult results[] = { full("poll"), full("longpoll"), full("sse"), full("ws"), full("socketio") };
  g_autofree char *table = table_of(results, 5);
  g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
  for (char **line = lines; *line; line++)
    ck_assert_msg(g_utf8_strlen(*line, -1) <= 120, "%s", *line);
}
END_TEST

START_TEST(tells_where_results_come_from) {
  static const char *const paths[] = { "feedlab",
                                       "date",
                                       "command_line",
                                       "build/compiler",
                                       "build/flags",
                                       "build/libmicrohttpd",
                                       "libraries/glib",
                                       "libraries/jansson",
                                       "libraries/server_libmicrohttpd",
                                       "machine/kernel",
                                       "machine/cpu_model",
                                       "machine/cpus",
                                       "sysctls/net.core.somaxconn",
                                       "sysctls/net.ipv4.tcp_rmem",
                                       "sysctls/net.ipv4.tcp_wmem",
                                       "setting/seed",
                                       "setting/server_cpu",
                                       "setting/bench_cpu" };
  FlResult result = full("ws");
  result.server_library = g_strdup("libmicrohttpd.so.12.60.0");
  json_t *all = json_of(&result, 1);
  for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
    g_auto(GStrv) keys = g_strsplit(paths[i], "/", -1);
    const json_t *value = json_object_get(all, "manifest");
    for (char **key = keys; *key; key++)
      value = json_object_get(value, *key);
    ck_assert_msg(value && !json_is_null(value), "%s", paths[i]);
  }
  const json_t *build = json_object_get(json_object_get(all, "manifest"), "build");
  ck_assert_ptr_nonnull(json_object_get(build, "commit")); /* null in a tarball */
  ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(json_object_get(all, "manifest"), "setting"), "seed")),
                   7);
  json_decref(all);
  fl_result_clear(&result);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("report");
  TCase *tcase = tcase_create("report");
  tcase_add_test(tcase, prints_each_figure_in_the_table_and_in_the_json);
  tcase_add_test(tcase, leaves_out_of_the_table_what_no_transport_has_and_says_null_in_the_json);
  tcase_add_test(tcase, compares_sound_results_with_ws);
  tcase_add_test(tcase, says_that_updates_were_lost_before_any_figure);
  tcase_add_test(tcase, says_that_deadlines_were_missed_before_any_figure);
  tcase_add_test(tcase, says_that_clocks_disagree_before_any_figure);
  tcase_add_test(tcase, labels_overload_and_ranks_nothing_by_it);
  tcase_add_test(tcase, says_what_could_not_be_checked);
  tcase_add_test(tcase, keeps_five_transports_within_120_columns);
  tcase_add_test(tcase, tells_where_results_come_from);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
