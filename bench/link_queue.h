/* One direction of a link: what becomes of each packet. Without clock or sockets: a time and a number of bytes in, a time or a
 * reason for its loss out.
 *
 *     packet ──► outage? ──► loss, burst? ──► queue (bytes) ──► rate ──► delay ± jitter ──► departure
 *
 * What is random of the n-th packet (whether it is lost, how its delay varies) is drawn from the seed and n alone, whatever
 * its size and time: the n-th packet of a direction meets the same fate in every run. Whether it finds an outage or a full
 * queue depends on when it comes.
 *
 * The rate is serialisation: a packet takes bytes · 8 / rate, one after the other. The queue holds what waits for that, the packet
 * in service too; one that does not fit is dropped (drop-tail). Packets leave in the order in which they came, also under jitter.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/link_spec.h"

typedef struct _FlLinkQueue FlLinkQueue;

typedef enum {
  FL_FATE_PASSES,
  FL_FATE_LOSS,   /* by itself, or in the good state between bursts */
  FL_FATE_BURST,  /* in the bad state */
  FL_FATE_QUEUE,  /* there was no room */
  FL_FATE_OUTAGE,
  FL_FATES,
} FlLinkFate;

/* fl_link_fate_name: for programs; static. */
const char *fl_link_fate_name(FlLinkFate fate);

/* fl_link_queue_new: the outages of `way` count from `begin_ns`. `way` is copied. */
FlLinkQueue *fl_link_queue_new(const FlLinkWay *way, FlLinkDirection direction, guint64 seed, gint64 begin_ns);
void fl_link_queue_free(FlLinkQueue *self);

/* fl_link_queue_offer: the next packet, at a time that is not before the last one's. ret_departure_ns: when it leaves, where it
 * passes. */
FlLinkFate fl_link_queue_offer(FlLinkQueue *self, gint64 now_ns, gsize bytes, gint64 *ret_departure_ns);

/* fl_link_queue_cut: an outage from now to then; what is on its way goes on. A later cut replaces an earlier one. */
void fl_link_queue_cut(FlLinkQueue *self, gint64 from_ns, gint64 until_ns);
