/* A request's head, judged for what libmicrohttpd's parser lets pass. Its strings stand where they came, in one buffer,
 * each ended in place; so the distance from one to the next tells what stood between them: nothing but what belongs there, or a NUL, a bare
 * LF, a folded line. No byte is copied and no system call made. See docs/decisions/0006-strict-http.md. Pure; no I/O.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  const char *start;
  const char *at; /* where the next line must begin; NULL: its layout isn't judged */
  guint status;
  const char *fault;
  gboolean is_1_0;
} FlHead;

/* fl_head_target_fault: what is wrong with a request's target as it came; NULL where nothing is. */
const char *fl_head_target_fault(const char *target);

/* fl_head_begin: a request line. `target_len` as it came, for libmicrohttpd decodes it in place. `in_place`: whether the strings
 * stand where they came, so that what is between them can be judged. */
void fl_head_begin(FlHead *self, const char *method, const char *target, gsize target_len, const char *version,
                   gboolean in_place);

/* fl_head_field: the next line. */
void fl_head_field(FlHead *self, const char *name, const char *value);

/* fl_head_end: the empty line. `len` of the head with it, which tells how the last two lines ended.
 * Returns: the status with which to refuse the request, and why; 0 where nothing is wrong. */
guint fl_head_end(FlHead *self, gsize len, const char **ret_fault);
