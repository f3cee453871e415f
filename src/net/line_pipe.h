/* What is on its way in one direction of a connection: bytes in order, each with the time at which it may leave. Bounded
 * in bytes and in pieces; a full one is to be read into no more. No sockets, no clock.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/uio.h>

typedef struct _FlLinePipe FlLinePipe;

#define FL_LINE_PIPE_BYTES 65536
#define FL_LINE_PIPE_PIECES 1024

FlLinePipe *fl_line_pipe_new(void);
void fl_line_pipe_free(FlLinePipe *self);

/* fl_line_pipe_room: how many bytes more it takes; 0 where it is full, or has been told of the end. */
gsize fl_line_pipe_room(const FlLinePipe *self);

/* fl_line_pipe_put: bytes that may leave at `leave_ns`, which is not before that of those before; copied. */
void fl_line_pipe_put(FlLinePipe *self, const guint8 *data, gsize len, gint64 leave_ns);

/* fl_line_pipe_end: no more will come; that may be known from `leave_ns` on. fl_line_pipe_has_end: whether it was told. */
void fl_line_pipe_end(FlLinePipe *self, gint64 leave_ns);
gboolean fl_line_pipe_has_end(const FlLinePipe *self);

/* fl_line_pipe_due: what may leave at `now_ns`, in at most `most` parts; borrowed until fl_line_pipe_drop. Returns: the
 * number of parts. fl_line_pipe_drop: the first `bytes` of it have left. */
guint fl_line_pipe_due(const FlLinePipe *self, gint64 now_ns, struct iovec *ret_parts, guint most);
void fl_line_pipe_drop(FlLinePipe *self, gsize bytes);

/* fl_line_pipe_next: when the next bytes, or the end, may leave; G_MAXINT64 where nothing waits. */
gint64 fl_line_pipe_next(const FlLinePipe *self);

/* fl_line_pipe_is_over: whether at `now_ns` all bytes have left and the end may be known. */
gboolean fl_line_pipe_is_over(const FlLinePipe *self, gint64 now_ns);
