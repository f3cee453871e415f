/* All lines of a server, run by a thread of their own, which begins with the first line: one epoll set, one timer. A lock is
 * held whenever anything but waiting is done, so that others may look at lines and change them from any thread; they
 * go before the thread itself, whose turns are short.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/log.h"
#include "net/line.h"

typedef struct _FlLineSet FlLineSet;

#define FL_LINES_MOST 64

typedef struct {
  const char *host;               /* where lines listen; borrowed */
  struct sockaddr_storage server; /* where they lead to */
  socklen_t server_len;
  gint64 idle_ns; /* what ends: a line that no one is connected to for so long, a connection that one side has ended and
                   * on which nothing has moved for so long */
  guint connections_most; /* of a line; others are reset */
  FlLog *log;             /* NULL: none is kept */
} FlLineSetConfig;

FlLineSet *fl_line_set_new(const FlLineSetConfig *config);

/* fl_line_set_free: accept no more, pass on what the server, which has ended, has said (for one second at most), and end. */
void fl_line_set_free(FlLineSet *self);

/* fl_line_set_add: a new line. Returns: FALSE with an error where there are FL_LINES_MOST already (G_IO_ERROR_BUSY), or where
 * no port is to be had. */
gboolean fl_line_set_add(FlLineSet *self, const FlLineProfile *profile, FlLineFigures *ret_figures, GError **error);

typedef enum { FL_LINE_READS_AS_IT_DOES, FL_LINE_READS_NOT, FL_LINE_READS } FlLineReading;

/* What is to change. */
typedef struct {
  const FlLineProfile *profile; /* NULL: not that */
  FlLineReading reading;
  gboolean cuts;
  gint64 cut_ns; /* where it cuts: how long it refuses connections after that */
} FlLineChange;

/* fl_line_set_look, …_change, …_remove: the line of that id. Returns: FALSE where there is none. */
gboolean fl_line_set_look(FlLineSet *self, const char *id, FlLineFigures *ret_figures);
gboolean fl_line_set_change(FlLineSet *self, const char *id, const FlLineChange *change, FlLineFigures *ret_figures);
gboolean fl_line_set_remove(FlLineSet *self, const char *id);
