/* What a link is to be like, read from text such as `rtt=80ms,jitter=10ms,loss=0.5%,rate=5mbit,queue=64k` or
 * `3g,loss=2%`. Pure: text in, plain values out, and canonical text back. docs/link.md is the manual.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Up is from the clients to the server. */
typedef enum { FL_LINK_UP, FL_LINK_DOWN, FL_LINK_WAYS } FlLinkDirection;

#define FL_LINK_OUTAGES_MAX 8

/* Nothing passes for `length`, from `at` on, both since the link's beginning; again every `every` (0: once). */
typedef struct {
  gint64 length_ns, at_ns, every_ns;
} FlLinkOutage;

/* One direction. */
typedef struct {
  gint64 delay_ns;  /* one way */
  gint64 jitter_ns; /* the delay varies evenly by that much to both sides; at most the delay */
  double loss;      /* share of packets in the long run, 0 … 1 */
  /* Gilbert (1960) and Elliott (1963): a good and a bad state, and how much is lost in each. 0 packets: each packet by itself. */
  double burst_packets;          /* mean length of the bad state */
  double burst_bad, burst_good;  /* share lost in the bad and in the good state */
  double rate_bps;               /* bits of IP packets a second; 0: no limit */
  gint64 queue_bytes;            /* what may wait for the rate, the packet being sent too; 0 without a rate */
  FlLinkOutage outages[FL_LINK_OUTAGES_MAX];
  guint n_outages;
} FlLinkWay;

typedef struct {
  FlLinkWay ways[FL_LINK_WAYS];
  gint64 seed; /* -1: not given */
} FlLinkSpec;

/* fl_link_spec_parse: Returns: FALSE with an error that names the key, what it takes, and for one that is unknown the near ones. */
gboolean fl_link_spec_parse(const char *text, FlLinkSpec *ret_spec, GError **error);

/* fl_link_spec_text: all of it without presets, such that fl_link_spec_parse gives the same again. The caller's. */
char *fl_link_spec_text(const FlLinkSpec *self);

/* fl_link_spec_rtt_ns: both delays together, without serialisation. */
gint64 fl_link_spec_rtt_ns(const FlLinkSpec *self);

/* fl_link_spec_presets: their names and what they stand for, a line each, for --help. The caller's. */
char *fl_link_spec_presets(void);
