/* Socket.IO over sessions. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/sio_socket.h"

#include <string.h>

#include "codec/json.h"

#define GROUP_BYTES (4 * 1024 * 1024) /* an event with its attachments */

/* The session's data: its sockets, and the binary packet of which attachments are still to come. */
typedef struct {
  FlSioSocket *sockets;
  FlSioPacket group;
  GPtrArray *attachments; /* GBytes; NULL while there is no group */
  gsize group_bytes;
} Sockets;

/* --- what is sent -------------------------------------------------------------------------------------------------- */

static void send_json(FlSioSocket *socket, FlSioType type, const GString *json) {
  g_autoptr(GString) text = g_string_new(NULL);

  fl_sio_head_append(text, type, 0, socket->nsp, NULL);
  g_string_append_len(text, json->str, (gssize)json->len);
  fl_eio_session_send(socket->session, FALSE, (const guint8 *)text->str, text->len);
}

void fl_sio_accept(FlSioSocket *socket, const char *pid) {
  g_autoptr(GString) json = g_string_new(NULL);

  g_string_printf(json, "{\"sid\":\"%s\"", socket->id);
  if (pid)
    g_string_append_printf(json, ",\"pid\":\"%s\"", pid);
  g_string_append_c(json, '}');
  send_json(socket, FL_SIO_CONNECT, json);
}

void fl_sio_refuse(FlSioSocket *socket, const char *message) {
  g_autoptr(GString) json = g_string_new(NULL);
  GString *quoted = fl_json_quote(message, strlen(message));

  g_string_printf(json, "{\"message\":%s}", quoted->str);
  g_string_free(quoted, TRUE);
  send_json(socket, FL_SIO_CONNECT_ERROR, json);
}

void fl_sio_send(FlSioSocket *socket, FlSioType type, const guint64 *id, const GString *json, GPtrArray *attachments) {
  g_autoptr(GString) text = g_string_new(NULL);

  if (attachments)
    type = type == FL_SIO_EVENT ? FL_SIO_BINARY_EVENT : FL_SIO_BINARY_ACK;
  fl_sio_head_append(text, type, attachments ? attachments->len : 0, socket->nsp, id);
  g_string_append_len(text, json->str, (gssize)json->len);
  fl_eio_session_send(socket->session, FALSE, (const guint8 *)text->str, text->len);
  for (guint i = 0; attachments && i < attachments->len; i++) {
    gsize len;
    const guint8 *data = g_bytes_get_data(attachments->pdata[i], &len);
    fl_eio_session_send(socket->session, TRUE, data, len);
  }
}

/* --- sockets ------------------------------------------------------------------------------------------------------- */

FlSioSocket *fl_sio_find(FlEioSession *session, const char *nsp) {
  Sockets *self = fl_eio_session_data(session);
  FlSioSocket *socket = self->sockets;

  while (socket && !g_str_equal(socket->nsp, nsp))
    socket = socket->next;
  return socket;
}

static void free_socket(FlSioSocket *socket) {
  g_free(socket->nsp);
  g_free(socket);
}

void fl_sio_opened(FlEioSession *session) {
  fl_eio_session_set_data(session, g_new0(Sockets, 1));
  fl_eio_session_expect(session);
}

static void clear_group(Sockets *self) {
  fl_sio_packet_clear(&self->group);
  g_clear_pointer(&self->attachments, g_ptr_array_unref);
  self->group_bytes = 0;
}

void fl_sio_closed(FlEioSession *session, const FlSioApp *app) {
  Sockets *self = fl_eio_session_data(session);
  FlSioSocket *socket;

  while ((socket = self->sockets)) {
    self->sockets = socket->next;
    app->disconnected(socket);
    free_socket(socket);
  }
  clear_group(self);
  g_free(self);
  fl_eio_session_set_data(session, NULL);
}

/* --- what clients send --------------------------------------------------------------------------------------------- */

/* Returns: FALSE where the packet has no place here. */
static gboolean connect_socket(FlEioSession *session, const FlSioApp *app, FlSioPacket *packet) {
  Sockets *self = fl_eio_session_data(session);

  if (fl_sio_find(session, packet->nsp))
    return FALSE;
  FlSioSocket *socket = g_new0(FlSioSocket, 1);
  socket->session = session;
  socket->nsp = g_strdup(packet->nsp);
  fl_token_generate(socket->id);
  if (app->connect(socket, packet->data)) {
    socket->next = self->sockets;
    self->sockets = socket;
    fl_eio_session_content(session);
  } else {
    free_socket(socket);
  }
  return TRUE;
}

/* A session that has left its last namespace may connect anew, as the reference implementation lets it. */
static gboolean disconnect_socket(FlEioSession *session, const FlSioApp *app, const char *nsp) {
  Sockets *self = fl_eio_session_data(session);
  FlSioSocket **at = &self->sockets;

  while (*at && !g_str_equal((*at)->nsp, nsp))
    at = &(*at)->next;
  FlSioSocket *socket = *at;
  if (!socket)
    return FALSE;
  *at = socket->next;
  app->disconnected(socket);
  free_socket(socket);
  if (!self->sockets)
    fl_eio_session_expect(session);
  return TRUE;
}

static gboolean take_event(FlEioSession *session, const FlSioApp *app, const FlSioPacket *packet, GPtrArray *attachments) {
  FlSioSocket *socket = fl_sio_find(session, packet->nsp);

  if (!socket || (attachments && !fl_sio_placeholders_fit(packet)))
    return FALSE;
  if (packet->type == FL_SIO_EVENT || packet->type == FL_SIO_BINARY_EVENT)
    app->event(socket, packet, attachments);
  return TRUE; /* an ACK: nothing here asks for one, and one that comes late is no fault */
}

static gboolean take_packet(FlEioSession *session, const FlSioApp *app, FlSioPacket *packet) {
  switch (packet->type) {
  case FL_SIO_CONNECT:
    return connect_socket(session, app, packet);
  case FL_SIO_DISCONNECT:
    return disconnect_socket(session, app, packet->nsp);
  default:
    return take_event(session, app, packet, NULL);
  }
}

/* The first part of a group: the attachments are to follow. */
static void begin_group(Sockets *self, FlSioPacket *packet) {
  self->group = *packet;
  *packet = (FlSioPacket){ 0 };
  self->attachments = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))g_bytes_unref);
  self->group_bytes = self->group.data->len;
}

static gboolean take_text(FlEioSession *session, const FlSioApp *app, const guint8 *data, gsize len) {
  Sockets *self = fl_eio_session_data(session);
  FlSioPacket packet;

  if (self->attachments || !fl_sio_packet_read(data, len, &packet))
    return FALSE;
  gboolean good = TRUE;
  if (packet.attachments > 0)
    begin_group(self, &packet);
  else
    good = take_packet(session, app, &packet);
  fl_sio_packet_clear(&packet);
  return good;
}

static gboolean take_attachment(FlEioSession *session, const FlSioApp *app, const guint8 *data, gsize len) {
  Sockets *self = fl_eio_session_data(session);

  if (!self->attachments || self->group_bytes + len > GROUP_BYTES)
    return FALSE;
  self->group_bytes += len;
  g_ptr_array_add(self->attachments, g_bytes_new(data, len));
  if (self->attachments->len < self->group.attachments)
    return TRUE;
  FlSioPacket packet = self->group;
  g_autoptr(GPtrArray) attachments = g_steal_pointer(&self->attachments);
  self->group = (FlSioPacket){ 0 };
  self->group_bytes = 0;
  gboolean good = take_event(session, app, &packet, attachments);
  fl_sio_packet_clear(&packet);
  return good;
}

void fl_sio_message(FlEioSession *session, const FlSioApp *app, gboolean is_binary, const guint8 *data, gsize len) {
  gboolean good = is_binary ? take_attachment(session, app, data, len) : take_text(session, app, data, len);
  if (!good)
    fl_eio_session_close(session, FL_EIO_END_MALFORMED);
}
