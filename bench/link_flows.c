/* Connections that were left behind. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link_flows.h"

#include <string.h>

#define IPV6_HEADER 40
#define TCP_HEADER 20
#define FLAGS 13 /* their place in TCP's header */
#define SYN 0x02
#define ACK 0x10

void fl_link_flows_leave(FlLinkFlows *self) {
  memset(self->left, 0xff, sizeof self->left);
}

gboolean fl_link_flows_pass(FlLinkFlows *self, const guint8 *packet, gsize len, FlLinkDirection direction) {
  gsize header = len == 0 ? 0 : packet[0] >> 4 == 4 ? (packet[0] & 0xfu) * 4 : IPV6_HEADER;

  if (len < header + TCP_HEADER)
    return TRUE;
  const guint8 *tcp = packet + header;
  const guint8 *port = tcp + (direction == FL_LINK_UP ? 0 : 2);
  guint8 *bits = &self->left[port[0] << 5 | port[1] >> 3];
  guint8 bit = (guint8)(1u << (port[1] & 7));
  if (direction == FL_LINK_UP && (tcp[FLAGS] & (SYN | ACK)) == SYN)
    *bits &= (guint8)~bit;
  return (*bits & bit) == 0;
}
