/* Conditions on a result, as --fail-if and --slo take them:
 *
 *     ws.latency.p99 > 80ms      poll.bytes.ip / ws.bytes.ip < 2      (sse.latency.p50 - ws.latency.p50) >= 1ms
 *
 *     condition  sum ( < | <= | > | >= | == | != ) sum            one comparison, no more
 *     sum        product { ( + | - ) product }
 *     product    factor { ( * | / ) factor }
 *     factor     - factor | ( sum ) | NUMBER[UNIT] | NAME
 *     NAME       TRANSPORT.FIGURE, of bench/figure; a transport's name may hold a '-', a figure's does not
 *     UNIT       us µs ms s B kB MB J %; kB and MB are powers of 1,024, as in the table
 *
 * Both sides must be of the same kind: a time is not compared with a plain number, so that 80 is never taken for 80 s. The text
 * itself is kept, not a tree: it is checked before anything is measured, and walked again with the result in hand.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/figure.h"

/* What names may be about. */
typedef struct {
  const char *const *transports; /* that have results; ends with NULL */
  const char
      *implied; /* the transport of names that give none, latency.p95, or even p95 for that; NULL: each gives one */
} FlThresholdNames;

/* A number with its kind, as exponents: in seconds, bytes, percent, joules. */
typedef struct {
  double value;
  int seconds, bytes, percent, joules;
} FlQuantity;

typedef struct {
  gboolean holds;
  FlQuantity left, right;
  const char *relation; /* static */
} FlThresholdOutcome;

/* fl_threshold_check: whether the text is a condition that can be evaluated where these transports are measured.
 * Returns: FALSE with an error that names the place; for a name that is none, those that are near. */
gboolean fl_threshold_check(const char *text, const FlThresholdNames *names, GError **error);

/* fl_threshold_evaluate: a checked condition on a result (docs/result.schema.json). Numbers that differ by less than 1e-12 of them
 * are equal. Returns: FALSE with an error where a figure is null, which is named, or a side is no finite number. */
gboolean fl_threshold_evaluate(const char *text, const FlThresholdNames *names, const json_t *result,
                               FlThresholdOutcome *ret_outcome, GError **error);

/* fl_threshold_report: append a line of each condition to `out`, with its numbers. Returns: whether one holds; -1 with an error,
 * after the lines before it, where one could not be evaluated. */
int fl_threshold_report(const char *const *texts, const FlThresholdNames *names, const json_t *result, GString *out,
                        GError **error);

/* fl_quantity_text: such as `12.3 ms`; the caller's. */
char *fl_quantity_text(const FlQuantity *quantity);
