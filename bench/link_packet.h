/* IP packets of the emulated link: which way one goes, and its addresses at the other end. Pure.
 *
 * One TUN device is both ends of the link. A client that dials 198.18.0.2 has the source 198.18.0.3 there; the server at
 * 198.18.0.1 sees it as 198.18.0.4:
 *
 *     client  198.18.0.3 ──► 198.18.0.2   becomes   198.18.0.4 ──► 198.18.0.1  server     up
 *     client  198.18.0.3 ◄── 198.18.0.2   is from   198.18.0.4 ◄── 198.18.0.1  server     down
 *
 * So the destination tells the direction, and nothing has to be remembered of connections. Since 3 + 2 = 4 + 1, the checksums of
 * IP, TCP and UDP stay right. IPv6 is the same with 2001:2::1 to ::4. 198.18.0.0/15 is RFC 2544's range for benchmarks,
 * 2001:2::/48 RFC 5180's.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/link_spec.h"

#define FL_LINK_SERVER "198.18.0.1" /* for the server to bind */
#define FL_LINK_DIAL "198.18.0.2"   /* for clients to dial */
#define FL_LINK_CLIENT "198.18.0.3" /* a client's own address … */
#define FL_LINK_PEER "198.18.0.4"   /* … and how the server sees it */
#define FL_LINK_SERVER6 "2001:2::1"
#define FL_LINK_DIAL6 "2001:2::2"
#define FL_LINK_CLIENT6 "2001:2::3"
#define FL_LINK_PEER6 "2001:2::4"

/* fl_link_packet_turn: put the addresses of the other end in. Returns: FALSE where it is none of the link's packets; it is then
 * untouched. ret_is_tcp: whether it is a segment of TCP. */
gboolean fl_link_packet_turn(guint8 *packet, gsize len, FlLinkDirection *ret_direction, gboolean *ret_is_tcp);
