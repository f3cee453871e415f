/* What the parts of the self-test have in common.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/bare.h"
#include "bench/options.h"
#include "bench/result.h"
#include "bench/selftest.h"

typedef struct {
  FlSelftestTell tell;
  gpointer user;
  gboolean passed; /* so far */
} FlSelftest;

/* fl_selftest_line: tell of one check. */
void fl_selftest_line(FlSelftest *self, gboolean passed, const char *word, const char *what, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/* A run as fl_run does it, against a bare sender of its own. `watch` is called now and then while the window is
 * measured, with how far that is (0 … 1); it may be NULL. */
typedef struct {
  FlBarePlan plan;
  FlBenchOptions options;
  const char *transport;
  guint64 seed; /* of the first polls' places */
  void (*watch)(gpointer user, const FlBare *bare, double part);
  gpointer user;
} FlSelftestRun;

/* fl_selftest_run: Returns: FALSE with an error as fl_run; ret_result is then untouched, else the caller's to clear. */
gboolean fl_selftest_run(const FlSelftestRun *run, FlResult *ret_result, GError **error);

void fl_selftest_faults(FlSelftest *self);
void fl_selftest_bytes(FlSelftest *self);
void fl_selftest_times(FlSelftest *self);
void fl_selftest_ceiling(FlSelftest *self);
