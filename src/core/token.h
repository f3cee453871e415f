/* Names that no one can guess: whoever knows a session's id may speak for it.
 * SPDX-License-Identifier: MIT */
#pragma once

/* 15 bytes of the kernel's random numbers (getrandom) in URL-safe base64 (RFC 4648, section 5). */
#define FL_TOKEN_LEN 20

void fl_token_generate(char ret_token[FL_TOKEN_LEN + 1]);

/* fl_token_derive: the token that belongs to `secret`: always the same, and no way back (SHA-256 of `purpose` and it). */
void fl_token_derive(const char *purpose, const char *secret, char ret_token[FL_TOKEN_LEN + 1]);
