/* Results for people and for programs. Checks come before figures, and every figure stands beside its ratio to
 * WebSocket's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/result.h"

/* fl_report_table: the comparison as text, UTF-8, lines of at most 120 columns with five transports. The caller's. */
char *fl_report_table(const FlResult *results, guint n, const FlSetting *setting);

/* fl_report_write_json: the same figures and the manifest. Returns: FALSE with an error that names the file. */
gboolean fl_report_write_json(const FlResult *results, guint n, const FlSetting *setting, const char *path,
                              GError **error);
