/* Progress. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/column.h"
#include "bench/sparkline.h"

#define NAME_WIDTH 16
#define ERASE "\r\033[K"

char *fl_progress_line(double part, const FlResult *result, gboolean bars) {
  GString *out = g_string_new(NULL);
  double p50_ms[FL_SLICES];

  g_string_printf(out, "%3.0f %%  ", 100 * part);
  fl_column_append(out, result->name, NAME_WIDTH, FALSE);
  g_autofree char *number = fl_column_number(fl_figure_primary()->value(result), 2);
  g_autofree char *p50 = g_strdup_printf("  p50 %s ms", number);
  fl_column_append(out, p50, NAME_WIDTH, FALSE);
  for (guint i = 0; i < FL_SLICES; i++)
    p50_ms[i] = result->series[i].p50_ms;
  g_autofree char *line = fl_sparkline(p50_ms, FL_SLICES);
  if (bars)
    g_string_append(out, line);
  fl_column_end(out);
  return g_string_free(out, FALSE);
}

static void show_nothing(const char *transport, const char *phase, double part, const FlResult *result) {
}

static void show_lines(const char *transport, const char *phase, double part, const FlResult *result) {
  g_autofree char *line = result ? fl_progress_line(part, result, FALSE) : NULL;
  if (line)
    fputs(line, stderr);
}

static void show_on_terminal(const char *transport, const char *phase, double part, const FlResult *result) {
  g_autofree char *line = result ? fl_progress_line(part, result, TRUE) : NULL;
  if (line)
    fprintf(stderr, ERASE "%s", line);
  else
    fprintf(stderr, ERASE "%3.0f %%  %-*s  %s", 100 * part, NAME_WIDTH, transport, phase);
}

FlProgress fl_progress_for(gboolean quiet) {
  return quiet ? show_nothing : isatty(STDERR_FILENO) ? show_on_terminal : show_lines;
}

void fl_progress_end(gboolean quiet) {
  if (!quiet && isatty(STDERR_FILENO))
    fputs(ERASE, stderr);
}
