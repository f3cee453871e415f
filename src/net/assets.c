/* Built-in files, as GResources: /web/… from web/, /socket.io/… from the npm package socket.io-client.
 * SPDX-License-Identifier: MIT */
#include "net/assets.h"

#include <gio/gio.h>

#include "net/socketio_resources.h"
#include "net/web_resources.h"

GBytes *fl_assets_lookup(const char *path) {
  g_autofree char *full = g_strconcat("/feedlab", path, NULL);
  GResource *resource = g_str_has_prefix(path, "/web/") ? fl_web_get_resource() : fl_socketio_get_resource();
  return g_resource_lookup_data(resource, full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}
