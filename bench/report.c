/* The table. See the header; JSON is in report_json.c.
 * SPDX-License-Identifier: MIT */
#include "bench/report.h"

#include <math.h>
#include <string.h>

#include "bench/figure.h"
#include "core/clock.h"

#define LABEL_WIDTH 28
#define CELL_WIDTH 18 /* of which the ratio takes 8 */
#define NUMBER_WIDTH (CELL_WIDTH - 8)

static char *with_thousands(double value, int decimals) {
  g_autofree char *plain = g_strdup_printf("%.*f", decimals, value);
  gsize whole = strcspn(plain, ".");
  GString *out = g_string_new(NULL);

  for (gsize i = 0; plain[i]; i++) {
    if (i > 0 && i < whole && (whole - i) % 3 == 0 && plain[i - 1] != '-')
      g_string_append_c(out, ',');
    g_string_append_c(out, plain[i]);
  }
  return g_string_free(out, FALSE);
}

static char *ratio_text(double ratio) {
  if (!isfinite(ratio))
    return g_strdup("");
  g_autofree char *number = with_thousands(ratio, ratio < 10 ? 2 : ratio < 100 ? 1 : 0);
  return g_strconcat("×", number, NULL);
}

static void pad(GString *out, const char *text, int width, gboolean right) {
  int room = width - (int)g_utf8_strlen(text, -1);

  if (right)
    g_string_append_printf(out, "%*s%s", MAX(room, 0), "", text);
  else
    g_string_append_printf(out, "%s%*s", text, MAX(room, 0), "");
}

static gboolean is_sound(const FlResult *result) {
  return fl_result_verdict(result) == FL_VERDICT_SOUND;
}

/* What is not sound ranks nothing, and nothing is ranked by it. */
static const FlResult *find_baseline(const FlResult *results, guint n) {
  for (guint i = 0; i < n; i++)
    if (g_str_equal(results[i].name, "ws") && is_sound(&results[i]))
      return &results[i];
  return NULL;
}

static void end_line(GString *out, gsize begin) {
  while (out->len > begin && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
  g_string_append_c(out, '\n');
}

static void append_cell(GString *out, const FlFigure *figure, const FlResult *result, const FlResult *baseline) {
  double value = figure->value(result);
  gboolean compare = figure->is_cost && baseline && baseline != result && is_sound(result);
  g_autofree char *number = isfinite(value) ? with_thousands(value, figure->decimals) : g_strdup("–");
  g_autofree char *ratio = ratio_text(compare ? value / figure->value(baseline) : NAN);

  pad(out, number, NUMBER_WIDTH, TRUE);
  g_string_append_c(out, ' ');
  pad(out, ratio, CELL_WIDTH - NUMBER_WIDTH - 1, FALSE);
}

/* A row that has no figure at all is left out. */
static void append_row(GString *out, const FlFigure *figure, const FlResult *results, guint n,
                       const FlResult *baseline) {
  gboolean any = FALSE;
  gsize begin = out->len;

  for (guint i = 0; i < n; i++)
    any = any || isfinite(figure->value(&results[i]));
  if (!any)
    return;
  g_string_append(out, "  ");
  pad(out, figure->label, LABEL_WIDTH - 2, FALSE);
  for (guint i = 0; i < n; i++)
    append_cell(out, figure, &results[i], baseline);
  end_line(out, begin);
}

/* A long name takes of the place of its column's ratios. */
static void append_heads(GString *out, const FlResult *results, guint n, const FlResult *baseline) {
  gsize begin = out->len;

  pad(out, baseline ? "× of ws" : "", LABEL_WIDTH, FALSE);
  for (guint i = 0; i < n; i++) {
    g_autofree char *head = g_strconcat(is_sound(&results[i]) ? "" : "✗ ", results[i].name, NULL);
    int len = (int)g_utf8_strlen(head, -1);
    pad(out, head, NUMBER_WIDTH, TRUE);
    pad(out, "", CELL_WIDTH - MAX(NUMBER_WIDTH, len), FALSE);
  }
  end_line(out, begin);
}

static void append_figures(GString *out, const FlResult *results, guint n) {
  const FlResult *baseline = find_baseline(results, n);

  append_heads(out, results, n, baseline);
  for (const FlFigure *figure = fl_figures; figure->key; figure++) {
    if (figure->value)
      append_row(out, figure, results, n, baseline);
    else
      g_string_append_printf(out, "%s\n", figure->label);
  }
}

/* --- what comes before the figures ---------------------------------------------------------------------------------- */

static void append_setting(GString *out, const FlResult *results, const FlSetting *setting) {
  g_autofree char *clients = with_thousands(results[0].clients, 0);

  g_string_append_printf(out, "feedlab %s   %s subscriber%s", FL_VERSION, clients, results[0].clients == 1 ? "" : "s");
  if (isfinite(setting->rate_hz))
    g_string_append_printf(out, " · %g updates/s · %" G_GINT64_FORMAT " B of data", setting->rate_hz,
                           setting->size_bytes);
  g_string_append_printf(out, " · %g s after %g s of warm-up", results[0].duration_s, (double)setting->warmup_ns / 1e9);
  g_string_append_printf(out, " · a poll every %g s · seed %" G_GUINT64_FORMAT "\n",
                         (double)setting->poll_interval_ns / 1e9, setting->seed);
  if (setting->url)
    g_string_append_printf(out, "server at %s: its CPU and memory are not measured\n", setting->url);
  else if (setting->server_cpu >= 0)
    g_string_append_printf(out, "loopback: MTU 65536, no loss, the sender pays for the receiver's half of TCP · "
                                "server on CPU %d, bench on CPU %d\n",
                           setting->server_cpu, setting->client_cpu);
  else
    g_string_append(out, "loopback: MTU 65536, no loss · server and bench SHARE one CPU: latencies are upper bounds\n");
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
  g_autofree char *delivered = with_thousands((double)check->delivered, 0);

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

static void append_load(const Checks *checks) {
  const FlResult *r = checks->result;
  gboolean saturated = fl_result_client_load(r) > FL_RESULT_SATURATED;

  if (saturated)
    append_check(checks, "✗", "SATURATED: the bench used %.0f %% of its CPU: overload, which ranks nothing",
                 100 * fl_result_client_load(r));
  if (r->missed_deadlines > 0)
    append_check(checks, "✗", "%s: the publisher met %" G_GINT64_FORMAT " deadlines of the window too late",
                 saturated ? "OVERLOAD" : "INVALID", r->missed_deadlines);
  if (r->missed_deadlines < 0)
    append_check(checks, "·", "whether the publisher missed deadlines is not known: the server does not say");
}

static void append_checks(GString *out, const FlResult *results, guint n) {
  int width = 8;

  for (guint i = 0; i < n; i++)
    width = MAX(width, (int)strlen(results[i].name));
  for (guint i = 0; i < n; i++) {
    Checks checks = { out, &results[i], width };
    append_integrity(&checks);
    if (results[i].connect_failures > 0)
      append_check(&checks, "✗", "INVALID: %" G_GUINT64_FORMAT " connections failed", results[i].connect_failures);
    append_clocks(&checks);
    append_load(&checks);
  }
}

/* What is said of all figures at once, right before them. */
static const char *headline(FlVerdict verdict) {
  static const char *const lines[] = {
    [FL_VERDICT_SOUND] = "",
    [FL_VERDICT_LATE] = "INVALID: the schedule was not kept. What is marked ✗ stands for nothing.\n\n",
    [FL_VERDICT_SATURATED] = "OVERLOAD: what is marked ✗ shows what an overloaded run did, and ranks nothing.\n\n",
    [FL_VERDICT_INVALID] = "INVALID: what is marked ✗ stands for nothing.\n\n",
    [FL_VERDICT_BROKEN] =
        "INVALID: updates were lost, duplicated or reordered. What is marked ✗ stands for nothing.\n\n",
  };
  return lines[verdict];
}

char *fl_report_table(const FlResult *results, guint n, const FlSetting *setting) {
  GString *out = g_string_new(NULL);

  append_setting(out, results, setting);
  g_string_append_c(out, '\n');
  append_checks(out, results, n);
  g_string_append_c(out, '\n');
  g_string_append(out, headline(fl_result_verdict_of_all(results, n)));
  append_figures(out, results, n);
  g_string_append(out, "\nLatency runs from an update's scheduled time to its arrival at the subscriber. – : not measured, "
                       "or too few\nsamples for that percentile.\n");
  return g_string_free(out, FALSE);
}
