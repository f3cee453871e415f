/* Unguessable names. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/token.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define TOKEN_BYTES 15

static void encode(const guint8 bytes[TOKEN_BYTES], char ret_token[FL_TOKEN_LEN + 1]) {
  g_autofree char *text = g_base64_encode(bytes, TOKEN_BYTES);
  for (char *p = text; *p; p++)
    *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
  g_strlcpy(ret_token, text, FL_TOKEN_LEN + 1);
}

void fl_token_generate(char ret_token[FL_TOKEN_LEN + 1]) {
  guint8 bytes[TOKEN_BYTES];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
    g_error("getrandom: %s", g_strerror(errno));
  encode(bytes, ret_token);
}

void fl_token_derive(const char *purpose, const char *secret, char ret_token[FL_TOKEN_LEN + 1]) {
  g_autoptr(GChecksum) sha256 = g_checksum_new(G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize len = sizeof digest;

  g_checksum_update(sha256, (const guchar *)purpose, (gssize)strlen(purpose) + 1);
  g_checksum_update(sha256, (const guchar *)secret, -1);
  g_checksum_get_digest(sha256, digest, &len);
  encode(digest, ret_token);
}

void fl_token_digest(const char *secret, guint8 ret_digest[FL_TOKEN_DIGEST_BYTES]) {
  g_autoptr(GChecksum) sha256 = g_checksum_new(G_CHECKSUM_SHA256);
  gsize len = FL_TOKEN_DIGEST_BYTES;

  g_checksum_update(sha256, (const guchar *)secret, (gssize)strlen(secret));
  g_checksum_get_digest(sha256, ret_digest, &len);
}

gboolean fl_token_same(const guint8 a[FL_TOKEN_DIGEST_BYTES], const guint8 b[FL_TOKEN_DIGEST_BYTES]) {
  volatile guint8 differs = 0; /* or the compiler may end the loop early */

  for (gsize i = 0; i < FL_TOKEN_DIGEST_BYTES; i++)
    differs = (guint8)(differs | (a[i] ^ b[i]));
  return differs == 0;
}
