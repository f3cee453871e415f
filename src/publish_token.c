/* The publishers' token. See the header.
 * SPDX-License-Identifier: MIT */
#include "publish_token.h"

#include <gio/gio.h>
#include <string.h>

#define FLAG "--publish-token"

static gboolean read_file(const char *file, char **token, GError **error) {
  if (!g_file_get_contents(file, token, NULL, error)) {
    g_prefix_error(error, FLAG "-file: ");
    return FALSE;
  }
  gsize len = strlen(*token);
  if (len > 0 && (*token)[len - 1] == '\n')
    (*token)[--len] = '\0';
  if (len > 0 && (*token)[len - 1] == '\r')
    (*token)[--len] = '\0';
  return TRUE;
}

/* An empty one would be everybody's; spaces around it are no part of a header's value. */
static gboolean is_sendable(const char *token) {
  gsize len = strlen(token);

  for (gsize i = 0; i < len; i++)
    if ((guchar)token[i] < ' ' || token[i] == 0x7f)
      return FALSE;
  return len > 0 && token[0] != ' ' && token[len - 1] != ' ';
}

gboolean fl_publish_token_take(char **token, const char *file, GError **error) {
  if (*token && file) {
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, FLAG "-file: it does not go with " FLAG);
    return FALSE;
  }
  const char *from = *token ? FLAG : file ? FLAG "-file" : FL_PUBLISH_TOKEN_ENV;
  if (file && !read_file(file, token, error))
    return FALSE;
  if (!*token)
    *token = g_strdup(g_getenv(FL_PUBLISH_TOKEN_ENV));
  if (!*token || is_sendable(*token))
    return TRUE;
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
              "%s: a token of at least one character, without control characters and spaces around it, is wanted", from);
  return FALSE;
}

static void overwrite(char *text) {
  memset(text, '*', strlen(text));
}

void fl_publish_token_hide(int n, char *const *arguments) {
  for (int i = 1; i < n; i++) {
    if (g_str_has_prefix(arguments[i], FLAG "="))
      overwrite(arguments[i] + strlen(FLAG "="));
    else if (g_str_equal(arguments[i], FLAG) && i + 1 < n)
      overwrite(arguments[++i]);
  }
}
