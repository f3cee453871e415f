/* The harness against itself: what it makes of servers that are wrong on purpose, whether its bytes and times are
 * true, and how much it can take. docs/method.md says what each check stands for.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* What was found, in a line. */
typedef struct {
  gboolean passed;  /* figures pass */
  const char *word; /* "caught", "missed", "exact" …; "" for a figure */
  const char *what; /* was tried */
  const char *text; /* and what came of it */
} FlSelftestLine;

/* FlSelftestTell: a line (borrowed), or, where that is NULL, the heading of those that follow. */
typedef void (*FlSelftestTell)(gpointer user, const char *heading, const FlSelftestLine *line);

/* fl_selftest: all checks, one after the other; `quick`: without those that measure times, which take longer.
 * Returns: FALSE where one has failed. */
gboolean fl_selftest(gboolean quick, FlSelftestTell tell, gpointer user);
