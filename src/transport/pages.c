/* The page and the web root. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/pages.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/header.h"
#include "net/assets.h"
#include "transport/reply.h"

static const char *type_of(const char *path) {
  static const struct {
    const char *suffix;
    const char *type;
  } types[] = {
    { ".html", "text/html; charset=utf-8" },  { ".js", "text/javascript; charset=utf-8" },
    { ".mjs", "text/javascript; charset=utf-8" }, { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json" },          { ".map", "application/json" },
    { ".svg", "image/svg+xml" },              { ".png", "image/png" },
    { ".ico", "image/x-icon" },               { ".woff2", "font/woff2" },
    { ".txt", "text/plain; charset=utf-8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
    if (g_str_has_suffix(path, types[i].suffix))
      return types[i].type;
  return "application/octet-stream";
}

/* The real path of a file inside the root; NULL where there is none. Owned by the caller. */
static char *resolve(const char *root, const char *path) {
  char real[PATH_MAX];
  g_autofree char *wanted = g_strconcat(root, path, g_str_has_suffix(path, "/") ? "index.html" : NULL, NULL);
  gsize root_len = strlen(root);

  if (!realpath(wanted, real))
    return NULL;
  if (strncmp(real, root, root_len) != 0 || (real[root_len] != '/' && !g_str_has_suffix(root, "/")))
    return NULL;
  return g_strdup(real);
}

static gboolean answer_file(FlWorker *worker, FlRequest *request, const char *root) {
  g_autofree char *path = resolve(root, fl_request_path(request));
  struct stat info;
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;

  if (fd < 0)
    return FALSE;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return FALSE;
  }
  g_autoptr(FlResponse) response = fl_response_new_file(type_of(path), fd, (guint64)info.st_size);
  fl_response_header(response, "Cache-Control", "no-cache");
  fl_response_header(response, "X-Content-Type-Options", "nosniff");
  fl_response_header(response, "Referrer-Policy", "no-referrer");
  fl_request_respond(request, response);
  return TRUE;
}

/* Where the page may connect to beside its own origin: other ports of the same host, where its lines are (docs/wire/demo.md);
 * without them its own port by WebSocket, which not every browser takes for the same origin. A policy can't name an IPv6
 * address: there any host is let in. */
static char *sources_beside_self(const char *host, gboolean has_lines) {
  int len = (int)strcspn(host, ":");
  gboolean has_name = len > 0 && (int)strspn(host, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_") == len;

  if (has_lines)
    return has_name ? g_strdup_printf("http://%.*s:* ws://%.*s:*", len, host, len, host) : g_strdup("http: ws:");
  return has_name ? g_strdup_printf("ws://%s wss://%s", host, host) : g_strdup("ws: wss:");
}

/* The page has all that it runs in itself, and talks to this server only. */
static char *policy_for(FlWorker *worker, const FlRequest *request) {
  g_autofree char *sources =
      sources_beside_self(fl_request_headers(request)->host, fl_application_of(worker)->lines != NULL);

  return g_strdup_printf("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                         "connect-src 'self' %s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                         sources);
}

static gboolean answer_asset(FlWorker *worker, FlRequest *request, const char *name) {
  g_autoptr(GBytes) bytes = fl_assets_lookup(name);
  const char *if_none_match = fl_request_headers(request)->if_none_match;

  if (!bytes)
    return FALSE;
  g_autofree char *policy = policy_for(worker, request);
  g_autofree char *etag = g_strdup_printf("\"%zx-%x\"", g_bytes_get_size(bytes), g_bytes_hash(bytes));
  gboolean unchanged = fl_header_names_etag(if_none_match, etag);
  g_autoptr(FlResponse) response =
      fl_response_new(unchanged ? 304 : 200, unchanged ? NULL : type_of(name), unchanged ? NULL : bytes);
  fl_response_header(response, "ETag", etag);
  fl_response_header(response, "Cache-Control", "no-cache");
  fl_response_header(response, "X-Content-Type-Options", "nosniff");
  fl_response_header(response, "Referrer-Policy", "no-referrer");
  fl_response_header(response, "Content-Security-Policy", policy);
  fl_reply_add_cors(worker, request, response);
  fl_request_respond(request, response);
  return TRUE;
}

static gboolean may_read(FlWorker *worker, FlRequest *request) {
  if (!fl_request_is_read(request))
    fl_reply_method(worker, request, "GET, HEAD");
  return fl_request_is_read(request);
}

static void answer_nothing(FlWorker *worker, FlRequest *request) {
  fl_reply_problem(worker, request, 404, "There is nothing here; / names what there is.");
}

void fl_pages_answer(FlWorker *worker, FlRequest *request) {
  const char *root = fl_application_of(worker)->web_root;
  const char *path = fl_request_path(request);

  /* What the page has of npm is built in only, also while its own files are served from a folder. */
  gboolean is_vendor = g_str_has_prefix(path, "/vendor/");
  g_autofree char *name = g_strconcat(is_vendor ? "" : "/web", g_str_equal(path, "/") ? "/index.html" : path, NULL);
  if (!fl_request_is_read(request)) {
    g_autofree char *file = root ? resolve(root, path) : NULL;
    g_autoptr(GBytes) asset = !root || is_vendor ? fl_assets_lookup(name) : NULL;
    if (file || asset)
      fl_reply_method(worker, request, "GET, HEAD");
    else
      answer_nothing(worker, request);
    return;
  }
  if (root && answer_file(worker, request, root))
    return;
  if ((root && !is_vendor) || !answer_asset(worker, request, name))
    answer_nothing(worker, request);
}

void fl_pages_answer_asset(FlWorker *worker, FlRequest *request, const char *folder, const char *file) {
  g_autofree char *name = g_strconcat(folder, file, NULL);

  if (may_read(worker, request) && !answer_asset(worker, request, name))
    answer_nothing(worker, request);
}
