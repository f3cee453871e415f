/* Built-in files, as a GResource made from web/web.gresource.xml.
 * SPDX-License-Identifier: MIT */
#include "net/assets.h"

#include <gio/gio.h>

#include "net/web_resources.h"

GBytes *fl_assets_lookup(const char *path) {
  g_autofree char *full = g_strconcat("/feedlab/web", path, NULL);
  return g_resource_lookup_data(fl_web_get_resource(), full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}
