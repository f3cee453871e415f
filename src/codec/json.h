/* JSON as feedlab handles it: what others send is validated by jansson (any value, depth limited), then kept byte for
 * byte with insignificant white space stripped, so that numbers stay as written.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_json_normalise: validate one JSON value and strip it.
 * Returns: the text, owned by the caller; NULL with a sentence in ret_error (owned by the caller) where it is none,
 *          is nested more than 2,048 deep, or holds a number beyond a double's range. */
GString *fl_json_normalise(const char *text, gsize len, char **ret_error);

/* fl_json_quote: the JSON string of a text; invalid UTF-8 becomes U+FFFD. Owned by the caller. */
GString *fl_json_quote(const char *text, gsize len);

/* fl_json_from_line: the value of one line of input: the JSON value where the line is JSON, else a string. */
GString *fl_json_from_line(const char *line, gsize len);

/* fl_json_member: the bytes of a top-level member's value. `object` is normalised; keys written with escapes are not
 * found. Returns: a pointer into `object`, or NULL where it has no such member or is no object. */
const char *fl_json_member(const GString *object, const char *key, gsize *ret_len);

/* fl_json_element: the bytes of an array's n-th element. `array` is normalised. Returns: a pointer into `array`, or NULL
 * where it has no such element or is no array. */
const char *fl_json_element(const GString *array, guint n, gsize *ret_len);

/* fl_json_text: the text of a JSON string such as fl_json_member gives; NULL where the value is no string, or holds a NUL
 * (no cursor, token or name does). Owned by the caller. */
char *fl_json_text(const char *value, gsize len);

/* fl_json_record: read one line of a replay file: an object with a time and, as `data`, a value; without `data` the
 * object is itself the value. The time is `t` (Unix microseconds, as in the feed's own updates) or `time` (Unix seconds,
 * or an ISO 8601 string).
 * Returns: the value; NULL with a sentence in ret_error. */
GString *fl_json_record(const char *line, gsize len, gint64 *ret_t_us, char **ret_error);
