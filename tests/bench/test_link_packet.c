/* Addresses of the link's packets.
 * SPDX-License-Identifier: MIT */
#include "bench/link_packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/fl_check.h"

/* A head of IPv4 or IPv6 with TCP behind. Returns: its bytes. */
static gsize head(guint8 *packet, const char *source, const char *destination) {
  int family = strchr(source, ':') ? AF_INET6 : AF_INET;
  gboolean is_6 = family == AF_INET6;

  memset(packet, 0, 60);
  packet[0] = is_6 ? 0x60 : 0x45;
  packet[is_6 ? 6 : 9] = IPPROTO_TCP;
  inet_pton(family, source, packet + (is_6 ? 8 : 12));
  inet_pton(family, destination, packet + (is_6 ? 24 : 16));
  return is_6 ? 40 : 20;
}

/* The sum of 16-bit words, as the checksums of IP, TCP and UDP have it (RFC 1071). */
static guint sum(const guint8 *packet, gsize len) {
  guint32 total = 0;
  for (gsize i = 0; i < len; i += 2)
    total += (guint32)packet[i] << 8 | packet[i + 1];
  return (total & 0xffff) + (total >> 16);
}

static void assert_turned(const char *source, const char *destination, FlLinkDirection direction, const char *as_source,
                          const char *as_destination) {
  guint8 packet[60], wanted[60];
  gsize len = head(packet, source, destination);
  guint before = sum(packet, len);
  FlLinkDirection found;
  gboolean is_tcp;

  head(wanted, as_source, as_destination);
  ck_assert(fl_link_packet_turn(packet, len, &found, &is_tcp));
  ck_assert_int_eq(found, direction);
  ck_assert(is_tcp);
  ck_assert_mem_eq(packet, wanted, len);
  ck_assert_uint_eq(sum(packet, len), before);
}

START_TEST(turns_both_ways_with_the_same_checksum) {
  assert_turned("198.18.0.3", "198.18.0.2", FL_LINK_UP, "198.18.0.4", "198.18.0.1");
  assert_turned("198.18.0.1", "198.18.0.4", FL_LINK_DOWN, "198.18.0.2", "198.18.0.3");
  assert_turned("2001:2::3", "2001:2::2", FL_LINK_UP, "2001:2::4", "2001:2::1");
  assert_turned("2001:2::1", "2001:2::4", FL_LINK_DOWN, "2001:2::2", "2001:2::3");
}
END_TEST

START_TEST(leaves_alone_what_is_none_of_the_link) {
  static const char *const pairs[][2] = { { "198.18.0.1", "198.18.0.2" }, { "198.18.0.3", "198.18.0.4" },
                                          { "198.18.0.3", "198.19.0.2" }, { "10.0.0.3", "198.18.0.2" },
                                          { "fe80::1", "ff02::2" },       { "2001:2::3", "2001:3::2" } };

  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    guint8 packet[60], before[60];
    FlLinkDirection direction;
    gboolean is_tcp;
    gsize len = head(packet, pairs[i][0], pairs[i][1]);
    memcpy(before, packet, len);
    ck_assert(!fl_link_packet_turn(packet, len, &direction, &is_tcp));
    ck_assert_mem_eq(packet, before, len);
  }
}
END_TEST

START_TEST(refuses_what_is_too_short_or_no_ip) {
  static const char *const pairs[][2] = { { "198.18.0.3", "198.18.0.2" }, { "2001:2::3", "2001:2::2" } };
  FlLinkDirection direction;
  gboolean is_tcp;

  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    guint8 packet[60];
    gsize len = head(packet, pairs[i][0], pairs[i][1]);
    for (gsize part = 0; part < len; part++)
      ck_assert(!fl_link_packet_turn(packet, part, &direction, &is_tcp));
    packet[0] = 0x50;
    ck_assert(!fl_link_packet_turn(packet, len, &direction, &is_tcp));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("link_packet");
  TCase *cases = tcase_create("packet");
  tcase_add_test(cases, turns_both_ways_with_the_same_checksum);
  tcase_add_test(cases, leaves_alone_what_is_none_of_the_link);
  tcase_add_test(cases, refuses_what_is_too_short_or_no_ip);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
