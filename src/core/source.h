/* Where updates come from. A source runs in the default main context of the thread that starts it and publishes through
 * the sequencer. Each kind is one file and one line in the table of source.c: clock, stdin, replay, none.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/log.h"
#include "core/sequencer.h"
#include "core/stats.h"

/* Lines longer than this are cut (bytes). */
#define FL_LINE_MAX (1000 * 1000)

typedef struct _FlSource FlSource;

/* What codec/json brings: core includes no codec. The strings are the caller's. */
typedef GString *(*FlLineToJson)(const char *line, gsize len);
typedef GString *(*FlRecordToJson)(const char *line, gsize len, gint64 *ret_t_us, char **ret_error);

typedef struct {
  FlSequencer *sequencer;
  FlSourceStats *stats;
  FlLog *log;
  FlLineToJson line_to_json;
  FlRecordToJson record_to_json;
  void (*ended)(gpointer user); /* called once, at the end of input */
  gpointer user;
  gint64 interval_ns; /* clock: between updates */
  gsize size_bytes;   /* clock: of `data` as JSON text; 0: the time of day */
  double speed;       /* replay: 10 plays ten times as fast */
  int input_fd;       /* stdin */
} FlSourceConfig;

/* fl_source_start: start the source of a specification: `clock`, `stdin`, `replay:FILE`, `none`.
 * Returns: the source; NULL with an error that names what is wrong. The config is copied, what it points to borrowed. */
FlSource *fl_source_start(const char *spec, const FlSourceConfig *config, GError **error);

/* fl_source_stop: publish no more; in the thread that started it. fl_source_free: takes NULL. */
void fl_source_stop(FlSource *self);
void fl_source_free(FlSource *self);

/* fl_source_name: clock, stdin … */
const char *fl_source_name(const FlSource *self);

/* How often, and how much. */
typedef struct {
  gint64 interval_ns;
  gsize size_bytes; /* as in FlSourceConfig */
} FlPace;

/* fl_source_pace: the pace of a source that has one of its own. Any thread. Returns: FALSE where the source has none. */
gboolean fl_source_pace(FlSource *self, FlPace *ret_pace);

/* fl_source_change_pace: from now on another pace. Any thread. What was due before is published as it was due; the next
 * update is due one new interval after the last one, now where that is over: so a change makes no deadline missed, and
 * changes in quick succession don't put it off. Returns: FALSE where the source has no pace, or has been
 * stopped. */
gboolean fl_source_change_pace(FlSource *self, const FlPace *pace);

/* For the kinds: one row of the table. `argument` is what follows the colon, or NULL. */
typedef struct {
  const char *name;
  gboolean takes_argument;
  gpointer (*start)(const FlSourceConfig *config, const char *argument, GError **error);
  gboolean (*pace)(gpointer state, FlPace *ret_pace);          /* any thread */
  gboolean (*change_pace)(gpointer state, const FlPace *pace); /* any thread */
  void (*stop)(gpointer state);
  void (*free)(gpointer state);
} FlSourceKind;

/* pace and change_pace of a kind that has none. */
gboolean fl_source_no_pace(gpointer state, FlPace *ret_pace);
gboolean fl_source_keep_pace(gpointer state, const FlPace *pace);

extern const FlSourceKind fl_source_clock;
extern const FlSourceKind fl_source_stdin;
extern const FlSourceKind fl_source_replay;
