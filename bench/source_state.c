/* One GET of /stats. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/source_state.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/http.h"

/* The body as JSON, NULL where there is none. */
static json_t *fetch_stats(const char *host, guint16 port) {
  struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(port) };
  struct timeval patience = { .tv_sec = 5 };
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autofree char *request = g_strdup_printf("GET /stats HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
  FlHttpParser *parser = fl_http_parser_new();
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char data[4096];
  ssize_t n = 0;

  inet_pton(AF_INET, host, &server.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0 &&
      send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
    while (fl_http_parser_state(parser) < FL_HTTP_DONE && (n = recv(fd, data, sizeof data, 0)) > 0)
      fl_http_parser_receive(parser, data, (gsize)n, body);
  gboolean good = fl_http_parser_state(parser) == FL_HTTP_DONE && fl_http_parser_status(parser) == 200;
  fl_http_parser_free(parser);
  close(fd);
  return good ? json_loadb((const char *)body->data, body->len, 0, NULL) : NULL;
}

static gint64 counter(const json_t *source, const char *name) {
  const json_t *value = json_object_get(source, name);
  return json_is_integer(value) ? json_integer_value(value) : -1;
}

FlSourceState fl_source_state_fetch(const char *host, guint16 port) {
  json_t *stats = fetch_stats(host, port);
  const json_t *source = json_object_get(stats, "source");
  FlSourceState state = { counter(source, "missed_deadlines"), counter(source, "clock_steps") };

  json_decref(stats);
  return state;
}
