/* Socket.IO 5 over Engine.IO 4, three ways: polling and then upgraded to WebSocket, as the official client does it;
 * polling only; WebSocket from the start.
 *
 *     socketio, socketio-polling                                socketio-ws
 *     GET  ──open packet──► POST 40 ──ok──► GET ─┐              upgrade ──101, open packet──► 40 ─┐
 *       ┌───────────────────answer to CONNECT────┘                ┌───────answer to CONNECT───────┘
 *       ├─► GET, GET …   (polling only; a ping is                 └─► frames
 *       │                answered by POST 3 in between)
 *       └─► upgrade ──101──► 2probe ──3probe──► 5 ─► frames
 *
 * A client has one TCP connection at a time and never two requests in flight. So where it upgrades, it closes the polling
 * connection while no GET is held, and the WebSocket is the next one; a browser keeps both for a moment and probes beside a
 * held GET, which costs it that GET's answer (a NOOP) more.
 *
 * Nothing tells the cursor at which a subscription begins: it begins with the first update that comes. Who comes back does so in a
 * new session, with the private id and the offset of the old one, as the official client does it.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench/client/polling.h"
#include "bench/client/websocket.h"
#include "bench/member_reader.h"
#include "bench/socketio_reader.h"
#include "codec/engineio.h"

#define MESSAGE_MAX (4 * 1024 * 1024)
#define PATH "/socket.io/"
#define TARGET_SIZE 512
#define CONNECT_SIZE (FL_SOCKETIO_SID_MAX + FL_CURSOR_MAX + 32)

/* What is awaited. */
typedef enum {
  OPEN_PACKET, /* by polling or in a frame */
  OK,          /* of a POST */
  PACKETS,     /* of a GET, or frames; with FL_CLIENT_READY the feed's */
  PROBE,       /* 3probe */
} Step;

typedef struct {
  FlClient *client;
  Step step;
  char sid[FL_SOCKETIO_SID_MAX + 1];
  gint64 patience_ms;  /* without a ping */
  gboolean connected;  /* the CONNECT is answered */
  gboolean owes_pong;  /* polling: to be posted before the next GET */
  guint answer_events; /* of the answer being read */
  FlWsLink *link;
  const char *wrong;
} Session;

static gboolean is_websocket(const Session *self) {
  return self->link != NULL;
}

/* --- what is sent -------------------------------------------------------------------------------------------------- */

/* PATH?EIO=4&transport=…, with the session where there is one. */
static void format_target(const Session *self, const char *transport, char ret_target[TARGET_SIZE]) {
  const FlEndpoint *endpoint = fl_client_endpoint(self->client);
  const char *path = endpoint ? endpoint->url.target : PATH;

  g_snprintf(ret_target, TARGET_SIZE, "%s%cEIO=" FL_EIO_PROTOCOL "&transport=%s%s%s", path, strchr(path, '?') ? '&' : '?',
             transport, self->sid[0] ? "&sid=" : "", self->sid);
}

static void get(Session *self) {
  char target[TARGET_SIZE];

  format_target(self, "polling", target);
  self->step = PACKETS;
  self->answer_events = 0;
  fl_polling_next(self->client);
  fl_client_get(self->client, target, "");
}

static void post(Session *self, const char *body) {
  char target[TARGET_SIZE];

  format_target(self, "polling", target);
  self->step = OK;
  fl_polling_next(self->client);
  fl_client_post(self->client, target, body);
}

static void send_packet(Session *self, const char *packet) {
  fl_client_ws_send(self->client, FL_WS_TEXT, packet, strlen(packet));
}

/* The CONNECT, with what a client that comes back has kept. */
static void format_connect(const Session *self, char ret_packet[CONNECT_SIZE]) {
  const FlClient *client = self->client;

  if (client->pid[0] && client->cursor[0])
    g_snprintf(ret_packet, CONNECT_SIZE, "40{\"pid\":\"%s\",\"offset\":\"%s\"}", client->pid, client->cursor);
  else
    g_strlcpy(ret_packet, "40", CONNECT_SIZE);
}

static void open_websocket(Session *self) {
  char target[TARGET_SIZE];

  self->link = fl_ws_link_new(FL_WS_CLIENT, MESSAGE_MAX);
  self->step = self->sid[0] ? PROBE : OPEN_PACKET;
  format_target(self, "websocket", target);
  fl_client_ws_open(self->client, target, "");
}

static void open_session(FlClient *client) {
  Session *self = client->parser;
  char target[TARGET_SIZE];

  if (self && self->sid[0]) { /* the connection to upgrade with */
    open_websocket(self);
    return;
  }
  if (!self)
    self = client->parser = g_new0(Session, 1);
  self->client = client;
  if (client->kind == &fl_client_socketio_ws) {
    open_websocket(self);
    return;
  }
  self->step = OPEN_PACKET;
  fl_polling_next(client);
  format_target(self, "polling", target);
  fl_client_get(client, target, "");
}

/* --- packets ------------------------------------------------------------------------------------------------------- */

static const char *take_update(Session *self, const FlStamp *stamp) {
  if (!self->connected)
    return "an update came before the CONNECT was answered";
  self->answer_events++;
  fl_client_update(self->client, stamp);
  return NULL;
}

/* An event of a server that isn't ours; those of other names are passed over. */
static const char *take_other_event(Session *self, const FlEndpoint *endpoint, const FlEioPacket *packet) {
  const char *name = endpoint->event ? endpoint->event : "news";
  FlStamp stamp;

  switch (fl_member_event_read(&endpoint->members, name, (const char *)packet->data, packet->len, &stamp)) {
  case FL_MEMBER_UPDATE:
    return take_update(self, &stamp);
  case FL_MEMBER_OTHER:
    self->answer_events++;
    return NULL;
  case FL_MEMBER_MALFORMED:
    break;
  }
  return "an event has no argument that is an object with the members of --stamp and --seq";
}

/* The offset to come back with, and of which run it is. */
static void keep_offset(FlClient *client, const FlCursor *cursor) {
  if (!fl_client_may_return(client))
    return;
  fl_client_follows(client, cursor->epoch);
  fl_cursor_format(cursor->epoch, cursor->seq, client->cursor);
}

static const char *take_message(Session *self, const FlEioPacket *packet) {
  const FlEndpoint *endpoint = fl_client_endpoint(self->client);
  FlStamp stamp;
  FlCursor cursor;

  if (endpoint && packet->len > 0 && packet->data[0] == '2')
    return take_other_event(self, endpoint, packet);
  switch (fl_socketio_packet_read((const char *)packet->data, packet->len, &stamp, &cursor)) {
  case FL_SOCKETIO_NEWS:
    keep_offset(self->client, &cursor);
    return take_update(self, &stamp);
  case FL_SOCKETIO_GAP:
    keep_offset(self->client, &cursor);
    self->answer_events++;
    fl_client_gap(self->client);
    return NULL;
  case FL_SOCKETIO_CONNECTED:
    if (self->connected)
      return "the CONNECT was answered twice";
    self->connected = TRUE;
    fl_socketio_pid_read((const char *)packet->data, packet->len, self->client->pid);
    return NULL;
  case FL_SOCKETIO_REFUSED:
    return "the server refused or ended the Socket.IO connection";
  case FL_SOCKETIO_UNEXPECTED:
    break;
  }
  return "a Socket.IO packet is malformed or was not expected";
}

static void expect_ping(const Session *self) {
  if (fl_client_may_return(self->client))
    fl_client_expect_ping(self->client, self->patience_ms * 1000000);
}

static const char *take_open_packet(Session *self, const FlEioPacket *packet) {
  FlSocketioOpen open;

  if (packet->type != FL_EIO_OPEN || !fl_socketio_open_read((const char *)packet->data, packet->len, &open))
    return "the session's open packet is malformed";
  if (self->client->kind == &fl_client_socketio && !open.may_upgrade)
    return "the server does not offer to upgrade to WebSocket";
  g_strlcpy(self->sid, open.sid, sizeof self->sid);
  self->patience_ms = open.patience_ms;
  expect_ping(self);
  if (is_websocket(self)) {
    char connect[CONNECT_SIZE];
    format_connect(self, connect);
    self->step = PACKETS;
    send_packet(self, connect);
  } else {
    self->step = OK; /* once the answer has been read */
  }
  return NULL;
}

static const char *take_pong(Session *self, const FlEioPacket *packet) {
  if (packet->type != FL_EIO_PONG || packet->len != 5 || memcmp(packet->data, "probe", 5) != 0)
    return "the probe of the upgrade was not answered by 3probe";
  self->step = PACKETS;
  send_packet(self, "5");
  fl_client_ready(self->client);
  return NULL;
}

static void take_ping(Session *self) {
  expect_ping(self);
  if (is_websocket(self))
    send_packet(self, "3");
  else
    self->owes_pong = TRUE;
}

static const char *take_packet(Session *self, const FlEioPacket *packet) {
  if (packet->is_binary)
    return "a binary packet was not expected";
  if (self->step == OPEN_PACKET)
    return take_open_packet(self, packet);
  if (self->step == PROBE)
    return take_pong(self, packet);
  if (packet->type == FL_EIO_MESSAGE)
    return take_message(self, packet);
  if (packet->type == FL_EIO_PING && packet->len == 0)
    take_ping(self);
  else if (packet->type == FL_EIO_CLOSE)
    return fl_client_ended(self->client, "the server closed a session");
  else if (packet->type != FL_EIO_NOOP || is_websocket(self))
    return "an Engine.IO packet was not expected";
  return NULL;
}

/* --- polling ------------------------------------------------------------------------------------------------------- */

static gboolean on_record(gpointer user, const FlEioPacket *packet) {
  Session *self = user;
  /* The open packet stands alone in its answer: what comes after it finds another step. */
  self->wrong = self->step == OK ? "the session's open packet is not alone" : take_packet(self, packet);
  return self->wrong == NULL;
}

static const char *read_payload(Session *self) {
  const GByteArray *body = self->client->body;

  if (!fl_eio_payload_read(body->data, body->len, on_record, self))
    return "the answer to a poll is no Engine.IO payload";
  return self->wrong;
}

static const char *read_ok(const Session *self) {
  const GByteArray *body = self->client->body;
  return body->len == 2 && memcmp(body->data, "ok", 2) == 0 ? NULL : "a POST was not answered with ok";
}

/* An answer is complete and read: ask for what comes next. */
static void go_on(Session *self, gboolean was_open_packet) {
  FlClient *client = self->client;
  gboolean upgrades = client->kind == &fl_client_socketio;

  if (was_open_packet) {
    char connect[CONNECT_SIZE];
    format_connect(self, connect);
    post(self, connect);
    return;
  }
  if (self->owes_pong) {
    self->owes_pong = FALSE;
    post(self, "3");
    return;
  }
  if (self->connected && upgrades) {
    fl_polling_clear(client);
    fl_client_reconnect(client);
    return;
  }
  if (self->connected && client->state != FL_CLIENT_READY)
    fl_client_ready(client);
  get(self);
}

static const char *receive_answer(Session *self, const guint8 *data, gsize len) {
  FlClient *client = self->client;
  Step asked = self->step;
  const char *wrong = fl_polling_take(client, data, len);

  if (wrong || client->asking)
    return wrong;
  if (fl_http_parser_status(client->http) != 200)
    return fl_client_ended(client, "a request was not answered with 200");
  wrong = asked == OK ? read_ok(self) : read_payload(self);
  if (wrong)
    return wrong;
  if (asked == PACKETS && client->state == FL_CLIENT_READY && self->answer_events == 0)
    fl_client_empty_poll(client);
  go_on(self, asked == OPEN_PACKET);
  return NULL;
}

/* --- frames -------------------------------------------------------------------------------------------------------- */

static const char *take_text(Session *self, const guint8 *payload, gsize len) {
  FlEioPacket packet;

  if (!fl_eio_packet_read(payload, len, &packet))
    return "a message is no Engine.IO packet";
  const char *wrong = take_packet(self, &packet);
  if (!wrong && self->connected && self->client->state != FL_CLIENT_READY)
    fl_client_ready(self->client);
  return wrong;
}

static gboolean on_message(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  Session *self = user;

  switch (opcode) {
  case FL_WS_TEXT:
    self->wrong = take_text(self, payload, len);
    break;
  case FL_WS_PING:
    fl_client_ws_send(self->client, FL_WS_PONG, payload, len);
    break;
  case FL_WS_CLOSE:
    self->wrong = fl_client_ended(self->client, "the server closed a WebSocket");
    break;
  default:
    self->wrong = "a frame is of a kind that was not expected";
  }
  return self->wrong == NULL;
}

static const char *receive_frames(Session *self, const guint8 *data, gsize len) {
  FlClient *client = self->client;
  gsize used = 0;

  if (client->http) {
    const char *wrong = fl_client_ws_handshake(client, data, len, &used);
    if (wrong || client->http)
      return wrong;
    if (self->step == PROBE)
      send_packet(self, "2probe");
  }
  if (used < len && fl_ws_link_receive(self->link, data + used, len - used, on_message, self) != 0)
    return "a frame is against RFC 6455";
  return self->wrong;
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  Session *self = client->parser;
  return is_websocket(self) ? receive_frames(self, data, len) : receive_answer(self, data, len);
}

static void no_poll(FlClient *client) {
}

/* The session's resources go, the place stays: pid and offset are the client's. */
static void lost(FlClient *client) {
  Session *self = client->parser;

  fl_polling_lost(client);
  fl_ws_link_free(self->link);
  *self = (Session){ .client = client };
}

static void clear(FlClient *client) {
  Session *self = client->parser;

  fl_polling_clear(client);
  if (self)
    fl_ws_link_free(self->link);
  g_free(self);
  client->parser = NULL;
}

const FlClientKind fl_client_socketio = { "socketio", FALSE, open_session, receive, no_poll, lost, clear };
const FlClientKind fl_client_socketio_polling = { "socketio-polling", FALSE, open_session, receive, no_poll, lost, clear };
const FlClientKind fl_client_socketio_ws = { "socketio-ws", FALSE, open_session, receive, no_poll, lost, clear };
