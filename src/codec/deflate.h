/* permessage-deflate (RFC 7692) without context takeover: every message is a DEFLATE stream of its own, less the four bytes
 * that end its last block. No frames here, and no negotiation: see net/wslink and codec/websocket.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_deflate_message: compress one message. Returns: new bytes, at least one. */
GByteArray *fl_deflate_message(const void *payload, gsize len);

/* The receiving half of one message, whose bytes come in slices. */
typedef struct _FlInflater FlInflater;

typedef enum {
  FL_INFLATE_OK,
  FL_INFLATE_INVALID, /* no DEFLATE, or not all of it */
  FL_INFLATE_TOO_BIG, /* `out` would hold more than `most` bytes */
} FlInflateResult;

FlInflater *fl_inflater_new(void);
void fl_inflater_free(FlInflater *self);

/* fl_inflater_feed: append to `out` what the next slice inflates to, up to `most` bytes in all. After anything but FL_INFLATE_OK
 * the inflater is spent. */
FlInflateResult fl_inflater_feed(FlInflater *self, const guint8 *data, gsize len, GByteArray *out, gsize most);

/* fl_inflater_end: the message is whole. */
FlInflateResult fl_inflater_end(FlInflater *self, GByteArray *out, gsize most);
