/* The head, judged. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/head.h"

#include <string.h>

static void refuse(FlHead *self, guint status, const char *fault) {
  if (self->status == 0) {
    self->status = status;
    self->fault = fault;
  }
}

static gboolean is_token(const char *text) {
  const char *end = text;

  while (g_ascii_isalnum(*end) || (*end && strchr("!#$%&'*+-.^_`|~", *end)))
    end++;
  return end > text && *end == '\0';
}

/* Visible characters, spaces, tabs and what is beyond ASCII. */
static gboolean is_field_value(const char *text) {
  for (; *text; text++)
    if (((guchar)*text < 0x20 && *text != '\t') || *text == 0x7f)
      return FALSE;
  return TRUE;
}

const char *fl_head_target_fault(const char *target) {
  for (const char *at = target; *at; at++) {
    if ((guchar)*at <= ' ' || (guchar)*at >= 0x7f)
      return "The target holds a character that must be percent-encoded.";
    if (*at == '#')
      return "The target holds a fragment.";
    if (*at == '%' && (!g_ascii_isxdigit(at[1]) || !g_ascii_isxdigit(at[2])))
      return "The target holds a % that two hexadecimal digits don't follow.";
    if (*at == '%' && at[1] == '0' && at[2] == '0')
      return "The target holds a NUL.";
  }
  if (*target == '/' || strcmp(target, "*") == 0 || g_ascii_strncasecmp(target, "http://", 7) == 0)
    return NULL;
  return "The target is neither a path nor an http URL nor *.";
}

void fl_head_begin(FlHead *self, const char *method, const char *target, gsize target_len, const char *version,
                   gboolean in_place) {
  *self = (FlHead){ .is_1_0 = strcmp(version, "HTTP/1.0") == 0 };
  if (!is_token(method))
    refuse(self, 400, "The method is no token.");
  if (strcmp(target, "*") == 0 && strcmp(method, "OPTIONS") != 0)
    refuse(self, 400, "Only OPTIONS is asked of *.");
  if (!in_place)
    return;
  if (target != method + strlen(method) + 1 || version != target + target_len + 1)
    refuse(self, 400, "The request line is not three words with one space between them.");
  self->start = method;
  self->at = version + strlen(version) + 2;
}

static void judge_layout(FlHead *self, const char *name, const char *value) {
  const char *gap = name + strlen(name) + 1;

  if (name != self->at) {
    refuse(self, 400, "A line of the head holds a NUL, does not end in CRLF, or is folded.");
    return; /* what is elsewhere can't be compared */
  }
  while (gap < value && (*gap == ' ' || *gap == '\t'))
    gap++;
  if (gap != value)
    refuse(self, 400, "A line of the head is not a name, a colon and a value.");
  self->at = value + strlen(value) + 2;
}

void fl_head_field(FlHead *self, const char *name, const char *value) {
  if (!is_token(name))
    refuse(self, 400, "A field's name is no token: it holds white space, or a character that no name may hold.");
  if (self->at && self->status == 0)
    judge_layout(self, name, value);
  if (!is_field_value(value))
    refuse(self, 400, "A field's value holds a control character.");
  if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
    if (self->is_1_0)
      refuse(self, 400, "Transfer-Encoding is not of HTTP/1.0.");
    else if (g_ascii_strcasecmp(value, "chunked") != 0)
      refuse(self, 501, "The only transfer coding that this server knows is chunked.");
  } else if (g_ascii_strcasecmp(name, "Expect") == 0 && g_ascii_strcasecmp(value, "100-continue") != 0) {
    refuse(self, 417, "The only expectation that this server knows is 100-continue.");
  }
}

guint fl_head_end(FlHead *self, gsize len, const char **ret_fault) {
  if (self->at && self->status == 0 && self->start + len != self->at + 2)
    refuse(self, 400, "The last line of the head holds a NUL, or it or the empty line does not end in CRLF.");
  *ret_fault = self->fault;
  return self->status;
}
