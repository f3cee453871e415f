/* Scalars, passed over. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/json_scalar.h"

#include <string.h>

static const char *skip_digits(const char *text, const char *end) {
  const char *at = text;
  while (at < end && g_ascii_isdigit(*at))
    at++;
  return at > text ? at : NULL;
}

/* [ minus ] int [ frac ] [ exp ] */
static const char *skip_number(const char *text, const char *end) {
  if (text < end && *text == '-')
    text++;
  const char *at = text < end && *text == '0' ? text + 1 : skip_digits(text, end);
  if (at && at < end && *at == '.')
    at = skip_digits(at + 1, end);
  if (at && at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-'))
      at++;
    at = skip_digits(at, end);
  }
  return at;
}

static const char *skip_escape(const char *text, const char *end) {
  if (text >= end)
    return NULL;
  if (*text != 'u')
    return *text != '\0' && strchr("\"\\/bfnrt", *text) ? text + 1 : NULL;
  for (int i = 1; i <= 4; i++)
    if (end - text <= i || !g_ascii_isxdigit(text[i]))
      return NULL;
  return text + 5;
}

/* Eight bytes of a string at a time. A quote, a backslash and a control character each make a byte of one of the
 * differences borrow (Mycroft's test, without false alarms where there is none). */
#define EACH(byte) (G_GUINT64_CONSTANT(0x0101010101010101) * (byte))

static gboolean is_plain(const char *text) {
  guint64 bytes;
  memcpy(&bytes, text, sizeof bytes);
  guint64 quote = bytes ^ EACH('"'), backslash = bytes ^ EACH('\\');
  guint64 found = ((quote - EACH(1)) & ~quote) | ((backslash - EACH(1)) & ~backslash) | ((bytes - EACH(0x20)) & ~bytes);
  return (found & EACH(0x80)) == 0;
}

const char *fl_json_skip_string(const char *text, const char *end) {
  const char *at = fl_json_skip_text(text, end, "\"");

  while (at && at < end) {
    if ((gsize)(end - at) >= sizeof(guint64) && is_plain(at)) {
      at += sizeof(guint64);
      continue;
    }
    if (*at == '"')
      return at + 1;
    if ((guchar)*at < 0x20)
      return NULL;
    at = *at == '\\' ? skip_escape(at + 1, end) : at + 1;
  }
  return NULL;
}

const char *fl_json_skip_scalar(const char *text, const char *end) {
  if (!text || text >= end)
    return NULL;
  switch (*text) {
  case '"':
    return fl_json_skip_string(text, end);
  case 't':
    return fl_json_skip_text(text, end, "true");
  case 'f':
    return fl_json_skip_text(text, end, "false");
  case 'n':
    return fl_json_skip_text(text, end, "null");
  default:
    return skip_number(text, end);
  }
}
