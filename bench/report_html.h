/* The parts of the HTML report. Each writes what stands in one place of the template (bench/report/report.html).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/report_formats.h"

/* A result in the report: a column of tables, a curve of charts. All borrowed. */
typedef struct {
  const FlResultFile *file;
  const json_t *result;
  const char *name;
  int hue; /* of a transport always the same */
} FlReportColumn;

/* Everything that is reported. */
typedef struct {
  const FlResultFile *files;
  guint n_files;
  FlReportColumn *columns; /* by file */
  guint n_columns;
} FlReportView;

/* A part writes its place. */
typedef void (*FlReportPart)(GString *out, const FlReportView *view);

void fl_report_part_checks(GString *out, const FlReportView *view);
void fl_report_part_figures(GString *out, const FlReportView *view);
void fl_report_part_manifest(GString *out, const FlReportView *view);

void fl_report_part_latency(GString *out, const FlReportView *view);
void fl_report_part_series(GString *out, const FlReportView *view);

/* With its heading: nothing where there is no sweep. */
void fl_report_part_sweep(GString *out, const FlReportView *view);

void fl_report_part_bytes(GString *out, const FlReportView *view);
void fl_report_part_cpu(GString *out, const FlReportView *view);
void fl_report_part_memory(GString *out, const FlReportView *view);
void fl_report_part_model(GString *out, const FlReportView *view);

/* fl_report_figure: one of a column's; all NAN where it has none. fl_report_is_first: whether a column is its file's first. */
FlInterval fl_report_figure(const FlReportColumn *column, const char *name);
gboolean fl_report_is_first(const FlReportView *view, guint column);

/* fl_report_group: open the part of a table that a file's rows are in, with its name where there are several files. */
void fl_report_group(GString *out, const FlReportView *view, guint column, guint width);

/* fl_report_name: the heading of a row: the name with its colour. */
void fl_report_name(GString *out, const FlReportColumn *column);
