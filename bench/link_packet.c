/* A packet's addresses. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link_packet.h"

#include <netinet/in.h>
#include <string.h>

/* The addresses differ in the last byte only. */
#define SERVER 1
#define DIAL 2
#define CLIENT 3
#define PEER 4

static const guint8 prefix4[] = { 198, 18, 0 };
static const guint8 prefix6[] = { 0x20, 0x01, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

/* Where the addresses stand, by the version. */
typedef struct {
  gsize header, source, destination, address, protocol;
  const guint8 *prefix;
} Layout;

static const Layout layout4 = { 20, 12, 16, 4, 9, prefix4 };
static const Layout layout6 = { 40, 8, 24, 16, 6, prefix6 };

static gboolean is_ours(const guint8 *packet, const Layout *layout, gsize at) {
  return memcmp(packet + at, layout->prefix, layout->address - 1) == 0;
}

gboolean fl_link_packet_turn(guint8 *packet, gsize len, FlLinkDirection *ret_direction, gboolean *ret_is_tcp) {
  const Layout *layout = len > 0 && packet[0] >> 4 == 4 ? &layout4 : len > 0 && packet[0] >> 4 == 6 ? &layout6 : NULL;

  if (!layout || len < layout->header || !is_ours(packet, layout, layout->source) ||
      !is_ours(packet, layout, layout->destination))
    return FALSE;
  guint8 *source = packet + layout->source + layout->address - 1;
  guint8 *destination = packet + layout->destination + layout->address - 1;
  if (*source == CLIENT && *destination == DIAL) {
    *source = PEER;
    *destination = SERVER;
    *ret_direction = FL_LINK_UP;
  } else if (*source == SERVER && *destination == PEER) {
    *source = DIAL;
    *destination = CLIENT;
    *ret_direction = FL_LINK_DOWN;
  } else {
    return FALSE;
  }
  *ret_is_tcp = packet[layout->protocol] == IPPROTO_TCP;
  return TRUE;
}
