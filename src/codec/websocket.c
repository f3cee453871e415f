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
