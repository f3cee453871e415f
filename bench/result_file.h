/* Results that come from files, and what reports ask of them. A file may be anybody's: it is checked once, when it is read, and
 * what is read from it afterwards is taken for nothing where it isn't of its kind.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/histogram.h"
#include "bench/statistics.h"

/* Significant digits of numbers in a result's file. */
#define FL_RESULT_DIGITS 12

/* A result with its name: of the file, without folder and .json; one of a sweep with its value beside it. All is its own. */
typedef struct {
  char *name;
  json_t *json;
  char *parameter; /* NULL: of no sweep */
  double at;       /* the parameter's value */
} FlResultFile;

/* fl_result_files_new: an array of FlResultFile, which go with it. */
GArray *fl_result_files_new(void);

/* fl_result_files_read: add the result in a file, or all of a sweep. Returns: FALSE with an error that names the file and what is
 * wrong with it: it is no JSON, no result of feedlab-bench, or of another version of the schema. */
gboolean fl_result_files_read(GArray *files, const char *path, GError **error);

/* fl_result_files_add: add what has just been measured, called as the file of that path would be: as it reads once it is written
 * there, with as many digits, so that what is made of it now and of the file later is the same. */
void fl_result_files_add(GArray *files, const json_t *json, const char *path);

/* fl_result_file_check: whether reports can be made of it. Returns: NULL; or what is wrong, the caller's. */
char *fl_result_file_check(const json_t *json);
void fl_result_file_clear(FlResultFile *self);

/* fl_result_file_number: a member, NAN where it is null, missing or no number; fl_result_file_text: "" likewise, borrowed. */
double fl_result_file_number(const json_t *object, const char *name);
const char *fl_result_file_text(const json_t *object, const char *name);

/* fl_result_file_link: what lay between server and subscribers, in words: `loopback`, `emulated link rtt=20ms, itself late by up to
 * 0.12 ms (p99)`, the worst of the results; "" where it does not say. The caller's. */
char *fl_result_file_link(const json_t *json);

/* fl_result_file_interval: of a figure or a ratio; all NAN for NULL and null. */
FlInterval fl_result_file_interval(const json_t *interval);

/* fl_result_file_latency: the histogram of one of the results, µs. The caller's. */
FlHistogram *fl_result_file_latency(const json_t *result);
