/* Conditions: what they mean, how they are refused, and what they come to on a result.
 * SPDX-License-Identifier: MIT */
#include "bench/threshold.h"

#include <math.h>
#include <string.h>

#include "bench/spelling.h"
#include "tests/fl_check.h"

static const char *const transports[] = { "poll", "ws", "socketio", "socketio-polling", NULL };
static const FlThresholdNames named = { transports, NULL };
static const FlThresholdNames implied = { transports, "ws" };

/* p50 2 ms (poll 500 ms), bytes.ip 270 B (poll 540 B), memory.user 3 kB, polls.empty 40 %, polls.made 100/s, trips 2. */
static json_t *result(void) {
  static const char arm[] =
      "{ s:s, s:{ s:{s:f}, s:{s:n}, s:{s:f}, s:{s:f}, s:{s:f}, s:{s:f}, s:{s:i}, s:{s:f}, s:{s:f}, s:{s:f} } }";
  json_t *all = json_array();

  for (guint i = 0; transports[i]; i++)
    json_array_append_new(all,
                          json_pack(arm, "name", transports[i], "figures", "latency.p50", "value", i == 0 ? 500.0 : 2.0,
                                    "latency.p99", "value", "bytes.ip", "value", i == 0 ? 540.0 : 270.0, "memory.user",
                                    "value", 3.0, "polls.empty", "value", 40.0, "polls.made", "value", 100.0,
                                    "connect.trips", "value", 2, "radio.energy", "value", 63.5, "requests", "value", 0.0,
                                    "cpu.total", "value", 12.5));
  return json_pack("{s:i, s:o}", "schema", 1, "results", all);
}

static gboolean holds_in(const FlThresholdNames *names, const char *text) {
  g_autoptr(GError) error = NULL;
  FlThresholdOutcome outcome = { .holds = 2 };
  json_t *all = result();

  ck_assert_msg(fl_threshold_check(text, names, &error), "%s", error ? error->message : text);
  ck_assert_msg(fl_threshold_evaluate(text, names, all, &outcome, &error), "%s", error ? error->message : text);
  json_decref(all);
  return outcome.holds;
}

static gboolean holds(const char *text) {
  return holds_in(&named, text);
}

static void expect_refused(const char *text, const char *because) {
  g_autoptr(GError) error = NULL;

  ck_assert_msg(!fl_threshold_check(text, &named, &error), "%s is taken", text);
  ck_assert_msg(strstr(error->message, because) != NULL, "%s: not because of %s", error->message, because);
}

START_TEST(compares_in_each_way) {
  static const struct {
    const char *relation;
    gboolean less, same, more;
  } rows[] = { { "<", 1, 0, 0 },  { "<=", 1, 1, 0 }, { ">", 0, 0, 1 },
               { ">=", 0, 1, 1 }, { "==", 0, 1, 0 }, { "!=", 1, 0, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *less = g_strdup_printf("ws.latency.p50%s3ms", rows[i].relation);
    g_autofree char *same = g_strdup_printf("ws.latency.p50 %s 2000us", rows[i].relation);
    g_autofree char *more = g_strdup_printf("ws.latency.p50%s 0.001 s", rows[i].relation);
    ck_assert_msg(holds(less) == rows[i].less && holds(same) == rows[i].same && holds(more) == rows[i].more, "%s",
                  rows[i].relation);
  }
}
END_TEST

START_TEST(reckons_with_precedence_signs_and_parentheses) {
  static const char *const texts[] = {
    "ws.connect.trips + 3 * 4 == 14",
    "(ws.connect.trips + 3) * 4 == 20",
    "20 / 2 / 5 == ws.connect.trips",
    "10 - 5 - 3 == ws.connect.trips",
    "10-5-3==ws.connect.trips",
    "-ws.connect.trips == - 2",
    "--ws.connect.trips == 2",
    "-2 + ws.connect.trips == 0",
    "3 - -ws.connect.trips == 5",
    "-(1 - ws.connect.trips) == 1",
    "1.5e1 - .5 == 14.5 + 0*ws.connect.trips",
    "((((ws.connect.trips)))) == 2",
    "socketio-polling.connect.trips-socketio.connect.trips==0",
    "ws.connect.trips-poll.connect.trips==0",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(holds(texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(knows_units) {
  static const char *const texts[] = {
    "ws.latency.p50 == 2ms",
    "ws.latency.p50 == 2000us",
    "ws.latency.p50 == 2000\u00b5s",
    "ws.latency.p50 == 2000\u03bcs",
    "ws.latency.p50 == 0.002s",
    "ws.radio.energy > 63J",
    "ws.radio.energy / 1 J < 64",
    "ws.cpu.total == 12.5us",
    "ws.memory.user == 3kB",
    "ws.memory.user == 3072B",
    "ws.memory.user < 1MB",
    "ws.polls.empty == 40%",
    "ws.polls.made == 100/1s",
    "poll.bytes.ip/ws.bytes.ip == 2",
    "0.1s + 0.2s + 0*ws.latency.p50 == 300ms",
    "poll.latency.p50 - ws.latency.p50 > 497ms",
    "ws.bytes.ip * ws.polls.made == 27000B/1s",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(holds(texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(reckons_with_the_unit_of_every_figure) {
  for (const FlFigure *figure = fl_figures; figure->name; figure++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("ws.%s == 2 * ws.%s", figure->name, figure->name);
    ck_assert_msg(!figure->value || fl_threshold_check(text, &named, &error), "%s", error ? error->message : "");
  }
}
END_TEST

START_TEST(implies_a_transport_and_the_latency) {
  ck_assert(holds_in(&implied, "p50<500ms"));
  ck_assert(holds_in(&implied, "latency.p50<500ms"));
  ck_assert(holds_in(&implied, "p50-p50<1ms"));
  ck_assert(holds_in(&implied, "poll.latency.p50/p50==250"));
  ck_assert(holds_in(&implied, "requests==0"));
  g_autoptr(GError) error = NULL;
  ck_assert(!fl_threshold_check("p51<1ms", &implied, &error));
  ck_assert_ptr_nonnull(strstr(error->message, "p50"));
}
END_TEST

START_TEST(refuses_every_prefix_but_those_that_are_whole) {
  static const char whole[] = "( poll.latency.p50 - socketio-polling.latency.p50 ) / 10ms >= -1.5";

  for (gsize len = 0; len <= strlen(whole); len++) {
    g_autofree char *text = g_strndup(whole, len);
    gboolean is_whole = len >= strlen("( poll.latency.p50 - socketio-polling.latency.p50 ) / 10ms >= -1");
    g_autoptr(GError) error = NULL;
    ck_assert_msg(fl_threshold_check(text, &named, &error) == is_whole, "'%s'", text);
    ck_assert_msg(is_whole || strlen(error->message) > len, "'%s'", text);
  }
}
END_TEST

START_TEST(refuses_what_is_malformed_and_says_where) {
  static const struct {
    const char *text, *because;
  } rows[] = {
    { "", "at its end: a figure or a number" },
    { "   ", "at its end" },
    { "ws.latency.p50", "a comparison" },
    { "ws.latency.p50<", "at its end: a figure or a number" },
    { "<80ms", "at '<80ms': a figure or a number" },
    { "ws.latency.p50<1ms<2ms", "at '<2ms': the end, after one comparison" },
    { "ws.latency.p50=1ms", "at '=1ms': a comparison" },
    { "ws.latency.p50<>1ms", "at '>1ms': a figure or a number" },
    { "ws.latency.p50<1ms 2", "at '2': the end" },
    { "(ws.latency.p50<1ms", "at '<1ms': ')'" },
    { "ws.latency.p50)<1ms", "at ')<1ms': a comparison" },
    { "ws.latency.p50+*2<1ms", "at '*2<1ms'" },
    { "ws.latency.p50<80m", "'m' is no unit: there are us, ms" },
    { "ws.latency.p50<1e", "'e' is no unit" },
    { "ws.latency.p50<0x10", "'x' is no unit" },
    { "ws.latency.p50<nan", "'nan': TRANSPORT.FIGURE is wanted" },
    { "ws.latency.p50<1\xff", "is no unit" },
    { "ws.latency.p50<.", "at '.': a figure or a number" },
    { "1<2", "it names no figure" },
    { "p50<2ms", "'p50': TRANSPORT.FIGURE is wanted" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    expect_refused(rows[i].text, rows[i].because);
  g_autofree char *deep = g_strnfill(100000, '(');
  expect_refused(deep, "parentheses");
}
END_TEST

START_TEST(refuses_to_mix_kinds) {
  expect_refused("ws.latency.p50<80", "without a unit");
  expect_refused("ws.latency.p50/poll.latency.p50<80ms", "without a unit");
  expect_refused("ws.polls.empty>0.4", "without a unit");
  expect_refused("ws.latency.p50<80B", "different kinds");
  expect_refused("ws.latency.p50+ws.bytes.ip<80B", "different kinds");
  expect_refused("ws.latency.p50*ws.latency.p50<1ms", "different kinds");
}
END_TEST

START_TEST(lists_near_names) {
  expect_refused("wss.latency.p50<1ms", "'wss' is no transport that is measured: perhaps ws?");
  expect_refused("socketio-poling.latency.p50<1ms", "perhaps socketio-polling?");
  expect_refused("carrier-pigeon.latency.p50<1ms", "there are poll, ws, socketio or socketio-polling");
  expect_refused("ws.latncy.p99<1ms", "'latncy.p99' is no figure: perhaps latency.p99");
  expect_refused("ws.latency.p98<1ms", "latency.p99");
  expect_refused("ws.cpu<1us", "perhaps cpu.total, cpu.user or cpu.system?");
  expect_refused("ws.latency<1us", "perhaps latency.p50");
  expect_refused("ws.frobnication<1us", "there are latency.p50, ");
}
END_TEST

START_TEST(measures_how_far_words_are_apart) {
  static const struct {
    const char *a, *b;
    guint distance;
  } rows[] = { { "", "", 0 },
               { "", "abc", 3 },
               { "abc", "", 3 },
               { "ws", "ws", 0 },
               { "kitten", "sitting", 3 },
               { "polls", "poll", 1 },
               { "sopcketio", "socketio", 1 },
               { "sse", "ess", 2 },
               { "slel", "sell", 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    ck_assert_msg(fl_spelling_distance(rows[i].a, rows[i].b) == rows[i].distance, "%s to %s is %u", rows[i].a,
                  rows[i].b, fl_spelling_distance(rows[i].a, rows[i].b));
}
END_TEST

static void expect_error(const char *text, const char *because) {
  g_autoptr(GError) error = NULL;
  FlThresholdOutcome outcome = { .holds = 7 };
  json_t *all = result();

  ck_assert(fl_threshold_check(text, &named, NULL));
  ck_assert_msg(!fl_threshold_evaluate(text, &named, all, &outcome, &error), "%s", text);
  ck_assert_msg(strstr(error->message, because) != NULL, "%s", error->message);
  ck_assert_int_eq(outcome.holds, 7);
  json_decref(all);
}

START_TEST(does_not_judge_by_what_is_null_or_no_number) {
  expect_error("ws.latency.p99<1ms", "ws.latency.p99 is null");
  expect_error("ws.latency.p50+ws.latency.p99*0<1ms", "ws.latency.p99 is null");
  expect_error("ws.connect.p99<1ms", "ws.connect.p99 is null");
  expect_error("ws.latency.p50/ws.requests<1ms", "divides by 0");
}
END_TEST

START_TEST(tells_each_condition_with_its_numbers) {
  static const char *const texts[] = { "poll.latency.p50>80ms", "ws.latency.p50>80ms", NULL };
  static const char *const bad[] = { "ws.latency.p50>80ms", "ws.latency.p99>80ms", NULL };
  g_autoptr(GString) out = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  json_t *all = result();

  ck_assert_int_eq(fl_threshold_report(texts, &named, all, out, &error), TRUE);
  ck_assert_str_eq(out->str, "  ✗ poll.latency.p50>80ms: 500 ms > 80 ms holds\n"
                             "  ✓ ws.latency.p50>80ms: 2 ms > 80 ms does not hold\n");
  ck_assert_int_eq(fl_threshold_report(texts + 2, &named, all, out, &error), FALSE);
  g_string_truncate(out, 0);
  ck_assert_int_eq(fl_threshold_report(bad, &named, all, out, &error), -1);
  ck_assert_str_eq(out->str, "  ✓ ws.latency.p50>80ms: 2 ms > 80 ms does not hold\n");
  ck_assert_ptr_nonnull(error);
  json_decref(all);
}
END_TEST

START_TEST(writes_quantities_with_their_units) {
  static const struct {
    FlQuantity quantity;
    const char *text;
  } rows[] = { { { 0.0123, 1, 0, 0, 0 }, "12.3 ms" },  { { 2.5, 1, 0, 0, 0 }, "2.5 s" },  { { 270, 0, 1, 0, 0 }, "270 B" },
               { { 123456, 0, 1, 0, 0 }, "123456 B" }, { { 40, 0, 0, 1, 0 }, "40 %" },    { { 1.5, 0, 0, 0, 0 }, "1.5" },
               { { 8, -1, 0, 0, 0 }, "8 1/s" },        { { 8, -1, 1, 0, 0 }, "8 B s^-1" },  { { 63.5, 0, 0, 0, 1 }, "63.5 J" } };

  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *text = fl_quantity_text(&rows[i].quantity);
    ck_assert_str_eq(text, rows[i].text);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("threshold");
  TCase *tcase = tcase_create("threshold");
  tcase_add_test(tcase, compares_in_each_way);
  tcase_add_test(tcase, reckons_with_precedence_signs_and_parentheses);
  tcase_add_test(tcase, knows_units);
  tcase_add_test(tcase, reckons_with_the_unit_of_every_figure);
  tcase_add_test(tcase, implies_a_transport_and_the_latency);
  tcase_add_test(tcase, refuses_every_prefix_but_those_that_are_whole);
  tcase_add_test(tcase, refuses_what_is_malformed_and_says_where);
  tcase_add_test(tcase, refuses_to_mix_kinds);
  tcase_add_test(tcase, lists_near_names);
  tcase_add_test(tcase, measures_how_far_words_are_apart);
  tcase_add_test(tcase, does_not_judge_by_what_is_null_or_no_number);
  tcase_add_test(tcase, tells_each_condition_with_its_numbers);
  tcase_add_test(tcase, writes_quantities_with_their_units);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
