/* A network of this process's own, with the emulated link in it: a user namespace, a network namespace, and a TUN device.
 * No root is needed. It isolates the network, not files.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#define FL_LINK_MTU 1500
#define FL_LINK_DEVICE "feedlab0"

typedef struct {
  int tun_fd;
  gboolean has_ipv6;
} FlLinkNamespace;

/* fl_link_namespace_enter: move this process there for good, with all of its children to come, before it has any thread. Loopback
 * is up, the device has the addresses of bench/link_packet. Afterwards the process is the user that it was before, without any
 * capability and without a way to one (bounding set, no_new_privs), and every descriptor but 0 to 2 is closed on exec.
 * tun_fd is the caller's, non-blocking.
 * Returns: FALSE with an error that says what is missing and what would mend it; the process may then be in the
 * namespaces already, and must not go on as if it weren't. */
gboolean fl_link_namespace_enter(FlLinkNamespace *ret_namespace, GError **error);
