/* Namespaces and the TUN device. See the header and docs/link.md.
 *
 * unshare(CLONE_NEWUSER) gives all capabilities over what is made in the new namespaces, to whatever user that is: so the caller's
 * uid is mapped to itself, and there is no root to come back from.
 * SPDX-License-Identifier: MIT */
#include "bench/link_namespace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/link_packet.h"
#include "bench/netlink.h"

#define QUEUE_PACKETS 20000 /* what the kernel holds until the emulator reads; the default of 500 is one fan-out */
#define CAPABILITIES_MAX 63

static gboolean fail(GError **error, const char *what, const char *mend) {
  int number = errno;
  g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number), "%s: %s%s%s", what, g_strerror(number), mend ? "; perhaps: " : "",
              mend ? mend : "");
  return FALSE;
}

static gboolean write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  gboolean written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  int number = errno;

  if (fd >= 0)
    close(fd);
  errno = number;
  return written;
}

/* --- the namespaces ------------------------------------------------------------------------------------------------ */

static gboolean enter_namespaces(GError **error) {
  g_autofree char *users = g_strdup_printf("%u %u 1", geteuid(), geteuid());
  g_autofree char *groups = g_strdup_printf("%u %u 1", getegid(), getegid());

  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return fail(error, "a user and network namespace",
                errno == EINVAL ? "enter it before threads"
                                : "sysctl -w kernel.unprivileged_userns_clone=1 "
                                  "kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000, as root");
  return (write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", users) &&
          write_file("/proc/self/gid_map", groups)) ||
         fail(error, "a user namespace for this user", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, as root");
}

static int open_tun(GError **error) {
  struct ifreq request = { .ifr_name = FL_LINK_DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI };
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0) {
    fail(error, "/dev/net/tun", "modprobe tun && chmod 666 /dev/net/tun, as root");
    return -1;
  }
  if (ioctl(fd, TUNSETIFF, &request) == 0)
    return fd;
  fail(error, "a TUN device", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, as root");
  close(fd);
  return -1;
}

/* --- the device ---------------------------------------------------------------------------------------------------- */

/* Both ends of the link. */
static gboolean add_family(int netlink, int index, int family, const char *server, const char *dial, const char *client,
                           const char *peer) {
  const char *const texts[] = { server, dial, client, peer };
  struct in6_addr addresses[4]; /* has room for the other family too */

  for (int i = 0; i < 4; i++)
    inet_pton(family, texts[i], &addresses[i]);
  return fl_netlink_add_address(netlink, index, family, &addresses[0]) &&
         fl_netlink_add_address(netlink, index, family, &addresses[2]) &&
         fl_netlink_add_route(netlink, index, family, &addresses[1], &addresses[2]) &&
         fl_netlink_add_route(netlink, index, family, &addresses[3], &addresses[0]);
}

static gboolean set_up_device(FlLinkNamespace *self, GError **error) {
  int netlink = fl_netlink_open(), index = (int)if_nametoindex(FL_LINK_DEVICE);

  /* No packet that no program has sent: the link counts every one. Where there is no IPv6, there is nothing to write to. */
  write_file("/proc/sys/net/ipv6/conf/" FL_LINK_DEVICE "/addr_gen_mode", "1");
  gboolean good = netlink >= 0 && index > 0 && fl_netlink_bring_up(netlink, (int)if_nametoindex("lo"), 0, 0) &&
                  fl_netlink_bring_up(netlink, index, FL_LINK_MTU, QUEUE_PACKETS) &&
                  add_family(netlink, index, AF_INET, FL_LINK_SERVER, FL_LINK_DIAL, FL_LINK_CLIENT, FL_LINK_PEER);
  if (!good)
    fail(error, "addresses for " FL_LINK_DEVICE, NULL);
  self->has_ipv6 = good && add_family(netlink, index, AF_INET6, FL_LINK_SERVER6, FL_LINK_DIAL6, FL_LINK_CLIENT6, FL_LINK_PEER6);
  if (netlink >= 0)
    close(netlink);
  return good;
}

/* What TCP has learnt of the path in one run must not be known to the next one. The ports are for more clients than the default's. */
static gboolean set_sysctls(GError **error) {
  return (write_file("/proc/sys/net/ipv4/tcp_no_metrics_save", "1") &&
          write_file("/proc/sys/net/ipv4/ip_local_port_range", "10000 65535")) ||
         fail(error, "sysctls of the namespace (net.ipv4.tcp_no_metrics_save)", "mount -o remount,rw /proc/sys, as root");
}

/* --- nothing left to abuse ----------------------------------------------------------------------------------------- */

static gboolean give_up_capabilities(GError **error) {
  struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

  for (unsigned long capability = 0; capability <= CAPABILITIES_MAX; capability++)
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) > 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return fail(error, "dropping a capability", NULL);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 || syscall(SYS_capset, &head, none) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail(error, "dropping all capabilities", NULL);
  if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    return fail(error, "keeping descriptors from other programs (close_range, Linux 5.11)", NULL);
  return TRUE;
}

gboolean fl_link_namespace_enter(FlLinkNamespace *ret_namespace, GError **error) {
  FlLinkNamespace self = { .tun_fd = -1 };

  if (!enter_namespaces(error) || (self.tun_fd = open_tun(error)) < 0)
    return FALSE;
  if (set_up_device(&self, error) && set_sysctls(error) && give_up_capabilities(error)) {
    *ret_namespace = self;
    return TRUE;
  }
  close(self.tun_fd);
  return FALSE;
}
