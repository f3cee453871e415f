/* Names that no one can guess: whoever knows a session's id may speak for it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* 15 bytes of the kernel's random numbers (getrandom) in URL-safe base64 (RFC 4648, section 5). */
#define FL_TOKEN_LEN 20

void fl_token_generate(char ret_token[FL_TOKEN_LEN + 1]);

/* fl_token_derive: the token that belongs to `secret`: always the same, and no way back (SHA-256 of `purpose` and it). */
void fl_token_derive(const char *purpose, const char *secret, char ret_token[FL_TOKEN_LEN + 1]);

/* fl_token_digest: SHA-256 of a secret, to compare by. fl_token_same: whether two digests are of one secret. Nothing branches on
 * what the secrets are: how long it takes tells only how long the text is that was handed in, not where or whether it differs. */
#define FL_TOKEN_DIGEST_BYTES 32
void fl_token_digest(const char *secret, guint8 ret_digest[FL_TOKEN_DIGEST_BYTES]);
gboolean fl_token_same(const guint8 a[FL_TOKEN_DIGEST_BYTES], const guint8 b[FL_TOKEN_DIGEST_BYTES]);
