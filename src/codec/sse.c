/* Server-Sent Events, written and read. See the header.
 * The parser works on lines: a line that lies whole in what was received is read in place, only a split one is copied.
 * SPDX-License-Identifier: MIT */
#include "codec/sse.h"

#include <string.h>

#include "codec/utf8.h"

#define BOM "\xef\xbb\xbf"

static gsize line_length(const char *data, gsize len) {
  const char *lf = memchr(data, '\n', len);
  gsize n = lf ? (gsize)(lf - data) : len;
  const char *cr = memchr(data, '\r', n);
  return cr ? (gsize)(cr - data) : n;
}

void fl_sse_event_append(GString *out, const char *name, const char *id, const char *data, gsize len) {
  if (name)
    g_string_append_printf(out, "event: %s\n", name);
  if (id)
    g_string_append_printf(out, "id: %s\n", id);
  for (gsize at = 0; data && at <= len;) {
    gsize n = line_length(data + at, len - at);
    g_string_append_len(out, "data: ", 6);
    g_string_append_len(out, data + at, (gssize)n);
    g_string_append_c(out, '\n');
    at += n;
    at += at + 1 < len && data[at] == '\r' && data[at + 1] == '\n' ? 2 : 1;
  }
  g_string_append_c(out, '\n');
}

void fl_sse_comment_append(GString *out, const char *text) {
  g_string_append_printf(out, ": %s\n\n", text);
}

struct _FlSseParser {
  gsize max_event_bytes;
  GString *line;    /* the part of a line that came before the slice at hand */
  GString *data;    /* each data line and a LF */
  GString *name;    /* of the event being read */
  GString *id;      /* as the lines so far say … */
  GString *last_id; /* … and as of the last empty line */
  GString *comment;
  gint64 retry_ms;
  gboolean begun;    /* the first line, which may have a BOM, is behind */
  gboolean after_cr; /* a LF next belongs to the line end just seen */
  gboolean spent;
};

FlSseParser *fl_sse_parser_new(gsize max_event_bytes) {
  FlSseParser *self = g_new0(FlSseParser, 1);
  self->max_event_bytes = max_event_bytes;
  self->line = g_string_new(NULL);
  self->data = g_string_new(NULL);
  self->name = g_string_new(NULL);
  self->id = g_string_new(NULL);
  self->last_id = g_string_new(NULL);
  self->comment = g_string_new(NULL);
  self->retry_ms = -1;
  return self;
}

void fl_sse_parser_free(FlSseParser *self) {
  if (!self)
    return;
  g_string_free(self->line, TRUE);
  g_string_free(self->data, TRUE);
  g_string_free(self->name, TRUE);
  g_string_free(self->id, TRUE);
  g_string_free(self->last_id, TRUE);
  g_string_free(self->comment, TRUE);
  g_free(self);
}

const char *fl_sse_parser_last_id(const FlSseParser *self) {
  return self->last_id->str;
}

gint64 fl_sse_parser_retry_ms(const FlSseParser *self) {
  return self->retry_ms;
}

static void assign(GString *to, const char *text, gsize len) {
  g_string_truncate(to, 0);
  g_string_append_len(to, text, (gssize)len);
}

static void dispatch(FlSseParser *self, FlSseFound found, gpointer user) {
  assign(self->last_id, self->id->str, self->id->len);
  if (self->data->len > 0) {
    g_string_truncate(self->data, self->data->len - 1);
    FlSseEvent event = { .name = self->name->len > 0 ? self->name->str : "message",
                         .id = self->last_id->str,
                         .data = self->data->str,
                         .data_len = self->data->len };
    found(user, &event, NULL);
  }
  g_string_truncate(self->data, 0);
  g_string_truncate(self->name, 0);
}

static void take_retry(FlSseParser *self, const char *value, gsize len) {
  gint64 ms = 0;

  if (len == 0)
    return;
  for (gsize i = 0; i < len; i++) {
    if (!g_ascii_isdigit(value[i]))
      return;
    ms = MIN(ms * 10 + (value[i] - '0'), G_MAXINT32);
  }
  self->retry_ms = ms;
}

static gboolean is_field(const char *line, gsize name_len, const char *name) {
  return name_len == strlen(name) && memcmp(line, name, name_len) == 0;
}

static void take_field(FlSseParser *self, const char *line, gsize len) {
  const char *colon = memchr(line, ':', len);
  gsize name_len = colon ? (gsize)(colon - line) : len;
  const char *value = colon ? colon + 1 : line + len;
  gsize value_len = (gsize)(line + len - value);

  if (value_len > 0 && *value == ' ') {
    value++;
    value_len--;
  }
  if (is_field(line, name_len, "data")) {
    g_string_append_len(self->data, value, (gssize)value_len);
    g_string_append_c(self->data, '\n');
  } else if (is_field(line, name_len, "id")) {
    if (!memchr(value, '\0', value_len))
      assign(self->id, value, value_len);
  } else if (is_field(line, name_len, "event"))
    assign(self->name, value, value_len);
  else if (is_field(line, name_len, "retry"))
    take_retry(self, value, value_len);
}

static gboolean take_line(FlSseParser *self, const char *line, gsize len, FlSseFound found, gpointer user) {
  if (!self->begun && len >= 3 && memcmp(line, BOM, 3) == 0) {
    line += 3;
    len -= 3;
  }
  self->begun = TRUE;
  if (len == 0) {
    dispatch(self, found, user);
    return TRUE;
  }
  if (!fl_utf8_is_valid((const guint8 *)line, len))
    return FALSE;
  if (*line == ':') {
    gsize skip = len > 1 && line[1] == ' ' ? 2 : 1;
    assign(self->comment, line + skip, len - skip);
    found(user, NULL, self->comment->str);
  } else
    take_field(self, line, len);
  return TRUE;
}

gboolean fl_sse_parser_receive(FlSseParser *self, const char *data, gsize len, FlSseFound found, gpointer user) {
  const char *end = data + len;

  while (data < end && !self->spent) {
    if (self->after_cr && *data == '\n')
      data++;
    self->after_cr = FALSE;
    gsize n = line_length(data, (gsize)(end - data));
    gboolean whole = data + n < end;
    if (self->data->len + self->line->len + n > self->max_event_bytes) {
      self->spent = TRUE;
      break;
    }
    if (self->line->len > 0 || !whole)
      g_string_append_len(self->line, data, (gssize)n);
    if (!whole)
      break;
    self->after_cr = data[n] == '\r';
    gboolean split = self->line->len > 0;
    if (!take_line(self, split ? self->line->str : data, split ? self->line->len : n, found, user))
      self->spent = TRUE;
    if (split)
      g_string_truncate(self->line, 0);
    data += n + 1;
  }
  return !self->spent;
}
