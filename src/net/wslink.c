/* WebSocket frames by wslay. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/wslink.h"

#include <string.h>
#include <wslay/wslay.h>

#include "codec/deflate.h"
#include "codec/utf8.h"

#define CLOSE_REASON_MAX 123 /* RFC 6455, 5.5: 125 bytes of a control frame less the code */
#define RSV1 0x40
#define HEAD_MAX 14          /* RFC 6455, 5.2: two bytes, a length of eight, a mask of four */

struct _FlWsLink {
  wslay_frame_context_ptr frames;
  FlWsRole role;
  gsize max_message_bytes;

  const guint8 *input; /* what fl_ws_link_receive was given and wslay has not taken yet */
  gsize input_len;

  /* wslay tells of a frame with the first byte of its payload. What its head says is looked at before that: its sender may well
   * wait for an answer. So wslay is given no more at once than what is left of the head, or of the payload. */
  guint8 head[HEAD_MAX];
  gsize head_len;       /* bytes of it so far; 0 between frames */
  gsize head_checked;   /* how many there were when it was checked last */
  guint64 payload_len;  /* as the head says, once it is whole … */
  guint64 payload_left; /* … and what wslay has not taken of it */

  GByteArray *partial;  /* payload so far of the frame, or of the fragmented message, that is not whole yet */
  guint8 opcode;        /* of the message being put together, 0 when there is none */
  FlUtf8 utf8;          /* of its text */
  gboolean may_deflate; /* RSV1 has a meaning … */
  FlInflater *inflater; /* … and the message being put together has it */
  gsize frame_received; /* payload bytes seen of the current frame */
  GByteArray *control;  /* payload so far of a control frame that came in slices */

  gboolean spent; /* stopped or in error: the rest of the input was dropped, nothing more is read */
  int error;      /* the close code, once there was an error */
};

/* How long the head is, as far as `len` bytes of it tell. */
static gsize head_size(const guint8 *head, gsize len) {
  if (len < 2)
    return 2;
  guint8 length = head[1] & 0x7f;
  return 2 + (length == 127 ? 8 : length == 126 ? 2 : 0) + (head[1] & 0x80 ? 4 : 0);
}

static gboolean head_is_whole(const FlWsLink *self) {
  return self->head_len >= 2 && self->head_len == head_size(self->head, self->head_len);
}

static guint64 head_payload(const guint8 *head) {
  guint8 length = head[1] & 0x7f;
  gsize bytes = length == 127 ? 8 : length == 126 ? 2 : 0;
  guint64 payload = bytes == 0 ? length : 0;

  for (gsize i = 0; i < bytes; i++)
    payload = payload << 8 | head[2 + i];
  return payload;
}

static ssize_t take_input(uint8_t *buf, size_t len, int flags, void *user_data) {
  FlWsLink *self = user_data;
  gboolean in_head = !head_is_whole(self);
  guint64 wanted = in_head ? head_size(self->head, self->head_len) - self->head_len : self->payload_left;
  gsize n = (gsize)MIN(MIN(len, self->input_len), wanted);

  if (n == 0)
    return -1;
  memcpy(buf, self->input, n);
  self->input += n;
  self->input_len -= n;
  if (!in_head) {
    self->payload_left -= n;
    return (ssize_t)n;
  }
  memcpy(self->head + self->head_len, buf, n);
  self->head_len += n;
  if (head_is_whole(self))
    self->payload_len = self->payload_left = head_payload(self->head);
  return (ssize_t)n;
}

static const struct wslay_frame_callbacks receive_callbacks = { .recv_callback = take_input };

FlWsLink *fl_ws_link_new(FlWsRole role, gsize max_message_bytes) {
  FlWsLink *self = g_new0(FlWsLink, 1);
  self->role = role;
  self->max_message_bytes = max_message_bytes;
  if (wslay_frame_context_init(&self->frames, &receive_callbacks, self) != 0)
    g_error("out of memory for a WebSocket frame context");
  return self;
}

void fl_ws_link_free(FlWsLink *self) {
  if (!self)
    return;
  wslay_frame_context_free(self->frames);
  g_clear_pointer(&self->partial, g_byte_array_unref);
  g_clear_pointer(&self->control, g_byte_array_unref);
  g_clear_pointer(&self->inflater, fl_inflater_free);
  g_free(self);
}

void fl_ws_link_inflate(FlWsLink *self) {
  self->may_deflate = TRUE;
}

gboolean fl_ws_link_at_boundary(const FlWsLink *self) {
  return self->head_len == 0 && self->opcode == 0 && !self->spent;
}

/* What the first two bytes of a head may say at this point: RFC 6455, 5.1 to 5.5. */
static int check_kind(const FlWsLink *self) {
  guint8 opcode = self->head[0] & 0x0f;
  gboolean known = opcode <= FL_WS_BINARY || (opcode >= FL_WS_CLOSE && opcode <= FL_WS_PONG);
  gboolean masked = (self->head[1] & 0x80) != 0;
  guint8 rsv_allowed = self->may_deflate && (opcode == FL_WS_TEXT || opcode == FL_WS_BINARY) ? RSV1 : 0;

  if (!known || (self->head[0] & 0x70 & ~rsv_allowed) != 0 || masked != (self->role == FL_WS_SERVER))
    return FL_WS_PROTOCOL_ERROR;
  if (!wslay_is_ctrl_frame(opcode) && (opcode == FL_WS_CONTINUATION) != (self->opcode != 0))
    return FL_WS_PROTOCOL_ERROR;
  return 0; /* that control frames are short and in one piece, and lengths in their shortest form, is looked at by wslay */
}

static int check_length(const FlWsLink *self) {
  guint8 opcode = self->head[0] & 0x0f; /* on its own: wslay's macro has no parentheses */
  gsize before = self->partial ? self->partial->len : 0;

  if (wslay_is_ctrl_frame(opcode))
    return 0;
  if (self->inflater || (self->head[0] & RSV1)) /* it is what comes out of it that counts, and is counted as it does */
    return 0;
  return self->payload_len > self->max_message_bytes - MIN(before, self->max_message_bytes) ? FL_WS_TOO_BIG : 0;
}

/* Look at what has come of the head since the last time. */
static int check_head(FlWsLink *self) {
  int code = 0;

  if (self->head_checked < 2 && self->head_len >= 2)
    code = check_kind(self);
  if (code == 0 && self->head_checked < self->head_len && head_is_whole(self))
    code = check_length(self);
  self->head_checked = self->head_len;
  return code;
}

/* RFC 6455, 7.4: which codes may be on the wire. */
static gboolean valid_close_code(int code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

int fl_ws_close_code(const guint8 *payload, gsize len) {
  return len < 2 ? FL_WS_NO_STATUS : payload[0] << 8 | payload[1];
}

static int check_close(const guint8 *payload, gsize len) {
  if (len == 0)
    return 0;
  if (len == 1 || !valid_close_code(fl_ws_close_code(payload, len)))
    return FL_WS_PROTOCOL_ERROR;
  return fl_utf8_is_valid(payload + 2, len - 2) ? 0 : FL_WS_INVALID_DATA;
}

typedef struct {
  FlWsMessage message;
  gpointer user;
  gboolean stopped;
} Sink;

static void deliver(Sink *sink, FlWsOpcode opcode, const GByteArray *kept, const struct wslay_frame_iocb *frame) {
  const guint8 *payload = kept ? kept->data : frame->data;
  gsize len = kept ? kept->len : frame->data_length;

  if (!sink->message(sink->user, opcode, payload ? payload : (const guint8 *)"", len))
    sink->stopped = TRUE;
}

static void keep(GByteArray **kept, const struct wslay_frame_iocb *frame) {
  if (!*kept)
    *kept = g_byte_array_new();
  g_byte_array_append(*kept, frame->data, (guint)frame->data_length);
}

/* One slice of a control frame's payload, which may be all of it. Here and below nothing is copied when it is. */
static int take_control(FlWsLink *self, const struct wslay_frame_iocb *frame, gboolean last_slice, Sink *sink) {
  int code = 0;

  if (!last_slice || self->control)
    keep(&self->control, frame);
  if (!last_slice)
    return 0;
  if (frame->opcode == FL_WS_CLOSE)
    code = self->control ? check_close(self->control->data, self->control->len) : check_close(frame->data, frame->data_length);
  if (code == 0)
    deliver(sink, frame->opcode, self->control, frame);
  g_clear_pointer(&self->control, g_byte_array_unref);
  return code;
}

/* Append what the next slice of a compressed message inflates to. */
static int inflate_slice(FlWsLink *self, const guint8 *data, gsize len, gboolean whole) {
  if (!self->inflater)
    self->inflater = fl_inflater_new();
  if (!self->partial)
    self->partial = g_byte_array_new();
  FlInflateResult result = fl_inflater_feed(self->inflater, data, len, self->partial, self->max_message_bytes);
  if (result == FL_INFLATE_OK && whole)
    result = fl_inflater_end(self->inflater, self->partial, self->max_message_bytes);
  if (whole)
    g_clear_pointer(&self->inflater, fl_inflater_free);
  return result == FL_INFLATE_OK ? 0 : result == FL_INFLATE_TOO_BIG ? FL_WS_TOO_BIG : FL_WS_INVALID_DATA;
}

/* One slice of a message. Text is looked at as it comes, since RFC 6455, 8.1 lets it fail before the frame is whole. */
static int take_data(FlWsLink *self, const struct wslay_frame_iocb *frame, gboolean last_slice, Sink *sink) {
  gboolean whole = last_slice && frame->fin;
  const guint8 *data = frame->data;
  gsize len = frame->data_length;

  if (frame->opcode != FL_WS_CONTINUATION)
    self->opcode = frame->opcode;
  if (self->inflater || frame->rsv != 0) {
    gsize before = self->partial ? self->partial->len : 0;
    int code = inflate_slice(self, frame->data, frame->data_length, whole);
    if (code != 0)
      return code;
    data = self->partial->data + before;
    len = self->partial->len - before;
  } else if (!whole || self->partial) {
    keep(&self->partial, frame);
  }
  if (self->opcode == FL_WS_TEXT && (!fl_utf8_feed(&self->utf8, data, len) || (whole && !fl_utf8_is_whole(&self->utf8))))
    return FL_WS_INVALID_DATA;
  if (!whole)
    return 0;
  deliver(sink, self->opcode, self->partial, frame);
  g_clear_pointer(&self->partial, g_byte_array_unref);
  self->opcode = 0;
  return 0;
}

/* Take one slice of one frame from the input. Returns: 0 or a close code; *ret_more whether to go on. */
static int take_frame(FlWsLink *self, Sink *sink, gboolean *ret_more) {
  struct wslay_frame_iocb frame = { 0 };
  ssize_t n = wslay_frame_recv(self->frames, &frame);

  *ret_more = FALSE;
  if (n < 0 && n != WSLAY_ERR_WANT_READ)
    return FL_WS_PROTOCOL_ERROR;
  int code = check_head(self);
  if (code != 0 || n < 0)
    return code;

  self->frame_received += frame.data_length;
  gboolean last_slice = self->frame_received == self->payload_len;
  if (last_slice)
    self->frame_received = self->head_len = self->head_checked = 0;
  *ret_more = TRUE;
  return wslay_is_ctrl_frame(frame.opcode) ? take_control(self, &frame, last_slice, sink)
                                           : take_data(self, &frame, last_slice, sink);
}

int fl_ws_link_receive(FlWsLink *self, const guint8 *data, gsize len, FlWsMessage message, gpointer user) {
  Sink sink = { .message = message, .user = user };
  gboolean more = !self->spent;

  self->input = data;
  self->input_len = len;
  while (more && !self->spent) {
    self->error = take_frame(self, &sink, &more);
    self->spent = self->error != 0 || sink.stopped;
  }
  self->input = NULL;
  self->input_len = 0;
  return self->error;
}

typedef struct {
  GByteArray *out;
  const guint8 *mask;
} FrameOut;

static ssize_t give_output(const uint8_t *data, size_t len, int flags, void *user_data) {
  FrameOut *to = user_data;
  g_byte_array_append(to->out, data, (guint)len);
  return (ssize_t)len;
}

static int give_mask(uint8_t *buf, size_t len, void *user_data) {
  FrameOut *to = user_data;
  memcpy(buf, to->mask, len);
  return 0;
}

static const struct wslay_frame_callbacks send_callbacks = { .send_callback = give_output,
                                                             .genmask_callback = give_mask };

static void append_frame(GByteArray *out, FlWsOpcode opcode, guint8 rsv, const guint8 *mask, const void *payload, gsize len) {
  FrameOut to = { .out = out, .mask = mask };
  wslay_frame_context_ptr frames;
  struct wslay_frame_iocb frame = {
    .fin = 1, .rsv = rsv, .opcode = opcode, .payload_length = len, .mask = mask != NULL, .data = payload, .data_length = len
  };

  if (wslay_frame_context_init(&frames, &send_callbacks, &to) != 0)
    g_error("out of memory for a WebSocket frame context");
  ssize_t sent = wslay_frame_send(frames, &frame);
  g_assert(sent == (ssize_t)len);
  wslay_frame_context_free(frames);
}

void fl_ws_frame_append(GByteArray *out, FlWsOpcode opcode, const guint8 *mask, const void *payload, gsize len) {
  append_frame(out, opcode, WSLAY_RSV_NONE, mask, payload, len);
}

void fl_ws_deflated_append(GByteArray *out, FlWsOpcode opcode, const void *payload, gsize len) {
  append_frame(out, opcode, WSLAY_RSV1_BIT, NULL, payload, len);
}

void fl_ws_close_append(GByteArray *out, const guint8 *mask, int code, const char *reason) {
  guint8 payload[2 + CLOSE_REASON_MAX] = { (guint8)(code >> 8), (guint8)code };
  gsize len = 2;

  if (code == FL_WS_NO_STATUS)
    len = 0;
  else if (reason) {
    gsize n = strlen(reason);
    if (n > CLOSE_REASON_MAX) {
      const char *cut = reason + CLOSE_REASON_MAX;
      while (cut > reason && (*cut & 0xc0) == 0x80)
        cut--;
      n = (gsize)(cut - reason);
    }
    memcpy(payload + 2, reason, n);
    len += n;
  }
  fl_ws_frame_append(out, FL_WS_CLOSE, mask, payload, len);
}
