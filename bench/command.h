/* The commands of feedlab-bench: one file and one table each.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/result.h"

/* What the program says to other programs. */
typedef enum {
  FL_EXIT_OK = 0,
  FL_EXIT_FAILED = 1,    /* the run failed, or is invalid */
  FL_EXIT_USAGE = 2,
  FL_EXIT_INTEGRITY = 3, /* lost, duplicated or reordered updates, or a gap */
  FL_EXIT_SATURATED = 4, /* the bench was the bottleneck */
  FL_EXIT_THRESHOLD = 99, /* a --fail-if held */
} FlExit;

/* fl_command_status: what a result that is worth that makes of a command. */
FlExit fl_command_status(FlVerdict verdict);

typedef struct {
  const char *name;
  const char *summary; /* for --help */
  /* main: argv[0] is the command's name. Prints its own errors. Returns: the exit status. */
  FlExit (*main)(int argc, char **argv);
} FlCommand;

extern const FlCommand fl_command_capacity;
extern const FlCommand fl_command_compare;
extern const FlCommand fl_command_doctor;
extern const FlCommand fl_command_paper;
extern const FlCommand fl_command_report;
extern const FlCommand fl_command_run;
extern const FlCommand fl_command_selftest;
