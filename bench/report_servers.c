/* The table of several servers: what stands beside each other is one transport as several servers do it. See report.h.
 *
 *     ws                  p50, ms            …
 *       feedlab              0.21
 *       nchan                0.34 ×1.62         ×: of the first server, paired by block; ≈: no difference
 *
 * SPDX-License-Identifier: MIT */
#include "bench/report.h"

#include "bench/column.h"

#define LABEL_WIDTH 16
#define NUMBER_WIDTH 10 /* of a cell; its ratio takes the rest */

static const struct {
  const char *figure;
  const char *heads[2];
} columns[] = {
  { "latency.p50", { "latency", "p50, ms" } },  { "latency.p99", { "", "p99, ms" } },
  { "cpu.total", { "server CPU", "µs/update" } }, { "bytes.ip", { "IP", "B/update" } },
  { "memory.user", { "memory", "kB/client" } },
};

static void append_heads(GString *out) {
  for (int line = 0; line < 2; line++) {
    fl_column_append(out, "", LABEL_WIDTH, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
      fl_column_append(out, columns[i].heads[line], NUMBER_WIDTH, TRUE);
      fl_column_append(out, "", FL_REPORT_CELL - NUMBER_WIDTH, FALSE);
    }
    fl_column_end(out);
  }
}

/* The first arm of the same transport. */
static const FlArm *reference(const FlExperiment *experiment, const FlArm *arm) {
  const FlArm *first = experiment->arms;

  while (!g_str_equal(fl_result_transport(first->runs), fl_result_transport(arm->runs)))
    first++;
  return first;
}

static void append_arm(GString *out, const FlExperiment *experiment, const FlArm *arm) {
  gboolean is_sound = fl_arm_verdict(arm) == FL_VERDICT_SOUND;
  const char *server = arm->runs[0].server && *arm->runs[0].server ? arm->runs[0].server : "server";

  g_string_append_printf(out, "%s%-*s", is_sound ? "  " : "✗ ", LABEL_WIDTH - 2, server);
  for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
    fl_report_append_cell(out, experiment, arm, reference(experiment, arm), fl_figure_find(columns[i].figure));
  fl_column_end(out);
}

static void append_transport(GString *out, const FlExperiment *experiment, const char *transport) {
  g_string_append_printf(out, "\n%s\n", transport);
  for (guint i = 0; i < experiment->n_arms; i++)
    if (g_str_equal(fl_result_transport(experiment->arms[i].runs), transport))
      append_arm(out, experiment, &experiment->arms[i]);
}

static void append_legend(GString *out, const FlExperiment *experiment) {
  g_autoptr(GString) text = g_string_new("Latency runs from an update's scheduled time to its arrival at the subscriber. Server CPU is that "
                                         "of all the server's processes, taking updates from the publisher included. IP: both ways, "
                                         "acknowledgements too. – : not measured, or too few samples. × : of the first server of that "
                                         "transport");

  if (experiment->blocks > 1)
    g_string_append_printf(text, ", paired by block. Medians of %u runs in random order; ≈ : no difference, the 99 %% interval of the "
                                 "ratio holds 1", experiment->blocks);
  g_string_append_c(text, '.');
  g_string_append_c(out, '\n');
  fl_report_append_wrapped(out, text->str);
}

void fl_report_append_servers(GString *out, const FlExperiment *experiment) {
  append_heads(out);
  for (guint i = 0; i < experiment->n_arms; i++)
    if (reference(experiment, &experiment->arms[i]) == &experiment->arms[i])
      append_transport(out, experiment, fl_result_transport(experiment->arms[i].runs));
  append_legend(out, experiment);
}
