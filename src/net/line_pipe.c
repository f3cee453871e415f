/* Bytes on their way. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/line_pipe.h"

#include <string.h>

typedef struct {
  GList link;
  gint64 leave_ns;
  gsize len, left; /* the last `left` of `len` bytes are still here */
  guint8 data[];
} Piece;

struct _FlLinePipe {
  GQueue pieces;
  gsize bytes;
  gboolean has_end;
  gint64 end_ns;
};

FlLinePipe *fl_line_pipe_new(void) {
  return g_new0(FlLinePipe, 1);
}

void fl_line_pipe_free(FlLinePipe *self) {
  if (!self)
    return;
  for (GList *link = self->pieces.head, *next; link; link = next) {
    next = link->next;
    g_free(link->data);
  }
  g_free(self);
}

gsize fl_line_pipe_room(const FlLinePipe *self) {
  if (self->has_end || self->pieces.length >= FL_LINE_PIPE_PIECES)
    return 0;
  return FL_LINE_PIPE_BYTES - MIN(self->bytes, FL_LINE_PIPE_BYTES);
}

void fl_line_pipe_put(FlLinePipe *self, const guint8 *data, gsize len, gint64 leave_ns) {
  Piece *piece = g_malloc(sizeof *piece + len);

  *piece = (Piece){ .link.data = piece, .leave_ns = leave_ns, .len = len, .left = len };
  memcpy(piece->data, data, len);
  g_queue_push_tail_link(&self->pieces, &piece->link);
  self->bytes += len;
}

void fl_line_pipe_end(FlLinePipe *self, gint64 leave_ns) {
  self->has_end = TRUE;
  self->end_ns = leave_ns;
}

gboolean fl_line_pipe_has_end(const FlLinePipe *self) {
  return self->has_end;
}

guint fl_line_pipe_due(const FlLinePipe *self, gint64 now_ns, struct iovec *ret_parts, guint most) {
  guint n = 0;

  for (GList *link = self->pieces.head; link && n < most; link = link->next) {
    Piece *piece = link->data;
    if (piece->leave_ns > now_ns)
      break;
    ret_parts[n++] = (struct iovec){ piece->data + piece->len - piece->left, piece->left };
  }
  return n;
}

void fl_line_pipe_drop(FlLinePipe *self, gsize bytes) {
  self->bytes -= bytes;
  while (bytes > 0) {
    Piece *piece = self->pieces.head->data;
    gsize n = MIN(bytes, piece->left);
    bytes -= n;
    piece->left -= n;
    if (piece->left > 0)
      return;
    g_queue_unlink(&self->pieces, &piece->link);
    g_free(piece);
  }
}

gint64 fl_line_pipe_next(const FlLinePipe *self) {
  if (self->pieces.head)
    return ((const Piece *)self->pieces.head->data)->leave_ns;
  return self->has_end ? self->end_ns : G_MAXINT64;
}

gboolean fl_line_pipe_is_over(const FlLinePipe *self, gint64 now_ns) {
  return self->has_end && !self->pieces.head && self->end_ns <= now_ns;
}
