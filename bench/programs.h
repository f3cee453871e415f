/* The programs that the bench starts: where they were built or installed beside it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  char *server; /* feedlab-server, or $FEEDLAB_SERVER */
  char *floor;  /* bench/floor, or $FEEDLAB_FLOOR */
} FlPrograms;

FlPrograms *fl_programs_find(void);
void fl_programs_free(FlPrograms *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlPrograms, fl_programs_free)
