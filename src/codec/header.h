/* Values of HTTP header fields: lists (RFC 9110, section 5.6.1), and the type in a Content-Type.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_header_has_token: whether a comma-separated value (NULL: absent) holds a token, in any case ("keep-alive, Upgrade"). */
gboolean fl_header_has_token(const char *value, const char *token);

/* fl_header_names_etag: whether If-None-Match (NULL: absent) names an entity tag, or any by `*`. `etag` is with its quotes.
 * Tags are compared weakly, as RFC 9110, section 13.1.2 wants it: W/"x" and "x" are the same. */
gboolean fl_header_names_etag(const char *value, const char *etag);

/* fl_header_is_type: whether a Content-Type (NULL: absent) is `type`, such as text/plain, with any parameters. */
gboolean fl_header_is_type(const char *value, const char *type);
