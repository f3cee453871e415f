/* The log. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

#define QUEUE_MAX 20000 /* lines */
#define POLL_MS 100
#define NOT_SHOWN "(not shown: it holds the token)"
#define LAST_WORDS_NS G_GINT64_CONSTANT(1000000000) /* for a pipe that no one reads, at the end */

struct _FlLog {
  int fd;
  FlLogFormat format;
  gboolean (*holds)(gconstpointer secret, const char *text, gsize len); /* NULL: there is none */
  gconstpointer secret;
  GAsyncQueue *queue; /* GString; the end of the log is a string without bytes */
  gint dropped;       /* atomic */
  gint ending;        /* atomic: fl_log_free waits */
  gint64 give_up_ns;  /* the writer's: when it stops waiting for a reader */
  GThread *writer;
};

/* A pipe that is ready takes PIPE_BUF bytes without blocking, so that the end of the log is never waited for in write().
 * Returns: FALSE where the log has to end and no one reads. */
static gboolean wait_until_writable(FlLog *self) {
  struct pollfd out = { .fd = self->fd, .events = POLLOUT };

  while (poll(&out, 1, POLL_MS) <= 0) {
    gint64 end_ns = g_atomic_int_get(&self->ending) ? fl_clock_now_ns() : 0;
    if (end_ns == 0)
      continue;
    if (self->give_up_ns == 0)
      self->give_up_ns = end_ns + LAST_WORDS_NS;
    if (end_ns > self->give_up_ns)
      return FALSE;
  }
  return TRUE;
}

static void write_all(FlLog *self, const char *data, gsize len) {
  while (len > 0 && wait_until_writable(self)) {
    ssize_t n = write(self->fd, data, MIN(len, PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return; /* no one to tell */
    if (n > 0) {
      data += n;
      len -= (gsize)n;
    }
  }
}

static gpointer write_lines(gpointer user) {
  FlLog *self = user;
  GString *line;

  for (;;) {
    line = g_async_queue_pop(self->queue);
    if (line->len == 0)
      break;
    /* A burst goes out in one write. */
    GString *more;
    while (line->len < 32768 && (more = g_async_queue_try_pop(self->queue))) {
      if (more->len == 0) {
        g_async_queue_push_front(self->queue, more);
        break;
      }
      g_string_append_len(line, more->str, (gssize)more->len);
      g_string_free(more, TRUE);
    }
    write_all(self, line->str, line->len);
    g_string_free(line, TRUE);
    gint dropped = g_atomic_int_and((guint *)&self->dropped, 0);
    if (dropped > 0)
      fl_log(self, "log_overrun", FL_FIELD_INT("lines_dropped", dropped));
  }
  g_string_free(line, TRUE);
  return NULL;
}

FlLog *fl_log_new(int fd, FlLogFormat format) {
  FlLog *self = g_new0(FlLog, 1);
  self->fd = fd;
  self->format = format;
  self->queue = g_async_queue_new();
  self->writer = g_thread_new("log", write_lines, self);
  return self;
}

void fl_log_keep_secret(FlLog *self, gboolean (*holds)(gconstpointer secret, const char *text, gsize len), gconstpointer secret) {
  self->holds = holds;
  self->secret = secret;
}

void fl_log_free(FlLog *self) {
  if (!self)
    return;
  g_atomic_int_set(&self->ending, 1);
  g_async_queue_push(self->queue, g_string_new(NULL));
  g_thread_join(self->writer);
  g_async_queue_unref(self->queue);
  g_free(self);
}

/* U+2028 and U+2029 end a line in some eyes, though they are printable to GLib. */
static gboolean is_shown(gunichar c) {
  return g_unichar_isprint(c) && c != 0x2028 && c != 0x2029;
}

void fl_log_escape(GString *out, const char *text, gssize len) {
  g_autofree char *valid = g_utf8_make_valid(text, len);

  for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (c == '"' || c == '\\')
      g_string_append_printf(out, "\\%c", (char)c);
    else if (c == '\n')
      g_string_append(out, "\\n");
    else if (c == '\t')
      g_string_append(out, "\\t");
    else if (c < 0x20 || c == 0x7f || (!is_shown(c) && c <= 0xffff))
      g_string_append_printf(out, "\\u%04x", c);
    else if (!is_shown(c))
      g_string_append_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
    else
      g_string_append_unichar(out, c);
  }
}

/* A value in text form stands bare where it is plain. */
static gboolean plain(const char *text, gsize len) {
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isalnum(text[i]) && (text[i] == '\0' || !strchr(".:-_/[]", text[i])))
      return FALSE;
  return len > 0;
}

static void append_text(GString *out, const FlLogField *field, gboolean always_quote) {
  gsize len = (gsize)field->len;
  gsize shown = MIN(len, FL_LOG_TEXT_MAX);

  while (shown < len && shown > 0 && (field->text[shown] & 0xc0) == 0x80)
    shown--;
  if (!always_quote && plain(field->text, shown) && shown == len) {
    g_string_append_len(out, field->text, (gssize)shown);
    return;
  }
  g_string_append_c(out, '"');
  fl_log_escape(out, field->text, (gssize)shown);
  g_string_append(out, shown < len ? "…\"" : "\"");
}

static void push(FlLog *self, GString *line) {
  if (g_async_queue_length(self->queue) > QUEUE_MAX) {
    g_atomic_int_inc(&self->dropped);
    g_string_free(line, TRUE);
    return;
  }
  g_string_append_c(line, '\n');
  g_async_queue_push(self->queue, line);
}

void fl_log_line(FlLog *self, const char *event, const FlLogField *fields, gsize n_fields) {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *seconds = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
  gboolean json = self->format == FL_LOG_JSON;
  GString *line = g_string_sized_new(160);

  g_string_printf(line, json ? "{\"time\":\"%s.%03dZ\",\"event\":\"%s\"" : "%s.%03dZ %s", seconds,
                  g_date_time_get_microsecond(now) / 1000, event);
  for (gsize i = 0; i < n_fields; i++) {
    FlLogField field = fields[i];
    if (!field.is_number && !field.text)
      continue;
    if (!field.is_number && field.len < 0)
      field.len = (gssize)strlen(field.text);
    if (!field.is_number && self->holds && self->holds(self->secret, field.text, (gsize)field.len))
      field = FL_FIELD_N(field.key, NOT_SHOWN, strlen(NOT_SHOWN));
    g_string_append_printf(line, json ? ",\"%s\":" : " %s=", field.key);
    if (field.is_number)
      g_string_append_printf(line, "%" G_GINT64_FORMAT, field.number);
    else
      append_text(line, &field, json);
  }
  if (json)
    g_string_append_c(line, '}');
  push(self, line);
}

void fl_log_listening(FlLog *self, const char *url) {
  if (self->format == FL_LOG_JSON) {
    fl_log(self, "listening", FL_FIELD("url", url));
    return;
  }
  GString *line = g_string_new(NULL);
  g_string_printf(line, "listening on %s", url);
  push(self, line);
}
