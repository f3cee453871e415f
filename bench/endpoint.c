/* Endpoints from the command line. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

#include "bench/client/client.h"
#include "core/units.h"

#define TARGET_MAX 256

static gboolean fail(GError **error, const char *flag, const char *value, const char *wants) {
  g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: %s is wanted", flag, value, wants);
  return FALSE;
}

/* --- servers' names ------------------------------------------------------------------------------------------------ */

/* How long the name before `@` is; 0 where there is none. No URL and no key looks like that. */
static gsize server_len(const char *text) {
  gsize len = strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_");
  return text[len] == '@' ? len : 0;
}

static const char *without_server(const char *text) {
  gsize len = server_len(text);
  return len > 0 ? text + len + 1 : text;
}

static gboolean is_of(const char *text, const char *server) {
  gsize len = server_len(text);
  return len == strlen(server) && memcmp(text, server, len) == 0;
}

/* The value that an option has for a server: one with its name, else the one without a name; NULL where there is none. */
static const char *value_for(char **texts, const char *server) {
  const char *for_all = NULL;

  for (char **text = texts; text && *text; text++) {
    if (*server && is_of(*text, server))
      return without_server(*text);
    if (server_len(*text) == 0)
      for_all = *text;
  }
  return for_all;
}

static gboolean has_server(const GPtrArray *endpoints, const char *text) {
  for (guint i = 0; i < endpoints->len; i++)
    if (is_of(text, ((const FlEndpoint *)endpoints->pdata[i])->server))
      return TRUE;
  return FALSE;
}

/* What is given for a server must be for one that there is. */
static gboolean check_servers(const GPtrArray *endpoints, const char *flag, char **texts, GError **error) {
  for (char **text = texts; text && *text; text++)
    if (endpoints->len == 0 || (server_len(*text) > 0 && !has_server(endpoints, *text)))
      return fail(error, flag, *text, "a --target of that server");
  return TRUE;
}

/* --- values -------------------------------------------------------------------------------------------------------- */

static gboolean take_host(const GUri *uri, char **ret_host) {
  const char *host = g_uri_get_host((GUri *)uri);
  struct in_addr ignored;

  if (g_strcmp0(host, "localhost") == 0)
    host = "127.0.0.1";
  if (!host || inet_pton(AF_INET, host, &ignored) != 1)
    return FALSE;
  *ret_host = g_strdup(host);
  return TRUE;
}

static gboolean take_url(const char *flag, const char *text, gboolean may_be_started, FlUrl *ret_url, GError **error) {
  static const char wants[] = "http://ADDRESS:PORT/PATH?QUERY or ws://…, with an IPv4 address or localhost";
  g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, NULL);

  if (!uri || (!g_str_equal(g_uri_get_scheme(uri), "http") && !g_str_equal(g_uri_get_scheme(uri), "ws")) ||
      g_uri_get_userinfo(uri) || g_uri_get_fragment(uri))
    return fail(error, flag, text, wants);
  if (g_uri_get_port(uri) == 0 && !may_be_started)
    return fail(error, flag, text, "a port, or --start COMMAND for the server of port 0");
  const char *path = g_uri_get_path(uri), *query = g_uri_get_query(uri);
  g_autofree char *target = g_strconcat(*path ? path : "/", query ? "?" : "", query, NULL);
  if (strlen(target) > TARGET_MAX || !take_host(uri, &ret_url->host))
    return fail(error, flag, text, wants);
  ret_url->port = (guint16)(g_uri_get_port(uri) < 0 ? 80 : g_uri_get_port(uri));
  ret_url->target = g_steal_pointer(&target);
  return TRUE;
}

static gboolean take_unit(const char *text, gint64 *ret_units_per_s) {
  static const struct {
    const char *name;
    gint64 per_s;
  } units[] = { { "s", 1 }, { "ms", 1000 }, { "us", 1000000 }, { "ns", 1000000000 } };

  for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
    if (!g_str_equal(text, units[i].name))
      continue;
    *ret_units_per_s = units[i].per_s;
    return TRUE;
  }
  return FALSE;
}

/* The member `data` beside t, where the bench writes when it really published. */
static char **beside(char **t) {
  guint n = g_strv_length(t);
  char **path = g_strdupv(t);

  g_free(path[n - 1]);
  path[n - 1] = g_strdup("data");
  return path;
}

static gboolean take_stamp(const char *text, FlMemberRule *members, GError **error) {
  static const char wants[] = "a key such as t or data.t, and perhaps ,s ,ms ,us or ,ns";
  g_auto(GStrv) parts = g_strsplit(text, ",", 2);

  members->units_per_s = 1000000;
  if (!parts[0] || (parts[1] && !take_unit(parts[1], &members->units_per_s)))
    return fail(error, "--stamp", text, wants);
  members->t = fl_member_path_parse(parts[0]);
  return members->t || fail(error, "--stamp", text, wants);
}

/* Where the bench publishes, it knows the members' names. */
static gboolean take_members(const FlEndpointTexts *texts, FlEndpoint *self, GError **error) {
  const char *stamp = value_for(texts->stamps, self->server), *seq = value_for(texts->seqs, self->server);

  if (!self->publishes && (!stamp || !seq))
    return fail(error, "--target", self->name, "--stamp KEY and --seq KEY with it, or --publish URL,");
  if (!take_stamp(stamp ? stamp : "t", &self->members, error))
    return FALSE;
  self->members.seq = fl_member_path_parse(seq ? seq : "seq");
  if (!self->members.seq)
    return fail(error, "--seq", seq, "a key such as seq or data.seq");
  self->members.sent = self->publishes ? beside(self->members.t) : NULL;
  return TRUE;
}

static gboolean take_cursor_headers(const char *text, FlCursorRule *rule) {
  g_auto(GStrv) names = g_strsplit(text, "+", -1);

  rule->source = FL_CURSOR_HEADERS;
  for (char **name = names; *name; name++) {
    if (g_ascii_strcasecmp(*name, "ETag") == 0)
      rule->etag = TRUE;
    else if (g_ascii_strcasecmp(*name, "Last-Modified") == 0)
      rule->last_modified = TRUE;
    else
      return FALSE;
  }
  return rule->etag || rule->last_modified;
}

/* KEY→query:NAME; a comma stands for the arrow. */
static gboolean take_cursor_json(const char *text, FlCursorRule *rule) {
  g_auto(GStrv) parts = g_strsplit(text, strstr(text, "→") ? "→" : ",", 2);

  rule->source = FL_CURSOR_JSON;
  if (!parts[0] || !parts[1] || !g_str_has_prefix(parts[1], "query:") || strlen(parts[1]) > 6 + 32)
    return FALSE;
  rule->member = fl_member_path_parse(parts[0]);
  rule->query = g_uri_escape_string(parts[1] + 6, NULL, FALSE);
  return rule->member && *rule->query;
}

static gboolean take_cursor(const char *text, FlEndpoint *self, GError **error) {
  static const char wants[] = "header:ETag, header:Last-Modified+ETag, json:KEY,query:NAME or none";

  if (!g_str_equal(self->transport, "poll") && !g_str_equal(self->transport, "longpoll"))
    return TRUE;
  if (!text)
    return fail(error, "--target", self->name, "--cursor RULE with it");
  gboolean good = g_str_has_prefix(text, "header:") ? take_cursor_headers(text + 7, &self->cursor)
                  : g_str_has_prefix(text, "json:") ? take_cursor_json(text + 5, &self->cursor)
                                                    : g_str_equal(text, "none");
  return good || fail(error, "--cursor", text, wants);
}

static gboolean take_pid(const char *text, FlEndpoint *self, GError **error) {
  gint64 pid;

  if (!text)
    return TRUE;
  if (!fl_units_count(text, &pid) || pid < 1 || pid > G_MAXINT32)
    return fail(error, "--pid", text, "a process's number");
  self->pid = (pid_t)pid;
  return TRUE;
}

/* The command's program is looked for where a shell would. */
static gboolean take_start(const char *text, FlEndpoint *self, GError **error) {
  if (!text)
    return TRUE;
  if (!g_shell_parse_argv(text, NULL, &self->command, NULL))
    return fail(error, "--start", text, "a command");
  char *program = g_find_program_in_path(self->command[0]);
  if (!program)
    return fail(error, "--start", text, "a program that there is");
  g_free(self->command[0]);
  self->command[0] = program;
  return TRUE;
}

/* --- endpoints ----------------------------------------------------------------------------------------------------- */

static void url_clear(FlUrl *url) {
  g_free(url->host);
  g_free(url->target);
}

static void endpoint_free(gpointer user) {
  FlEndpoint *self = user;

  g_free(self->name);
  g_free(self->server);
  g_free(self->transport);
  url_clear(&self->url);
  g_strfreev(self->members.seq);
  g_strfreev(self->members.t);
  g_strfreev(self->members.sent);
  g_strfreev(self->cursor.member);
  g_free(self->cursor.query);
  g_free(self->event);
  url_clear(&self->publish);
  g_strfreev(self->command);
  g_free(self);
}

static gboolean take_publish(const char *text, FlEndpoint *self, GError **error) {
  self->publishes = text != NULL;
  return !text || take_url("--publish", text, self->command != NULL, &self->publish, error);
}

static gboolean fill(const FlEndpointTexts *texts, const char *url, FlEndpoint *self, GError **error) {
  self->event = g_strdup(value_for(texts->events, self->server));
  return take_start(value_for(texts->starts, self->server), self, error) &&
         take_url("--target", url, self->command != NULL, &self->url, error) &&
         take_publish(value_for(texts->publishes, self->server), self, error) && take_members(texts, self, error) &&
         take_cursor(value_for(texts->cursors, self->server), self, error) &&
         take_pid(value_for(texts->pids, self->server), self, error);
}

/* `TRANSPORT=URL` */
static gboolean add(const FlEndpointTexts *texts, const char *server, const char *text, GPtrArray *endpoints, GError **error) {
  g_autofree char *names = fl_client_other_names();
  g_autofree char *wants = g_strconcat("TRANSPORT=URL with one of ", names, ", each once a server,", NULL);
  const char *equals = strchr(text, '=');
  g_autofree char *transport = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;

  if (!transport || !fl_client_other(transport))
    return fail(error, "--target", text, wants);
  g_autofree char *name = *server ? g_strconcat(server, "-", transport, NULL) : g_strdup(transport);
  if (fl_endpoints_find(endpoints, name))
    return fail(error, "--target", text, wants);
  FlEndpoint *self = g_new0(FlEndpoint, 1);
  g_ptr_array_add(endpoints, self);
  self->name = g_steal_pointer(&name);
  self->server = g_strdup(server);
  self->transport = g_steal_pointer(&transport);
  return fill(texts, equals + 1, self, error);
}

/* Where the next `,TRANSPORT=http…` or `,TRANSPORT=ws…` begins: other commas are the URL's. */
static const char *next_comma(const char *text) {
  for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
    gsize len = strspn(comma + 1, G_CSET_a_2_z "-");
    const char *url = comma + 1 + len + 1;
    if (len > 0 && comma[1 + len] == '=' && (g_str_has_prefix(url, "http:") || g_str_has_prefix(url, "ws:")))
      return comma;
  }
  return NULL;
}

static gboolean add_list(const FlEndpointTexts *texts, const char *text, GPtrArray *endpoints, GError **error) {
  g_autofree char *server = g_strndup(text, server_len(text));
  const char *at = without_server(text);

  for (;;) {
    const char *comma = next_comma(at);
    g_autofree char *one = comma ? g_strndup(at, (gsize)(comma - at)) : g_strdup(at);
    if (!add(texts, server, one, endpoints, error))
      return FALSE;
    if (!comma)
      return TRUE;
    at = comma + 1;
  }
}

static gboolean check_together(const FlEndpointTexts *texts, const GPtrArray *endpoints, GError **error) {
  const struct {
    const char *flag;
    char **texts;
  } all[] = { { "--stamp", texts->stamps },   { "--seq", texts->seqs },         { "--cursor", texts->cursors },
              { "--event", texts->events },   { "--publish", texts->publishes }, { "--pid", texts->pids },
              { "--start", texts->starts } };

  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    if (!check_servers(endpoints, all[i].flag, all[i].texts, error))
      return FALSE;
  for (guint i = 0; i < endpoints->len; i++) {
    const FlEndpoint *one = endpoints->pdata[i], *first = endpoints->pdata[0];
    if (one->publishes != first->publishes)
      return fail(error, "--publish", one->name, "either one for all servers or none");
    if (one->command && one->pid)
      return fail(error, "--pid", one->name, "either --start or --pid");
  }
  return TRUE;
}

GPtrArray *fl_endpoints_parse(const FlEndpointTexts *texts, GError **error) {
  g_autoptr(GPtrArray) endpoints = g_ptr_array_new_with_free_func(endpoint_free);

  for (char **text = texts->targets; text && *text; text++)
    if (!add_list(texts, *text, endpoints, error))
      return NULL;
  return check_together(texts, endpoints, error) ? g_steal_pointer(&endpoints) : NULL;
}

const FlEndpoint *fl_endpoints_find(const GPtrArray *endpoints, const char *name) {
  for (guint i = 0; i < endpoints->len; i++) {
    const FlEndpoint *one = endpoints->pdata[i];
    if (g_str_equal(one->name, name))
      return one;
  }
  return NULL;
}

gboolean fl_endpoints_publish(const GPtrArray *endpoints) {
  return endpoints->len > 0 && ((const FlEndpoint *)endpoints->pdata[0])->publishes;
}

gboolean fl_endpoints_start(const GPtrArray *endpoints) {
  for (guint i = 0; i < endpoints->len; i++)
    if (!((const FlEndpoint *)endpoints->pdata[i])->command)
      return FALSE;
  return endpoints->len > 0;
}

static void describe(GString *out, const FlEndpoint *one) {
  g_string_append_printf(out, "%s%s", out->len > 0 ? " · " : "", *one->server ? one->server : "server");
  if (one->command) {
    g_string_append(out, " started for each run");
    return;
  }
  g_string_append_printf(out, " at %s:%u", one->url.host, one->url.port);
  if (one->pid > 0)
    g_string_append_printf(out, ", process %d", (int)one->pid);
  else
    g_string_append(out, ": its CPU and memory are not measured");
}

/* Each server once: its endpoints may be anywhere in the list. */
char *fl_endpoints_describe(const GPtrArray *endpoints) {
  GString *out = g_string_new(NULL);

  for (guint i = 0; i < endpoints->len; i++) {
    const FlEndpoint *one = endpoints->pdata[i];
    gboolean is_first = TRUE;
    for (guint k = 0; k < i; k++)
      is_first = is_first && !g_str_equal(((const FlEndpoint *)endpoints->pdata[k])->server, one->server);
    if (is_first)
      describe(out, one);
  }
  return g_string_free(out, FALSE);
}
