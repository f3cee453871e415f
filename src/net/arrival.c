/* Deadlines of requests that arrive. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/arrival.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/clock.h"

static const char too_late[] = "HTTP/1.1 408 Request Timeout\r\n"
                               "Content-Type: application/problem+json\r\n"
                               "Content-Length: 89\r\n"
                               "Connection: close\r\n"
                               "\r\n"
                               "{\"title\":\"Request Timeout\",\"status\":408,"
                               "\"detail\":\"The request took too long to arrive.\"}\n";

#define SELF_OF(entry) ((FlArrival *)((char *)(entry) - offsetof(FlArrival, deadline)))

/* libmicrohttpd, which owns the socket, finds it ended and lets it go. */
static void end(const FlArrival *self) {
  shutdown(self->fd, SHUT_RDWR);
}

static gboolean has_said_anything(const FlArrival *self) {
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;
  return getsockopt(self->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && info.tcpi_bytes_received > 0;
}

/* Nothing of libmicrohttpd's is under way on this connection: the last answer has gone, and the next has not begun. */
static void on_late(FlDeadline *entry, gpointer user) {
  const FlArrivals *arrivals = user;
  const FlArrival *self = SELF_OF(entry);

  if (has_said_anything(self)) {
    fl_log(arrivals->log, "erred", FL_FIELD("ip", self->ip), FL_FIELD_INT("status", 408),
           FL_FIELD("why", "the request took too long to arrive (--head-timeout, --body-timeout)"));
    (void)!send(self->fd, too_late, sizeof too_late - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  end(self);
}

/* A connection kept for later is no one's fault. */
static void on_idle(FlDeadline *entry, gpointer user) {
  end(SELF_OF(entry));
}

void fl_arrivals_init(FlArrivals *self, const FlArrivalLimits *limits, FlLog *log) {
  self->log = log;
  fl_deadline_list_init(&self->heads, limits->head_ns, on_late, self);
  fl_deadline_list_init(&self->bodies, limits->body_ns, on_late, self);
  fl_deadline_list_init(&self->idles, limits->idle_ns, on_idle, self);
}

void fl_arrival_accepted(FlArrivals *arrivals, FlArrival *self, int fd, const char *ip) {
  *self = (FlArrival){ .among = arrivals, .fd = fd, .ip = ip };
  fl_deadline_start(&arrivals->heads, &self->deadline, fl_clock_now_ns());
}

/* What has been read already was the rest of the last request: only what waits in the socket begins another. */
void fl_arrival_heard(FlArrival *self) {
  int waiting = 0;

  if (self->deadline.list == &self->among->idles && ioctl(self->fd, FIONREAD, &waiting) == 0 && waiting > 0)
    fl_deadline_start(&self->among->heads, &self->deadline, fl_clock_now_ns());
}

void fl_arrival_head(FlArrival *self) {
  fl_deadline_start(&self->among->bodies, &self->deadline, fl_clock_now_ns());
}

void fl_arrival_whole(FlArrival *self) {
  fl_deadline_stop(&self->deadline);
}

void fl_arrival_answered(FlArrival *self) {
  fl_deadline_start(&self->among->idles, &self->deadline, fl_clock_now_ns());
}
