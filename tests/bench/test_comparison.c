/* Comparisons of results with planted differences, and with none.
 * SPDX-License-Identifier: MIT */
#include "bench/comparison.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "tests/fl_check.h"

#define RUNS 5

/* Runs around `value`, nearly normal, with a scatter of two hundredths. */
static json_t *runs_around(GRand *random, double value) {
  json_t *runs = json_array();

  for (guint i = 0; i < RUNS; i++) {
    double x = 0;
    for (guint k = 0; k < 12; k++)
      x += g_rand_double(random);
    json_array_append_new(runs, json_real(value * exp(0.02 * (x - 6))));
  }
  return runs;
}

/* A transport with every cost around 10; what is not measured is null. */
static json_t *arm(GRand *random, const char *name) {
  json_t *figures = json_object();

  for (const FlFigure *figure = fl_figures; figure->name; figure++)
    if (figure->value)
      json_object_set_new(figures, figure->name, json_pack("{s:n, s:s, s:o}", "value", "unit", figure->unit, "runs", runs_around(random, 10)));
  return json_pack("{s:s, s:s, s:i, s:i, s:f, s:o, s:[]}", "name", name, "verdict", "sound", "runs", RUNS, "clients", 100,
                   "duration_s", 5.0, "figures", figures, "latency_us");
}

static json_t *result(guint32 seed) {
  g_autoptr(GRand) random = g_rand_new_with_seed(seed);
  json_t *manifest =
      json_pack("{s:s, s:{s:f, s:i, s:i, s:s}, s:{s:s, s:i}}", "feedlab", "0.1.0", "setting", "rate_per_s", 10.0,
                "size_bytes", 128, "seed", (int)seed, "link", "loopback", "machine", "cpu_model", "one", "cpus", 2);

  return json_pack("{s:i, s:o, s:[o, o]}", "schema", 1, "manifest", manifest, "results", arm(random, "ws"),
                   arm(random, "sse"));
}

static json_t *figure_of(json_t *all, guint arm, const char *name) {
  json_t *one = json_array_get(json_object_get(all, "results"), arm);
  return json_object_get(json_object_get(one, "figures"), name);
}

/* Multiply all runs of a figure. */
static void plant(json_t *all, guint arm, const char *name, double factor) {
  json_t *runs = json_object_get(figure_of(all, arm, name), "runs");
  for (gsize i = 0; i < json_array_size(runs); i++)
    json_array_set_new(runs, i, json_real(factor * json_number_value(json_array_get(runs, i))));
}

static void set_runs(json_t *all, guint arm, const char *name, json_t *runs) {
  json_object_set_new(figure_of(all, arm, name), "runs", runs);
}

static const FlComparedFigure *compared(const FlComparison *comparison, const char *name) {
  for (guint i = 0; i < comparison->transports[0].n_figures; i++)
    if (g_str_equal(comparison->transports[0].figures[i].figure->name, name))
      return &comparison->transports[0].figures[i];
  ck_abort_msg("%s is not compared", name);
}

/* Takes both. */
static FlComparison *compare(json_t *a, json_t *b) {
  g_autoptr(GError) error = NULL;
  FlComparison *comparison = fl_comparison_new(a, b, &error);

  ck_assert_msg(comparison != NULL, "%s", error ? error->message : "");
  json_decref(a);
  json_decref(b);
  return comparison;
}

static void expect_refused(json_t *a, json_t *b, const char *because) {
  g_autoptr(GError) error = NULL;

  ck_assert_ptr_null(fl_comparison_new(a, b, &error));
  ck_assert_msg(strstr(error->message, because) != NULL, "%s", error->message);
  json_decref(a);
  json_decref(b);
}

START_TEST(finds_no_difference_between_a_result_and_itself) {
  json_t *a = result(1);
  g_autoptr(FlComparison) same = compare(json_incref(a), a);

  ck_assert_uint_eq(same->n_transports, 2);
  ck_assert_uint_eq(same->warnings->len, 0);
  ck_assert_int_eq(fl_comparison_worst(same), FL_CHANGE_NONE);
  for (guint i = 0; i < same->transports[0].n_figures; i++)
    ck_assert_int_eq(same->transports[0].figures[i].change, FL_CHANGE_NONE);
  g_autofree char *table = fl_comparison_table(same);
  ck_assert_ptr_nonnull(strstr(table, "\nws: no difference in latency.p50\nsse: no difference in latency.p50\n"));
}
END_TEST

START_TEST(finds_a_planted_difference_of_the_primary_figure) {
  json_t *slow = result(2), *fast = result(2);
  plant(slow, 0, "latency.p50", 1.3);
  plant(fast, 0, "latency.p50", 0.7);
  g_autoptr(FlComparison) worse = compare(result(1), slow);
  g_autoptr(FlComparison) better = compare(result(1), fast);

  ck_assert_int_eq(worse->transports[0].primary.change, FL_CHANGE_WORSE);
  ck_assert(worse->transports[0].primary.ratio.low > 1.2 && worse->transports[0].primary.ratio.high < 1.4);
  ck_assert_int_eq(worse->transports[1].primary.change, FL_CHANGE_NONE);
  ck_assert_int_eq(fl_comparison_worst(worse), FL_CHANGE_WORSE);
  ck_assert_int_eq(better->transports[0].primary.change, FL_CHANGE_BETTER);
  ck_assert_int_eq(fl_comparison_worst(better), FL_CHANGE_NONE);
  g_autofree char *table = fl_comparison_table(worse);
  ck_assert_msg(strstr(table, "\nws: B is slower: 1.") && strstr(table, "slower\n"), "%s", table);
  g_autofree char *other = fl_comparison_table(better);
  ck_assert_msg(strstr(other, "\nws: B is faster: 0.") != NULL, "%s", other);
}
END_TEST

START_TEST(finds_planted_differences_of_the_other_costs) {
  json_t *b = result(2);
  plant(b, 0, "cpu.total", 1.5);
  plant(b, 0, "bytes.ip", 0.8);
  plant(b, 0, "bench.cpu", 3); /* is no cost */
  g_autoptr(FlComparison) comparison = compare(result(1), b);

  ck_assert_int_eq(compared(comparison, "cpu.total")->change, FL_CHANGE_WORSE);
  ck_assert_int_eq(compared(comparison, "bytes.ip")->change, FL_CHANGE_BETTER);
  ck_assert_int_eq(compared(comparison, "latency.p99")->change, FL_CHANGE_NONE);
  ck_assert_int_eq(fl_comparison_worst(comparison), FL_CHANGE_NONE);
  for (guint i = 0; i < comparison->transports[0].n_figures; i++)
    ck_assert(comparison->transports[0].figures[i].figure->is_cost);
  g_autofree char *table = fl_comparison_table(comparison);
  ck_assert_msg(strstr(table, "\nws: no difference in latency.p50; B has less bytes.ip; B has more cpu.total\n") !=
                    NULL,
                "%s", table);
}
END_TEST

/* Of 400 comparisons of alike results: the primary is called different in about 1 of 100 cases, any other in no more. */
START_TEST(calls_alike_results_different_as_seldom_as_it_promises) {
  guint primary = 0, others = 0;

  for (guint i = 0; i < 400; i++) {
    g_autoptr(FlComparison) comparison = compare(result(2 * i), result(2 * i + 1));
    const FlComparedTransport *ws = &comparison->transports[0];
    gboolean any = FALSE;
    primary += (guint)(ws->primary.change != FL_CHANGE_NONE);
    for (guint k = 0; k < ws->n_figures; k++)
      any = any || ws->figures[k].change != FL_CHANGE_NONE;
    others += (guint)any;
    ck_assert_uint_eq(ws->n_judged, ws->n_figures);
  }
  ck_assert_msg(primary <= 12 && others <= 12, "%u and %u of 400", primary, others); /* 4 are expected, and less */
}
END_TEST

START_TEST(does_not_compare_what_has_fewer_than_two_runs_of_it) {
  json_t *a = result(1), *b = result(2);
  set_runs(a, 0, "latency.p99", json_pack("[f, n, n, n, n]", 10.0));
  set_runs(b, 0, "latency.p99", json_pack("[n, n, f, n, n]", 10.0));
  set_runs(b, 0, "cpu.total", json_pack("[n, n, n, n, n]"));
  set_runs(a, 0, "memory.user", json_pack("[n, n, n, n, n]"));
  set_runs(b, 0, "memory.user", json_pack("[n, n, n, n, n]"));
  set_runs(b, 0, "latency.p50", json_pack("[n, n, n, f, n]", 10.0));
  g_autoptr(FlComparison) comparison = compare(a, b);

  ck_assert_int_eq(compared(comparison, "latency.p99")->change, FL_CHANGE_INCOMPARABLE);
  ck_assert_int_eq(compared(comparison, "cpu.total")->change, FL_CHANGE_INCOMPARABLE);
  ck_assert_int_eq(compared(comparison, "latency.p90")->change, FL_CHANGE_NONE);
  for (guint i = 0; i < comparison->transports[0].n_figures; i++)
    ck_assert_str_ne(comparison->transports[0].figures[i].figure->name, "memory.user");
  ck_assert_uint_eq(comparison->transports[0].n_judged, comparison->transports[0].n_figures - 2);
  ck_assert_int_eq(fl_comparison_worst(comparison), FL_CHANGE_INCOMPARABLE);
  g_autofree char *table = fl_comparison_table(comparison);
  ck_assert_msg(strstr(table, "\nws: not comparable in latency.p50\n") != NULL, "%s", table);
}
END_TEST

START_TEST(compares_exact_figures_and_nothings) {
  json_t *a = result(1), *b = result(2);
  set_runs(a, 0, "polls.wasted", json_pack("[f, f, f, f, f]", 0.0, 0.0, 0.0, 0.0, 0.0));
  set_runs(b, 0, "polls.wasted", json_pack("[f, f, f, f]", 0.0, 0.0, 0.0, 0.0));
  set_runs(a, 0, "connect.bytes", json_pack("[f, f, f, f, f]", 349.3, 349.3, 349.3, 349.3, 349.3));
  set_runs(b, 0, "connect.bytes", json_pack("[f, f, f, f, f]", 351.3, 351.3, 351.3, 351.3, 351.3));
  set_runs(a, 0, "bytes.app", json_pack("[f, f, f, f, f]", 171.3, 171.3, 171.3, 171.3, 171.3));
  set_runs(b, 0, "bytes.app", json_pack("[f, f, f]", 171.3 + 1e-9, 171.3 + 1e-9, 171.3 + 1e-9));
  g_autoptr(FlComparison) comparison = compare(a, b);

  ck_assert_int_eq(compared(comparison, "polls.wasted")->change, FL_CHANGE_NONE);
  ck_assert_int_eq(compared(comparison, "connect.bytes")->change, FL_CHANGE_WORSE);
  ck_assert_int_eq(compared(comparison, "bytes.app")->change, FL_CHANGE_NONE);
}
END_TEST

static void expect_warning(const FlComparison *comparison, const char *text) {
  g_autofree char *table = fl_comparison_table(comparison);
  const char *at = strstr(table, text), *figures = strstr(table, "latency.p50, ms");
  ck_assert_msg(at && at < figures, "%s is not before the figures of\n%s", text, table);
}

START_TEST(tells_what_is_not_alike_before_any_figure) {
  json_t *a = result(1), *b = result(2);
  json_t *manifest = json_object_get(b, "manifest");
  json_object_set_new(json_object_get(manifest, "setting"), "rate_per_s", json_real(20));
  json_object_set_new(json_object_get(manifest, "setting"), "size_bytes", json_real(128)); /* like 128 */
  json_object_set_new(json_object_get(manifest, "setting"), "threads", json_integer(4));
  json_object_set_new(json_object_get(manifest, "machine"), "cpu_model", json_string("two"));
  json_object_set_new(json_array_get(json_object_get(b, "results"), 0), "clients", json_integer(50));
  json_object_set_new(json_array_get(json_object_get(b, "results"), 1), "name", json_string("poll"));
  g_autoptr(FlComparison) comparison = compare(a, b);

  expect_warning(comparison, "! not alike: rate_per_s: A 10.0, B 20.0\n");
  expect_warning(comparison, "! not alike: threads: A not known, B 4\n");
  expect_warning(comparison, "! not alike: machine: cpu_model: A one, B two\n");
  expect_warning(comparison, "! not alike: ws clients: A 100, B 50\n");
  expect_warning(comparison, "! not alike: sse is in A only\n");
  expect_warning(comparison, "! not alike: poll is in B only\n");
  ck_assert_uint_eq(comparison->warnings->len, 6);
  ck_assert_uint_eq(comparison->n_transports, 1);
}
END_TEST

static json_t *setting_of(const json_t *all) {
  return json_object_get(json_object_get(all, "manifest"), "setting");
}

START_TEST(takes_a_result_that_tells_no_number_of_threads_for_one_of_one_thread) {
  json_t *old = result(1), *new = result(2);
  json_object_set_new(setting_of(old), "bench_cpu", json_integer(3));
  json_object_update_new(setting_of(new), json_pack("{s:i, s:i, s:[i]}", "bench_cpu", 3, "bench_threads", 1, "bench_cpus", 3));
  g_autoptr(FlComparison) alike = compare(json_incref(old), json_incref(new));
  ck_assert_uint_eq(alike->warnings->len, 0);
  json_object_set_new(setting_of(new), "bench_threads", json_integer(2));
  g_autoptr(FlComparison) comparison = compare(old, new);
  expect_warning(comparison, "! not alike: bench_threads: A 1, B 2\n");
  ck_assert_uint_eq(comparison->warnings->len, 1);
  ck_assert_ptr_null(json_object_get(setting_of(old), "bench_threads")); /* what was read stays as it was */
}
END_TEST

START_TEST(ranks_nothing_by_a_result_that_is_not_sound) {
  json_t *b = result(2);
  plant(b, 0, "latency.p50", 2);
  json_object_set_new(json_array_get(json_object_get(b, "results"), 0), "verdict", json_string("late"));
  g_autoptr(FlComparison) comparison = compare(result(1), b);

  expect_warning(comparison, "ws of B is late");
  ck_assert_int_eq(comparison->transports[0].primary.change, FL_CHANGE_INCOMPARABLE);
  ck_assert_uint_eq(comparison->transports[0].n_judged, 0);
  ck_assert_int_eq(comparison->transports[1].primary.change, FL_CHANGE_NONE);
}
END_TEST

START_TEST(refuses_single_runs_and_strangers) {
  json_t *single = result(2), *other = result(2);
  json_object_set_new(json_array_get(json_object_get(single, "results"), 1), "runs", json_integer(1));
  json_array_remove(json_object_get(other, "results"), 0);
  json_object_set_new(json_array_get(json_object_get(other, "results"), 0), "name", json_string("poll"));

  expect_refused(result(1), single, "sse of B has fewer than two runs");
  expect_refused(result(1), other, "no transport in common");
}
END_TEST

START_TEST(reads_single_results_only) {
  static const struct {
    const char *text, *because;
  } rows[] = {
    { "{\"schema\":1,\"comparison\":{}}", "a comparison, not a result" },
    { "{\"schema\":1,\"results\":[7]}", "results[0] has no name" },
    { "{\"schema\":1,\"sweep\":{\"parameter\":\"clients\",\"values\":[1],\"results\":[{\"results\":[{\"name\":\"ws\","
      "\"verdict\":\"sound\",\"figures\":{},\"latency_us\":[]}]}]}}", "it holds a sweep" },
  };
  g_autofree char *folder = g_dir_make_tmp("feedlab-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "result.json", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    ck_assert(g_file_set_contents(path, rows[i].text, -1, NULL));
    ck_assert_ptr_null(fl_comparison_read(path, &error));
    ck_assert_msg(strstr(error->message, rows[i].because) && strstr(error->message, path), "%s", error->message);
  }
  json_t *written = result(1);
  ck_assert_int_eq(json_dump_file(written, path, 0), 0);
  json_t *read = fl_comparison_read(path, NULL);
  ck_assert(json_equal(read, written));
  json_decref(read);
  json_decref(written);
  g_remove(path);
  g_autoptr(GError) error = NULL;
  ck_assert_ptr_null(fl_comparison_read(path, &error));
  ck_assert_ptr_nonnull(strstr(error->message, path));
  g_rmdir(folder);
}
END_TEST

START_TEST(gives_the_same_as_json) {
  json_t *b = result(2);
  plant(b, 0, "latency.p50", 1.3);
  g_autoptr(FlComparison) comparison = compare(result(1), b);
  json_t *all = fl_comparison_json(comparison);
  json_t *ws = json_array_get(json_object_get(json_object_get(all, "comparison"), "transports"), 0);
  json_t *primary = json_object_get(json_object_get(ws, "figures"), json_string_value(json_object_get(ws, "primary")));

  ck_assert_str_eq(json_string_value(json_object_get(primary, "change")), "worse");
  ck_assert(json_number_value(json_object_get(json_object_get(primary, "ratio"), "low")) ==
            comparison->transports[0].primary.ratio.low);
  ck_assert_uint_eq(json_object_size(json_object_get(ws, "figures")), comparison->transports[0].n_figures + 1);
  json_decref(all);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("comparison");
  TCase *tcase = tcase_create("comparison");
  tcase_add_test(tcase, finds_no_difference_between_a_result_and_itself);
  tcase_add_test(tcase, finds_a_planted_difference_of_the_primary_figure);
  tcase_add_test(tcase, finds_planted_differences_of_the_other_costs);
  tcase_add_test(tcase, calls_alike_results_different_as_seldom_as_it_promises);
  tcase_add_test(tcase, does_not_compare_what_has_fewer_than_two_runs_of_it);
  tcase_add_test(tcase, compares_exact_figures_and_nothings);
  tcase_add_test(tcase, tells_what_is_not_alike_before_any_figure);
  tcase_add_test(tcase, takes_a_result_that_tells_no_number_of_threads_for_one_of_one_thread);
  tcase_add_test(tcase, ranks_nothing_by_a_result_that_is_not_sound);
  tcase_add_test(tcase, refuses_single_runs_and_strangers);
  tcase_add_test(tcase, reads_single_results_only);
  tcase_add_test(tcase, gives_the_same_as_json);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
