/* The tables of published experiments: whole, about what they run, and with the papers' arithmetic.
 * SPDX-License-Identifier: MIT */
#include "bench/paper.h"

#include <math.h>
#include <string.h>

#include "bench/client/client.h"
#include "tests/fl_check.h"

#define ASSERT_NEAR(a, b, tolerance) \
  ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%s is %.9g, expected %.9g", #a, (double)(a), (double)(b))

static gboolean has_arm(const char *trial, const char *arm) {
  g_auto(GStrv) words = g_strsplit(trial, " ", -1);
  g_auto(GStrv) arms = g_strsplit(words[1], ",", -1);

  ck_assert_str_eq(words[0], "-t");
  return g_strv_contains((const char *const *)arms, arm);
}

START_TEST(fills_every_slot_of_every_paper) {
  for (const FlPaper *const *paper = fl_papers; *paper; paper++) {
    const char *const texts[] = { (*paper)->name,   (*paper)->citation, (*paper)->about, (*paper)->scaled,
                                  (*paper)->says, (*paper)->does_not_say };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
      ck_assert(texts[i] && *texts[i]);
    ck_assert((*paper)->run && (*paper)->trials[0] && (*paper)->rows[0].label);
    for (const char *const *trial = (*paper)->trials; *trial; trial++) {
      g_auto(GStrv) words = g_strsplit(*trial, " ", -1);
      g_auto(GStrv) arms = g_strsplit(words[1], ",", -1);
      for (char **arm = arms; *arm; arm++)
        ck_assert(fl_client_kind(*arm) != NULL);
    }
  }
}
END_TEST

START_TEST(has_rows_about_what_its_trials_run) {
  for (const FlPaper *const *paper = fl_papers; *paper; paper++)
    for (const FlPaperRow *row = (*paper)->rows; row->label; row++) {
      ck_assert_msg(row->trial < g_strv_length((char **)(*paper)->trials), "%s: %s", (*paper)->name, row->label);
      ck_assert_msg(has_arm((*paper)->trials[row->trial], row->arm), "%s: %s", (*paper)->name, row->label);
      ck_assert_msg(!*row->figure || fl_figure_find(row->figure), "%s: %s", (*paper)->name, row->label);
      ck_assert(row->measured && row->model && row->unit);
      ck_assert(isnan(row->low) ? isnan(row->high) : row->low <= row->high);
    }
}
END_TEST

/* hashrocket's is one of capacity, which has options that run lacks. */
START_TEST(has_trials_that_run_takes) {
  for (const FlPaper *const *paper = fl_papers; *paper; paper++)
    for (const char *const *trial = (*paper)->trials; *trial && *paper != &fl_paper_hashrocket; trial++) {
      g_autofree char *line = g_strconcat("run ", *trial, NULL);
      g_auto(GStrv) words = g_strsplit(line, " ", -1);
      g_autofree char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof *words);
      char **at = argv;
      int argc = (int)g_strv_length(words);
      g_autoptr(GError) error = NULL;
      FlBenchOptions *options = fl_bench_options_parse(&argc, &at, &error);
      ck_assert_msg(options != NULL, "%s: %s", *trial, error ? error->message : "");
      ck_assert_int_eq(options->runs, 1);
      fl_bench_options_free(options);
    }
}
END_TEST

START_TEST(finds_a_paper_or_the_near_names) {
  g_autoptr(GError) error = NULL;

  ck_assert_ptr_eq(fl_paper_find("bozdag", NULL), &fl_paper_bozdag);
  ck_assert_ptr_null(fl_paper_find("bosdag", &error));
  ck_assert(strstr(error->message, "'bosdag' is no paper (perhaps bozdag): "));
}
END_TEST

static FlResult result_of(const char *name) {
  return (FlResult){ .name = name,
                     .clients = 1000,
                     .duration_s = 10,
                     .integrity = { .expected = 10, .delivered = 10000 },
                     .latency = fl_histogram_new(),
                     .uncorrected = fl_histogram_new(),
                     .lag = fl_histogram_new(),
                     .connect = fl_histogram_new(),
                     .updates = 10000,
                     .payload_bytes = 10000 * 60,
                     .polls_wanted_hz = NAN,
                     .server_cpu_ns = -1 };
}

/* 1,000 clients for 10 s, with the paper's heads, and three segments a poll. */
static FlPaperRun *lubbers(void) {
  static char command_line[] = "feedlab-bench paper lubbers";
  static const FlSetting setting = { .rate_hz = 1, .poll_interval_ns = 1000000000, .command_line = command_line };
  static const char *const names[] = { "poll", "ws", NULL };
  FlPaperRun *run = g_new0(FlPaperRun, 1);
  FlExperiment *experiment = fl_experiment_new(&setting, names, 1, "ws");
  FlResult poll = result_of("poll"), ws = result_of("ws");

  poll.requests = poll.exchanges = 10000;
  poll.head_bytes = 10000 * 871;
  poll.bytes_in = 10000 * 280;
  poll.bytes_out = 10000 * 686;
  poll.tcp = (FlTcpAccount){ poll.bytes_in, poll.bytes_out, 10000, 20000, 0 };
  ws.bytes_in = 10000 * 62;
  ws.tcp = (FlTcpAccount){ ws.bytes_in, 0, 10000, 10000, 0 };
  fl_experiment_add(experiment, 0, &poll);
  fl_experiment_add(experiment, 1, &ws);
  fl_experiment_end(experiment);
  run->paper = &fl_paper_lubbers;
  run->trials = g_new0(FlExperiment *, 1);
  run->trials[run->n_trials++] = experiment;
  return run;
}

static const FlPaperRow *row_of(const FlPaper *paper, const char *label) {
  for (const FlPaperRow *row = paper->rows; row->label; row++)
    if (g_str_equal(row->label, label))
      return row;
  ck_abort_msg("no row %s", label);
}

START_TEST(does_the_arithmetic_of_lubbers) {
  const struct {
    const char *label;
    double measured, model;
  } cases[] = {
    { "HTTP heads, a poll and its answer", 871, 871 },
    { "framing, a WebSocket message", 2, 2 },
    { "heads of 1,000 pollers", 6.968, 6.968 },
    { "framing of 1,000 WebSockets", 0.016, 0.016 },
    { "heads ÷ framing", 435.5, 435.5 },
    { "at the IP layer, an update by polling", 280 + 686 + 3 * 52, 280 + 686 + 3 * 52 },
    { "at the IP layer, an update by WebSocket", 62 + 2 * 52, 62 + 2 * 52 },
    { "at the IP layer, polling ÷ WebSocket", 1122.0 / 166, NAN },
    { "the same with 20 bytes in all for an update", 1047.0 / 126, 1047.0 / 126 },
  };
  FlPaperRun *run = lubbers();

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    const FlPaperRow *row = row_of(run->paper, cases[i].label);
    double model = row->model(run, row);
    ASSERT_NEAR(row->measured(run, row), cases[i].measured, 1e-9);
    ck_assert_msg(isnan(cases[i].model) ? isnan(model) : fabs(model - cases[i].model) < 1e-9, "%s: %g", row->label, model);
  }
  fl_paper_run_free(run);
}
END_TEST

START_TEST(prints_published_figures_as_they_were_printed) {
  FlPaperRun *run = lubbers();
  g_autofree char *table = fl_paper_table(run);
  json_t *json = fl_paper_json(run);

  ck_assert(strstr(table, "published        measured           model\n"));
  ck_assert(strstr(table, "  heads of 1,000 pollers, Mbit/s   "
                       "                                    6.6           6.968           6.968 ÷1.000\n"));
  ck_assert_uint_eq(json_array_size(json_object_get(json, "rows")), 9);
  json_decref(json);
  fl_paper_run_free(run);
}
END_TEST

/* Of a search it is its end that counts: runs in overload are what it is about. */
START_TEST(judges_a_search_by_its_end) {
  const struct {
    FlCapacityEnd end;
    FlVerdict verdict;
  } cases[] = { { FL_CAPACITY_FOUND, FL_VERDICT_SOUND },     { FL_CAPACITY_OPEN, FL_VERDICT_SOUND },
                { FL_CAPACITY_SPENT, FL_VERDICT_SOUND },     { FL_CAPACITY_BENCH, FL_VERDICT_SATURATED },
                { FL_CAPACITY_ERROR, FL_VERDICT_INVALID } };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    FlPaperRun run = { .capacity = { .end = cases[i].end, .probes = 3 } };
    ck_assert_int_eq(fl_paper_run_verdict(&run), cases[i].verdict);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("paper");
  TCase *tcase = tcase_create("paper");
  tcase_add_test(tcase, fills_every_slot_of_every_paper);
  tcase_add_test(tcase, has_rows_about_what_its_trials_run);
  tcase_add_test(tcase, has_trials_that_run_takes);
  tcase_add_test(tcase, finds_a_paper_or_the_near_names);
  tcase_add_test(tcase, does_the_arithmetic_of_lubbers);
  tcase_add_test(tcase, prints_published_figures_as_they_were_printed);
  tcase_add_test(tcase, judges_a_search_by_its_end);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
