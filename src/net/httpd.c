/* libmicrohttpd, tamed. See the header, and docs/decisions for what was learned about it.
 * SPDX-License-Identifier: MIT */
#include "net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "net/head.h"

#define CONNECTION_LIMIT 1000000    /* libmicrohttpd's own default is about 1,020; the worker counts for itself */
#define POOL_BYTES 16384            /* a connection's memory: 4 kB would answer 431 to the cookies of localhost */
#define WATCHED (EPOLLIN | EPOLLRDHUP | EPOLLET)

struct _FlHttpd {
  FlHttpdConfig config;
  struct MHD_Daemon *daemon;
  int epoll_fd;
  guint64 next_id;
  GQueue connections; /* Connection */
  guint requests;
  gboolean parses_in_place; /* FlHead judges what is between the strings */
  gboolean again;        /* libmicrohttpd does not wake up by itself after a resume or an upgrade */
  gboolean detaching;    /* its complaint about MHD_NO is then expected */
  gboolean close_after_answer;
  gboolean adding_surplus; /* of the connection being added */
};

/* Beside FlPeer: what only this file uses. */
typedef struct {
  FlPeer peer; /* first */
  GList link;  /* in the httpd's connections */
  FlPollable hangup;
  FlArrival arrival;
  gboolean ended;   /* the client sends no more */
  gboolean asking;  /* a request is read or answered … */
  gboolean posting; /* … and the body of a POST is coming */
  gboolean detached;
  const char *target; /* of the request being read, as it came, which is decoded in place afterwards … */
  gsize target_len;
  const char *target_fault; /* … and what is wrong with it */
  FlRequest *held;
  FlHttpd *httpd;
} Connection;

struct _FlRequest {
  FlHttpd *httpd;
  struct MHD_Connection *connection;
  Connection *of;
  const char *method;
  const char *path;
  FlRequestHeaders headers;
  GPtrArray *joined; /* values of several lines, put together; NULL where there is none */
  guint hosts, origins, content_lengths, transfer_encodings;
  gboolean malformed; /* a header that must not be empty or doubled was */
  FlHead head;
  gboolean is_post;
  guint64 declared_bytes;
  gsize body_bytes;
  GByteArray *body;
  gboolean resumed, hung_up;
  gpointer attached;
  void (*ended)(gpointer attached);
  FlDeadline deadline;
  enum MHD_Result result; /* of the call being made */
  FlUpgraded upgraded;
  gpointer upgraded_user;
};

struct _FlResponse {
  struct MHD_Response *mhd;
  guint status;
};

/* --- requests in -------------------------------------------------------------------------------------------------- */

/* Lines of one name are one list (RFC 9110, section 5.3). */
static const char *join(FlRequest *self, const char *before, const char *value) {
  if (!self->joined)
    self->joined = g_ptr_array_new_with_free_func(g_free);
  char *both = g_strconcat(before, ", ", value, NULL);
  g_ptr_array_add(self->joined, both);
  return both;
}

static enum MHD_Result read_header(void *user, enum MHD_ValueKind kind, const char *name, const char *value) {
  FlRequest *self = user;
  FlRequestHeaders *headers = &self->headers;
  const struct {
    const char *name;
    const char **to;
  } known[] = {
    { "Connection", &headers->connection },
    { "Upgrade", &headers->upgrade },
    { "If-None-Match", &headers->if_none_match },
    { "Last-Event-ID", &headers->last_event_id },
    { "Authorization", &headers->authorization },
    { "Content-Type", &headers->content_type },
    { "Sec-WebSocket-Key", &headers->ws_key },
    { "Sec-WebSocket-Version", &headers->ws_version },
    { "Sec-WebSocket-Protocol", &headers->ws_protocol },
    { "Sec-WebSocket-Extensions", &headers->ws_extensions },
    { "X-Forwarded-For", &headers->forwarded_for },
    { "Access-Control-Request-Method", &headers->cors_method },
    { "Sec-Fetch-Site", &headers->fetch_site },
    { "Sec-Fetch-Mode", &headers->fetch_mode },
  };

  if (!value)
    value = "";
  fl_head_field(&self->head, name, value);
  if (g_ascii_strcasecmp(name, "Host") == 0) {
    self->hosts++;
    headers->host = value;
  } else if (g_ascii_strcasecmp(name, "Origin") == 0) {
    self->origins++;
    headers->origin = value;
  } else if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
    self->content_lengths++;
    if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &self->declared_bytes, NULL))
      self->malformed = TRUE;
  } else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
    self->transfer_encodings++;
  } else {
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
      if (g_ascii_strcasecmp(name, known[i].name) == 0)
        *known[i].to = *known[i].to ? join(self, *known[i].to, value) : value;
  }
  return MHD_YES;
}

static void refuse(FlRequest *self, guint status, const char *body) {
  g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
  g_autoptr(FlResponse) response = fl_response_new(status, "application/problem+json", bytes);
  fl_log(self->httpd->config.log, "erred", FL_FIELD("ip", self->of->peer.ip), FL_FIELD("path", self->path),
         FL_FIELD_INT("status", status), FL_FIELD("why", "a head that is refused"));
  fl_response_header(response, "X-Content-Type-Options", "nosniff");
  fl_response_header(response, "Connection", "close");
  fl_request_respond(self, response);
}

static void refuse_head(FlRequest *self, guint status, const char *detail) {
  const char *title = status == 501 ? "Not Implemented" : status == 417 ? "Expectation Failed" : "Bad Request";
  g_autofree char *body = g_strdup_printf("{\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\"}\n", title, status, detail);
  refuse(self, status, body);
}

static Connection *connection_of(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void *on_target(void *user, const char *target, struct MHD_Connection *connection) {
  Connection *of = connection_of(connection);

  of->target = target;
  of->target_len = target ? strlen(target) : 0;
  of->target_fault = target ? fl_head_target_fault(target) : NULL;
  return NULL;
}

/* "GET http://host/path": for a proxy, but every server must take it (RFC 9112, 3.2.2). */
static void take_absolute_target(FlRequest *self) {
  const char *authority = self->path + strlen("http://");

  if (g_ascii_strncasecmp(self->path, "http://", 7) != 0)
    return;
  gsize len = strcspn(authority, "/");
  if (!self->headers.host || strlen(self->headers.host) != len ||
      g_ascii_strncasecmp(self->headers.host, authority, len) != 0)
    self->of->target_fault = "The host in the target is not the Host of the request.";
  self->path = authority[len] ? authority + len : "/";
}

static FlRequest *request_new(FlHttpd *httpd, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version) {
  FlRequest *self = g_new0(FlRequest, 1);

  self->httpd = httpd;
  self->connection = connection;
  self->of = connection_of(connection);
  self->of->asking = TRUE;
  self->method = method;
  self->path = url;
  self->is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
  fl_head_begin(&self->head, method, url, self->of->target_len, version, httpd->parses_in_place);
  MHD_get_connection_values(connection, MHD_HEADER_KIND, read_header, self);
  take_absolute_target(self);
  /* It takes chunks that not everyone takes for such, so none that follows a body of chunks is believed to be a request. */
  if (self->transfer_encodings > 0)
    MHD_set_connection_value(connection, MHD_HEADER_KIND, "Connection", "close");
  httpd->requests++;
  return self;
}

/* What is wrong with a head is answered before its body is read; libmicrohttpd then closes the connection. */
static gboolean refuse_by_head(FlRequest *self) {
  const char *fault;
  gsize len = MHD_get_connection_info(self->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
  guint status = fl_head_end(&self->head, len, &fault);

  if (self->hosts > 1 || self->origins > 1 || self->content_lengths > 1 || self->malformed ||
      self->transfer_encodings > 1 || (self->content_lengths > 0 && self->transfer_encodings > 0)) {
    refuse(self, 400,
           "{\"title\":\"Bad Request\",\"status\":400,\"detail\":\"Host, Origin, Content-Length and Transfer-Encoding may "
           "stand in a request once, and Content-Length not beside Transfer-Encoding.\"}\n");
    return TRUE;
  }
  if (status > 0 || self->of->target_fault) {
    refuse_head(self, status > 0 ? status : 400, status > 0 ? fault : self->of->target_fault);
    return TRUE;
  }
  if (self->declared_bytes > self->httpd->config.max_body) {
    refuse(self, 413,
           "{\"title\":\"Content Too Large\",\"status\":413,\"detail\":\"The body is larger than this server takes "
           "(--max-body).\"}\n");
    return TRUE;
  }
  return FALSE;
}

/* libmicrohttpd does not look again when the end came together with the last bytes (it polls for edges, and a short read is the end
 * to it): shutting down what is over makes another edge. on_hangup is told of that one too, so that it is done again until the
 * end has been seen, which is soon: only while an answer is on its way nothing is read. */
static void look_for_end(Connection *self) {
  if (self->ended && !self->detached && (!self->asking || self->posting))
    shutdown(self->peer.fd, SHUT_RD);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request_state) {
  FlHttpd *httpd = user;
  FlRequest *self = *request_state;

  if (!self) {
    self = *request_state = request_new(httpd, connection, url, method, version);
    self->headers.version = version;
    /* Anything else is answered on the final call only: an answer queued now would end the connection. */
    self->result = MHD_YES;
    fl_arrival_head(&self->of->arrival);
    if (!refuse_by_head(self) && self->is_post) {
      self->of->posting = TRUE;
      look_for_end(self->of);
      httpd->config.began(self, httpd->config.user);
    }
    return self->result;
  }
  if (*upload_size > 0) {
    self->body_bytes += *upload_size;
    if (self->is_post && self->body_bytes <= httpd->config.max_body) {
      if (!self->body)
        self->body = g_byte_array_new();
      g_byte_array_append(self->body, (const guint8 *)upload, (guint)*upload_size);
    }
    *upload_size = 0;
    return MHD_YES;
  }
  self->of->posting = FALSE;
  fl_arrival_whole(&self->of->arrival);
  if (self->body_bytes > httpd->config.max_body) {
    refuse(self, 413,
           "{\"title\":\"Content Too Large\",\"status\":413,\"detail\":\"The body is larger than this server takes "
           "(--max-body).\"}\n");
    return self->result;
  }
  self->result = MHD_NO;
  httpd->config.handle(self, httpd->config.user);
  return self->result;
}

static void on_request_end(void *user, struct MHD_Connection *connection, void **request_state,
                           enum MHD_RequestTerminationCode code) {
  FlRequest *self = *request_state;

  if (!self)
    return;
  *request_state = NULL;
  fl_deadline_stop(&self->deadline);
  self->of->asking = self->of->posting = FALSE;
  if (self->of->held == self)
    self->of->held = NULL;
  if (!self->of->detached)
    fl_arrival_answered(&self->of->arrival);
  look_for_end(self->of);
  if (self->attached)
    self->ended(self->attached);
  if (self->body)
    g_byte_array_unref(self->body);
  g_clear_pointer(&self->joined, g_ptr_array_unref);
  g_free(self->upgraded_user);
  self->httpd->requests--;
  g_free(self);
}

/* --- connections --------------------------------------------------------------------------------------------------- */

static void on_hangup(FlPollable *pollable, guint32 events) {
  Connection *self = (Connection *)((char *)pollable - offsetof(Connection, hangup));

  fl_arrival_heard(&self->arrival);
  if (!(events & ~(guint32)EPOLLIN))
    return;
  self->ended = TRUE;
  if (self->held) {
    self->held->hung_up = TRUE;
    fl_request_resume(self->held);
  } else {
    look_for_end(self);
  }
}

static void connection_started(FlHttpd *httpd, struct MHD_Connection *connection, void **context) {
  Connection *self = g_new0(Connection, 1);
  const struct sockaddr *address =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;

  if (address->sa_family == AF_INET6) {
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(in6))
      inet_ntop(AF_INET, &in6->s6_addr[12], self->peer.ip, sizeof self->peer.ip);
    else
      inet_ntop(AF_INET6, in6, self->peer.ip, sizeof self->peer.ip);
  } else {
    inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, self->peer.ip, sizeof self->peer.ip);
  }
  self->peer.id = fl_httpd_take_id(httpd);
  self->peer.fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  self->peer.since_ns = fl_clock_now_ns();
  self->hangup = (FlPollable){ .fd = self->peer.fd, .ready = on_hangup };
  fl_poller_add(httpd->config.poller, &self->hangup, WATCHED);
  fl_arrival_accepted(httpd->config.arrivals, &self->arrival, self->peer.fd, self->peer.ip);
  self->peer.surplus = httpd->adding_surplus;
  self->httpd = httpd;
  self->link.data = self;
  g_queue_push_tail_link(&httpd->connections, &self->link);
  *context = self;
  httpd->config.peer_came(&self->peer, httpd->config.user);
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what) {
  FlHttpd *httpd = user;

  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    connection_started(httpd, connection, context);
    return;
  }
  Connection *self = *context;
  fl_arrival_whole(&self->arrival);
  fl_poller_remove(httpd->config.poller, &self->hangup);
  g_queue_unlink(&httpd->connections, &self->link);
  httpd->config.peer_closed(&self->peer, self->detached, httpd->config.user);
  g_free(self->peer.client_ip);
  g_free(self->peer.forwarded_for);
  for (guint i = 0; i < FL_PEER_TRANSPORTS; i++)
    g_free(self->peer.client_ips[i]);
  g_free(self);
}

/* Percent-decoding that leaves %00 alone: a string cut at a NUL would not be what was asked for. */
static size_t unescape(void *user, struct MHD_Connection *connection, char *text) {
  char *to = text;

  for (const char *from = text; *from; from++) {
    int high = *from == '%' ? g_ascii_xdigit_value(from[1]) : -1;
    int low = high >= 0 ? g_ascii_xdigit_value(from[2]) : -1;
    if (low >= 0 && (high | low) != 0) {
      *to++ = (char)(high << 4 | low);
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  *to = '\0';
  return (size_t)(to - text);
}

static void on_log(void *user, const char *format, va_list arguments) {
  FlHttpd *self = user;

  if (self->detaching || !self->config.verbose)
    return;
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  fl_log(self->config.log, "http", FL_FIELD("says", g_strchomp(text)));
}

FlHttpd *fl_httpd_new(const FlHttpdConfig *config, GError **error) {
  FlHttpd *self = g_new0(FlHttpd, 1);
  self->config = *config;
  self->next_id = config->id_first;
  /* Later ones refuse such heads themselves in their strict mode, and need not parse in the same way. */
  self->parses_in_place = g_str_equal(MHD_get_version(), "0.9.75");
  /* MHD_USE_TURBO: without it libmicrohttpd shuts a closing socket down, and a detached stream with it. */
  self->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                                      MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG,
                                  0, NULL, NULL, on_request, self,
                                  MHD_OPTION_EXTERNAL_LOGGER, on_log, self,
                                  MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
                                  MHD_OPTION_URI_LOG_CALLBACK, on_target, self,
                                  MHD_OPTION_NOTIFY_COMPLETED, on_request_end, self,
                                  MHD_OPTION_NOTIFY_CONNECTION, on_connection, self,
                                  MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTION_LIMIT,
                                  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
                                  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)((config->arrivals->idles.interval_ns + 999999999) / 1000000000),
                                  MHD_OPTION_STRICT_FOR_CLIENT, 1,
                                  MHD_OPTION_END);
  if (!self->daemon) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "libmicrohttpd %s does not start: it needs epoll, suspend and "
                "upgrade", MHD_get_version());
    g_free(self);
    return NULL;
  }
  self->epoll_fd = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  return self;
}

void fl_httpd_free(FlHttpd *self) {
  if (!self)
    return;
  MHD_stop_daemon(self->daemon);
  g_free(self);
}

int fl_httpd_fd(const FlHttpd *self) {
  return self->epoll_fd;
}

void fl_httpd_run(FlHttpd *self) {
  MHD_UNSIGNED_LONG_LONG timeout_ms;

  self->again = FALSE;
  MHD_run(self->daemon);
  self->detaching = FALSE;
  if (MHD_get_timeout(self->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0)
    self->again = TRUE;
}

gboolean fl_httpd_must_run(const FlHttpd *self) {
  return self->again;
}

gboolean fl_httpd_add(FlHttpd *self, int fd, const struct sockaddr *address, guint address_len, gboolean surplus) {
  self->adding_surplus = surplus;
  self->again = TRUE;
  return MHD_add_connection(self->daemon, fd, address, address_len) == MHD_YES;
}

FlPeer *fl_httpd_find(const FlHttpd *self, guint64 id) {
  for (GList *link = self->connections.head; link; link = link->next)
    if (((FlPeer *)link->data)->id == id)
      return link->data;
  return NULL;
}

guint fl_httpd_behind(const FlHttpd *self, guint64 head) {
  guint behind = 0;
  for (GList *link = self->connections.head; link; link = link->next) {
    const FlPeer *peer = link->data;
    behind += (guint)(peer->polls && peer->polled < head);
  }
  return behind;
}

guint fl_httpd_connections(const FlHttpd *self) {
  return self->connections.length;
}

guint fl_httpd_requests(const FlHttpd *self) {
  return self->requests;
}

void fl_httpd_close_after_answer(FlHttpd *self) {
  self->close_after_answer = TRUE;
}

guint64 fl_httpd_take_id(FlHttpd *self) {
  guint64 id = self->next_id;
  self->next_id += self->config.id_step;
  return id;
}

/* --- about a request ----------------------------------------------------------------------------------------------- */

const char *fl_request_method(const FlRequest *self) {
  return self->method;
}

const char *fl_request_path(const FlRequest *self) {
  return self->path;
}

const char *fl_request_query(const FlRequest *self, const char *name) {
  return MHD_lookup_connection_value(self->connection, MHD_GET_ARGUMENT_KIND, name);
}

const FlRequestHeaders *fl_request_headers(const FlRequest *self) {
  return &self->headers;
}

const GByteArray *fl_request_body(const FlRequest *self) {
  return self->body;
}

FlPeer *fl_request_peer(const FlRequest *self) {
  return &self->of->peer;
}

gboolean fl_request_resumed(const FlRequest *self) {
  return self->resumed;
}

gboolean fl_request_hung_up(const FlRequest *self) {
  return self->hung_up;
}

void fl_request_attach(FlRequest *self, gpointer data, void (*ended)(gpointer data)) {
  g_assert(!self->attached);
  self->attached = data;
  self->ended = ended;
}

gpointer fl_request_attached(const FlRequest *self) {
  return self->attached;
}

FlDeadline *fl_request_deadline(FlRequest *self) {
  return &self->deadline;
}

FlRequest *fl_request_of_deadline(FlDeadline *entry) {
  return (FlRequest *)((char *)entry - offsetof(FlRequest, deadline));
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

static void unref_bytes(void *bytes) {
  g_bytes_unref(bytes);
}

FlResponse *fl_response_new(guint status, const char *type, GBytes *body) {
  FlResponse *self = g_new0(FlResponse, 1);
  gsize len = 0;
  const void *data = body ? g_bytes_get_data(body, &len) : NULL;

  self->status = status;
  if (len > 0)
    self->mhd = MHD_create_response_from_buffer_with_free_callback_cls(len, (void *)data, unref_bytes,
                                                                       g_bytes_ref(body));
  else
    self->mhd = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
  if (type)
    fl_response_header(self, "Content-Type", type);
  return self;
}

FlResponse *fl_response_new_file(const char *type, int fd, guint64 size) {
  FlResponse *self = g_new0(FlResponse, 1);
  self->status = 200;
  self->mhd = MHD_create_response_from_fd64(size, fd);
  fl_response_header(self, "Content-Type", type);
  return self;
}

void fl_response_header(FlResponse *self, const char *name, const char *value) {
  MHD_add_response_header(self->mhd, name, value);
}

void fl_response_unref(FlResponse *self) {
  if (!self)
    return;
  MHD_destroy_response(self->mhd);
  g_free(self);
}

void fl_request_respond(FlRequest *self, FlResponse *response) {
  if ((self->httpd->close_after_answer || fl_peer_is_too_many(&self->of->peer)) && !MHD_get_response_header(response->mhd, "Connection"))
    MHD_add_response_header(response->mhd, "Connection", "close");
  fl_arrival_whole(&self->of->arrival);
  self->result = MHD_queue_response(self->connection, response->status, response->mhd);
}

void fl_request_hold(FlRequest *self) {
  Connection *of = self->of;

  if (of->ended) /* before it was held: to be told again */
    fl_poller_modify(of->httpd->config.poller, &of->hangup, WATCHED);
  of->held = self;
  MHD_suspend_connection(self->connection);
  self->result = MHD_YES;
}

void fl_request_resume(FlRequest *self) {
  fl_deadline_stop(&self->deadline);
  self->of->held = NULL;
  self->resumed = TRUE;
  MHD_resume_connection(self->connection);
  self->httpd->again = TRUE;
}

int fl_request_detach(FlRequest *self) {
  int fd = fcntl(self->of->peer.fd, F_DUPFD_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  self->of->detached = TRUE;
  self->httpd->detaching = TRUE;
  self->result = MHD_NO;
  return fd;
}

static void on_upgraded(void *user, struct MHD_Connection *connection, void *request_state, const char *early,
                        size_t early_len, MHD_socket socket, struct MHD_UpgradeResponseHandle *handle) {
  FlRequest *self = request_state;
  Connection *of = self->of;
  int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);

  of->detached = fd >= 0;
  self->upgraded(self->upgraded_user, fd, (const guint8 *)early, early_len);
  MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
  of->httpd->again = TRUE;
}

void fl_request_upgrade(FlRequest *self, const FlUpgradeAnswer *answer, FlUpgraded upgraded, gpointer user) {
  struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgraded, NULL);

  self->upgraded = upgraded;
  self->upgraded_user = user;
  MHD_add_response_header(response, "Upgrade", "websocket");
  MHD_add_response_header(response, "Sec-WebSocket-Accept", answer->accept);
  if (answer->protocol)
    MHD_add_response_header(response, "Sec-WebSocket-Protocol", answer->protocol);
  if (answer->extensions)
    MHD_add_response_header(response, "Sec-WebSocket-Extensions", answer->extensions);
  self->result = MHD_queue_response(self->connection, 101, response);
  MHD_destroy_response(response);
}
