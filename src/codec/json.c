/* JSON. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *skip_string(const char *p, const char *end) {
  for (p++; p < end && *p != '"'; p++)
    if (*p == '\\')
      p++;
  return p + 1;
}

/* `text` is valid JSON. */
static GString *strip(const char *text, gsize len) {
  GString *out = g_string_sized_new(len);
  const char *end = text + len;

  for (const char *p = text; p < end;) {
    if (*p == '"') {
      const char *after = skip_string(p, end);
      g_string_append_len(out, p, after - p);
      p = after;
      continue;
    }
    if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r')
      g_string_append_c(out, *p);
    p++;
  }
  return out;
}

GString *fl_json_normalise(const char *text, gsize len, char **ret_error) {
  json_error_t error;

  if (memchr(text, '\0', len)) { /* where jansson would stop reading, and be content */
    *ret_error = g_strdup("a NUL byte is no part of JSON");
    return NULL;
  }
  /* Integers are read as doubles only to be checked: 12345678901234567890 is valid JSON and stays as it is. */
  json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
  if (!value) {
    *ret_error = g_strdup_printf("%s (line %d, column %d)", error.text, error.line, error.column);
    return NULL;
  }
  json_decref(value);
  return strip(text, len);
}

static void quote_piece(GString *out, const char *text, gsize len) {
  g_autofree char *valid = g_utf8_make_valid(text, (gssize)len);

  for (const char *p = valid; *p; p++) {
    guchar c = (guchar)*p;
    if (c == '"' || c == '\\')
      g_string_append_printf(out, "\\%c", c);
    else if (c < 0x20)
      g_string_append_printf(out, c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\u%04x", c);
    else
      g_string_append_c(out, (char)c);
  }
}

/* NUL is a character like any other, but not to GLib: the text is quoted in the pieces between. */
GString *fl_json_quote(const char *text, gsize len) {
  GString *out = g_string_sized_new(len + 2);
  const char *end = text + len;

  g_string_append_c(out, '"');
  for (const char *nul; (nul = memchr(text, '\0', (gsize)(end - text))); text = nul + 1) {
    quote_piece(out, text, (gsize)(nul - text));
    g_string_append(out, "\\u0000");
  }
  quote_piece(out, text, (gsize)(end - text));
  g_string_append_c(out, '"');
  return out;
}

/* A line that can't be JSON by its first character needs no parser. */
static gboolean may_be_json(const char *line, gsize len) {
  gsize i = 0;

  while (i < len && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r' || line[i] == '\n'))
    i++;
  return i < len && (line[i] == '-' || g_ascii_isdigit(line[i]) || strchr("{[\"tfn", line[i]));
}

GString *fl_json_from_line(const char *line, gsize len) {
  if (may_be_json(line, len)) {
    g_autofree char *error = NULL;
    GString *value = fl_json_normalise(line, len, &error);
    if (value)
      return value;
  }
  return fl_json_quote(line, len);
}

/* The end of the value at p, in normalised JSON. */
static const char *skip_value(const char *p, const char *end) {
  int depth = 0;

  while (p < end) {
    if (*p == '"')
      p = skip_string(p, end);
    else if (*p == '{' || *p == '[')
      depth++, p++;
    else if (depth == 0 && (*p == ',' || *p == '}' || *p == ']'))
      break;
    else if (*p == '}' || *p == ']')
      depth--, p++;
    else
      p++;
  }
  return p;
}

const char *fl_json_member(const GString *object, const char *key, gsize *ret_len) {
  const char *p = object->str;
  const char *end = p + object->len;
  gsize key_len = strlen(key);

  if (object->len < 2 || *p != '{')
    return NULL;
  for (p++; p < end && *p == '"'; p++) {
    const char *name = p + 1;
    const char *value = skip_string(p, end) + 1;
    const char *after = skip_value(value, end);
    if ((gsize)(value - 2 - name) == key_len && memcmp(name, key, key_len) == 0) {
      *ret_len = (gsize)(after - value);
      return value;
    }
    p = after;
  }
  return NULL;
}

const char *fl_json_element(const GString *array, guint n, gsize *ret_len) {
  const char *p = array->str;
  const char *end = p + array->len;

  if (array->len < 3 || *p != '[')
    return NULL;
  for (p++; p < end; p++) {
    const char *after = skip_value(p, end);
    if (n-- == 0) {
      *ret_len = (gsize)(after - p);
      return p;
    }
    p = after;
  }
  return NULL;
}

char *fl_json_text(const char *value, gsize len) {
  if (len < 2 || *value != '"')
    return NULL;
  json_t *string = json_loadb(value, len, JSON_DECODE_ANY, NULL);
  char *text = g_strdup(json_string_value(string));
  json_decref(string);
  return text;
}

/* Microseconds that a double holds exactly: 285 years either way. */
#define TIME_MAX_US (G_GINT64_CONSTANT(1) << 53)

/* A double as an integer, as far as there is one. */
static gint64 whole(double value) {
  return (gint64)CLAMP(value, -9e18, 9e18);
}

static gboolean read_time(const json_t *object, gint64 *ret_t_us) {
  const json_t *t = json_object_get(object, "t");
  const json_t *time = json_object_get(object, "time");

  if (json_is_number(t)) {
    *ret_t_us = whole(json_number_value(t));
    return TRUE;
  }
  if (json_is_number(time)) {
    *ret_t_us = whole(round(json_number_value(time) * 1e6));
    return TRUE;
  }
  if (!json_is_string(time))
    return FALSE;
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
  g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(json_string_value(time), utc);
  if (!at)
    return FALSE;
  *ret_t_us = g_date_time_to_unix(at) * G_USEC_PER_SEC + g_date_time_get_microsecond(at);
  return TRUE;
}

GString *fl_json_record(const char *line, gsize len, gint64 *ret_t_us, char **ret_error) {
  GString *text = fl_json_normalise(line, len, ret_error);
  if (!text)
    return NULL;

  json_t *object = json_loadb(line, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
  gboolean has_time = json_is_object(object) && read_time(object, ret_t_us);
  json_decref(object);
  if (has_time && (*ret_t_us > TIME_MAX_US || *ret_t_us < -TIME_MAX_US)) {
    *ret_error = g_strdup("the time is out of range");
    g_string_free(text, TRUE);
    return NULL;
  }
  if (!has_time) {
    *ret_error = g_strdup("no time: an object with \"t\" (Unix microseconds) or \"time\" (Unix seconds or ISO 8601) "
                          "is wanted");
    g_string_free(text, TRUE);
    return NULL;
  }
  gsize data_len;
  const char *data = fl_json_member(text, "data", &data_len);
  if (!data)
    return text;
  GString *value = g_string_new_len(data, (gssize)data_len);
  g_string_free(text, TRUE);
  return value;
}
