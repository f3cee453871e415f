/* Lists in header fields, and types. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/header.h"

#include <string.h>

/* Step to the next element. Returns: FALSE at the end; the element is without the white space around it. */
static gboolean next_element(const char **value, const char **ret_element, gsize *ret_len) {
  if (!*value)
    return FALSE;
  const char *element = *value + strspn(*value, " \t,");
  if (*element == '\0')
    return FALSE;
  gsize len = strcspn(element, ",");
  *value = element + len;
  while (len > 0 && (element[len - 1] == ' ' || element[len - 1] == '\t'))
    len--;
  *ret_element = element;
  *ret_len = len;
  return TRUE;
}

gboolean fl_header_has_token(const char *value, const char *token) {
  const char *element;
  gsize len;

  while (next_element(&value, &element, &len))
    if (len == strlen(token) && g_ascii_strncasecmp(element, token, len) == 0)
      return TRUE;
  return FALSE;
}

gboolean fl_header_names_etag(const char *value, const char *etag) {
  const char *element;
  gsize len;

  while (next_element(&value, &element, &len)) {
    if (len > 2 && strncmp(element, "W/", 2) == 0) {
      element += 2;
      len -= 2;
    }
    if ((len == 1 && *element == '*') || (len == strlen(etag) && memcmp(element, etag, len) == 0))
      return TRUE;
  }
  return FALSE;
}

gboolean fl_header_is_type(const char *value, const char *type) {
  gsize len = strlen(type);
  return value && g_ascii_strncasecmp(value, type, len) == 0 && strchr("; \t", value[len]) != NULL;
}
