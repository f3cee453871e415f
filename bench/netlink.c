/* rtnetlink. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTRIBUTES_MAX 128

/* A request with its body, and room for attributes behind. */
typedef struct {
  struct nlmsghdr head;
  union {
    struct ifinfomsg link;
    struct ifaddrmsg address;
    struct rtmsg route;
  } body;
  guint8 attributes[ATTRIBUTES_MAX];
} Request;

int fl_netlink_open(void) {
  return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

static Request request(guint16 type, gsize body_len, guint16 flags) {
  return (Request){ .head = { .nlmsg_len = (guint32)NLMSG_LENGTH(body_len),
                              .nlmsg_type = type,
                              .nlmsg_flags = (guint16)(NLM_F_REQUEST | NLM_F_ACK | flags) } };
}

static void add_attribute(Request *self, guint16 type, const void *data, gsize len) {
  struct rtattr *attribute = (struct rtattr *)(gpointer)((guint8 *)self + NLMSG_ALIGN(self->head.nlmsg_len));

  g_assert(NLMSG_ALIGN(self->head.nlmsg_len) + RTA_SPACE(len) <= sizeof *self);
  attribute->rta_type = type;
  attribute->rta_len = (guint16)RTA_LENGTH(len);
  memcpy(RTA_DATA(attribute), data, len);
  self->head.nlmsg_len = (guint32)(NLMSG_ALIGN(self->head.nlmsg_len) + RTA_SPACE(len));
}

static gboolean ask(int fd, const Request *self) {
  struct {
    struct nlmsghdr head;
    struct nlmsgerr error;
    guint8 rest[1024];
  } answer;

  if (send(fd, self, self->head.nlmsg_len, 0) < 0)
    return FALSE;
  if (recv(fd, &answer, sizeof answer, 0) < (ssize_t)NLMSG_LENGTH(sizeof answer.error) || answer.head.nlmsg_type != NLMSG_ERROR) {
    errno = EPROTO;
    return FALSE;
  }
  errno = -answer.error.error;
  return answer.error.error == 0;
}

gboolean fl_netlink_bring_up(int fd, int index, guint32 mtu, guint32 queue_len) {
  Request self = request(RTM_NEWLINK, sizeof self.body.link, 0);

  self.body.link = (struct ifinfomsg){ .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
  if (mtu > 0)
    add_attribute(&self, IFLA_MTU, &mtu, sizeof mtu);
  if (queue_len > 0)
    add_attribute(&self, IFLA_TXQLEN, &queue_len, sizeof queue_len);
  return ask(fd, &self);
}

static gsize address_bytes(int family) {
  return family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

gboolean fl_netlink_add_address(int fd, int index, int family, const void *address) {
  Request self = request(RTM_NEWADDR, sizeof self.body.address, NLM_F_CREATE | NLM_F_EXCL);
  gsize len = address_bytes(family);
  guint32 flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE;

  self.body.address = (struct ifaddrmsg){
    .ifa_family = (guint8)family, .ifa_prefixlen = (guint8)(8 * len), .ifa_index = (guint32)index
  };
  add_attribute(&self, IFA_LOCAL, address, len);
  add_attribute(&self, IFA_ADDRESS, address, len);
  add_attribute(&self, IFA_FLAGS, &flags, sizeof flags);
  return ask(fd, &self);
}

gboolean fl_netlink_add_route(int fd, int index, int family, const void *to, const void *source) {
  Request self = request(RTM_NEWROUTE, sizeof self.body.route, NLM_F_CREATE | NLM_F_EXCL);
  gsize len = address_bytes(family);
  guint32 by = (guint32)index;

  self.body.route = (struct rtmsg){ .rtm_family = (guint8)family,
                                    .rtm_dst_len = (guint8)(8 * len),
                                    .rtm_table = RT_TABLE_MAIN,
                                    .rtm_protocol = RTPROT_STATIC,
                                    .rtm_scope = family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
                                    .rtm_type = RTN_UNICAST };
  add_attribute(&self, RTA_DST, to, len);
  add_attribute(&self, RTA_PREFSRC, source, len);
  add_attribute(&self, RTA_OIF, &by, sizeof by);
  return ask(fd, &self);
}
