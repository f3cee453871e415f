/* Setting up a network interface: the four requests of rtnetlink(7) that the emulated link needs.
 * Each returns FALSE with errno set. Addresses are struct in_addr or struct in6_addr, as `family` says.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_netlink_open: a socket for the requests below; -1 with errno set. */
int fl_netlink_open(void);

/* fl_netlink_bring_up: the interface of that index. mtu and queue_len (packets): 0 leaves them as they are. */
gboolean fl_netlink_bring_up(int fd, int index, guint32 mtu, guint32 queue_len);

/* fl_netlink_add_address: that address alone, without a route to its neighbours. */
gboolean fl_netlink_add_address(int fd, int index, int family, const void *address);

/* fl_netlink_add_route: to one address by this interface; who does not bind gets `source` for its own. */
gboolean fl_netlink_add_route(int fd, int index, int family, const void *to, const void *source);
