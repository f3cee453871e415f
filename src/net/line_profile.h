/* What a network between a browser and the server may be like. The figures are those of bench's --link where it has the
 * same name, with one rate for both ways: that of the way down.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;
  double rtt_ms;    /* half of it each way */
  double jitter_ms; /* each way, up to so much more, evenly spread */
  double loss;     /* the share of segments that are lost */
  guint kbit;      /* a second, each way; 0: no limit */
} FlLineProfile;

/* fl_line_profile_get: the n-th profile, NULL after the last; the first is `none`. fl_line_profile_find: that of a name,
 * NULL where there is none. */
const FlLineProfile *fl_line_profile_get(guint index);
const FlLineProfile *fl_line_profile_find(const char *name);
