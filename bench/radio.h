/* What updates cost the radio of a phone, by a model; nothing here is measured but when packets went and how long they were. A
 * cellular radio is not off after a packet: it stays on for the tail, in case that there is more, and going from idle to connected
 * takes signalling (promotion).
 *
 *             first packet            transferred           nothing for tail_s
 *     IDLE ─────────────────► PROMOTION ────► ACTIVE ⇄ TAIL ──────────────────► IDLE
 *                             promotion_w             tail_w      (a packet in the tail begins it anew)
 *
 * Source of the states and of fl_radio_lte: J. Huang, F. Qian, A. Gerber, Z. M. Mao, S. Sen, O. Spatscheck: A Close Examination of
 * Performance and Power Characteristics of 4G LTE Networks. MobiSys 2012. The rates are its abstract's medians; powers and times are
 * as they are commonly quoted of it, not checked against its table. One carrier and phones of 2011: the order of things, not the
 * battery of a phone of today. Power is above that of an idle radio.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  double promotion_s, promotion_w; /* from idle to connected */
  double tail_s, tail_w;           /* after the last packet */
  double transfer_w;               /* while bytes move, and … */
  double up_w_per_mbps, down_w_per_mbps; /* … for their rate; over the time of a transfer, J a Mbit */
  double up_mbps, down_mbps;       /* the rates, which tell how long that is */
} FlRadioModel;

extern const FlRadioModel fl_radio_lte;

/* What the packets of some phones made of their radios. */
typedef struct {
  guint64 wakeups; /* promotions */
  double on_s;     /* in the tail, or active */
} FlRadioAccount;

/* What a phone spends in a minute. NAN where nothing is known. */
typedef struct {
  double wakeups;
  double on_percent;
  double joules;
} FlRadioCost;

/* fl_radio_note: packets came or went, `gap_s` after those before: up to the tail of that the radio was on, and if it was
 * longer it has to wake. Counted over the packets of a window, the time before its first one stands for the time after its last
 * one. */
void fl_radio_note(const FlRadioModel *self, FlRadioAccount *account, double gap_s);

/* fl_radio_account_add: the phones of another account too. */
void fl_radio_account_add(FlRadioAccount *self, const FlRadioAccount *other);

/* fl_radio_cost: of an account over `phone_s`, phones × seconds, in which so many bytes went up and down:
 *     J = wakeups · promotion_s · promotion_w + on_s · tail_w
 *       + transfer_s · (transfer_w - tail_w) + Mbit up · up_w_per_mbps + Mbit down · down_w_per_mbps
 * where transfer_s is the bytes over the rates. */
FlRadioCost fl_radio_cost(const FlRadioModel *self, const FlRadioAccount *account, double up_bytes, double down_bytes,
                          double phone_s);

/* fl_radio_regular: the same of packets at regular times, every `spacing_s`, with so many bytes each time. */
FlRadioCost fl_radio_regular(const FlRadioModel *self, double spacing_s, double up_bytes, double down_bytes);

/* fl_radio_parse: other numbers than those that `ret_model` holds: `tail=5s,tail-power=0.8`. Keys: promotion and tail
 * (durations); promotion-power, tail-power, transfer-power (W); up-power, down-power (W per Mbit/s); up-rate, down-rate
 * (Mbit/s). Returns: FALSE with an error that names the part; ret_model is then untouched. */
gboolean fl_radio_parse(const char *text, FlRadioModel *ret_model, GError **error);

/* fl_radio_text: all of it, as fl_radio_parse takes it. The caller's. */
char *fl_radio_text(const FlRadioModel *self);
