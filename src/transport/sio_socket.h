/* Socket.IO 5 over an Engine.IO session: namespaces, events, acknowledgements, attachments. What is emitted and what is made of
 * events is the business of an app: the feed (socketio.c) or the echo (conformance.c).
 * A socket is one session's connection to one namespace; its id is public, the session's sid is not.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "codec/socketio.h"
#include "core/token.h"
#include "transport/engineio.h"

typedef struct _FlSioSocket FlSioSocket;

struct _FlSioSocket {
  FlEioSession *session;
  FlSioSocket *next; /* of the session's */
  char *nsp;
  char id[FL_TOKEN_LEN + 1];
  gboolean authorized; /* the app's */
};

/* One const table each, every slot filled. */
typedef struct {
  /* A CONNECT to socket->nsp: answer it by fl_sio_accept or fl_sio_refuse. `auth`: its object, NULL for none.
   * Returns: FALSE where it was refused. */
  gboolean (*connect)(FlSioSocket *socket, const GString *auth);
  /* An event; attachments (GBytes) is NULL where it has none. */
  void (*event)(FlSioSocket *socket, const FlSioPacket *packet, GPtrArray *attachments);
  /* The socket leaves its namespace, or the session is over. */
  void (*disconnected)(FlSioSocket *socket);
} FlSioApp;

/* For FlEioApp: opened, message (with the app), closed (likewise). */
void fl_sio_opened(FlEioSession *session);
void fl_sio_message(FlEioSession *session, const FlSioApp *app, gboolean is_binary, const guint8 *data, gsize len);
void fl_sio_closed(FlEioSession *session, const FlSioApp *app);

/* fl_sio_find: the session's socket of a namespace, NULL where there is none. */
FlSioSocket *fl_sio_find(FlEioSession *session, const char *nsp);

/* fl_sio_accept: answer a CONNECT with {"sid":…} and, where `pid` is given, {"pid":…}, by which a client comes back.
 * fl_sio_refuse: with CONNECT_ERROR and {"message":…}. */
void fl_sio_accept(FlSioSocket *socket, const char *pid);
void fl_sio_refuse(FlSioSocket *socket, const char *message);

/* fl_sio_send: queue an event or an ACK of `json`, an array; a binary one where there are attachments. `id` may be NULL. */
void fl_sio_send(FlSioSocket *socket, FlSioType type, const guint64 *id, const GString *json, GPtrArray *attachments);
