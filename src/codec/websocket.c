/* The opening handshake. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/websocket.h"

#include <string.h>

/* RFC 6455, section 1.3 */
static const char handshake_guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static gboolean is_base64_of_16_bytes(const char *key) {
  if (strlen(key) != 24 || key[22] != '=' || key[23] != '=')
    return FALSE;
  for (int i = 0; i < 22; i++)
    if (!g_ascii_isalnum(key[i]) && key[i] != '+' && key[i] != '/')
      return FALSE;
  return TRUE;
}

gboolean fl_websocket_accept(const char *key, char ret_accept[FL_WS_ACCEPT_LEN + 1]) {
  guint8 digest[20];
  gsize digest_len = sizeof digest;

  if (!is_base64_of_16_bytes(key))
    return FALSE;
  g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
  g_checksum_update(sha1, (const guchar *)key, -1);
  g_checksum_update(sha1, (const guchar *)handshake_guid, -1);
  g_checksum_get_digest(sha1, digest, &digest_len);
  g_autofree char *text = g_base64_encode(digest, digest_len);
  g_strlcpy(ret_accept, text, FL_WS_ACCEPT_LEN + 1);
  return TRUE;
}

/* --- permessage-deflate -------------------------------------------------------------------------------------------- */

/* Characters of a token: RFC 9110, 5.6.2. */
#define TOKEN G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "!#$%&'*+-.^_`|~"

static void skip_space(const char **at) {
  *at += strspn(*at, " \t");
}

/* The token at *at, NULL where there is none. */
static char *take_token(const char **at) {
  skip_space(at);
  gsize len = strspn(*at, TOKEN);
  if (len == 0)
    return NULL;
  char *token = g_strndup(*at, len);
  *at += len;
  skip_space(at);
  return token;
}

/* A value, which may be quoted, but is a token all the same (RFC 6455, 9.1). */
static char *take_value(const char **at) {
  skip_space(at);
  gboolean quoted = **at == '"';
  *at += quoted;
  gsize len = strspn(*at, TOKEN);
  if (len == 0 || (quoted && (*at)[len] != '"'))
    return NULL;
  char *value = g_strndup(*at, len);
  *at += len + quoted;
  skip_space(at);
  return value;
}

/* 8 to 15, without a leading zero (RFC 7692, 7.1.2); 0 for anything else. */
static int window_bits(const char *value) {
  for (int bits = 8; value && bits <= 15; bits++) {
    char text[4];
    g_snprintf(text, sizeof text, "%d", bits);
    if (g_str_equal(value, text))
      return bits;
  }
  return 0;
}

enum { SERVER_ALONE = 1, CLIENT_ALONE = 2, SERVER_WINDOW = 4, CLIENT_WINDOW = 8 };

/* Which parameter this is, 0 where it makes the offer one to decline. */
static int parameter(const char *name, const char *value) {
  if (g_ascii_strcasecmp(name, "server_no_context_takeover") == 0)
    return value ? 0 : SERVER_ALONE;
  if (g_ascii_strcasecmp(name, "client_no_context_takeover") == 0)
    return value ? 0 : CLIENT_ALONE;
  if (g_ascii_strcasecmp(name, "server_max_window_bits") == 0)
    return window_bits(value) == 15 ? SERVER_WINDOW : 0;
  if (g_ascii_strcasecmp(name, "client_max_window_bits") == 0)
    return !value || window_bits(value) > 0 ? CLIENT_WINDOW : 0;
  return 0;
}

/* One offer, up to the comma or the end. Returns: its parameters, -1 where it is declined. */
static int take_offer(const char **at) {
  g_autofree char *extension = take_token(at);
  gboolean good = extension && g_ascii_strcasecmp(extension, "permessage-deflate") == 0;
  int given = 0;

  while (good && **at == ';') {
    ++*at;
    g_autofree char *name = take_token(at);
    gboolean has_value = name && **at == '=';
    *at += has_value;
    g_autofree char *value = has_value ? take_value(at) : NULL;
    int one = name && (value || !has_value) ? parameter(name, value) : 0;
    good = one != 0 && !(given & one);
    given |= one;
  }
  return good && (**at == ',' || **at == '\0') ? given : -1;
}

/* On to the next offer: behind the next comma that stands in no quotes. */
static void skip_offer(const char **at) {
  gboolean quoted = FALSE;

  for (; **at && (quoted || **at != ','); ++*at) {
    if (quoted && **at == '\\' && (*at)[1])
      ++*at;
    else if (**at == '"')
      quoted = !quoted;
  }
  *at += **at == ',';
}

gboolean fl_websocket_deflate(const char *extensions, char ret_answer[FL_WS_EXTENSIONS_MAX]) {
  for (const char *at = extensions; at && *at; skip_offer(&at)) {
    int given = take_offer(&at);
    if (given < 0)
      continue;
    /* RFC 7692, 7.1.2.1: what is asked of the server's window is answered; 15 is what it is anyway. */
    g_snprintf(ret_answer, FL_WS_EXTENSIONS_MAX, "permessage-deflate; server_no_context_takeover; client_no_context_takeover%s",
               given & SERVER_WINDOW ? "; server_max_window_bits=15" : "");
    return TRUE;
  }
  return FALSE;
}
