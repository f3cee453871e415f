/* The bench as the publisher to a server that isn't ours: a thread that POSTs updates to absolute deadlines over one
 * connection, and does not wait for one answer before it sends the next, so that neither a slow server nor the subscribers
 * beside it can delay the schedule (no coordinated omission). Rule 1 of docs/method.md.
 *
 *     {"seq":1764000000123456,"t":1764000000123456,"data":"1764000000123460xxxx…"}
 *
 * t is the scheduled time in Unix µs; the data begin with the time of sending; the first seq is the time of the start in
 * µs, so that it is above whatever an earlier run has left with the server.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct _FlPublisher FlPublisher;

/* Bytes of an update without filling, and so the least that there may be. */
#define FL_PUBLISHER_SIZE_MIN 71

typedef struct {
  const char *host; /* an IPv4 address */
  guint16 port;
  const char *target; /* path and query */
  double rate_hz;
  gsize size_bytes; /* of the JSON object */
} FlPublisherConfig;

/* fl_publisher_start: connect, and publish from now on. Strings are copied.
 * Returns: NULL with an error where nothing listens there. */
FlPublisher *fl_publisher_start(const FlPublisherConfig *config, GError **error);

/* fl_publisher_free: stop, with the answers that are still to come not waited for. Takes NULL. */
void fl_publisher_free(FlPublisher *self);

/* fl_publisher_missed: deadlines met too late so far: another one had passed already. */
gint64 fl_publisher_missed(const FlPublisher *self);

/* fl_publisher_count: how many updates are scheduled for from_us <= t < to_us. */
guint64 fl_publisher_count(const FlPublisher *self, gint64 from_us, gint64 to_us);

/* fl_publisher_error: what ended it before its time, such as an answer other than 2xx; NULL: nothing. The caller's. */
char *fl_publisher_error(FlPublisher *self);
