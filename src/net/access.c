/* Host, Origin, token and proxy rules. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/access.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <string.h>

#include "core/token.h"

struct _FlAccess {
  char **allow_hosts;
  char **allow_origins;
  GPtrArray *proxies; /* GInetAddressMask */
  char *publish_token;
  guint8 digest[FL_TOKEN_DIGEST_BYTES]; /* of it */
  gboolean on_loopback;
  guint16 page_port;
};

FlAccess *fl_access_new(const FlAccessConfig *config, GError **error) {
  FlAccess *self = g_new0(FlAccess, 1);
  self->allow_hosts = g_strdupv(config->allow_hosts);
  self->allow_origins = g_strdupv(config->allow_origins);
  self->publish_token = g_strdup(config->publish_token);
  if (self->publish_token)
    fl_token_digest(self->publish_token, self->digest);
  self->on_loopback = config->on_loopback;
  self->page_port = config->page_port;
  self->proxies = g_ptr_array_new_with_free_func(g_object_unref);
  for (char **cidr = config->trust_proxies; cidr && *cidr; cidr++) {
    GInetAddressMask *mask = g_inet_address_mask_new_from_string(*cidr, error);
    if (!mask) {
      g_prefix_error(error, "--trust-proxy %s: ", *cidr);
      fl_access_free(self);
      return NULL;
    }
    g_ptr_array_add(self->proxies, mask);
  }
  return self;
}

void fl_access_free(FlAccess *self) {
  if (!self)
    return;
  g_strfreev(self->allow_hosts);
  g_strfreev(self->allow_origins);
  g_free(self->publish_token);
  g_ptr_array_unref(self->proxies);
  g_free(self);
}

/* As browsers write them: four decimal numbers; inet_pton takes neither octal nor short forms, nor zones. */
static gboolean is_ip(const char *name) {
  struct in6_addr address;
  return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* Split `host[:port]` or `[v6][:port]`; the host without brackets goes to ret_host. FALSE where it is neither. */
static gboolean split_host(const char *text, char *ret_host, gsize room) {
  const char *end;

  if (text[0] == '[') {
    text++;
    end = strchr(text, ']');
    if (!end || (end[1] && end[1] != ':'))
      return FALSE;
  } else {
    end = text + strcspn(text, ":");
  }
  gsize len = (gsize)(end - text);
  if (len == 0 || len >= room)
    return FALSE;
  const char *port = *end == ']' ? end + 1 : end;
  if (*port == ':' && (strspn(port + 1, "0123456789") != strlen(port + 1) || strlen(port + 1) > 5))
    return FALSE;
  memcpy(ret_host, text, len);
  ret_host[len] = '\0';
  return *end != ']' || (strchr(ret_host, ':') && is_ip(ret_host)); /* brackets are for IPv6 addresses */
}

gboolean fl_access_host(const FlAccess *self, const char *host) {
  char name[256];

  if (!host || !split_host(host, name, sizeof name))
    return FALSE;
  if (g_ascii_strcasecmp(name, "localhost") == 0 || is_ip(name))
    return TRUE;
  for (char **allowed = self->allow_hosts; allowed && *allowed; allowed++)
    if (g_ascii_strcasecmp(name, *allowed) == 0 || g_ascii_strcasecmp(host, *allowed) == 0)
      return TRUE;
  return FALSE;
}

static gboolean is_loopback_name(const char *host_port) {
  char name[256];

  return split_host(host_port, name, sizeof name) &&
         (g_ascii_strcasecmp(name, "localhost") == 0 || g_str_equal(name, "127.0.0.1") || g_str_equal(name, "::1"));
}

/* Whether the origin is this server's own page, and the request came through a line: the same host, but for the port. */
static gboolean is_own_page(const FlAccess *self, const char *origin, const char *host) {
  char name[256];

  if (self->page_port == 0 || !host || !split_host(host, name, sizeof name))
    return FALSE;
  g_autofree char *page = g_strdup_printf(strchr(name, ':') ? "http://[%s]:%u" : "http://%s:%u", name, self->page_port);
  g_autofree char *page_80 = self->page_port == 80 ? g_strndup(page, strlen(page) - strlen(":80")) : NULL;
  return g_ascii_strcasecmp(origin, page) == 0 || (page_80 && g_ascii_strcasecmp(origin, page_80) == 0);
}

FlOriginVerdict fl_access_origin(const FlAccess *self, const char *origin, const char *host) {
  if (!origin)
    return FL_ORIGIN_SAME;
  const char *authority = NULL;
  if (g_ascii_strncasecmp(origin, "http://", 7) == 0)
    authority = origin + 7;
  else if (g_ascii_strncasecmp(origin, "https://", 8) == 0)
    authority = origin + 8;

  if (authority && host && g_ascii_strcasecmp(authority, host) == 0)
    return FL_ORIGIN_SAME;
  if (authority && self->on_loopback && is_loopback_name(authority))
    return FL_ORIGIN_ALLOWED;
  if (is_own_page(self, origin, host))
    return FL_ORIGIN_ALLOWED;
  for (char **allowed = self->allow_origins; allowed && *allowed; allowed++)
    if (g_ascii_strcasecmp(origin, *allowed) == 0)
      return FL_ORIGIN_ALLOWED;
  return FL_ORIGIN_REFUSED;
}

gboolean fl_access_may_publish(const FlAccess *self, const char *token) {
  guint8 digest[FL_TOKEN_DIGEST_BYTES];

  if (!self->publish_token)
    return self->on_loopback;
  if (!token)
    return FALSE;
  fl_token_digest(token, digest);
  return fl_token_same(self->digest, digest);
}

gboolean fl_access_has_token(const FlAccess *self) {
  return self->publish_token != NULL;
}

/* The character that begins at `text`, as JSON may write it; its length goes to ret_len. */
static guchar character_at(const char *text, const char *end, gsize *ret_len) {
  guint code = 0;

  *ret_len = 1;
  if (*text != '\\' || end - text < 2)
    return (guchar)*text;
  *ret_len = 2;
  if (text[1] != 'u' || end - text < 6)
    return (guchar)text[1];
  for (int i = 2; i < 6; i++)
    code = code << 4 | (guint)(g_ascii_xdigit_value(text[i]) & 15);
  *ret_len = 6;
  return (guchar)MIN(code, 255);
}

/* Whether `text` begins with the token: as it is, or escaped. */
static gboolean begins_with_token(const char *text, const char *end, const char *token) {
  for (; *token; token++) {
    gsize len = 1;
    if (text >= end)
      return FALSE;
    if (*text != *token && character_at(text, end, &len) != (guchar)*token)
      return FALSE;
    if (*text == '\\' && *token == '\\' && end - text > 1 && text[1] == '\\')
      len = 2;
    text += len;
  }
  return TRUE;
}

gboolean fl_access_holds_token(const FlAccess *self, const char *text, gsize len) {
  const char *end = text + len;

  if (!self->publish_token || !*self->publish_token)
    return FALSE;
  for (; text < end; text++)
    if (begins_with_token(text, end, self->publish_token))
      return TRUE;
  return FALSE;
}

gboolean fl_access_is_proxy(const FlAccess *self, const char *ip) {
  g_autoptr(GInetAddress) address = g_inet_address_new_from_string(ip);

  for (guint i = 0; address && i < self->proxies->len; i++)
    if (g_inet_address_mask_matches(self->proxies->pdata[i], address))
      return TRUE;
  return FALSE;
}

char *fl_access_client_ip(const FlAccess *self, const char *socket_ip, const char *forwarded_for) {
  if (!forwarded_for || self->proxies->len == 0 || !fl_access_is_proxy(self, socket_ip))
    return g_strdup(socket_ip);
  g_auto(GStrv) hops = g_strsplit(forwarded_for, ",", 64);
  const char *client = socket_ip;
  for (guint i = g_strv_length(hops); i > 0; i--) {
    const char *hop = g_strstrip(hops[i - 1]);
    if (!g_hostname_is_ip_address(hop))
      break;
    client = hop;
    if (!fl_access_is_proxy(self, hop))
      break;
  }
  return g_strdup(client);
}
