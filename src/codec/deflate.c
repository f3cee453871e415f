/* permessage-deflate by zlib. See the header.
 * SPDX-License-Identifier: MIT */
#include "codec/deflate.h"

#include <string.h>
#include <zlib.h>

#define RAW_WINDOW (-15) /* the largest, and without zlib's own head and checksum */
#define MEMORY_LEVEL 8
#define SLICE_BYTES 16384
#define BLOCK_ENDED 128 /* in data_type: inflate stands between two blocks */

/* What a sender leaves out, and a receiver puts back: RFC 7692, 7.2.1 and 7.2.2. */
static const guint8 tail[] = { 0x00, 0x00, 0xff, 0xff };

GByteArray *fl_deflate_message(const void *payload, gsize len) {
  z_stream stream = { .next_in = (Bytef *)payload, .avail_in = (uInt)len };
  GByteArray *out = g_byte_array_new();

  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    g_error("out of memory to compress a message");
  g_byte_array_set_size(out, (guint)deflateBound(&stream, (uLong)len) + 16); /* 16: what the flush adds */
  stream.next_out = out->data;
  stream.avail_out = out->len;
  int result = deflate(&stream, Z_SYNC_FLUSH);
  g_assert(result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0 && stream.total_out > sizeof tail);
  g_byte_array_set_size(out, (guint)(stream.total_out - sizeof tail));
  deflateEnd(&stream);
  return out;
}

struct _FlInflater {
  z_stream stream;
};

FlInflater *fl_inflater_new(void) {
  FlInflater *self = g_new0(FlInflater, 1);
  if (inflateInit2(&self->stream, RAW_WINDOW) != Z_OK)
    g_error("out of memory to inflate a message");
  return self;
}

void fl_inflater_free(FlInflater *self) {
  if (!self)
    return;
  inflateEnd(&self->stream);
  g_free(self);
}

FlInflateResult fl_inflater_feed(FlInflater *self, const guint8 *data, gsize len, GByteArray *out, gsize most) {
  guint8 slice[SLICE_BYTES];
  z_stream *stream = &self->stream;

  stream->next_in = (Bytef *)data;
  stream->avail_in = (uInt)len;
  do {
    stream->next_out = slice;
    stream->avail_out = sizeof slice;
    int result = inflate(stream, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
      return FL_INFLATE_INVALID;
    gsize n = sizeof slice - stream->avail_out;
    if (n > most - MIN(most, out->len))
      return FL_INFLATE_TOO_BIG;
    g_byte_array_append(out, slice, (guint)n);
    /* A final block is permitted (RFC 7692, 7.2.3.4); what follows begins anew at the next byte. */
    if (result == Z_STREAM_END)
      inflateReset(stream);
  } while (stream->avail_in > 0 || stream->avail_out == 0);
  return FL_INFLATE_OK;
}

FlInflateResult fl_inflater_end(FlInflater *self, GByteArray *out, gsize most) {
  FlInflateResult result = fl_inflater_feed(self, tail, sizeof tail, out, most);
  if (result != FL_INFLATE_OK)
    return result;
  return self->stream.data_type & BLOCK_ENDED ? FL_INFLATE_OK : FL_INFLATE_INVALID;
}
