/* The files of web/ that are built into the program.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_assets_lookup: the bytes of `/index.html` and the like; a new reference, NULL where there is none. */
GBytes *fl_assets_lookup(const char *path);
