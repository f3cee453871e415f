/* Whom an address stands for where clients are limited: an IPv4 address for itself, an IPv6 address for its /64, of which a
 * single client may use any (RFC 6177, RFC 8981).
 * SPDX-License-Identifier: MIT */
#pragma once

#define FL_HOUSEHOLD_MAX 46

/* fl_household_of: write the household's name; what is no IPv6 address is its own. */
void fl_household_of(const char *ip, char ret_household[FL_HOUSEHOLD_MAX]);
