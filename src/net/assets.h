/* The files that are built into the program: those of web/, what they have of npm, and the Socket.IO client.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_assets_lookup: the bytes of `/web/index.html`, `/vendor/uplot.js`, `/socket.io/socket.io.js` and the like; a new
 * reference, NULL where there is none. */
GBytes *fl_assets_lookup(const char *path);
