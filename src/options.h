/* The command line of feedlab-server, read and checked.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/journal.h"
#include "core/log.h"
#include "net/access.h"
#include "net/stream.h"

typedef struct {
  char *listen;
  guint16 port;
  char *source;
  gboolean exit_at_eof;
  double speed;
  gint64 interval_ns;
  gint64 size_bytes; /* 0: the time of day */
  gint64 history, history_bytes;
  char *journal; /* NULL: none */
  FlJournalSync journal_sync;
  gint64 heartbeat_ns;
  gint64 workers;
  gint64 max_clients; /* 0: what the limit of open files allows */
  gint64 max_clients_per_address; /* 0: no limit of their own */
  gint64 max_lag;     /* 0: the history */
  FlSlowPolicy slow;
  gint64 max_body;
  double publish_rate_hz; /* 0: as often as anyone likes */
  gint64 head_timeout_ns, body_timeout_ns, idle_timeout_ns;
  gboolean deflate;
  gint64 drain_ns;
  gint64 sndbuf_bytes; /* 0: the kernel's */
  FlAccessConfig access; /* on_loopback is not set here */
  char *web_root;
  char *socketio_path; /* begins and ends with a slash */
  char **namespaces;   /* NULL: none */
  gint64 ping_interval_ns, ping_timeout_ns, connect_timeout_ns;
  gboolean demo, no_demo; /* neither: as the address says */
  gint64 line_idle_ns;
  gboolean conformance;
  FlLogFormat log_format;
  gboolean verbose;
  gboolean show_version;
} FlOptions;

/* fl_options_parse: read the arguments and PORT in the environment. --help prints and exits.
 * Returns: the options; NULL with an error that names the flag and what it takes. */
FlOptions *fl_options_parse(int *argc, char ***argv, GError **error);
void fl_options_free(FlOptions *self);
