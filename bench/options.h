/* The command line of feedlab-bench, read and checked.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/link_spec.h"
#include "bench/radio.h"
#include "bench/scenario.h"

typedef struct {
  char **transports; /* names, in the order given */
  gboolean floor;    /* a run against bench/floor before them */
  gint64 clients;
  double rate_hz;
  gint64 size_bytes;
  gint64 duration_ns, warmup_ns, poll_interval_ns;
  gint64 poll_pause_ns; /* between an answer and the next short poll; 0: slots of poll_interval_ns */
  gint64 header_bytes;  /* of a poll and its answer together; 0: what they are */
  gint64 heartbeat_ns; /* of our own server, and between Socket.IO's pings */
  gint64 settle_ns;    /* before each reading of the server's memory */
  FlRadioModel radio; /* for modelled figures */
  FlScenarioKind scenario; /* what goes wrong in the middle */
  gint64 outage_ns;        /* and for how long */
  gint64 seed;
  gint64 runs;    /* of each transport */
  gint64 threads; /* of the bench; 0: as many as there are CPUs for */
  char *baseline; /* the transport that ratios are to */
  gboolean quiet; /* no progress */
  char *url;    /* NULL: a server of our own */
  char *host;   /* of the URL: an IPv4 address */
  guint16 port; /* of the URL */
  char *link;  /* as typed; NULL: loopback */
  FlLinkSpec link_spec;
  char *link_text; /* all of it, without presets */
  char *link_level;       /* packet or stream; NULL: stream only where packet is impossible */
  char *link_stream_text; /* what the stand-in keeps of it */
  char *json;
  char *csv, *markdown, *html; /* files; - for stdout; NULL: not wanted */
  char *hgrm;                  /* a folder */
  char **fail_if; /* conditions, bench/threshold; NULL: none */
  char *sweep_parameter; /* NULL: no sweep */
  char **sweep_values;   /* as typed */
  GPtrArray *endpoints; /* of servers that aren't ours (--target); then `transports` are their names */
  char *servers;        /* what they are, in words; NULL: none */
} FlBenchOptions;

/* fl_bench_options_parse: read the arguments of `feedlab-bench run`. --help prints and exits.
 * Returns: NULL with an error that names the flag and what it takes. */
FlBenchOptions *fl_bench_options_parse(int *argc, char ***argv, GError **error);

/* fl_bench_options_set: one of the parameters that can be swept, by its name in -P. ret_value: its number: clients, 1/s, bytes or
 * seconds. Returns: FALSE with an error that says what it takes. */
gboolean fl_bench_options_set(FlBenchOptions *self, const char *parameter, const char *text, double *ret_value, GError **error);

/* fl_bench_options_names: of all that is measured, the floor too; ends with NULL. The array is the caller's, the names are not. */
const char **fl_bench_options_names(const FlBenchOptions *self);

void fl_bench_options_free(FlBenchOptions *self);
