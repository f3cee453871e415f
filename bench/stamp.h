/* What the bench reads of an update: its number and its times.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  guint64 seq;
  gint64 t_us;    /* scheduled, Unix µs */
  gint64 sent_us; /* when it was really published, as the clock source writes it into its data; 0: not known */
  gsize bytes;    /* of its object on the wire */
} FlStamp;
