/* Results in other people's formats, made from the result's JSON and nothing else: all have the figures that it has, and
 * `feedlab-bench report` makes of a file what `run` makes of a fresh result. docs/report.md describes them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/result_file.h"

/* fl_report_csv: RFC 4180 with a heading; a row a transport and figure, model's and counts' too. The caller's. */
char *fl_report_csv(const FlResultFile *files, guint n);

/* fl_report_markdown: a table a file: figures as rows, transports as columns. The caller's. */
char *fl_report_markdown(const FlResultFile *files, guint n);

/* fl_report_html: a page that needs nothing but itself: no script, no network. The caller's. */
char *fl_report_html(const FlResultFile *files, guint n);

/* fl_report_hgrm: a result's latency as HdrHistogram's outputPercentileDistribution writes it, in ms. The caller's. */
char *fl_report_hgrm(const json_t *result);

/* What is to be written, and where; NULL: not at all; "-": stdout. */
typedef struct {
  const char *csv, *markdown, *html;
  const char *hgrm; /* a folder, made where there is none: a file a result in it */
} FlReportOutputs;

/* fl_report_outputs_stdout: how many of them go to stdout. */
guint fl_report_outputs_stdout(const FlReportOutputs *outputs);

/* fl_report_outputs_write: all of them. Returns: FALSE with an error that names the file. */
gboolean fl_report_outputs_write(const FlReportOutputs *outputs, const FlResultFile *files, guint n, GError **error);
