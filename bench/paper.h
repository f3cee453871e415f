/* Published experiments, run again: what a paper printed beside what is measured here with its parameters and what the formulas
 * of bench/model say.
 *
 *     FlPaper: citation, trials ──fl_paper_run──► FlPaperRun: an experiment a trial ──rows──► published | measured | model
 *
 * A trial is the command line of `feedlab-bench run`, printed as such, so that everyone can run it by hand. Each paper is one
 * const table in a file of its own; adding one is that file and a line in bench/paper.c.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/capacity.h"
#include "bench/experiment.h"

/* Where the published figures were read: what a later review cites is printed as that, never as the paper's own. */
typedef enum { FL_PAPER_READ, FL_PAPER_REVIEWED } FlPaperSource;

typedef struct _FlPaper FlPaper;
typedef struct _FlPaperRow FlPaperRow;

/* What is chosen on the command line. */
typedef struct {
  const char *duration; /* of each trial, in place of its own; NULL: its own */
  gint64 budget_ns;     /* for papers that search: no run is begun that would end after it */
  FlProgress progress;
  char *command_line; /* borrowed */
} FlPaperChoice;

typedef struct {
  const FlPaper *paper;
  FlExperiment **trials;
  guint n_trials;
  FlCapacity capacity; /* of papers that search; probes is 0 of others */
  GPtrArray *options;  /* of the trials, which borrow from them */
  FlSetting setting;   /* of the last of them */
} FlPaperRun;

/* A row of the table. The functions get what the row is about; NAN is what a function can't tell. */
struct _FlPaperRow {
  const char *label;
  const char *unit; /* "" for none */
  int decimals;
  double low, high; /* published: a range; the same twice: one number; high is INFINITY: more than low; NAN: nothing */
  guint trial;
  const char *arm;    /* a transport of the trial */
  const char *figure; /* for fl_paper_figure; "" otherwise */
  double (*measured)(const FlPaperRun *run, const FlPaperRow *row);
  double (*model)(const FlPaperRun *run, const FlPaperRow *row);
};

struct _FlPaper {
  const char *name;
  const char *citation;
  const char *about; /* the experiment in a line, for --list */
  FlPaperSource source;
  const char *scaled;        /* what is another here than in the paper */
  const char *says;          /* a sentence: what the published figure says … */
  const char *does_not_say;  /* … and what it does not */
  const char *const *trials; /* arguments of `feedlab-bench run`; ends with NULL */
  const FlPaperRow *rows;    /* ends with a label of NULL */
  /* run: fill trials (and capacity) in. Returns: FALSE with an error. */
  gboolean (*run)(FlPaperRun *run, const FlPaperChoice *choice, GError **error);
};

extern const FlPaper fl_paper_lubbers;
extern const FlPaper fl_paper_pimentel;
extern const FlPaper fl_paper_bozdag;
extern const FlPaper fl_paper_appelqvist;
extern const FlPaper fl_paper_abril;
extern const FlPaper fl_paper_vandevyvere;
extern const FlPaper fl_paper_hashrocket;

/* fl_papers: all of them; ends with NULL. */
extern const FlPaper *const fl_papers[];

/* fl_paper_find: by its name. Returns: NULL with an error that tells the names, the near ones first. */
const FlPaper *fl_paper_find(const char *name, GError **error);

/* fl_paper_run: run a paper's trials. Returns: NULL with an error; the caller's. */
FlPaperRun *fl_paper_run(const FlPaper *paper, const FlPaperChoice *choice, GError **error);
void fl_paper_run_free(FlPaperRun *self);

/* fl_paper_run_verdict: the worst of all trials; of a search: whether it came to an end that says something (overload is what is
 * looked for, and no fault of it). */
FlVerdict fl_paper_run_verdict(const FlPaperRun *self);

/* fl_paper_table: the table, and what stands around it. The caller's. fl_paper_json: the same with whole results
 * (docs/papers.md); a new reference. */
char *fl_paper_table(const FlPaperRun *self);
json_t *fl_paper_json(const FlPaperRun *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlPaperRun, fl_paper_run_free)

/* --- for papers ---------------------------------------------------------------------------------------------------- */

/* fl_paper_trials: `run` of a paper that is its trials, one after the other. */
gboolean fl_paper_trials(FlPaperRun *run, const FlPaperChoice *choice, GError **error);

/* fl_paper_options: a trial's arguments as options, and run->setting by them; the first ones choose CPUs and open the link, where
 * they want one. Returns: NULL with an error; the run's. */
FlBenchOptions *fl_paper_options(FlPaperRun *run, const FlPaperChoice *choice, const char *arguments, GError **error);

/* fl_paper_arm: the arm of that name of a trial. */
const FlArm *fl_paper_arm(const FlPaperRun *run, guint trial, const char *name);

/* fl_paper_result: the run of the row's arm: trials are one run of each. */
const FlResult *fl_paper_result(const FlPaperRun *run, const FlPaperRow *row);

/* fl_paper_figure: `measured` of a row that is one figure of bench/figure. */
double fl_paper_figure(const FlPaperRun *run, const FlPaperRow *row);

/* fl_paper_latency_model: mean latency by bench/model, ms. */
double fl_paper_latency_model(const FlPaperRun *run, const FlPaperRow *row);

/* fl_paper_overhead_model: what an update costs besides its JSON object of P bytes, as docs/wire has it: WebSocket 2 bytes up
 * to P of 125, else 4 (RFC 6455, 5.2); SSE 8 (`data: `, the line's end and the event's) and the id line, `id: ` EPOCH `-` SEQ,
 * of which the epoch has six letters and seq is taken to have two digits. Polls: NAN, they are what heads are. */
double fl_paper_overhead_model(const FlPaperRun *run, const FlPaperRow *row);

/* fl_paper_ip_model: bytes at the IP layer per update: the application's, measured, and 52 a segment (IPv4 20, TCP 20, timestamps
 * 12), of which a push takes 2 (data and acknowledgement), and a poll 3 (the request acknowledges the answer before only where it
 * follows within 40 ms). */
double fl_paper_ip_model(const FlPaperRun *run, const FlPaperRow *row);
#define FL_PAPER_PUSH_SEGMENTS 2.0
#define FL_PAPER_POLL_SEGMENTS 3.0

/* fl_paper_unknown: where there is nothing to say. */
double fl_paper_unknown(const FlPaperRun *run, const FlPaperRow *row);
