/* Connections of a client that roams: the old ones are dead both ways, the new ones live.
 * SPDX-License-Identifier: MIT */
#include "bench/link_flows.h"

#include <string.h>

#include "tests/fl_check.h"

#define SYN 0x02
#define ACK 0x10
#define SERVER_PORT 8080

static FlLinkFlows flows;

static gboolean passes_in(gsize header, guint8 first, FlLinkDirection direction, guint16 port, guint8 flags) {
  guint8 packet[64] = { first };
  guint16 from = direction == FL_LINK_UP ? port : SERVER_PORT, to = direction == FL_LINK_UP ? SERVER_PORT : port;
  guint8 *tcp = packet + header;
  tcp[0] = (guint8)(from >> 8);
  tcp[1] = (guint8)from;
  tcp[2] = (guint8)(to >> 8);
  tcp[3] = (guint8)to;
  tcp[13] = flags;
  return fl_link_flows_pass(&flows, packet, header + 20, direction);
}

static gboolean passes(FlLinkDirection direction, guint16 port, guint8 flags) {
  gboolean in4 = passes_in(20, 0x45, direction, port, flags);
  ck_assert_int_eq(passes_in(24, 0x46, direction, port, flags), in4);
  ck_assert_int_eq(passes_in(40, 0x60, direction, port, flags), in4);
  return in4;
}

START_TEST(lets_all_pass_before_anyone_roams) {
  memset(&flows, 0, sizeof flows);
  ck_assert(passes(FL_LINK_UP, 40000, ACK));
  ck_assert(passes(FL_LINK_DOWN, 65535, ACK));
}
END_TEST

START_TEST(drops_both_ways_what_is_of_the_old_address) {
  memset(&flows, 0, sizeof flows);
  fl_link_flows_leave(&flows);
  ck_assert(!passes(FL_LINK_UP, 40000, ACK));
  ck_assert(!passes(FL_LINK_DOWN, 40000, ACK));
  ck_assert(!passes(FL_LINK_DOWN, 40000, SYN | ACK)); /* of a handshake that the client has left */
}
END_TEST

START_TEST(lets_connections_pass_that_are_begun_afterwards) {
  memset(&flows, 0, sizeof flows);
  fl_link_flows_leave(&flows);
  ck_assert(passes(FL_LINK_UP, 40001, SYN));
  ck_assert(passes(FL_LINK_DOWN, 40001, SYN | ACK));
  ck_assert(passes(FL_LINK_UP, 40001, ACK));
  ck_assert(!passes(FL_LINK_UP, 40000, ACK));
  ck_assert(!passes(FL_LINK_UP, 40002, ACK));
  ck_assert(!passes(FL_LINK_UP, 40001 + 256, ACK));
  fl_link_flows_leave(&flows);
  ck_assert(!passes(FL_LINK_UP, 40001, ACK));
}
END_TEST

START_TEST(lets_pass_what_is_too_short_for_tcp) {
  static const guint8 packet[39] = { 0x45 };
  memset(&flows, 0, sizeof flows);
  fl_link_flows_leave(&flows);
  for (gsize len = 0; len <= sizeof packet; len++)
    ck_assert(fl_link_flows_pass(&flows, packet, len, FL_LINK_UP));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("link flows");
  TCase *tcase = tcase_create("link flows");
  tcase_add_test(tcase, lets_all_pass_before_anyone_roams);
  tcase_add_test(tcase, drops_both_ways_what_is_of_the_old_address);
  tcase_add_test(tcase, lets_connections_pass_that_are_begun_afterwards);
  tcase_add_test(tcase, lets_pass_what_is_too_short_for_tcp);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
