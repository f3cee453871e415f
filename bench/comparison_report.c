/* A comparison for people and for programs. What is not alike comes first, then a table a transport, then what it comes to.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "bench/column.h"
#include "bench/comparison.h"
#include "bench/report.h"

#define LABEL_WIDTH 30
#define NUMBER_WIDTH 11
#define RATIO_WIDTH 28

/* Of times people say faster, of all else less. */
static const char *change_word(const FlFigure *figure, FlChange change) {
  gboolean is_time = g_str_equal(figure->unit, "ms");

  switch (change) {
  case FL_CHANGE_BETTER:
    return is_time ? "faster" : "less";
  case FL_CHANGE_WORSE:
    return is_time ? "slower" : "more";
  case FL_CHANGE_NONE:
    return "no difference";
  case FL_CHANGE_INCOMPARABLE:
    break;
  }
  return "not comparable";
}

static char *ratio_text(const FlInterval *ratio) {
  if (isnan(ratio->value))
    return g_strdup("–");
  g_autofree char *value = fl_column_ratio(ratio->value);
  g_autofree char *low = fl_column_ratio(ratio->low);
  g_autofree char *high = fl_column_ratio(ratio->high);
  return g_strdup_printf("%s [%s, %s]", value, low, high);
}

static void append_row(GString *out, const FlComparedFigure *compared) {
  const FlFigure *figure = compared->figure;
  g_autofree char *label = g_strconcat(figure->name, *figure->unit ? ", " : "", figure->unit, NULL);
  g_autofree char *a = fl_column_number(compared->a, figure->decimals);
  g_autofree char *b = fl_column_number(compared->b, figure->decimals);
  g_autofree char *ratio = ratio_text(&compared->ratio);

  g_string_append(out, "  ");
  fl_column_append(out, label, LABEL_WIDTH - 2, FALSE);
  fl_column_append(out, a, NUMBER_WIDTH, TRUE);
  fl_column_append(out, b, NUMBER_WIDTH, TRUE);
  g_string_append(out, "   ");
  fl_column_append(out, ratio, RATIO_WIDTH, FALSE);
  g_string_append(out, change_word(figure, compared->change));
  fl_column_end(out);
}

static void append_transport(GString *out, const FlComparedTransport *transport) {
  fl_column_append(out, transport->name, LABEL_WIDTH, FALSE);
  fl_column_append(out, "A", NUMBER_WIDTH, TRUE);
  fl_column_append(out, "B", NUMBER_WIDTH, TRUE);
  g_string_append(out, "   ");
  fl_column_append(out, "B ÷ A [99 %]", RATIO_WIDTH, FALSE);
  fl_column_end(out);
  append_row(out, &transport->primary);
  for (guint i = 0; i < transport->n_figures; i++)
    append_row(out, &transport->figures[i]);
  g_string_append_c(out, '\n');
}

/* "ws: B is slower, 1.21 [1.15, 1.27] times A's latency.p50; also more: cpu.total" */
static void append_sentence(GString *out, const FlComparedTransport *transport) {
  const FlComparedFigure *primary = &transport->primary;
  g_autofree char *ratio = ratio_text(&primary->ratio);

  g_string_append_printf(out, "%s: ", transport->name);
  if (primary->change == FL_CHANGE_BETTER || primary->change == FL_CHANGE_WORSE)
    g_string_append_printf(out, "B is %s: %s of A's %s", change_word(primary->figure, primary->change), ratio,
                           primary->figure->name);
  else
    g_string_append_printf(out, "%s in %s", change_word(primary->figure, primary->change), primary->figure->name);
  for (FlChange change = FL_CHANGE_BETTER; change <= FL_CHANGE_WORSE; change++) {
    guint n = 0;
    for (guint i = 0; i < transport->n_figures; i++)
      if (transport->figures[i].change == change)
        g_string_append_printf(out, "%s%s",
                               n++ > 0                      ? ", "
                               : change == FL_CHANGE_BETTER ? "; B has less "
                                                            : "; B has more ",
                               transport->figures[i].figure->name);
  }
  g_string_append_c(out, '\n');
}

static void append_source(GString *out, const char *side, const json_t *result) {
  json_t *manifest = json_object_get(result, "manifest");
  const char *keys[] = { "feedlab", "date", "command_line" };

  g_string_append(out, side);
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    const char *value = json_string_value(json_object_get(manifest, keys[i]));
    g_string_append_printf(out, "  %s", value ? value : "–");
  }
  const char *commit = json_string_value(json_object_get(json_object_get(manifest, "build"), "commit"));
  if (commit)
    g_string_append_printf(out, "  (%s)", commit);
  g_string_append_c(out, '\n');
}

char *fl_comparison_table(const FlComparison *self) {
  GString *out = g_string_new(NULL);

  append_source(out, "A", self->a);
  append_source(out, "B", self->b);
  g_string_append_c(out, '\n');
  for (guint i = 0; i < self->warnings->len; i++)
    g_string_append_printf(out, "  ! not alike: %s\n", (const char *)self->warnings->pdata[i]);
  if (self->warnings->len > 0)
    g_string_append_c(out, '\n');
  for (guint i = 0; i < self->n_transports; i++)
    append_transport(out, &self->transports[i]);
  for (guint i = 0; i < self->n_transports; i++)
    append_sentence(out, &self->transports[i]);
  g_string_append_printf(
      out,
      "\nMedians of the runs. The verdict of a transport is %s's, by its 99 %% interval; the other figures' are "
      "by Holm's\ncorrection over all of them at 1 %%, so that an interval may leave out 1 where no difference "
      "is told.\n",
      fl_figure_primary()->name);
  return g_string_free(out, FALSE);
}

/* --- JSON ---------------------------------------------------------------------------------------------------------- */

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *figure_json(const FlComparedFigure *compared) {
  static const char *const names[] = { "incomparable", "none", "better", "worse" };
  const FlInterval *ratio = &compared->ratio;
  json_t *ratio_json = isnan(ratio->value)
                           ? json_null()
                           : json_pack("{s:o, s:o, s:o, s:o}", "value", number(ratio->value), "low", number(ratio->low),
                                       "high", number(ratio->high), "p", number(ratio->p));

  return json_pack("{s:o, s:o, s:s, s:o, s:s}", "a", number(compared->a), "b", number(compared->b), "unit",
                   compared->figure->unit, "ratio", ratio_json, "change", names[compared->change]);
}

static json_t *transport_json(const FlComparedTransport *transport) {
  json_t *figures = json_object();

  json_object_set_new(figures, transport->primary.figure->name, figure_json(&transport->primary));
  for (guint i = 0; i < transport->n_figures; i++)
    json_object_set_new(figures, transport->figures[i].figure->name, figure_json(&transport->figures[i]));
  return json_pack("{s:s, s:s, s:o}", "name", transport->name, "primary", transport->primary.figure->name, "figures",
                   figures);
}

json_t *fl_comparison_json(const FlComparison *self) {
  json_t *warnings = json_array(), *transports = json_array();

  for (guint i = 0; i < self->warnings->len; i++)
    json_array_append_new(warnings, json_string(self->warnings->pdata[i]));
  for (guint i = 0; i < self->n_transports; i++)
    json_array_append_new(transports, transport_json(&self->transports[i]));
  return json_pack("{s:i, s:{s:O, s:O, s:o, s:o}}", "schema", FL_REPORT_SCHEMA, "comparison", "a",
                   json_object_get(self->a, "manifest"), "b", json_object_get(self->b, "manifest"), "not_alike",
                   warnings, "transports", transports);
}
