/* One run of one transport, from starting the server to the account.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/endpoint.h"
#include "bench/options.h"
#include "bench/result.h"

/* What is measured: a server of our own, bench/floor, one of ours that runs already, or one that isn't ours. */
typedef enum { FL_TARGET_SERVER, FL_TARGET_FLOOR, FL_TARGET_URL, FL_TARGET_ENDPOINT } FlTarget;

typedef struct {
  const FlBenchOptions *options;
  const FlSetting *setting;
  const char *program; /* path of the child; not used with FL_TARGET_URL and FL_TARGET_ENDPOINT */
  FlTarget target;
  const FlEndpoint *endpoint; /* NULL but for FL_TARGET_ENDPOINT */
  const char *transport;
  guint64 seed; /* of the first polls' places in the interval */
  guint64 link_seed; /* of what is random about the link */
  /* progress: called now and then with what is being done and how far it is, 0 to 1. */
  void (*progress)(const char *transport, const char *phase, double part, gpointer user);
  gpointer user;
} FlRunConfig;

/* fl_run: measure. Returns: FALSE with an error where there is no account to give; ret_result is then untouched, else it
 * is the caller's to clear. */
gboolean fl_run(const FlRunConfig *config, FlResult *ret_result, GError **error);
