/* Built-in files, as GResources: /web/… from web/, /vendor/… and /socket.io/… from npm packages.
 * SPDX-License-Identifier: MIT */
#include "net/assets.h"

#include <gio/gio.h>

#include "net/socketio_resources.h"
#include "net/vendor_resources.h"
#include "net/web_resources.h"

static GResource *resource_of(const char *path) {
  if (g_str_has_prefix(path, "/web/"))
    return fl_web_get_resource();
  return g_str_has_prefix(path, "/vendor/") ? fl_vendor_get_resource() : fl_socketio_get_resource();
}

GBytes *fl_assets_lookup(const char *path) {
  g_autofree char *full = g_strconcat("/feedlab", path, NULL);
  return g_resource_lookup_data(resource_of(path), full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}
