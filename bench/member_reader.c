/* A scanner that follows the paths it is given and passes over the rest. See the header.
 *
 *     object ─ key ─┬─ on a path, the path goes on ─► object …
 *                   ├─ on a path, its last key ─────► the member's value is read
 *                   └─ else ────────────────────────► skip_value
 *
 * Each step takes where it is and gives where it got to; NULL, which every step passes on, is: no JSON.
 * SPDX-License-Identifier: MIT */
#include "bench/member_reader.h"

#include <string.h>

#include "bench/json_scalar.h"

#define DEPTH_MAX 64
#define SENT_DIGITS 16

static const char *skip_space(const char *at, const char *end) {
  while (at && at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
    at++;
  return at;
}

/* One character, with white space around it. */
static const char *skip_mark(const char *at, const char *end, char mark) {
  at = skip_space(at, end);
  return at && at < end && *at == mark ? skip_space(at + 1, end) : NULL;
}

static gboolean is_next(const char *at, const char *end, char mark) {
  return at && at < end && *at == mark;
}

static const char *skip_value(const char *at, const char *end, guint depth);

/* After a value: a comma before the next one, which must then be there, or the closing bracket. */
static const char *go_on(const char *at, const char *end, char closer, gboolean *ret_more) {
  at = skip_space(at, end);
  *ret_more = is_next(at, end, ',');
  if (*ret_more)
    return skip_space(at + 1, end);
  return is_next(at, end, closer) ? at + 1 : NULL;
}

static const char *skip_list(const char *at, const char *end, guint depth) {
  gboolean is_object = *at == '{', more = TRUE;
  char closer = is_object ? '}' : ']';

  at = skip_space(at + 1, end);
  if (is_next(at, end, closer))
    return at + 1;
  while (at && more) {
    if (is_object)
      at = skip_mark(fl_json_skip_string(at, end), end, ':');
    at = at ? go_on(skip_value(at, end, depth), end, closer, &more) : NULL;
  }
  return at;
}

static const char *skip_value(const char *at, const char *end, guint depth) {
  if (!at || at >= end)
    return NULL;
  switch (*at) {
  case '{':
  case '[':
    return depth < DEPTH_MAX ? skip_list(at, end, depth + 1) : NULL;
  default:
    return fl_json_skip_scalar(at, end);
  }
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

static gunichar read_hex(const char *at) {
  gunichar c = 0;
  for (int i = 0; i < 4; i++)
    c = c << 4 | (gunichar)g_ascii_xdigit_value(at[i]);
  return c;
}

/* What an escape stands for, after its backslash; the string has been skipped, so it is whole. */
static const char *read_escape(const char *at, const char *end, char ret_utf8[6], int *ret_len) {
  static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

  if (*at != 'u') {
    ret_utf8[0] = values[strchr(letters, *at) - letters];
    *ret_len = 1;
    return at + 1;
  }
  gunichar c = read_hex(at + 1);
  at += 5;
  if (c >= 0xd800 && c < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u' && read_hex(at + 2) >> 10 == 0x37) {
    c = 0x10000 + ((c - 0xd800) << 10 | (read_hex(at + 2) & 0x3ff));
    at += 6;
  }
  *ret_len = g_unichar_to_utf8(c, ret_utf8);
  return at;
}

/* Whether the string's characters, between its quotes, are those of `name`. */
static gboolean is_key(const char *at, const char *end, const char *name) {
  gsize len = strlen(name);

  if (!memchr(at, '\\', (gsize)(end - at)))
    return (gsize)(end - at) == len && memcmp(at, name, len) == 0;
  for (; at < end; name += len) {
    char utf8[6] = { *at };
    int n = 1;
    at = *at == '\\' ? read_escape(at + 1, end, utf8, &n) : at + 1;
    len = (gsize)n;
    if (utf8[0] == '\0' || strncmp(name, utf8, len) != 0)
      return FALSE;
  }
  return *name == '\0';
}

/* --- the members --------------------------------------------------------------------------------------------------- */

typedef enum { SEQ, T, SENT, N_MEMBERS } Member;

typedef struct {
  const FlMemberRule *rule;
  FlStamp stamp;
  guint found[N_MEMBERS]; /* how often */
} Scan;

typedef struct {
  char **of[N_MEMBERS]; /* what is left of each path; NULL where this object is not on it */
} Paths;

/* Append digits to a number. Returns: where they end, NULL where the number is too great. */
static const char *read_digits(const char *at, const char *end, gint64 *n) {
  for (; at < end && g_ascii_isdigit(*at); at++) {
    if (*n > (G_MAXINT64 - 9) / 10)
      return NULL;
    *n = *n * 10 + (*at - '0');
  }
  return at;
}

/* A positive number in units of 10^-places, what is finer cut off. Nothing else may be in the value. */
static gboolean read_number(const char *at, const char *end, int places, gint64 *ret) {
  gint64 n = 0;

  at = read_digits(at, end, &n);
  const char *fraction = is_next(at, end, '.') ? at + 1 : at;
  for (int i = 0; at && i < places; i++) {
    static const char zero[] = "0";
    gboolean is_there = fraction < end && g_ascii_isdigit(*fraction);
    const char *digit = is_there ? fraction : zero;
    at = read_digits(digit, digit + 1, &n);
    fraction += is_there ? 1 : 0;
  }
  while (at && fraction < end && g_ascii_isdigit(*fraction))
    fraction++;
  *ret = n;
  return at && n > 0 && fraction == end;
}

static gboolean read_whole(const char *at, const char *end, gint64 *ret) {
  return !memchr(at, '.', (gsize)(end - at)) && read_number(at, end, 0, ret);
}

static gboolean read_seq(const char *at, const char *end, FlStamp *stamp) {
  gint64 seq;

  if (!read_whole(at, end, &seq))
    return FALSE;
  stamp->seq = (guint64)seq;
  return TRUE;
}

static gboolean read_t(const char *at, const char *end, gint64 units_per_s, FlStamp *stamp) {
  int places = units_per_s == 1 ? 6 : units_per_s == 1000 ? 3 : 0;
  gint64 t;

  if (!read_number(at, end, places, &t))
    return FALSE;
  stamp->t_us = units_per_s > 1000000 ? t / (units_per_s / 1000000) : t;
  return TRUE;
}

static gboolean read_sent(const char *at, const char *end, FlStamp *stamp) {
  if (end - at < SENT_DIGITS + 2 || *at != '"')
    return FALSE;
  return read_whole(at + 1, at + 1 + SENT_DIGITS, &stamp->sent_us);
}

/* A value that is there but not as it must be counts as not there. */
static void take_member(Scan *scan, Member member, const char *at, const char *end) {
  gboolean good = member == SEQ ? read_seq(at, end, &scan->stamp)
                  : member == T ? read_t(at, end, scan->rule->units_per_s, &scan->stamp)
                                : read_sent(at, end, &scan->stamp);
  scan->found[member] += (guint)good;
}

/* The paths that go on behind this key, and the members that it ends. Returns: whether one goes on. */
static gboolean follow(const Paths *paths, const char *key, const char *key_end, Paths *ret_inner, gboolean ret_ends[N_MEMBERS]) {
  gboolean goes_on = FALSE;

  for (int i = 0; i < N_MEMBERS; i++) {
    gboolean matches = paths->of[i] && is_key(key, key_end, paths->of[i][0]);
    gboolean is_last = matches && !paths->of[i][1];
    ret_inner->of[i] = matches && !is_last ? paths->of[i] + 1 : NULL;
    ret_ends[i] = is_last;
    goes_on = goes_on || ret_inner->of[i];
  }
  return goes_on;
}

static const char *scan_object(const char *at, const char *end, const Paths *paths, guint depth, Scan *scan);

static const char *scan_member(const char *at, const char *end, const Paths *paths, guint depth, Scan *scan) {
  Paths inner;
  gboolean ends[N_MEMBERS];
  const char *key_end = fl_json_skip_string(at, end);
  const char *value = skip_mark(key_end, end, ':');

  if (!value)
    return NULL;
  gboolean goes_on = follow(paths, at + 1, key_end - 1, &inner, ends);
  const char *value_end = goes_on && is_next(value, end, '{') ? scan_object(value, end, &inner, depth + 1, scan)
                                                             : skip_value(value, end, depth);
  for (int i = 0; i < N_MEMBERS && value_end; i++)
    if (ends[i])
      take_member(scan, (Member)i, value, value_end);
  return value_end;
}

/* One object. */
static const char *scan_object(const char *at, const char *end, const Paths *paths, guint depth, Scan *scan) {
  gboolean more = TRUE;

  if (!is_next(at, end, '{') || depth > DEPTH_MAX)
    return NULL;
  at = skip_space(at + 1, end);
  if (is_next(at, end, '}'))
    return at + 1;
  while (at && more)
    at = go_on(scan_member(at, end, paths, depth, scan), end, '}', &more);
  return at;
}

/* Returns: the end of the object, NULL where it is none; ret_stamp is set where *ret_is_update. */
static const char *scan_update(const FlMemberRule *rule, const char *at, const char *end, FlStamp *ret_stamp,
                               gboolean *ret_is_update) {
  Scan scan = { .rule = rule };
  Paths paths = { { rule->seq, rule->t, rule->sent } };
  const char *begin = at;

  at = scan_object(at, end, &paths, 1, &scan);
  *ret_is_update = at && scan.found[SEQ] == 1 && scan.found[T] == 1 && scan.found[SENT] <= 1;
  if (*ret_is_update) {
    *ret_stamp = scan.stamp;
    ret_stamp->bytes = (gsize)(at - begin);
  }
  return at;
}

char **fl_member_path_parse(const char *text) {
  g_auto(GStrv) keys = g_strsplit(text, ".", -1);

  for (char **key = keys; *key; key++)
    if (!**key)
      return NULL;
  return keys[0] ? g_steal_pointer(&keys) : NULL;
}

gboolean fl_member_update_read(const FlMemberRule *rule, const char *text, gsize len, FlStamp *ret_stamp) {
  const char *end = text + len;
  FlStamp stamp;
  gboolean is_update;

  if (skip_space(scan_update(rule, skip_space(text, end), end, &stamp, &is_update), end) != end || !is_update)
    return FALSE;
  *ret_stamp = stamp;
  return TRUE;
}

/* --- answers to polls ---------------------------------------------------------------------------------------------- */

/* The value of the member that the path leads to; NULL where there is none. The object is whole. */
static const char *find_value(const char *at, const char *end, char **path) {
  gboolean more = TRUE;

  if (!is_next(at, end, '{') || is_next(skip_space(at + 1, end), end, '}'))
    return NULL;
  at = skip_space(at + 1, end);
  while (more) {
    const char *key_end = fl_json_skip_string(at, end);
    const char *value = skip_mark(key_end, end, ':');
    if (is_key(at + 1, key_end - 1, path[0]))
      return path[1] ? find_value(value, end, path + 1) : value;
    at = go_on(skip_value(value, end, 0), end, '}', &more);
  }
  return NULL;
}

static gboolean read_cursor(const char *at, const char *end, char **path, FlMemberAnswer *answer) {
  const char *value = find_value(at, end, path);
  const char *value_end = skip_value(value, end, 0);

  if (!value_end || *value == '{' || *value == '[')
    return FALSE;
  if (*value == '"') {
    value++;
    value_end--;
  }
  gsize len = (gsize)(value_end - value);
  if (len == 0 || len >= sizeof answer->cursor || memchr(value, '\\', len))
    return FALSE;
  memcpy(answer->cursor, value, len);
  answer->cursor[len] = '\0';
  return TRUE;
}

/* The first member that is an array; NULL where there is none. The object is whole. */
static const char *find_array(const char *at, const char *end) {
  gboolean more = !is_next(skip_space(at + 1, end), end, '}');

  at = skip_space(at + 1, end);
  while (more) {
    const char *value = skip_mark(fl_json_skip_string(at, end), end, ':');
    if (is_next(value, end, '['))
      return value;
    at = go_on(skip_value(value, end, 0), end, '}', &more);
  }
  return NULL;
}

typedef struct {
  const FlMemberRule *rule;
  FlUpdateFound found;
  gpointer user;
  FlMemberAnswer *answer;
} Answer;

/* Returns: the end of the array, NULL where it is none of updates. */
static const char *read_array(const Answer *self, const char *at, const char *end) {
  gboolean more = TRUE, is_update;
  FlStamp stamp;

  at = skip_mark(at, end, '[');
  if (is_next(at, end, ']'))
    return at + 1;
  while (at && more) {
    at = scan_update(self->rule, at, end, &stamp, &is_update);
    if (!at || !is_update)
      return NULL;
    self->found(self->user, &stamp);
    self->answer->updates++;
    at = go_on(at, end, ']', &more);
  }
  return at;
}

static gboolean read_object(const Answer *self, char **cursor, const char *at, const char *end) {
  FlStamp stamp;
  gboolean is_update;

  if (skip_space(scan_update(self->rule, at, end, &stamp, &is_update), end) != end)
    return FALSE;
  if (cursor && !read_cursor(at, end, cursor, self->answer))
    return FALSE;
  if (is_update) {
    self->answer->is_single = TRUE;
    self->answer->updates = 1;
    self->found(self->user, &stamp);
    return TRUE;
  }
  const char *array = find_array(at, end);
  return array && read_array(self, array, end);
}

gboolean fl_member_answer_read(const FlMemberRule *rule, char **cursor, const char *text, gsize len, FlUpdateFound found,
                               gpointer user, FlMemberAnswer *ret_answer) {
  FlMemberAnswer answer = { 0 };
  Answer self = { rule, found, user, &answer };
  const char *end = text + len;
  const char *at = skip_space(text, end);
  gboolean good = is_next(at, end, '{') ? read_object(&self, cursor, at, end)
                                        : !cursor && skip_space(read_array(&self, at, end), end) == end;

  if (good)
    *ret_answer = answer;
  return good;
}

/* --- Socket.IO ----------------------------------------------------------------------------------------------------- */

/* The rest of the arguments, up to the packet's end. */
static FlMemberEvent read_arguments(const FlMemberRule *rule, const char *at, const char *end, FlStamp *ret_stamp) {
  gboolean more = TRUE, is_update = FALSE, had_object = FALSE;
  FlStamp stamp;

  while (at && more) {
    gboolean reads = is_next(at, end, '{') && !had_object;
    had_object = had_object || reads;
    at = go_on(reads ? scan_update(rule, at, end, &stamp, &is_update) : skip_value(at, end, 1), end, ']', &more);
  }
  if (at != end || !is_update)
    return FL_MEMBER_MALFORMED;
  *ret_stamp = stamp;
  return FL_MEMBER_UPDATE;
}

FlMemberEvent fl_member_event_read(const FlMemberRule *rule, const char *name, const char *text, gsize len,
                                   FlStamp *ret_stamp) {
  const char *end = text + len;
  const char *at = is_next(text, end, '2') ? text + 1 : NULL;
  gboolean more;

  while (at && at < end && g_ascii_isdigit(*at))
    at++;
  const char *event = skip_mark(at, end, '[');
  const char *event_end = fl_json_skip_string(event, end);
  at = go_on(event_end, end, ']', &more);
  if (!at)
    return FL_MEMBER_MALFORMED;
  if (is_key(event + 1, event_end - 1, name))
    return more ? read_arguments(rule, at, end, ret_stamp) : FL_MEMBER_MALFORMED;
  return FL_MEMBER_OTHER;
}
