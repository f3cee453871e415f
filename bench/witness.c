/* The witness. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/witness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/update_reader.h"
#include "codec/http.h"
#include "net/wslink.h"

#define MESSAGE_MAX (4 * 1024 * 1024)
#define PATIENCE_S 10

struct _FlWitness {
  int fd;
  GThread *thread;
  FlHttpParser *http; /* until the upgrade */
  FlWsLink *link;
  GMutex lock;
  GCond changed;
  gboolean has_hello, ended; /* under the lock */
  gboolean wrong;
  FlCursor begin;
  GArray *stamps; /* of FlStamp */
};

static const guint8 mask[4] = { 0x5a, 0x17, 0xc3, 0x08 };

/* --- its thread ---------------------------------------------------------------------------------------------------- */

static void tell_hello(FlWitness *self) {
  g_mutex_lock(&self->lock);
  self->has_hello = TRUE;
  g_cond_signal(&self->changed);
  g_mutex_unlock(&self->lock);
}

static void answer(const FlWitness *self, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  g_autoptr(GByteArray) frame = g_byte_array_new();

  fl_ws_frame_append(frame, opcode, mask, payload, len);
  if (send(self->fd, frame->data, frame->len, MSG_NOSIGNAL) < 0)
    return; /* the next read says so too */
}

static gboolean on_message(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  FlWitness *self = user;
  FlStamp stamp;

  if (opcode == FL_WS_PING)
    answer(self, FL_WS_PONG, payload, len);
  else if (opcode == FL_WS_CLOSE)
    answer(self, FL_WS_CLOSE, payload, len);
  else if (opcode == FL_WS_TEXT && fl_update_read((const char *)payload, len, &stamp))
    g_array_append_val(self->stamps, stamp);
  else if (opcode == FL_WS_TEXT && fl_hello_read((const char *)payload, len, &self->begin))
    tell_hello(self);
  else
    self->wrong = TRUE;
  return !self->wrong;
}

static gboolean take(FlWitness *self, const guint8 *data, gsize len) {
  gsize used = 0;

  if (self->http) {
    used = fl_http_parser_receive(self->http, (const char *)data, len, NULL);
    FlHttpState state = fl_http_parser_state(self->http);
    if (state == FL_HTTP_HEAD)
      return TRUE;
    if (state != FL_HTTP_UPGRADED)
      return FALSE;
    g_clear_pointer(&self->http, fl_http_parser_free);
  }
  return used == len || fl_ws_link_receive(self->link, data + used, len - used, on_message, self) == 0;
}

static gpointer watch(gpointer user) {
  FlWitness *self = user;
  g_autofree guint8 *data = g_malloc(65536);
  ssize_t n;

  while ((n = recv(self->fd, data, 65536, 0)) > 0 || (n < 0 && errno == EINTR))
    if (n > 0 && !take(self, data, (gsize)n)) {
      self->wrong = TRUE;
      break;
    }
  shutdown(self->fd, SHUT_RDWR); /* the server waits for our end too */
  g_mutex_lock(&self->lock);
  self->ended = TRUE;
  g_cond_signal(&self->changed);
  g_mutex_unlock(&self->lock);
  return NULL;
}

/* --- its owner's --------------------------------------------------------------------------------------------------- */

static int ask(const char *host, guint16 port) {
  struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(port) };
  g_autofree char *request =
      g_strdup_printf("GET /ws HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZmVlZGxhYi13aXRuZXNzLg==\r\n"
                      "Sec-WebSocket-Protocol: feedlab.v1\r\n\r\n",
                      host, port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  inet_pton(AF_INET, host, &server.sin_addr);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&server, sizeof server) == 0 &&
      send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
    return fd;
  int why = errno;
  if (fd >= 0)
    close(fd);
  errno = why;
  return -1;
}

/* Until one of the two holds. */
static gboolean wait_for(FlWitness *self, const gboolean *what, gint64 patience_us) {
  gint64 until_us = g_get_monotonic_time() + patience_us;

  g_mutex_lock(&self->lock);
  while (!*what && !self->ended && g_cond_wait_until(&self->changed, &self->lock, until_us))
    ;
  gboolean holds = *what;
  g_mutex_unlock(&self->lock);
  return holds;
}

FlWitness *fl_witness_start(const char *host, guint16 port, GError **error) {
  int fd = ask(host, port);

  if (fd < 0) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "the witness of what is published: %s",
                g_strerror(errno));
    return NULL;
  }
  FlWitness *self = g_new0(FlWitness, 1);
  self->fd = fd;
  self->http = fl_http_parser_new();
  self->link = fl_ws_link_new(FL_WS_CLIENT, MESSAGE_MAX);
  self->stamps = g_array_new(FALSE, FALSE, sizeof(FlStamp));
  g_mutex_init(&self->lock);
  g_cond_init(&self->changed);
  self->thread = g_thread_new("witness", watch, self);
  if (wait_for(self, &self->has_hello, PATIENCE_S * G_USEC_PER_SEC))
    return self;
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
              "the witness of what is published had no hello from the server's /ws");
  fl_witness_free(self);
  return NULL;
}

gboolean fl_witness_end(FlWitness *self, gint64 patience_ns) {
  gboolean ended = wait_for(self, &self->ended, patience_ns / 1000);

  if (self->thread) {
    shutdown(self->fd, SHUT_RDWR);
    g_thread_join(g_steal_pointer(&self->thread));
  }
  return ended && !self->wrong;
}

void fl_witness_tell(const FlWitness *self, FlRecorder *recorder) {
  for (guint i = 0; i < self->stamps->len; i++)
    fl_recorder_published(recorder, self->begin.epoch, &g_array_index(self->stamps, FlStamp, i));
}

void fl_witness_free(FlWitness *self) {
  if (!self)
    return;
  fl_witness_end(self, 0);
  close(self->fd);
  fl_http_parser_free(self->http);
  fl_ws_link_free(self->link);
  g_array_unref(self->stamps);
  g_mutex_clear(&self->lock);
  g_cond_clear(&self->changed);
  g_free(self);
}
