/* Results for people and for programs. Checks come before figures, and every figure stands beside its ratio to the baseline's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/experiment.h"

/* Of docs/result.schema.json. */
#define FL_REPORT_SCHEMA 1

/* fl_report_table: the comparison as text, UTF-8, lines of at most 120 columns with five transports. The caller's. */
char *fl_report_table(const FlExperiment *experiment);

/* fl_report_sentence: what it comes to, in a sentence. The caller's. */
char *fl_report_sentence(const FlExperiment *experiment);

/* fl_report_json: the result as docs/result.schema.json describes it. A new reference. */
json_t *fl_report_json(const FlExperiment *experiment);

/* fl_report_write_json: into a file. Returns: FALSE with an error that names the file. */
gboolean fl_report_write_json(json_t *result, const char *path, GError **error);
