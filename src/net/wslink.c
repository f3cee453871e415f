/* WebSocket frames by wslay. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/wslink.h"

#include <string.h>
#include <wslay/wslay.h>

#include "codec/utf8.h"

#define CLOSE_REASON_MAX 123 /* RFC 6455, 5.5: 125 bytes of a control frame less the code */

struct _FlWsLink {
  wslay_frame_context_ptr frames;
  FlWsRole role;
  gsize max_message_bytes;

  const guint8 *input; /* what fl_ws_link_receive was given and wslay has not taken yet */
  gsize input_len;
  guint64 taken; /* bytes that wslay took over the link's life … */
  guint64 ended; /* … and bytes of frames that are complete: equal between frames */

  GByteArray *partial;  /* payload so far of the frame, or of the fragmented message, that is not whole yet */
  guint8 opcode;        /* of the message being put together, 0 when there is none */
  gsize frame_received; /* payload bytes seen of the current frame */
  GByteArray *control;  /* payload so far of a control frame that came in slices */

  gboolean spent; /* stopped or in error: the rest of the input was dropped, nothing more is read */
  int error;      /* the close code, once there was an error */
};

static ssize_t take_input(uint8_t *buf, size_t len, int flags, void *user_data) {
  FlWsLink *self = user_data;
  gsize n = MIN(len, self->input_len);

  if (n == 0)
    return -1;
  memcpy(buf, self->input, n);
  self->input += n;
  self->input_len -= n;
  self->taken += n;
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
  g_free(self);
}

gboolean fl_ws_link_at_boundary(const FlWsLink *self) {
  return self->taken == self->ended && self->opcode == 0 && !self->spent;
}

static guint64 header_bytes(const struct wslay_frame_iocb *frame) {
  guint64 extended = frame->payload_length > G_MAXUINT16 ? 8 : frame->payload_length > 125 ? 2 : 0;
  return 2 + extended + (frame->mask ? 4 : 0);
}

/* What a frame's header may say at this point: RFC 6455, 5.1 to 5.5. wslay has checked control frames' lengths. */
static int check_header(const FlWsLink *self, const struct wslay_frame_iocb *frame) {
  gboolean known = frame->opcode <= FL_WS_BINARY || (frame->opcode >= FL_WS_CLOSE && frame->opcode <= FL_WS_PONG);

  if (!known || frame->rsv != 0 || (frame->mask != 0) != (self->role == FL_WS_SERVER))
    return FL_WS_PROTOCOL_ERROR;
  if (wslay_is_ctrl_frame(frame->opcode))
    return 0;
  if ((frame->opcode == FL_WS_CONTINUATION) != (self->opcode != 0))
    return FL_WS_PROTOCOL_ERROR;
  gsize before = self->partial ? self->partial->len : 0;
  if (frame->payload_length > self->max_message_bytes - MIN(before, self->max_message_bytes))
    return FL_WS_TOO_BIG;
  return 0;
}

/* RFC 6455, 7.4: which codes may be on the wire. */
static gboolean valid_close_code(int code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

int fl_ws_close_code(const guint8 *payload, gsize len) {
  return len < 2 ? FL_WS_NO_STATUS : payload[0] << 8 | payload[1];
}

static int check_payload(FlWsOpcode opcode, const guint8 *payload, gsize len) {
  if (opcode == FL_WS_TEXT)
    return fl_utf8_is_valid(payload, len) ? 0 : FL_WS_INVALID_DATA;
  if (opcode != FL_WS_CLOSE || len == 0)
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

static int deliver(Sink *sink, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  int code = check_payload(opcode, payload, len);
  if (code == 0 && !sink->message(sink->user, opcode, payload, len))
    sink->stopped = TRUE;
  return code;
}

/* One slice of a frame's payload, which may be all of it. Nothing is copied when a message came in one slice. */
static int take_slice(FlWsLink *self, const struct wslay_frame_iocb *frame, gboolean last_slice, Sink *sink) {
  gboolean is_control = wslay_is_ctrl_frame(frame->opcode);
  GByteArray **kept = is_control ? &self->control : &self->partial;
  int code;

  if (!is_control && frame->opcode != FL_WS_CONTINUATION)
    self->opcode = frame->opcode;
  if (!last_slice || (!is_control && !frame->fin) || *kept) {
    if (!*kept)
      *kept = g_byte_array_new();
    g_byte_array_append(*kept, frame->data, (guint)frame->data_length);
  }
  if (!last_slice || (!is_control && !frame->fin))
    return 0;

  FlWsOpcode opcode = is_control ? frame->opcode : self->opcode;
  if (*kept)
    code = deliver(sink, opcode, (*kept)->data ? (*kept)->data : (const guint8 *)"", (*kept)->len);
  else
    code = deliver(sink, opcode, frame->data, frame->data_length);
  g_clear_pointer(kept, g_byte_array_unref);
  if (!is_control)
    self->opcode = 0;
  return code;
}

/* Take one slice of one frame from the input. Returns: 0 or a close code; *ret_more whether to go on. */
static int take_frame(FlWsLink *self, Sink *sink, gboolean *ret_more) {
  struct wslay_frame_iocb frame = { 0 };
  ssize_t n = wslay_frame_recv(self->frames, &frame);

  *ret_more = FALSE;
  if (n == WSLAY_ERR_WANT_READ)
    return 0;
  if (n < 0)
    return FL_WS_PROTOCOL_ERROR;

  int code = self->frame_received == 0 ? check_header(self, &frame) : 0;
  if (code != 0)
    return code;
  self->frame_received += frame.data_length;
  gboolean last_slice = self->frame_received == frame.payload_length;
  if (last_slice) {
    self->ended += header_bytes(&frame) + frame.payload_length;
    self->frame_received = 0;
  }
  *ret_more = TRUE;
  return take_slice(self, &frame, last_slice, sink);
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

void fl_ws_frame_append(GByteArray *out, FlWsOpcode opcode, const guint8 *mask, const void *payload, gsize len) {
  FrameOut to = { .out = out, .mask = mask };
  wslay_frame_context_ptr frames;
  struct wslay_frame_iocb frame = {
    .fin = 1, .opcode = opcode, .payload_length = len, .mask = mask != NULL, .data = payload, .data_length = len
  };

  if (wslay_frame_context_init(&frames, &send_callbacks, &to) != 0)
    g_error("out of memory for a WebSocket frame context");
  ssize_t sent = wslay_frame_send(frames, &frame);
  g_assert(sent == (ssize_t)len);
  wslay_frame_context_free(frames);
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
