/* A scanner, not a parser: no tree, no copy. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/update_reader.h"

#include <string.h>

#include "bench/json_scalar.h"

#define DEPTH_MAX 2048
#define SENT_DIGITS 16

static const char *skip_key(const char *text, const char *end) {
  const char *at = fl_json_skip_string(text, end);
  return at ? fl_json_skip_text(at, end, ":") : NULL;
}

/* Close what ends here, and pass the comma to the next value. Returns: where the next value or the text's end is. */
static const char *skip_after_value(const char *at, const char *end, const char *open, gsize *depth) {
  while (at && *depth > 0) {
    char closer = open[*depth - 1] == '{' ? '}' : ']';
    if (at < end && *at == closer) {
      at++;
      --*depth;
    } else if (at < end && *at == ',')
      return closer == '}' ? skip_key(at + 1, end) : at + 1;
    else
      return NULL;
  }
  return at;
}

const char *fl_json_skip(const char *text, const char *end) {
  char open[DEPTH_MAX];
  gsize depth = 0;
  const char *at = text;

  do {
    if (at < end && (*at == '{' || *at == '[')) {
      if (depth == DEPTH_MAX)
        return NULL;
      gboolean object = *at == '{';
      const char *inner = at + 1;
      if (inner < end && *inner == (object ? '}' : ']')) {
        at = skip_after_value(inner + 1, end, open, &depth);
        continue;
      }
      open[depth++] = *at;
      at = object ? skip_key(inner, end) : inner;
    } else
      at = skip_after_value(fl_json_skip_scalar(at, end), end, open, &depth);
  } while (at && depth > 0);
  return at;
}

/* A whole number from 1 to 2⁶³ - 1, without a leading zero. Only the digits from the 19th on can be too many. */
#define DIGITS_SAFE 18

static const char *read_positive(const char *text, const char *end, guint64 *ret) {
  const char *at = text;
  guint64 n = 0;

  for (; at && at < end; at++) {
    guint digit = (guint)(guchar)*at - '0';
    if (digit > 9)
      break;
    if (at - text >= DIGITS_SAFE && n > ((guint64)G_MAXINT64 - digit) / 10)
      return NULL;
    n = n * 10 + digit;
  }
  if (!at || at == text || *text == '0')
    return NULL;
  *ret = n;
  return at;
}

/* The clock source begins its data with the time at which it really published: a string whose first 16 characters are
 * digits, which is the shape of Unix microseconds from 2001 to 2286. */
static gint64 read_sent(const char *data, const char *end) {
  gint64 sent_us = 0;

  if (end - data < SENT_DIGITS + 2 || *data != '"')
    return 0;
  for (int i = 1; i <= SENT_DIGITS; i++) {
    if (!g_ascii_isdigit(data[i]))
      return 0;
    sent_us = sent_us * 10 + (data[i] - '0');
  }
  return sent_us;
}

const char *fl_update_skip(const char *text, const char *end, FlStamp *ret_stamp) {
  guint64 seq, t;
  gint64 sent_us = 0;
  const char *at = read_positive(fl_json_skip_text(text, end, "{\"seq\":"), end, &seq);
  at = read_positive(fl_json_skip_text(at, end, ",\"t\":"), end, &t);
  at = fl_json_skip_text(at, end, ",\"data\":");
  if (at) {
    sent_us = read_sent(at, end);
    at = fl_json_skip(at, end);
  }
  at = fl_json_skip_text(at, end, "}");
  if (!at)
    return NULL;
  *ret_stamp = (FlStamp){ seq, (gint64)t, sent_us, (gsize)(at - text) };
  return at;
}

gboolean fl_update_read(const char *text, gsize len, FlStamp *ret_stamp) {
  FlStamp stamp;

  if (fl_update_skip(text, text + len, &stamp) != text + len)
    return FALSE;
  *ret_stamp = stamp;
  return TRUE;
}

/* A cursor up to its closing quote; NULL text stays NULL. Returns: what follows the quote. */
static const char *read_quoted_cursor(const char *at, const char *end, char ret_text[FL_CURSOR_MAX], FlCursor *ret_cursor) {
  const char *quote = at ? memchr(at, '"', (gsize)(end - at)) : NULL;

  if (!quote || (gsize)(quote - at) >= FL_CURSOR_MAX)
    return NULL;
  memcpy(ret_text, at, (gsize)(quote - at));
  ret_text[quote - at] = '\0';
  return fl_cursor_parse(ret_text, ret_cursor) ? quote + 1 : NULL;
}

static const char *read_cursor(const char *text, const char *end, FlPollAnswer *answer) {
  return read_quoted_cursor(fl_json_skip_text(text, end, "{\"cursor\":\""), end, answer->cursor_text, &answer->cursor);
}

gboolean fl_poll_cursor_read(const char *text, gsize len, FlCursor *ret_cursor) {
  FlPollAnswer answer;

  if (!read_cursor(text, text + len, &answer))
    return FALSE;
  *ret_cursor = answer.cursor;
  return TRUE;
}

gboolean fl_hello_read(const char *text, gsize len, FlCursor *ret_cursor) {
  const char *end = text + len;
  char digits[FL_CURSOR_MAX];
  FlCursor cursor;
  const char *at = read_quoted_cursor(fl_json_skip_text(text, end, "{\"hello\":{\"cursor\":\""), end, digits, &cursor);

  if (fl_json_skip_text(at, end, "}}") != end)
    return FALSE;
  *ret_cursor = cursor;
  return TRUE;
}

gboolean fl_gap_read(const char *text, gsize len) {
  const char *end = text + len;
  const char *at = fl_json_skip_text(text, end, "{\"gap\":");

  at = at && at < end && *at == '{' ? fl_json_skip(at, end) : NULL;
  return fl_json_skip_text(at, end, "}") == end;
}

static const char *read_gap(const char *text, const char *end, FlPollAnswer *answer) {
  const char *at = fl_json_skip_text(text, end, ",\"gap\":");

  if (!at)
    return text;
  answer->gap = TRUE;
  return at < end && *at == '{' ? fl_json_skip(at, end) : NULL;
}

static const char *read_updates(const char *text, const char *end, FlUpdateFound found, gpointer user,
                                FlPollAnswer *answer) {
  const char *at = fl_json_skip_text(text, end, ",\"updates\":[");
  FlStamp stamp;

  if (at && at < end && *at == ']')
    return at + 1;
  while (at) {
    at = fl_update_skip(at, end, &stamp);
    if (!at)
      return NULL;
    found(user, &stamp);
    answer->updates++;
    if (at < end && *at == ']')
      return stamp.seq == answer->cursor.seq ? at + 1 : NULL;
    at = fl_json_skip_text(at, end, ",");
  }
  return NULL;
}

gboolean fl_poll_answer_read(const char *text, gsize len, FlUpdateFound found, gpointer user,
                             FlPollAnswer *ret_answer) {
  FlPollAnswer answer = { 0 };
  const char *end = text + len;
  const char *at = read_cursor(text, end, &answer);

  at = at ? read_gap(at, end, &answer) : NULL;
  at = at ? read_updates(at, end, found, user, &answer) : NULL;
  const char *more = fl_json_skip_text(at, end, ",\"more\":true");
  answer.more = more != NULL;
  at = fl_json_skip_text(more ? more : at, end, "}");
  if (at && at < end && *at == '\n')
    at++;
  if (at != end)
    return FALSE;
  *ret_answer = answer;
  return TRUE;
}
