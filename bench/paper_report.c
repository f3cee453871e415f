/* The table of a published experiment, and its JSON.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/column.h"
#include "bench/paper.h"
#include "bench/report.h"

#define LABEL_WIDTH 58
#define CELL_WIDTH 16

/* --- for people ---------------------------------------------------------------------------------------------------- */

/* With the digits that it was printed with. */
static char *as_printed(double value) {
  int decimals = 0;

  while (decimals < 3 && fabs(value * pow(10, decimals) - round(value * pow(10, decimals))) > 1e-6)
    decimals++;
  return fl_column_number(value, decimals);
}

static char *published_text(const FlPaperRow *row) {
  g_autofree char *low = as_printed(row->low);
  g_autofree char *high = as_printed(row->high);

  if (!isfinite(row->low) || row->low == row->high)
    return g_steal_pointer(&low);
  return isfinite(row->high) ? g_strconcat(low, " – ", high, NULL) : g_strconcat("> ", low, NULL);
}

static void append_row(GString *out, const FlPaperRun *self, const FlPaperRow *row) {
  double measured = row->measured(self, row), model = row->model(self, row);
  g_autofree char *label = g_strconcat("  ", row->label, *row->unit ? ", " : "", row->unit, NULL);
  g_autofree char *published = published_text(row);
  g_autofree char *ours = fl_column_number(measured, row->decimals);
  g_autofree char *formula = fl_column_number(model, row->decimals);
  g_autofree char *ratio = isfinite(measured / model) ? fl_column_ratio(measured / model) : NULL;
  g_autofree char *quotient = ratio ? g_strconcat(" ÷", ratio, NULL) : g_strdup("");

  fl_column_append(out, label, LABEL_WIDTH, FALSE);
  fl_column_append(out, published, CELL_WIDTH, TRUE);
  fl_column_append(out, ours, CELL_WIDTH, TRUE);
  fl_column_append(out, formula, CELL_WIDTH, TRUE);
  g_string_append(out, quotient);
  fl_column_end(out);
}

/* A figure that only a review cites is not the paper's word. */
static const char *published_head(FlPaperSource source) {
  return source == FL_PAPER_READ ? "published" : "as reviews cite";
}

static void append_verdict(GString *out, const FlPaperRun *self) {
  for (guint i = 0; i < self->n_trials; i++)
    for (guint k = 0; k < self->trials[i]->n_arms; k++) {
      const FlArm *arm = &self->trials[i]->arms[k];
      FlVerdict verdict = fl_arm_verdict(arm);
      if (verdict != FL_VERDICT_SOUND)
        g_string_append_printf(out, "✗ %s of run %u: %s: its figures stand for nothing\n", arm->name, i + 1,
                               fl_verdict_name(verdict));
    }
}

/* How a search ended. */
static void append_search(GString *out, const FlCapacity *found) {
  static const char *const ends[] = {
    [FL_CAPACITY_FOUND] = "the condition fails at the next step",
    [FL_CAPACITY_UNSTEADY] = "at the next step the condition fails now and then",
    [FL_CAPACITY_NONE] = "the condition fails from the start",
    [FL_CAPACITY_OPEN] = "at least: it holds at the largest number that was tried",
    [FL_CAPACITY_BENCH] = "at least: above it the bench itself was saturated, so nothing can be said of the server",
    [FL_CAPACITY_SPENT] = "at least: --budget was spent before the search was over",
    [FL_CAPACITY_ERROR] = "at least: a run failed",
  };
  g_string_append_printf(out, "\nAfter %u runs; %s.\n", found->probes, ends[found->end]);
}

static void append_paragraph(GString *out, const char *head, const char *text) {
  g_autofree char *all = g_strconcat(head, text, NULL);
  fl_report_append_wrapped(out, all);
}

char *fl_paper_table(const FlPaperRun *self) {
  const FlPaper *paper = self->paper;
  GString *out = g_string_new(NULL);

  g_string_append_printf(out, "feedlab %s   paper %s\n", FL_VERSION, paper->name);
  fl_report_append_wrapped(out, paper->citation);
  g_string_append_c(out, '\n');
  for (const char *const *trial = paper->trials; *trial; trial++)
    g_string_append_printf(out, "  feedlab-bench %s %s\n", self->capacity.probes > 0 ? "capacity" : "run", *trial);
  g_string_append_c(out, '\n');
  if (self->capacity.probes == 0)
    append_verdict(out, self);
  fl_column_append(out, "", LABEL_WIDTH, FALSE);
  fl_column_append(out, published_head(paper->source), CELL_WIDTH, TRUE);
  fl_column_append(out, "measured", CELL_WIDTH, TRUE);
  fl_column_append(out, "model", CELL_WIDTH, TRUE);
  fl_column_end(out);
  for (const FlPaperRow *row = paper->rows; row->label; row++)
    append_row(out, self, row);
  if (self->capacity.probes > 0)
    append_search(out, &self->capacity);
  g_string_append_c(out, '\n');
  append_paragraph(out, "What it says: ", paper->says);
  append_paragraph(out, "What it does not: ", paper->does_not_say);
  append_paragraph(out, "Here: ", paper->scaled);
  if (paper->source == FL_PAPER_REVIEWED)
    fl_report_append_wrapped(out, "The published figures were read in a later review of the paper, not in the paper itself.");
  return g_string_free(out, FALSE);
}

/* --- for programs -------------------------------------------------------------------------------------------------- */

static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_json(const FlPaperRun *self, const FlPaperRow *row) {
  json_t *published =
      isfinite(row->low) ? json_pack("{s:o, s:o}", "low", number(row->low), "high", number(row->high)) : json_null();

  return json_pack("{s:s, s:s, s:o, s:o, s:o}", "label", row->label, "unit", row->unit, "published", published, "measured",
                   number(row->measured(self, row)), "model", number(row->model(self, row)));
}

json_t *fl_paper_json(const FlPaperRun *self) {
  const FlPaper *paper = self->paper;
  json_t *lines = json_array(), *rows = json_array(), *results = json_array();

  for (const char *const *trial = paper->trials; *trial; trial++)
    json_array_append_new(lines, json_string(*trial));
  for (const FlPaperRow *row = paper->rows; row->label; row++)
    json_array_append_new(rows, row_json(self, row));
  for (guint i = 0; i < self->n_trials; i++)
    json_array_append_new(results, fl_report_json(self->trials[i]));
  json_t *words = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", paper->name, "citation", paper->citation,
                            "published_read_in", paper->source == FL_PAPER_READ ? "paper" : "review", "says", paper->says,
                            "does_not_say", paper->does_not_say, "here", paper->scaled, "trials", lines);
  return json_pack("{s:i, s:s, s:o, s:o, s:o}", "schema", FL_REPORT_SCHEMA, "verdict",
                   fl_verdict_name(fl_paper_run_verdict(self)), "paper", words, "rows", rows, "results", results);
}
