/* One run of one transport, from starting the server to the account.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/options.h"
#include "bench/result.h"

/* What is measured: a server of our own, bench/floor, or one that runs already. */
typedef enum { FL_TARGET_SERVER, FL_TARGET_FLOOR, FL_TARGET_URL } FlTarget;

typedef struct {
  const FlBenchOptions *options;
  const FlSetting *setting;
  const char *program; /* path of the child; NULL with FL_TARGET_URL */
  FlTarget target;
  const char *transport;
  guint64 seed; /* of the first polls' places in the interval */
  /* progress: called now and then with what is being done and how far it is, 0 to 1. */
  void (*progress)(const char *transport, const char *phase, double part, gpointer user);
  gpointer user;
} FlRunConfig;

/* fl_run: measure. Returns: FALSE with an error where there is no account to give; ret_result is then untouched, else it
 * is the caller's to clear. */
gboolean fl_run(const FlRunConfig *config, FlResult *ret_result, GError **error);
