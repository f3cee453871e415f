/* The table. See the header; JSON is in report_json.c.
 * SPDX-License-Identifier: MIT */
#include "bench/report.h"

#include <math.h>
#include <string.h>

#include "bench/column.h"
#include "bench/figure.h"
#include "bench/number.h"
#include "bench/setting.h"
#include "core/clock.h"

#define LABEL_WIDTH 28
#define CELL_WIDTH FL_REPORT_CELL /* of which the ratio takes 8 */
#define NUMBER_WIDTH (CELL_WIDTH - 8)

void fl_report_append_wrapped(GString *out, const char *text) {
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  glong column = 0;

  for (char **word = words; *word; word++) {
    glong width = g_utf8_strlen(*word, -1);
    gboolean breaks = column > 0 && column + 1 + width > 110;
    g_string_append(out, column == 0 ? "" : breaks ? "\n" : " ");
    column = breaks || column == 0 ? width : column + 1 + width;
    g_string_append(out, *word);
  }
  g_string_append_c(out, '\n');
}

static gboolean is_sound(const FlArm *arm) {
  return fl_arm_verdict(arm) == FL_VERDICT_SOUND;
}

static void end_line(GString *out, gsize begin) {
  while (out->len > begin && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
  g_string_append_c(out, '\n');
}

static void append_number(GString *out, double value, int decimals) {
  g_autofree char *number = fl_column_number(value, decimals);

  fl_column_append(out, number, NUMBER_WIDTH, TRUE);
  g_string_append_c(out, ' ');
}

/* A ratio, or that there is no difference: the interval holds 1. */
void fl_report_append_cell(GString *out, const FlExperiment *experiment, const FlArm *arm, const FlArm *to, const FlFigure *figure) {
  FlInterval ratio = fl_experiment_ratio_to(experiment, arm, to, figure);
  gboolean is_same = ratio.low <= 1 && ratio.high >= 1;
  g_autofree char *text = is_same ? g_strdup("≈") : fl_number_ratio(ratio.value);

  append_number(out, fl_arm_figure(arm, figure, experiment->setting.seed).value, figure->decimals);
  fl_column_append(out, text, CELL_WIDTH - NUMBER_WIDTH - 1, FALSE);
}

static void append_label(GString *out, const char *label, const char *unit) {
  g_autofree char *both = *unit ? g_strconcat(label, ", ", unit, NULL) : g_strdup(label);
  g_string_append(out, "  ");
  fl_column_append(out, both, LABEL_WIDTH - 2, FALSE);
}

/* A row that has no figure at all is left out. */
static void append_row(GString *out, const FlExperiment *experiment, const FlFigure *figure) {
  gboolean any = FALSE;
  gsize begin = out->len;

  for (guint i = 0; i < experiment->n_arms; i++)
    any = any || isfinite(fl_arm_figure(&experiment->arms[i], figure, 1).value);
  if (!any)
    return;
  const FlArm *baseline = experiment->baseline < experiment->n_arms ? &experiment->arms[experiment->baseline] : NULL;
  append_label(out, figure->label, figure->unit);
  for (guint i = 0; i < experiment->n_arms; i++)
    fl_report_append_cell(out, experiment, &experiment->arms[i], baseline, figure);
  end_line(out, begin);
}

/* What the formulas say, and how far the measurement is from it. */
static void append_model(GString *out, const FlExperiment *experiment) {
  const FlFigure *primary = fl_figure_primary();
  gsize begin = out->len;

  if (!isfinite(experiment->setting.rate_hz))
    return;
  append_label(out, "p50 by the model", "ms");
  for (guint i = 0; i < experiment->n_arms; i++) {
    const FlArm *arm = &experiment->arms[i];
    double model_ms = fl_experiment_model(experiment, arm).p50_s * 1e3;
    double ratio = fl_arm_figure(arm, primary, 1).value / model_ms;
    g_autofree char *number = isfinite(ratio) ? fl_column_number(ratio, ratio < 10 ? 2 : 0) : NULL;
    g_autofree char *text = number ? g_strconcat("÷", number, NULL) : g_strdup("");
    append_number(out, model_ms, primary->decimals);
    fl_column_append(out, text, CELL_WIDTH - NUMBER_WIDTH - 1, FALSE);
  }
  end_line(out, begin);
}

/* A long name takes of the place of its column's ratios. */
static void append_heads(GString *out, const FlExperiment *experiment) {
  gsize begin = out->len;
  gboolean has_baseline =
      experiment->baseline < experiment->n_arms && is_sound(&experiment->arms[experiment->baseline]);
  g_autofree char *left = has_baseline ? g_strconcat("× of ", experiment->arms[experiment->baseline].name, NULL) : g_strdup("");

  fl_column_append(out, left, LABEL_WIDTH, FALSE);
  for (guint i = 0; i < experiment->n_arms; i++) {
    g_autofree char *head = g_strconcat(is_sound(&experiment->arms[i]) ? "" : "✗ ", experiment->arms[i].name, NULL);
    int len = (int)g_utf8_strlen(head, -1);
    fl_column_append(out, head, NUMBER_WIDTH, TRUE);
    fl_column_append(out, "", CELL_WIDTH - MAX(NUMBER_WIDTH, len), FALSE);
  }
  end_line(out, begin);
}

static void append_figures(GString *out, const FlExperiment *experiment) {
  append_heads(out, experiment);
  for (const FlFigure *figure = fl_figures; figure->name; figure++) {
    if (!fl_figure_belongs(figure, experiment->arms[0].runs))
      continue;
    if (figure->value)
      append_row(out, experiment, figure);
    else
      g_string_append_printf(out, "%s\n", figure->label);
    if (figure == fl_figure_primary())
      append_model(out, experiment);
  }
}

/* --- what comes before the figures ---------------------------------------------------------------------------------- */

/* "5 runs of", where there are several. */
static void append_runs(GString *out, const FlExperiment *experiment) {
  if (experiment->blocks > 1)
    g_string_append_printf(out, " · %u runs of", experiment->blocks);
  else
    g_string_append(out, " ·");
}

/* What lies between server and subscribers. The caller's. */
static char *link_text(const FlSetting *setting) {
  if (setting->link_streams)
    return g_strdup_printf("a relay stands in for a link, one for all subscribers: %s", setting->link_text);
  return setting->link_text ? g_strdup_printf("emulated link, one for all subscribers: %s · MTU 1500", setting->link_text)
                            : g_strdup("loopback: MTU 65536, no loss, the sender pays for the receiver's half of TCP");
}

/* Who has which CPU. The caller's. */
static char *places_text(const FlSetting *setting) {
  g_autofree char *bench = fl_setting_bench_text(setting);

  if (setting->cpus.server >= 0)
    return g_strdup_printf("server on CPU %d, %s", setting->cpus.server, bench);
  const char *what = setting->url       ? "its CPU and memory are not measured"
                     : setting->servers ? "servers and bench are not bound to CPUs of their own"
                                        : "server and bench SHARE one CPU: latencies are upper bounds";
  return g_strdup_printf("%s%s%s", what, bench ? " · " : "", bench ? bench : "");
}

static void append_places(GString *out, const FlSetting *setting) {
  g_autofree char *places = places_text(setting);

  if (setting->url)
    g_string_append_printf(out, "server at %s: %s\n", setting->url, places);
  else if (setting->servers && setting->cpus.server < 0)
    g_string_append_printf(out, "%s\n", places);
  else {
    g_autofree char *link = link_text(setting);
    g_autofree char *both = g_strdup_printf("%s · %s", link, places);
    fl_report_append_wrapped(out, setting->threads > 1 ? link : both);
    if (setting->threads > 1)
      fl_report_append_wrapped(out, places);
  }
}

static void append_scenario(GString *out, const FlSetting *setting) {
  FlScenarioKind kind = fl_scenario_find(setting->scenario);

  g_string_append_printf(out, "%s: in the middle of the window %s", setting->scenario, fl_scenario_words(kind));
  if (setting->outage_ns > 0)
    g_string_append_printf(out, " %g s", (double)setting->outage_ns / 1e9);
  g_string_append(out, " (docs/scenarios.md)\n");
}

static void append_setting(GString *out, const FlExperiment *experiment) {
  const FlResult *results = experiment->arms[0].runs;
  const FlSetting *setting = &experiment->setting;
  g_autofree char *clients = fl_column_number(results[0].clients, 0);

  g_string_append_printf(out, "feedlab %s   %s subscriber%s", FL_VERSION, clients, results[0].clients == 1 ? "" : "s");
  if (isfinite(setting->rate_hz))
    g_string_append_printf(out, " · %g updates/s · %" G_GINT64_FORMAT " B of data", setting->rate_hz,
                           setting->size_bytes);
  append_runs(out, experiment);
  g_string_append_printf(out, " %g s after %g s of warm-up", results[0].duration_s, (double)setting->warmup_ns / 1e9);
  if (setting->poll_pause_ns > 0)
    g_string_append_printf(out, " · a poll %g s after each answer", (double)setting->poll_pause_ns / 1e9);
  else
    g_string_append_printf(out, " · a poll every %g s", (double)setting->poll_interval_ns / 1e9);
  g_string_append_printf(out, " · seed %" G_GUINT64_FORMAT "\n", setting->seed);
  if (setting->scenario)
    append_scenario(out, setting);
  if (setting->servers)
    fl_report_append_wrapped(out, setting->servers);
  append_places(out, setting);
}

/* The checks of one result; its name takes `width` columns. */
typedef struct {
  GString *out;
  const FlResult *result;
  int width;
} Checks;

G_GNUC_PRINTF(3, 4)
static void append_check(const Checks *checks, const char *sign, const char *format, ...) {
  va_list args;

  g_string_append_printf(checks->out, "  %s %-*s ", sign, checks->width, checks->result->name);
  va_start(args, format);
  g_string_append_vprintf(checks->out, format, args);
  va_end(args);
  g_string_append_c(checks->out, '\n');
}

static void append_integrity(const Checks *checks) {
  const FlIntegrity *check = &checks->result->integrity;
  g_autofree char *delivered = fl_column_number((double)check->delivered, 0);

  if (check->delivered > 0 && fl_integrity_holds(check) && checks->result->absence.missed > 0) {
    g_autofree char *missed = fl_column_number((double)checks->result->absence.missed, 0);
    append_check(checks, "✓", "no update twice or out of order: %s delivered; %s missed by the %s, and told of", delivered, missed,
                 checks->result->scenario);
    return;
  }
  if (check->delivered > 0 && fl_integrity_holds(check)) {
    append_check(checks, "✓", "every update once and in order: %s delivered", delivered);
    return;
  }
  append_check(checks, "✗",
               "INVALID: %s delivered, %" G_GUINT64_FORMAT " lost, %" G_GUINT64_FORMAT " duplicated, %" G_GUINT64_FORMAT
               " reordered",
               delivered, check->lost, check->duplicated, check->reordered);
  if (check->gaps > 0)
    append_check(checks, "✗",
                 "INVALID: the server told of %" G_GUINT64_FORMAT " gaps: its history is too short for this load",
                 check->gaps);
}

static void append_clocks(const Checks *checks) {
  const FlResult *r = checks->result;

  if (r->integrity.negative > 0)
    append_check(checks, "✗", "INVALID: %" G_GUINT64_FORMAT " updates came before their time: the clocks disagree",
                 r->integrity.negative);
  if (ABS(r->clock_step_ns) > FL_CLOCK_STEP_NS)
    append_check(checks, "✗", "INVALID: the system clock was set by %.1f ms", (double)r->clock_step_ns / 1e6);
  if (r->clock_steps > 0)
    append_check(checks, "✗", "INVALID: in the window the server saw its clock being set, %" G_GINT64_FORMAT " times",
                 r->clock_steps);
}

/* The busiest of the runs. */
static double load_of(const FlArm *arm) {
  double most = 0;
  for (guint i = 0; i < arm->n; i++)
    most = MAX(most, fl_result_client_load(&arm->runs[i]));
  return most;
}

static void append_load(const Checks *checks, const FlArm *arm) {
  const FlResult *r = checks->result;
  gboolean saturated = load_of(arm) > FL_RESULT_SATURATED;

  if (saturated)
    append_check(checks, "✗", "SATURATED: the bench used %.0f %% of its CPU: overload, which ranks nothing",
                 100 * load_of(arm));
  if (r->missed_deadlines > 0)
    append_check(checks, "✗", "%s: the publisher met %" G_GINT64_FORMAT " deadlines of the window too late",
                 saturated ? "OVERLOAD" : "INVALID", r->missed_deadlines);
  if (r->missed_deadlines < 0 && !r->scenario)
    append_check(checks, "·", "whether the publisher missed deadlines is not known: the server does not say");
}

/* Each run by itself is judged; what is told is all of them. */
static void append_link_kept(const Checks *checks, const FlArm *arm) {
  const FlResult *r = checks->result;
  gboolean kept = TRUE;

  if (!r->link.lateness)
    return;
  for (guint i = 0; i < arm->n; i++)
    kept = kept && fl_link_account_is_kept(&arm->runs[i].link, r->link_rtt_ms);
  g_autofree char *account = fl_link_account_describe(&r->link);
  append_check(checks, kept ? "·" : "✗", "%slink: %s", kept ? "" : "INVALID: not kept: ", account);
}

static void append_checks(GString *out, const FlExperiment *experiment) {
  int width = 8;

  for (guint i = 0; i < experiment->n_arms; i++)
    width = MAX(width, (int)strlen(experiment->arms[i].name));
  for (guint i = 0; i < experiment->n_arms; i++) {
    const FlArm *arm = &experiment->arms[i];
    Checks checks = { out, &arm->merged, width };
    append_integrity(&checks);
    if (arm->merged.connect_failures > 0)
      append_check(&checks, "✗", "INVALID: %" G_GUINT64_FORMAT " connections failed", arm->merged.connect_failures);
    append_clocks(&checks);
    append_link_kept(&checks, arm);
    append_load(&checks, arm);
  }
}

/* What is said of all figures at once, right before them. */
static const char *headline(FlVerdict verdict) {
  static const char *const lines[] = {
    [FL_VERDICT_SOUND] = "",
    [FL_VERDICT_LATE] = "INVALID: the schedule was not kept. What is marked ✗ stands for nothing.\n\n",
    [FL_VERDICT_SATURATED] = "OVERLOAD: what is marked ✗ shows what an overloaded run did, and ranks nothing.\n\n",
    [FL_VERDICT_LINK] = "INVALID: the emulated link was late itself. What is marked ✗ stands for nothing.\n\n",
    [FL_VERDICT_INVALID] = "INVALID: what is marked ✗ stands for nothing.\n\n",
    [FL_VERDICT_BROKEN] =
        "INVALID: updates were lost, duplicated or reordered. What is marked ✗ stands for nothing.\n\n",
  };
  return lines[verdict];
}

/* "1.43 ± 0.02", half of the interval behind the median. */
static void append_measure(GString *out, FlInterval interval, const FlFigure *figure) {
  g_string_append_printf(out, "%.*f", figure->decimals, interval.value);
  if (isfinite(interval.low))
    g_string_append_printf(out, " ± %.*f", figure->decimals, (interval.high - interval.low) / 2);
  g_string_append_printf(out, " %s", figure->unit);
}

static void append_comparison(GString *out, const FlExperiment *experiment, const FlArm *arm) {
  FlInterval ratio = fl_experiment_ratio(experiment, arm, fl_figure_primary());
  g_autofree char *times = isfinite(ratio.value) ? fl_column_number(ratio.value, ratio.value < 10 ? 2 : 0) : NULL;

  if (!times)
    return;
  if (ratio.low <= 1 && ratio.high >= 1)
    g_string_append_printf(out, "; %s: no difference", arm->name);
  else
    g_string_append_printf(out, "; %s takes %s times as long", arm->name, times);
}

char *fl_report_sentence(const FlExperiment *experiment) {
  GString *out = g_string_new(NULL);
  guint first = experiment->baseline < experiment->n_arms ? experiment->baseline : 0;
  const FlArm *baseline = &experiment->arms[first];
  const FlFigure *primary = fl_figure_primary();

  g_string_append_printf(out, "%s delivers in ", baseline->name);
  append_measure(out, fl_arm_figure(baseline, primary, experiment->setting.seed), primary);
  for (guint i = 0; i < experiment->n_arms; i++)
    if (i != first)
      append_comparison(out, experiment, &experiment->arms[i]);
  g_string_append_c(out, '.');
  return g_string_free(out, FALSE);
}

static void append_legend(GString *out, const FlExperiment *experiment) {
  g_string_append(out, "\nLatency runs from an update's scheduled time to its arrival at the subscriber. – : not measured, "
                       "or too few\nsamples for that percentile.");
  if (experiment->blocks > 1)
    g_string_append_printf(out, " Medians of %u runs in random order; ≈ : no difference to %s, the 99 %%\ninterval of the "
                                "ratio holds 1.",
                           experiment->blocks,
                           experiment->baseline < experiment->n_arms ? experiment->arms[experiment->baseline].name : "it");
  g_string_append_c(out, '\n');
}

/* Of several names; one alone, or one without a name, is compared by its transports like our own. */
static gboolean has_servers(const FlExperiment *experiment) {
  for (guint i = 1; i < experiment->n_arms; i++)
    if (g_strcmp0(experiment->arms[i].runs[0].server, experiment->arms[0].runs[0].server) != 0)
      return TRUE;
  return FALSE;
}

char *fl_report_table(const FlExperiment *experiment) {
  GString *out = g_string_new(NULL);
  g_autofree char *sentence = fl_report_sentence(experiment);

  append_setting(out, experiment);
  g_string_append_c(out, '\n');
  append_checks(out, experiment);
  g_string_append_c(out, '\n');
  g_string_append(out, headline(fl_experiment_verdict(experiment)));
  if (has_servers(experiment)) {
    fl_report_append_servers(out, experiment);
    return g_string_free(out, FALSE);
  }
  append_figures(out, experiment);
  if (fl_experiment_verdict(experiment) == FL_VERDICT_SOUND) {
    g_string_append_c(out, '\n');
    fl_report_append_wrapped(out, sentence);
  }
  append_legend(out, experiment);
  return g_string_free(out, FALSE);
}
