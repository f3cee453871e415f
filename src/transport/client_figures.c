/* The figures of one client. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/client_figures.h"

#include <jansson.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "transport/ask.h"
#include "transport/reply.h"
#include "transport/transport.h"

static json_t *tcp_figures(int fd) {
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;

  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
    return json_null();
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "segs_in", (json_int_t)info.tcpi_segs_in, "segs_out",
                   (json_int_t)info.tcpi_segs_out, "bytes_sent", (json_int_t)info.tcpi_bytes_sent, "bytes_received",
                   (json_int_t)info.tcpi_bytes_received, "bytes_retrans", (json_int_t)info.tcpi_bytes_retrans, "rtt_us",
                   (json_int_t)info.tcpi_rtt);
}

static json_t *stream_figures(const FlStream *stream) {
  return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "transport", fl_stream_transport(stream), "ip", fl_stream_ip(stream),
                   "updates", (json_int_t)fl_stream_updates(stream), "bytes_in", (json_int_t)fl_stream_bytes_in(stream),
                   "bytes_out", (json_int_t)fl_stream_bytes_out(stream), "tcp", tcp_figures(fl_stream_fd(stream)));
}

/* A connection that polls: its bytes are what the kernel says. */
static json_t *peer_figures(const FlPeer *peer) {
  json_t *tcp = tcp_figures(peer->fd);
  guint32 transports = peer->present | peer->carries;
  guint index = transports ? (guint)__builtin_ctz(transports) : 0;

  return json_pack("{s:s, s:s, s:I, s:O, s:O, s:o}", "transport", transports ? fl_transport_get(index)->name : "http", "ip",
                   peer->client_ip ? peer->client_ip : peer->ip, "updates", (json_int_t)peer->updates[index], "bytes_in",
                   json_object_get(tcp, "bytes_received"), "bytes_out", json_object_get(tcp, "bytes_sent"), "tcp", tcp);
}

/* In the owner's thread. Returns: NULL where there is no such client. */
static json_t *figures_of(FlWorker *owner, guint64 id) {
  const FlStream *stream = fl_stream_set_find(fl_worker_streams(owner), id);
  const FlPeer *peer = fl_httpd_find(fl_worker_httpd(owner), id);

  return stream ? stream_figures(stream) : peer ? peer_figures(peer) : NULL;
}

static void on_asked(FlAsk *ask, FlAskNews news) {
  json_t *figures = NULL;

  if (news != FL_ASK_WHOLE)
    return;
  figures = figures_of(fl_ask_owner(ask), g_ascii_strtoull(fl_ask_sid(ask), NULL, 10));
  if (!figures) {
    fl_ask_answer(ask, 404, NULL);
    return;
  }
  char *text = json_dumps(figures, JSON_INDENT(2));
  fl_ask_answer(ask, 200, g_bytes_new_with_free_func(text, strlen(text), free, text));
  json_decref(figures);
}

static void pass_on(FlWorker *worker, FlRequest *request, FlAsk *ask) {
  GBytes *body;
  guint status = fl_ask_answered(ask, &body);

  if (status == 200)
    fl_reply(worker, request, 200, "application/json", g_bytes_ref(body));
  else if (status == 404)
    fl_reply_problem(worker, request, 404, "There is no client of this id; the log has them.");
  else
    fl_reply_problem(worker, request, 503, "The server is going away.");
}

void fl_client_figures_answer(FlWorker *worker, FlRequest *request, const char *id) {
  const GPtrArray *workers = fl_application_of(worker)->workers;
  guint64 number;
  GBytes *body;

  if (fl_request_resumed(request)) {
    pass_on(worker, request, fl_request_attached(request));
    return;
  }
  if (!g_ascii_string_to_unsigned(id, 10, 1, G_MAXINT64, &number, NULL)) {
    fl_reply_problem(worker, request, 400, "client is a number, as the log has it.");
    return;
  }
  if (fl_worker_is_draining(worker)) {
    fl_reply_problem(worker, request, 503, "The server is going away.");
    return;
  }
  FlAskOptions options = { .home = worker,
                           .owner = workers->pdata[(number - 1) % workers->len], /* as ids are given: worker.c */
                           .sid = id,
                           .hear = on_asked };
  FlAsk *ask = fl_ask_new(request, &options);
  fl_ask_tell(ask, FL_ASK_WHOLE);
  if (fl_ask_answered(ask, &body) > 0)
    pass_on(worker, request, ask);
  else
    fl_ask_hold(ask);
}
