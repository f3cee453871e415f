/* Who may ask. A server on localhost can be reached by every page that its user opens elsewhere: the Host rule stops
 * DNS rebinding, the Origin rule stops foreign pages from reading and publishing, the token rule guards publishing
 * once the server listens beyond loopback.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  char **allow_hosts;   /* --allow-host, NULL-terminated or NULL */
  char **allow_origins; /* --allow-origin */
  char **trust_proxies; /* --trust-proxy: addresses or CIDR blocks */
  char *publish_token;  /* NULL: none */
  gboolean on_loopback; /* the address that is listened on is a loopback one */
  guint16 page_port;    /* pages of this port may use others of the same host, the lines' (net/line.h); 0: none may */
} FlAccessConfig;

typedef struct _FlAccess FlAccess;

typedef enum {
  FL_ORIGIN_SAME,    /* no Origin, or the same as Host: no CORS headers needed */
  FL_ORIGIN_ALLOWED, /* another origin that may read: answer with Access-Control-Allow-Origin */
  FL_ORIGIN_REFUSED,
} FlOriginVerdict;

/* fl_access_new: the rules; the config is read, not kept. Returns: NULL with an error where a CIDR block is none. */
FlAccess *fl_access_new(const FlAccessConfig *config, GError **error);
void fl_access_free(FlAccess *self);

/* fl_access_host: whether a Host header (NULL: absent) is an IP literal, localhost, or an allowed name. */
gboolean fl_access_host(const FlAccess *self, const char *host);

/* fl_access_origin: judge an Origin header (NULL: absent) beside the request's Host. */
FlOriginVerdict fl_access_origin(const FlAccess *self, const char *origin, const char *host);

/* fl_access_may_publish: whether this bearer of `token` (NULL: none given) may publish. */
gboolean fl_access_may_publish(const FlAccess *self, const char *token);

/* fl_access_has_token: whether a token was set, which is then needed to publish. */
gboolean fl_access_has_token(const FlAccess *self);

/* fl_access_holds_token: whether a text holds the token, as it is or with characters of it escaped as in JSON. */
gboolean fl_access_holds_token(const FlAccess *self, const char *text, gsize len);

/* fl_access_is_proxy: whether --trust-proxy names that address. */
gboolean fl_access_is_proxy(const FlAccess *self, const char *ip);

/* fl_access_client_ip: the address to call a client by: that of its socket, or, where that is a trusted proxy's, the
 * last address in X-Forwarded-For (NULL: absent) that is not one. Owned by the caller. */
char *fl_access_client_ip(const FlAccess *self, const char *socket_ip, const char *forwarded_for);
