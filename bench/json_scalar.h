/* Values of JSON (RFC 8259) that hold no others, passed over strictly and without building anything: what the readers of updates
 * have in common. Each takes where it is and gives where it got to: NULL where what is wanted does not stand there. A NULL `text`
 * stays NULL, so that steps can be chained.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <string.h>

/* fl_json_skip_text: a literal, byte for byte. Inline, because its length is then known. */
static inline const char *fl_json_skip_text(const char *text, const char *end, const char *literal) {
  gsize len = strlen(literal);
  return text && (gsize)(end - text) >= len && memcmp(text, literal, len) == 0 ? text + len : NULL;
}

/* fl_json_skip_string: from quote to quote; that its escapes are JSON's is checked, that it is UTF-8 is not. */
const char *fl_json_skip_string(const char *text, const char *end);

/* fl_json_skip_scalar: a string, a number, true, false or null. */
const char *fl_json_skip_scalar(const char *text, const char *end);
