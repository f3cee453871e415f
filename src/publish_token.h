/* How the publishers' token gets into the server without every user of the machine reading it: a command line is public in /proc.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define FL_PUBLISH_TOKEN_ENV "FEEDLAB_PUBLISH_TOKEN"

/* fl_publish_token_take: the token of --publish-token, of the file of --publish-token-file (its text without the end of its line), or
 * of FEEDLAB_PUBLISH_TOKEN in the environment, whichever is there, in this order; both flags at once are an error. Replaces *token,
 * which is the first one's, NULL where it is absent; `file` may be NULL. Returns: FALSE with an error, which never quotes the token,
 * where the file can't be read or what was given could not stand in an Authorization header. */
gboolean fl_publish_token_take(char **token, const char *file, GError **error);

/* fl_publish_token_hide: overwrite the value of --publish-token in the arguments as the process got them (n of them, as they were
 * before they were parsed), so that ps shows it no longer. */
void fl_publish_token_hide(int n, char *const *arguments);
