/* The log: one line an event, as text or JSON, on stderr. Lines are written by a thread of their own, so that a pipe
 * that no one reads stalls no request; what does not fit into the queue is dropped and counted, and the count is logged.
 * Whatever a client sent is escaped: no control character, and nothing that a terminal would obey, gets out raw.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlLog FlLog;

typedef enum { FL_LOG_TEXT, FL_LOG_JSON } FlLogFormat;

/* A field of a line: text (len -1: NUL-terminated; NULL leaves the field out), or a number where key_is_number. */
typedef struct {
  const char *key;
  const char *text;
  gssize len;
  gint64 number;
  gboolean is_number;
} FlLogField;

#define FL_FIELD(k, s) ((FlLogField){ .key = (k), .text = (s), .len = -1 })
#define FL_FIELD_N(k, s, n) ((FlLogField){ .key = (k), .text = (s), .len = (gssize)(n) })
#define FL_FIELD_INT(k, n) ((FlLogField){ .key = (k), .number = (gint64)(n), .is_number = TRUE })

/* fl_log_new: a log that writes to `fd` (borrowed). */
FlLog *fl_log_new(int fd, FlLogFormat format);

/* fl_log_keep_secret: from now on no text that `holds` says TRUE of is shown, whoever logs it, but a line in its stead. Before other
 * threads log; NULL ends it. */
void fl_log_keep_secret(FlLog *self, gboolean (*holds)(gconstpointer secret, const char *text, gsize len), gconstpointer secret);

/* fl_log_free: writes what is queued, then ends the thread; a pipe that no one reads is waited for one second. */
void fl_log_free(FlLog *self);

/* fl_log_line: log an event. Text longer than FL_LOG_TEXT_MAX bytes is cut, with an ellipsis. Any thread. */
#define FL_LOG_TEXT_MAX 256
void fl_log_line(FlLog *self, const char *event, const FlLogField *fields, gsize n_fields);
#define fl_log(self, event, ...) \
  fl_log_line((self), (event), (const FlLogField[]){ __VA_ARGS__ }, \
              sizeof((const FlLogField[]){ __VA_ARGS__ }) / sizeof(FlLogField))

/* fl_log_listening: the line that tells where the server listens. In text it is exactly `listening on URL`, for the
 * programs that wait for it. */
void fl_log_listening(FlLog *self, const char *url);

/* fl_log_escape: append text as it may stand between double quotes in either format: valid UTF-8, no control or other
 * unprintable characters. */
void fl_log_escape(GString *out, const char *text, gssize len);
