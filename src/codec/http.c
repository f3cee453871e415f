/* HTTP/1.1 responses, read line by line. See the header.
 *
 *     HEAD ──► BODY (sized | chunked | until the end) ──► DONE          1xx but 101: back to HEAD
 *       └────► UPGRADED (101)
 *
 * RFC 9112: section 4 (status line), 5 (fields), 6.3 (how long a body is), 7.1 (chunked).
 * SPDX-License-Identifier: MIT */
#include "codec/http.h"

#include <string.h>

#define HEAD_MAX (16 * 1024)
#define CHUNK_LINE_MAX 1024
#define TRAILER_MAX (16 * 1024)

typedef enum { BODY_SIZED, BODY_UNTIL_EOF, BODY_CHUNK_LINE, BODY_CHUNK_DATA, BODY_CHUNK_END, BODY_TRAILER } BodyPart;

typedef struct {
  guint name; /* offsets into the head */
  guint value;
} Field;

struct _FlHttpParser {
  FlHttpState state;
  BodyPart part;
  gboolean head_only;
  int minor_version;
  int status;    /* 0 before the status line */
  guint64 left;  /* bytes of a sized body or of a chunk that are still to come */
  gsize trailer; /* bytes of the trailer section so far */
  guint line;    /* where in the head the line being read begins */
  GString *head; /* its lines, cut at NULs once they are read; later the chunk's line or the trailer's */
  GArray *fields;
};

FlHttpParser *fl_http_parser_new(void) {
  FlHttpParser *self = g_new0(FlHttpParser, 1);
  self->head = g_string_new(NULL);
  self->fields = g_array_new(FALSE, FALSE, sizeof(Field));
  return self;
}

void fl_http_parser_free(FlHttpParser *self) {
  if (!self)
    return;
  g_string_free(self->head, TRUE);
  g_array_free(self->fields, TRUE);
  g_free(self);
}

static void expect_head(FlHttpParser *self) {
  self->state = FL_HTTP_HEAD;
  self->status = 0;
  self->line = 0;
  self->trailer = 0;
  g_string_truncate(self->head, 0);
  g_array_set_size(self->fields, 0);
}

void fl_http_parser_next(FlHttpParser *self, gboolean head_only) {
  expect_head(self);
  self->head_only = head_only;
}

FlHttpState fl_http_parser_state(const FlHttpParser *self) {
  return self->state;
}

int fl_http_parser_status(const FlHttpParser *self) {
  return self->status;
}

/* The field of that name after field `from`, or NULL. */
static const char *find_field(const FlHttpParser *self, const char *name, guint *from) {
  for (guint i = *from; i < self->fields->len; i++) {
    const Field *field = &g_array_index(self->fields, Field, i);
    if (g_ascii_strcasecmp(self->head->str + field->name, name) == 0) {
      *from = i + 1;
      return self->head->str + field->value;
    }
  }
  return NULL;
}

const char *fl_http_parser_header(const FlHttpParser *self, const char *name) {
  guint from = 0;
  return find_field(self, name, &from);
}

/* HTTP-version SP 3DIGIT SP [reason] */
static gboolean take_status_line(FlHttpParser *self, const char *line, gsize len) {
  if (len < 13 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
      line[12] != ' ')
    return FALSE;
  for (int i = 9; i < 12; i++)
    if (!g_ascii_isdigit(line[i]))
      return FALSE;
  self->minor_version = line[7] - '0';
  self->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return self->status >= 100 && self->status <= 599;
}

static gboolean is_token(const char *text, gsize len) {
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isalnum(text[i]) && (text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text[i])))
      return FALSE;
  return len > 0;
}

/* field-name ":" OWS field-value OWS; cuts name and value out of the line by NULs. */
static gboolean take_field_line(char *line, gsize len, gsize *ret_value) {
  char *colon = memchr(line, ':', len);
  if (!colon || !is_token(line, (gsize)(colon - line)))
    return FALSE;
  gsize value = (gsize)(colon - line) + 1;
  while (value < len && (line[value] == ' ' || line[value] == '\t'))
    value++;
  while (len > value && (line[len - 1] == ' ' || line[len - 1] == '\t'))
    len--;
  *colon = line[len] = '\0';
  *ret_value = value;
  return TRUE;
}

/* Nothing but visible characters, spaces, tabs and what is beyond ASCII may be in a line. */
static gboolean is_plain(const char *line, gsize len) {
  for (gsize i = 0; i < len; i++)
    if (((guchar)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
      return FALSE;
  return TRUE;
}

static gboolean read_decimal(const char *text, guint64 *ret) {
  guint64 n = 0;

  if (!*text)
    return FALSE;
  for (; *text; text++) {
    if (!g_ascii_isdigit(*text) || n > (guint64)G_MAXINT64 / 10 - 1)
      return FALSE;
    n = n * 10 + (guint64)(*text - '0');
  }
  *ret = n;
  return TRUE;
}

/* How long the body is: RFC 9112, 6.3, with nothing forgiven. */
static FlHttpState enter_body(FlHttpParser *self) {
  guint at = 0, more;
  const char *length = find_field(self, "Content-Length", &at);
  more = at;
  if (length && (find_field(self, "Content-Length", &more) || !read_decimal(length, &self->left)))
    return FL_HTTP_MALFORMED;
  at = 0;
  const char *coding = find_field(self, "Transfer-Encoding", &at);
  if (coding && (length || self->minor_version == 0 || find_field(self, "Transfer-Encoding", &at) ||
                 g_ascii_strcasecmp(coding, "chunked") != 0))
    return FL_HTTP_MALFORMED;

  if (self->status == 101)
    return coding || length ? FL_HTTP_MALFORMED : FL_HTTP_UPGRADED;
  if (self->head_only || self->status == 204 || self->status == 304)
    return FL_HTTP_DONE;
  if (!coding && length && self->left == 0)
    return FL_HTTP_DONE;
  self->part = coding ? BODY_CHUNK_LINE : length ? BODY_SIZED : BODY_UNTIL_EOF;
  self->line = (guint)self->head->len;
  return FL_HTTP_BODY;
}

static void end_head(FlHttpParser *self) {
  if (self->status >= 100 && self->status < 200 && self->status != 101)
    expect_head(self); /* an interim response: the real one follows */
  else
    self->state = enter_body(self);
}

static void take_head_line(FlHttpParser *self, char *line, gsize len) {
  gsize value;

  if (self->status == 0) {
    if (!take_status_line(self, line, len))
      self->state = FL_HTTP_MALFORMED;
  } else if (len == 0) {
    end_head(self);
    return;
  } else if (!take_field_line(line, len, &value))
    self->state = FL_HTTP_MALFORMED;
  else {
    Field field = { .name = self->line, .value = self->line + (guint)value };
    g_array_append_val(self->fields, field);
  }
  self->line = (guint)self->head->len;
}

/* chunk-size [ chunk-ext ] */
static void take_chunk_line(FlHttpParser *self, const char *line, gsize len) {
  guint64 size = 0;
  gsize digits = 0;

  for (; digits < len && g_ascii_isxdigit(line[digits]); digits++)
    size = size << 4 | (guint64)g_ascii_xdigit_value(line[digits]);
  gsize rest = digits;
  while (rest < len && (line[rest] == ' ' || line[rest] == '\t'))
    rest++;
  if (digits == 0 || digits > 15 || (rest < len && line[rest] != ';') || (rest == len && rest > digits)) {
    self->state = FL_HTTP_MALFORMED;
    return;
  }
  self->left = size;
  self->part = size > 0 ? BODY_CHUNK_DATA : BODY_TRAILER;
}

static void take_body_line(FlHttpParser *self, char *line, gsize len) {
  gsize value;

  if (self->part == BODY_CHUNK_LINE)
    take_chunk_line(self, line, len);
  else if (self->part == BODY_CHUNK_END) {
    self->part = BODY_CHUNK_LINE;
    if (len > 0)
      self->state = FL_HTTP_MALFORMED;
  } else if (len == 0)
    self->state = FL_HTTP_DONE;
  else if ((self->trailer += len) > TRAILER_MAX || !take_field_line(line, len, &value))
    self->state = FL_HTTP_MALFORMED;
  g_string_truncate(self->head, self->line);
}

static gsize line_limit(const FlHttpParser *self) {
  return self->state == FL_HTTP_HEAD ? HEAD_MAX - self->line : self->part == BODY_CHUNK_END ? 2 : CHUNK_LINE_MAX;
}

/* Whether what came of the status line can still become one: garbage is told at once, not at 16 kB of it. */
static gboolean promising(const FlHttpParser *self) {
  return self->status != 0 || strncmp(self->head->str, "HTTP/1.", MIN(self->head->len, 7)) == 0;
}

/* Take bytes up to and with the next LF; read the line where there is one. */
static gsize take_line(FlHttpParser *self, const char *data, gsize len) {
  const char *lf = memchr(data, '\n', len);
  gsize n = lf ? (gsize)(lf - data) + 1 : len;

  g_string_append_len(self->head, data, (gssize)n);
  gsize line_len = self->head->len - self->line;
  if (line_len > line_limit(self) || (self->state == FL_HTTP_HEAD && !promising(self))) {
    self->state = FL_HTTP_MALFORMED;
    return n;
  }
  if (!lf)
    return n;
  char *line = self->head->str + self->line;
  if (line_len < 2 || line[line_len - 2] != '\r' || !is_plain(line, line_len - 2))
    self->state = FL_HTTP_MALFORMED;
  else if (self->state == FL_HTTP_HEAD)
    take_head_line(self, line, line_len - 2);
  else
    take_body_line(self, line, line_len - 2);
  return n;
}

static gsize take_body(FlHttpParser *self, const char *data, gsize len, GByteArray *body) {
  if (self->part != BODY_SIZED && self->part != BODY_UNTIL_EOF && self->part != BODY_CHUNK_DATA)
    return take_line(self, data, len);

  gsize n = self->part == BODY_UNTIL_EOF ? len : (gsize)MIN(self->left, (guint64)len);
  if (body)
    g_byte_array_append(body, (const guint8 *)data, (guint)n);
  if (self->part == BODY_UNTIL_EOF)
    return n;
  self->left -= n;
  if (self->left == 0 && self->part == BODY_CHUNK_DATA)
    self->part = BODY_CHUNK_END;
  else if (self->left == 0)
    self->state = FL_HTTP_DONE;
  return n;
}

gsize fl_http_parser_receive(FlHttpParser *self, const char *data, gsize len, GByteArray *body) {
  gsize consumed = 0;

  while (consumed < len && (self->state == FL_HTTP_HEAD || self->state == FL_HTTP_BODY)) {
    if (self->state == FL_HTTP_HEAD)
      consumed += take_line(self, data + consumed, len - consumed);
    else
      consumed += take_body(self, data + consumed, len - consumed, body);
  }
  return consumed;
}

gboolean fl_http_parser_eof(FlHttpParser *self) {
  if (self->state == FL_HTTP_BODY && self->part == BODY_UNTIL_EOF)
    self->state = FL_HTTP_DONE;
  return self->state == FL_HTTP_DONE || self->state == FL_HTTP_UPGRADED;
}
