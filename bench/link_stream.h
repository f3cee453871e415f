/* The stand-in for an emulated link where this machine allows no TUN device or no user namespaces: a relay of streams between
 * the subscribers and the server (net/line), in this process. It keeps the round trip, the jitter and the rate; nothing is lost,
 * and handshakes are not delayed: the first bytes of a connection wait for a round trip instead. Results are labelled so.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/link_spec.h"

typedef struct _FlLinkStream FlLinkStream;

/* fl_link_stream_start: relay to 127.0.0.1:`port`, for that many connections and a few more. What the two ways have in common is
 * kept: half of the round trip each, the greater jitter, the rate of the way down. Returns: NULL with an error where there is
 * no socket for it. */
FlLinkStream *fl_link_stream_start(const FlLinkSpec *spec, guint16 port, guint connections, GError **error);

/* fl_link_stream_free: ends the connections that are left. */
void fl_link_stream_free(FlLinkStream *self);

/* fl_link_stream_port: where subscribers dial 127.0.0.1. */
guint16 fl_link_stream_port(const FlLinkStream *self);

/* fl_link_stream_text: what is kept of a link, and that it is a stand-in: for people and for results. The caller's. */
char *fl_link_stream_text(const FlLinkSpec *spec);
