/* Results for people and for programs. Checks come before figures, and every figure stands beside its ratio to the baseline's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/experiment.h"

/* Of docs/result.schema.json. */
#define FL_REPORT_SCHEMA 1

/* fl_report_table: the comparison as text, UTF-8, lines of at most 120 columns with five transports. The caller's. */
char *fl_report_table(const FlExperiment *experiment);

/* fl_report_append_servers: the comparison of several servers (--target): by transport, each figure with its ratio to the first
 * server that has the transport, paired by block. It stands in fl_report_table where there are several. */
void fl_report_append_servers(GString *out, const FlExperiment *experiment);

/* fl_report_append_cell: a figure, and what it is of that of the arm `to`, in FL_REPORT_CELL columns. */
#define FL_REPORT_CELL 18
void fl_report_append_cell(GString *out, const FlExperiment *experiment, const FlArm *arm, const FlArm *to, const FlFigure *figure);

/* fl_report_append_wrapped: text with its lines broken at spaces, at most 110 columns. */
void fl_report_append_wrapped(GString *out, const char *text);

/* fl_report_sentence: what it comes to, in a sentence. The caller's. */
char *fl_report_sentence(const FlExperiment *experiment);

/* fl_report_json: the result as docs/result.schema.json describes it. A new reference. */
json_t *fl_report_json(const FlExperiment *experiment);

/* fl_report_write_json: into a file. Returns: FALSE with an error that names the file. */
gboolean fl_report_write_json(json_t *result, const char *path, GError **error);
