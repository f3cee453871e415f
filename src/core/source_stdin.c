/* The stdin source: a line is an update, at the time of its reading. Lines end with LF or CRLF; the last one needs no
 * end. A line over FL_LINE_MAX is cut there and reported; nothing else is dropped.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/source.h"

#define READ_BYTES 65536

typedef struct {
  FlSourceConfig config;
  guint watch;
  GByteArray *line; /* the line that has no end yet */
  gsize cut;        /* bytes of it that were dropped */
  guint64 number;   /* of that line, from 1 */
} Lines;

/* The length without a last character of which only a part is there (UTF-8). */
static gsize whole_characters(const guint8 *text, gsize len) {
  gsize lead = len;

  for (int i = 0; i < 4 && lead > 0; i++)
    if ((text[--lead] & 0xc0) != 0x80)
      break;
  gsize wanted = text[lead] >= 0xf0 ? 4 : text[lead] >= 0xe0 ? 3 : text[lead] >= 0xc0 ? 2 : 1;
  return len - lead < wanted ? lead : len;
}

static void publish_line(Lines *self) {
  gsize len = self->line->len;

  if (self->cut > 0) {
    fl_log(self->config.log, "line_cut", FL_FIELD_INT("line", self->number),
           FL_FIELD_INT("bytes", len + self->cut), FL_FIELD_INT("kept", len));
    len = whole_characters(self->line->data, len);
  } else if (len > 0 && self->line->data[len - 1] == '\r') {
    len--;
  }
  GString *value = self->config.line_to_json((const char *)self->line->data, len);
  gint64 t_us = fl_clock_unix_us(fl_clock_now_ns(), fl_clock_offset_ns());
  if (fl_sequencer_publish(self->config.sequencer, value->str, value->len, t_us) > 0)
    fl_counter_add(&self->config.stats->published, 1);
  g_string_free(value, TRUE);
  g_byte_array_set_size(self->line, 0);
  self->cut = 0;
  self->number++;
}

static void take(Lines *self, const guint8 *data, gsize len) {
  while (len > 0) {
    const guint8 *newline = memchr(data, '\n', len);
    gsize n = newline ? (gsize)(newline - data) : len;
    gsize room = FL_LINE_MAX - MIN(self->line->len, FL_LINE_MAX);
    g_byte_array_append(self->line, data, (guint)MIN(n, room));
    self->cut += n - MIN(n, room);
    if (!newline)
      return;
    publish_line(self);
    data += n + 1;
    len -= n + 1;
  }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer user) {
  Lines *self = user;
  guint8 data[READ_BYTES];
  ssize_t n = read(fd, data, sizeof data);

  if (n > 0) {
    take(self, data, (gsize)n);
    return G_SOURCE_CONTINUE;
  }
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n < 0)
    fl_log(self->config.log, "source_failed", FL_FIELD("source", "stdin"), FL_FIELD("error", g_strerror(errno)));
  if (self->line->len > 0)
    publish_line(self);
  self->watch = 0;
  fl_counter_add(&self->config.stats->ended, 1);
  fl_log(self->config.log, "source_ended", FL_FIELD("source", "stdin"), FL_FIELD_INT("updates", self->number - 1));
  self->config.ended(self->config.user);
  return G_SOURCE_REMOVE;
}

static gpointer start(const FlSourceConfig *config, const char *argument, GError **error) {
  Lines *self = g_new0(Lines, 1);
  self->config = *config;
  self->line = g_byte_array_new();
  self->number = 1;
  self->watch = g_unix_fd_add(config->input_fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, self);
  return self;
}

static void stop(gpointer state) {
  Lines *self = state;
  g_clear_handle_id(&self->watch, g_source_remove);
}

static void free_lines(gpointer state) {
  Lines *self = state;
  g_byte_array_unref(self->line);
  g_free(self);
}

const FlSourceKind fl_source_stdin = {
  "stdin", FALSE, start, fl_source_no_pace, fl_source_keep_pace, stop, free_lines,
};
