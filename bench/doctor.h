/* What a machine is good for: each property judged, with what it means for results and the command that mends it.
 * Pure: from the plain values of bench/machine to findings.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/machine.h"

typedef enum {
  FL_HEALTH_GOOD,
  FL_HEALTH_FAIR, /* results hold, with the limit that is told */
  FL_HEALTH_BAD,  /* results would not be worth having */
} FlHealth;

typedef struct {
  const char *name; /* for programs: one word */
  FlHealth health;
  char *found;      /* owned */
  char *means;      /* for results; owned */
  const char *mend; /* a command; NULL where nothing needs mending, or nothing mends it */
} FlFinding;

/* fl_doctor_examine: all findings, in the order in which they are told. The caller's, with fl_finding_free as its
 * element's free function. */
GPtrArray *fl_doctor_examine(const FlMachine *machine);
void fl_finding_free(FlFinding *self);

/* fl_doctor_worst: of these findings. */
FlHealth fl_doctor_worst(const GPtrArray *findings);

/* fl_health_name: for programs: good, fair, bad. fl_health_mark: for people: ✓ ! ✗. Static. */
const char *fl_health_name(FlHealth health);
const char *fl_health_mark(FlHealth health);
