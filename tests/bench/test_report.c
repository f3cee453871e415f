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
                                   .threads = 1,
                                   .cpus = { .server = 1, .cores = 1, .bench = { 0 } },
                                   .command_line = command_line };

/* A result that has every figure, each another one. */
static FlResult full(const char *name) {
  FlResult result = {
    .name = name,
    .clients = 2,
    .duration_s = 4,
    .integrity = { .expected = 10000, .delivered = 20000 },
    .latency = fl_histogram_new(),
    .uncorrected = fl_histogram_new(),
    .lag = fl_histogram_new(),
    .connect = fl_histogram_new(),
    .age_us = 51234,
    .tcp = { 20000 * 172, 20000 * 13, 21000, 22000, 0 },
    .server_user = 0.25,
    .connect_bytes = 1609,
    .round_trips = 8,
    .bytes_in = 20000 * 171,
    .bytes_out = 20000 * 12,
    .updates = 20000,
    .payload_bytes = 20000 * 90,
    .radio = { 3.25, 77.7, 61.5 },
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
  for (gint64 i = 1; i <= 200000; i++)
    fl_histogram_record(result.latency, 20000 + i);
  for (gint64 i = 1; i <= 2000; i++) {
    fl_histogram_record(result.uncorrected, 2 * i);
    fl_histogram_record(result.lag, 5 * i);
  }
  for (gint64 i = 1; i <= 1000; i++)
    fl_histogram_record(result.connect, 3 * i);
  return result;
}

/* The same with a failure in the middle. */
static FlResult failed(const char *name) {
  FlResult result = full(name);

  result.scenario = "crash";
  result.absence = (FlAbsenceAccount){ .clients = 31, .returned = 29, .recovered = 301, .missed = 302, .connections = 307,
                                       .requests = 308, .peak_connections = 37, .peak_requests = 38, .next = fl_histogram_new() };
  for (guint i = 0; i < FL_NOTICES; i++)
    result.absence.noticed[i] = 40 + i;
  for (gint64 i = 1; i <= 1000; i++)
    fl_histogram_record(result.absence.next, 7000 * i);
  return result;
}

/* An experiment of one run each; takes the results. */
static FlExperiment *experiment_of(FlResult *results, guint n) {
  const char *names[8] = { NULL };
  for (guint i = 0; i < n; i++)
    names[i] = results[i].name;
  FlExperiment *experiment = fl_experiment_new(&setting, names, 1, "ws");
  for (guint i = 0; i < n; i++)
    fl_experiment_add(experiment, i, &results[i]);
  fl_experiment_end(experiment);
  return experiment;
}

/* The table of them; takes the results. */
static char *table_of(FlResult *results, guint n) {
  g_autoptr(FlExperiment) experiment = experiment_of(results, n);
  return fl_report_table(experiment);
}

static void expect_before(const char *text, const char *first, const char *second) {
  const char *a = strstr(text, first), *b = strstr(text, second);
  ck_assert_msg(a != NULL, "%s is not in\n%s", first, text);
  ck_assert_msg(b != NULL, "%s is not in\n%s", second, text);
  ck_assert_msg(a < b, "%s comes after %s in\n%s", first, second, text);
}

/* Written to a file and read from it. */
static json_t *json_of(const FlExperiment *experiment) {
  g_autofree char *folder = g_dir_make_tmp("feedlab-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "result.json", NULL);
  json_t *written = fl_report_json(experiment);
  ck_assert(fl_report_write_json(written, path, NULL));
  json_decref(written);
  json_t *all = json_load_file(path, 0, NULL);
  g_remove(path);
  g_rmdir(folder);
  ck_assert_ptr_nonnull(all);
  return all;
}

static const json_t *figure_in(const json_t *all, const char *name) {
  const json_t *result = json_array_get(json_object_get(all, "results"), 0);
  return json_object_get(json_object_get(result, "figures"), name);
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
  FlResult result = failed("poll");
  g_autoptr(FlExperiment) experiment = experiment_of(&result, 1);
  g_autofree char *table = fl_report_table(experiment);
  json_t *all = json_of(experiment);

  ck_assert_ptr_null(fl_figures[0].value);
  for (const FlFigure *figure = fl_figures; figure->name; figure++) {
    if (!figure->value)
      continue;
    double value = figure->value(&experiment->arms[0].runs[0]);
    g_autofree char *label = *figure->unit ? g_strconcat(figure->label, ", ", figure->unit, NULL) : g_strdup(figure->label);
    g_autofree char *expected = g_strdup_printf("%.*f", figure->decimals, value);
    g_autofree char *printed = number_in(table, label);
    ck_assert_msg(printed && g_str_equal(printed, expected), "%s: %s, expected %s", label, printed, expected);
    const json_t *in_json = figure_in(all, figure->name);
    ck_assert_msg(fabs(json_number_value(json_object_get(in_json, "value")) - value) < 1e-6, "%s", figure->name);
    ck_assert_str_eq(json_string_value(json_object_get(in_json, "unit")), figure->unit);
    ck_assert_msg(fabs(json_number_value(json_array_get(json_object_get(in_json, "runs"), 0)) - value) < 1e-6, "%s", figure->name);
  }
  json_decref(all);
}
END_TEST

START_TEST(leaves_out_of_the_table_what_no_transport_has_and_says_null_in_the_json) {
  FlResult result = full("ws");
  result.polls_wanted_hz = result.memory_slope = NAN;
  result.server_cpu_ns = -1;
  g_autoptr(FlExperiment) experiment = experiment_of(&result, 1);
  g_autofree char *table = fl_report_table(experiment);
  json_t *all = json_of(experiment);

  ck_assert_ptr_null(strstr(table, "polls wanted"));
  ck_assert_ptr_null(strstr(table, "server memory"));
  ck_assert_ptr_null(strstr(table, "server CPU, µs"));
  ck_assert(json_is_null(json_object_get(figure_in(all, "polls.wanted"), "value")));
  ck_assert(json_is_null(json_object_get(figure_in(all, "memory.user"), "value")));
  ck_assert(json_is_null(json_object_get(figure_in(all, "cpu.total"), "value")));
  json_decref(all);
}
END_TEST

START_TEST(tells_what_a_failure_cost_with_the_exact_counts_in_the_json) {
  FlResult result = failed("ws");
  g_autoptr(FlExperiment) experiment = experiment_of(&result, 1);
  g_autofree char *table = fl_report_table(experiment);
  json_t *all = json_of(experiment);
  const json_t *failure = json_object_get(json_array_get(json_object_get(all, "results"), 0), "failure");

  ck_assert_ptr_nonnull(strstr(table, "✓ ws       no update twice or out of order: 20,000 delivered; 302 missed by the crash, and told of"));
  ck_assert_ptr_nonnull(strstr(table, "by the failure, all clients\n"));
  ck_assert_str_eq(json_string_value(json_object_get(failure, "scenario")), "crash");
  ck_assert_int_eq(json_integer_value(json_object_get(failure, "returned")), 29);
  ck_assert_int_eq(json_integer_value(json_object_get(failure, "missed")), 302);
  ck_assert_int_eq(json_integer_value(json_object_get(failure, "untold")), 0);
  ck_assert_int_eq(json_integer_value(json_object_get(failure, "peak_requests")), 38);
  ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(failure, "noticed"), "reset")), 40 + FL_NOTICE_RESET);
  json_decref(all);
}
END_TEST

START_TEST(says_nothing_of_a_failure_where_there_was_none) {
  FlResult result = full("ws");
  g_autoptr(FlExperiment) experiment = experiment_of(&result, 1);
  g_autofree char *table = fl_report_table(experiment);
  json_t *all = json_of(experiment);

  ck_assert_ptr_null(strstr(table, "by the failure"));
  ck_assert_ptr_null(figure_in(all, "failure.missed"));
  ck_assert(json_is_null(json_object_get(json_array_get(json_object_get(all, "results"), 0), "failure")));
  json_decref(all);
}
END_TEST

START_TEST(draws_an_order_for_each_block_that_holds_every_arm_once) {
  g_autofree guint *order = fl_experiment_order(5, 200, 7);
  g_autofree guint *again = fl_experiment_order(5, 200, 7);
  guint first[5] = { 0 };

  ck_assert_mem_eq(order, again, 1000 * sizeof *order);
  for (guint block = 0; block < 200; block++) {
    guint seen = 0;
    for (guint i = 0; i < 5; i++)
      seen |= 1u << order[block * 5 + i];
    ck_assert_uint_eq(seen, 31);
    first[order[block * 5]]++;
  }
  for (guint i = 0; i < 5; i++) /* 40 are expected; further off than five deviations of the binomial: 5.7 */
    ck_assert_msg(first[i] > 12 && first[i] < 68, "arm %u is first in %u of 200 blocks", i, first[i]);
}
END_TEST

START_TEST(tells_a_difference_from_none_by_the_interval_of_paired_runs) {
  const char *names[] = { "ws", "sse", "longpoll", NULL };
  g_autoptr(FlExperiment) experiment = fl_experiment_new(&setting, names, 5, "ws");
  static const double noise[] = { 1.0, 1.1, 0.95, 1.05, 0.9 };

  for (guint arm = 0; arm < 3; arm++)
    for (guint run = 0; run < 5; run++) {
      FlResult result = full(names[arm]);
      double factor = noise[run] * (arm == 2 ? 2 : 1) * (arm == 1 && run % 2 ? 1.02 : 1);
      result.bytes_in = (guint64)(20000 * 171 * factor);
      fl_experiment_add(experiment, arm, &result);
    }
  fl_experiment_end(experiment);
  FlInterval same = fl_experiment_ratio(experiment, &experiment->arms[1], fl_figure_find("bytes.app.in"));
  FlInterval twice = fl_experiment_ratio(experiment, &experiment->arms[2], fl_figure_find("bytes.app.in"));
  ck_assert(same.low < 1 && same.high > 1);
  ck_assert(twice.low > 1.99 && twice.high < 2.01);
  g_autofree char *table = fl_report_table(experiment);
  ck_assert_ptr_nonnull(strstr(table, "×2.00"));
  ck_assert_ptr_nonnull(strstr(table, "≈"));
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
  expect_before(table, "✗ sse      INVALID: 20,000 delivered, 3 lost, 0 duplicated, 0 reordered\n", "\nlatency\n");
  expect_before(table, "the server told of 2 gaps", "\nlatency\n");
  expect_before(table, "INVALID: updates were lost, duplicated or reordered.", "\nlatency\n");
  expect_before(table, "✗ sse  ", "\nlatency\n");
  ck_assert_msg(!strstr(table, " ×"), "%s", table);
}
END_TEST

START_TEST(says_that_deadlines_were_missed_before_any_figure) {
  FlResult result = full("ws");
  result.missed_deadlines = 15;
  g_autofree char *table = table_of(&result, 1);
  expect_before(table, "✗ ws       INVALID: the publisher met 15 deadlines of the window too late\n", "\nlatency\n");
  expect_before(table, "INVALID: the schedule was not kept.", "\nlatency\n");
}
END_TEST

START_TEST(says_that_clocks_disagree_before_any_figure) {
  FlResult result = full("ws");
  result.integrity.negative = 4;
  result.clock_step_ns = -2500000;
  result.clock_steps = 1;
  g_autofree char *table = table_of(&result, 1);
  expect_before(table, "INVALID: 4 updates came before their time", "\nlatency\n");
  expect_before(table, "INVALID: the system clock was set by -2.5 ms", "\nlatency\n");
  expect_before(table, "INVALID: in the window the server saw its clock being set, 1 times", "\nlatency\n");
}
END_TEST

START_TEST(labels_overload_and_ranks_nothing_by_it) {
  FlResult results[] = { full("sse"), full("ws") };
  results[1].client_cpu_ns = 90;
  results[1].missed_deadlines = 15;
  g_autofree char *table = table_of(results, 2);
  expect_before(table, "✗ ws       SATURATED: the bench used 90 % of its CPU", "\nlatency\n");
  expect_before(table, "✗ ws       OVERLOAD: the publisher met 15 deadlines", "\nlatency\n");
  expect_before(table, "\nOVERLOAD: what is marked ✗", "\nlatency\n");
  ck_assert_ptr_null(strstr(table, "INVALID"));
  ck_assert_ptr_null(strstr(table, "× of ws"));
  ck_assert_ptr_null(strstr(table, " ×"));
}
END_TEST

START_TEST(says_what_could_not_be_checked) {
  FlResult result = full("ws");
  result.missed_deadlines = -1;
  g_autofree char *table = table_of(&result, 1);
  expect_before(table, "· ws       whether the publisher missed deadlines is not known", "\nlatency\n");
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

/* The lines before the checks. */
static char *places_text(const FlSetting *its) {
  const char *names[] = { "ws", NULL };
  FlResult result = full("ws");
  g_autoptr(FlExperiment) experiment = fl_experiment_new(its, names, 1, "ws");
  fl_experiment_add(experiment, 0, &result);
  fl_experiment_end(experiment);
  char *table = fl_report_table(experiment);
  *strstr(table, "\n\n") = '\0';
  return table;
}

START_TEST(tells_on_which_cpus_the_threads_of_the_bench_are) {
  static const struct {
    guint threads;
    FlCpuMap cpus;
    const char *url, *text;
  } cases[] = {
    { 1, { 1, 1, { 0 } }, NULL, " · server on CPU 1, bench on CPU 0" },
    { 3, { 3, 3, { 0, 1, 2 } }, NULL, "\nserver on CPU 3, bench on CPUs 0-2 (3 threads)" },
    { 2, { 3, 3, { 0, 1, 2 } }, NULL, "\nserver on CPU 3, bench on CPUs 0-1 (2 threads)" },
    { 4, { 3, 2, { 0, 2 } }, NULL, "\nserver on CPU 3, bench on CPUs 0,2 (4 threads)" },
    { 1, { -1, 1, { -1 } }, NULL, " · server and bench SHARE one CPU:\nlatencies are upper bounds" },
    { 2, { -1, 2, { -1, -1 } }, "http://x", "its CPU and memory are not measured · bench of 2 threads" },
    { 1, { -1, 1, { -1 } }, "http://x", "its CPU and memory are not measured" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    FlSetting its = setting;
    its.threads = cases[i].threads;
    its.cpus = cases[i].cpus;
    its.url = cases[i].url;
    g_autofree char *text = places_text(&its);
    ck_assert_msg(g_str_has_suffix(text, cases[i].text), "%s: %s", text, cases[i].text);
  }
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
                                       "setting/bench_cpu",
                                       "setting/bench_threads",
                                       "setting/bench_cpus" };
  FlResult result = full("ws");
  result.server_library = g_strdup("libmicrohttpd.so.12.60.0");
  g_autoptr(FlExperiment) experiment = experiment_of(&result, 1);
  json_t *all = json_of(experiment);
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
}
END_TEST

int main(void) {
  Suite *suite = suite_create("report");
  TCase *tcase = tcase_create("report");
  tcase_add_test(tcase, prints_each_figure_in_the_table_and_in_the_json);
  tcase_add_test(tcase, leaves_out_of_the_table_what_no_transport_has_and_says_null_in_the_json);
  tcase_add_test(tcase, tells_what_a_failure_cost_with_the_exact_counts_in_the_json);
  tcase_add_test(tcase, says_nothing_of_a_failure_where_there_was_none);
  tcase_add_test(tcase, draws_an_order_for_each_block_that_holds_every_arm_once);
  tcase_add_test(tcase, tells_a_difference_from_none_by_the_interval_of_paired_runs);
  tcase_add_test(tcase, compares_sound_results_with_ws);
  tcase_add_test(tcase, says_that_updates_were_lost_before_any_figure);
  tcase_add_test(tcase, says_that_deadlines_were_missed_before_any_figure);
  tcase_add_test(tcase, says_that_clocks_disagree_before_any_figure);
  tcase_add_test(tcase, labels_overload_and_ranks_nothing_by_it);
  tcase_add_test(tcase, says_what_could_not_be_checked);
  tcase_add_test(tcase, keeps_five_transports_within_120_columns);
  tcase_add_test(tcase, tells_on_which_cpus_the_threads_of_the_bench_are);
  tcase_add_test(tcase, tells_where_results_come_from);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
