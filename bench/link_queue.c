/* One direction. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link_queue.h"

/* What is drawn for each packet, in this order, whether it is used or not. */
enum { DRAW_STATE, DRAW_LOSS, DRAW_JITTER, DRAWS };

struct _FlLinkQueue {
  FlLinkWay way;
  guint64 seed;
  gint64 begin_ns;
  guint64 n;             /* packets so far */
  gboolean is_bad;       /* the state of Gilbert and Elliott … */
  double to_bad, to_good; /* … and the chances of leaving the good one and the bad one, at each packet */
  gint64 free_ns;        /* when the last byte taken so far is sent */
  gint64 last_ns;        /* the latest departure so far */
  gint64 cut_from_ns, cut_until_ns;
};

const char *fl_link_fate_name(FlLinkFate fate) {
  static const char *const names[] = { "passes", "loss", "burst", "queue", "outage" };
  return names[fate];
}

/* Steele, Lea, Flood: SplitMix64 (2014), here with a counter: the k-th number of a seed without the ones before it. */
static guint64 mixed(guint64 x) {
  x ^= x >> 30;
  x *= G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
  x ^= x >> 27;
  x *= G_GUINT64_CONSTANT(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

/* Uniform over 0 … 1 without 1. */
static double draw(const FlLinkQueue *self, guint64 what) {
  guint64 x = mixed(self->seed + (self->n * DRAWS + what + 1) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15));
  return (double)(x >> 11) * 0x1p-53;
}

FlLinkQueue *fl_link_queue_new(const FlLinkWay *way, FlLinkDirection direction, guint64 seed, gint64 begin_ns) {
  FlLinkQueue *self = g_new0(FlLinkQueue, 1);
  double span = way->burst_bad - way->burst_good;
  double bad_share = way->burst_packets > 0 ? (way->loss - way->burst_good) / span : 0;

  self->way = *way;
  self->seed = mixed(seed * FL_LINK_WAYS + direction + 1);
  self->begin_ns = begin_ns;
  self->to_good = way->burst_packets > 0 ? 1 / way->burst_packets : 1;
  self->to_bad = self->to_good * bad_share / (1 - bad_share);
  /* The first packet finds the state that a later one would. */
  self->is_bad = way->burst_packets > 0 && (double)(mixed(self->seed) >> 11) * 0x1p-53 < bad_share;
  return self;
}

void fl_link_queue_free(FlLinkQueue *self) {
  g_free(self);
}

void fl_link_queue_cut(FlLinkQueue *self, gint64 from_ns, gint64 until_ns) {
  self->cut_from_ns = from_ns;
  self->cut_until_ns = until_ns;
}

static gboolean is_out(const FlLinkQueue *self, gint64 now_ns) {
  if (now_ns >= self->cut_from_ns && now_ns < self->cut_until_ns)
    return TRUE;
  for (guint i = 0; i < self->way.n_outages; i++) {
    const FlLinkOutage *outage = &self->way.outages[i];
    gint64 since_ns = now_ns - self->begin_ns - outage->at_ns;
    if (since_ns >= 0 && (outage->every_ns > 0 ? since_ns % outage->every_ns : since_ns) < outage->length_ns)
      return TRUE;
  }
  return FALSE;
}

/* Goes on by one packet, whatever else becomes of it. */
static FlLinkFate draw_loss(FlLinkQueue *self) {
  double share = self->way.loss;

  if (self->way.burst_packets > 0) {
    double leave = draw(self, DRAW_STATE);
    if (self->n > 0)
      self->is_bad = self->is_bad ? leave >= self->to_good : leave < self->to_bad;
    share = self->is_bad ? self->way.burst_bad : self->way.burst_good;
  }
  if (draw(self, DRAW_LOSS) >= share)
    return FL_FATE_PASSES;
  return self->is_bad ? FL_FATE_BURST : FL_FATE_LOSS;
}

/* Returns: when its last byte is sent, or -1 where there is no room. */
static gint64 serialise(FlLinkQueue *self, gint64 now_ns, gsize bytes) {
  gint64 begin_ns = MAX(self->free_ns, now_ns);

  if (self->way.rate_bps == 0)
    return now_ns;
  double waiting_bytes = (double)(begin_ns - now_ns) / 1e9 * self->way.rate_bps / 8;
  if (waiting_bytes + (double)bytes > (double)self->way.queue_bytes)
    return -1;
  self->free_ns = begin_ns + (gint64)((double)bytes * 8e9 / self->way.rate_bps);
  return self->free_ns;
}

FlLinkFate fl_link_queue_offer(FlLinkQueue *self, gint64 now_ns, gsize bytes, gint64 *ret_departure_ns) {
  FlLinkFate fate = draw_loss(self);
  double varies = 2 * draw(self, DRAW_JITTER) - 1;

  self->n++;
  if (is_out(self, now_ns))
    return FL_FATE_OUTAGE;
  if (fate != FL_FATE_PASSES)
    return fate;
  gint64 sent_ns = serialise(self, now_ns, bytes);
  if (sent_ns < 0)
    return FL_FATE_QUEUE;
  gint64 departure_ns = sent_ns + self->way.delay_ns + (gint64)(varies * (double)self->way.jitter_ns);
  self->last_ns = MAX(self->last_ns, departure_ns);
  *ret_departure_ns = self->last_ns;
  return FL_FATE_PASSES;
}
