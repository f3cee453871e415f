/* Addresses that are limited together. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/household.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

void fl_household_of(const char *ip, char ret_household[FL_HOUSEHOLD_MAX]) {
  struct in6_addr address;

  if (inet_pton(AF_INET6, ip, &address) != 1) {
    g_strlcpy(ret_household, ip, FL_HOUSEHOLD_MAX);
    return;
  }
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    inet_ntop(AF_INET, &address.s6_addr[12], ret_household, FL_HOUSEHOLD_MAX);
    return;
  }
  memset(&address.s6_addr[8], 0, 8);
  inet_ntop(AF_INET6, &address, ret_household, FL_HOUSEHOLD_MAX);
}
