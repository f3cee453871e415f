/* What goes wrong in the middle of a run, on purpose. docs/scenarios.md is the manual.
 *
 *     restart   the server is stopped by SIGTERM, and started again on the same port after a while
 *     crash     the same, by SIGKILL
 *     outage    the emulated link is cut for a while, both ways
 *     roam      each client gets another address: its old connection is dead without a word, and its system tells it so
 *
 * A thread of its own does it, on time and however busy the load is; it tells the absences when it begins and when it is over.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/absence.h"
#include "bench/child.h"
#include "bench/link.h"
#include "bench/recorder.h"

typedef enum {
  FL_SCENARIO_NONE,
  FL_SCENARIO_RESTART,
  FL_SCENARIO_CRASH,
  FL_SCENARIO_OUTAGE,
  FL_SCENARIO_ROAM
} FlScenarioKind;

/* fl_scenario_name: its word on the command line; NULL of FL_SCENARIO_NONE; static. fl_scenario_find: the other way; FL_SCENARIO_NONE
 * where there is none of that name. fl_scenario_names: all, as `a, b and c`; the caller's. */
const char *fl_scenario_name(FlScenarioKind kind);
FlScenarioKind fl_scenario_find(const char *name);
char *fl_scenario_names(void);

/* fl_scenario_lasts_ns: how long its failure lasts unless told; 0: no time at all. */
gint64 fl_scenario_lasts_ns(FlScenarioKind kind);

/* fl_scenario_words: what happens, as it stands after the name; static. */
const char *fl_scenario_words(FlScenarioKind kind);

/* fl_scenario_restarts: whether the server is another one afterwards; else the failure is the link's. */
gboolean fl_scenario_restarts(FlScenarioKind kind);

typedef struct {
  FlScenarioKind kind;
  gint64 at_ns; /* when the failure begins, CLOCK_MONOTONIC */
  gint64 lasts_ns;
  FlAbsences *const *absences; /* of each load, borrowed … */
  guint absences_n;            /* … and how many */
  FlLink *link;                /* borrowed; of outage and roam */
  /* Of restart and crash: */
  const char *host; /* of the server: an IPv4 address */
  FlChild *child;   /* the server; taken over */
  char **command;   /* to start it again with, on the port that it had; taken over */
  int cpu;          /* where it is to run; -1: anywhere */
} FlScenarioConfig;

typedef struct _FlScenario FlScenario;

/* fl_scenario_start: from now on the server is the scenario's, where it is to restart; a witness of what is published begins here.
 * Returns: NULL with an error where that fails; what was to be taken over is gone then too. */
FlScenario *fl_scenario_start(const FlScenarioConfig *config, GError **error);

/* fl_scenario_error: what went wrong with the failure itself, NULL while nothing has; the caller's. */
char *fl_scenario_error(FlScenario *self);

/* fl_scenario_tell: after the failure: tell the recorder what a server that is no more had published. Returns: FALSE with an error
 * where that is not known. */
gboolean fl_scenario_tell(FlScenario *self, FlRecorder *recorder, GError **error);

/* fl_scenario_free: stops the server too, where it was taken over. */
void fl_scenario_free(FlScenario *self);
