/* What the log says of clients. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/client_log.h"

#include <netinet/in.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"

#define COUNT_EVERY_NS G_GINT64_CONSTANT(1000000000)

const char *fl_client_ip(FlWorker *worker, FlRequest *request) {
  FlPeer *peer = fl_request_peer(request);
  const char *forwarded_for = fl_request_headers(request)->forwarded_for;

  /* A proxy sends requests of several clients over one connection. */
  if (!peer->client_ip || g_strcmp0(peer->forwarded_for, forwarded_for) != 0) {
    g_free(peer->client_ip);
    g_free(peer->forwarded_for);
    peer->forwarded_for = g_strdup(forwarded_for);
    peer->client_ip = fl_access_client_ip(fl_application_of(worker)->access, peer->ip, forwarded_for);
  }
  return peer->client_ip;
}

/* The kernel knows how many bytes a connection has carried; libmicrohttpd does not tell. */
static void count_bytes(FlPeer *peer, FlTransportStats *stats) {
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;

  if (getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
    return;
  guint64 out = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
  fl_counter_add(&stats->bytes_in, (gint64)(info.tcpi_bytes_received - peer->counted_in));
  fl_counter_add(&stats->bytes_out, (gint64)(out - peer->counted_out));
  peer->counted_in = info.tcpi_bytes_received;
  peer->counted_out = out;
  peer->counted_ns = fl_clock_now_ns();
}

void fl_client_present(FlWorker *worker, FlRequest *request, guint index) {
  FlPeer *peer = fl_request_peer(request);
  FlTransportStats *stats = fl_worker_stats(worker, index);

  if (peer->present & 1u << index)
    return;
  peer->present |= 1u << index;
  fl_counter_add(&stats->opened, 1);
  fl_counter_add(&stats->clients, 1);
  peer->client_ips[index] = g_strdup(fl_client_ip(worker, request));
  fl_client_came(worker, fl_transport_get(index)->name, peer->client_ips[index], peer->id);
}

void fl_client_carries(FlWorker *worker, FlRequest *request, guint index) {
  FlPeer *peer = fl_request_peer(request);
  FlTransportStats *stats = fl_worker_stats(worker, index);

  peer->carries |= 1u << index;
  fl_counter_add(&stats->requests, 1);
  if (fl_clock_now_ns() - peer->counted_ns > COUNT_EVERY_NS)
    count_bytes(peer, stats);
}

void fl_client_polled(FlWorker *worker, FlRequest *request, guint index, guint64 updates) {
  FlPeer *peer = fl_request_peer(request);
  FlTransportStats *stats = fl_worker_stats(worker, index);

  fl_client_present(worker, request, index);
  fl_counter_add(&stats->requests, 1);
  fl_counter_add(&stats->deliveries, (gint64)updates);
  peer->updates[index] += updates;
  if (fl_clock_now_ns() - peer->counted_ns > COUNT_EVERY_NS)
    count_bytes(peer, stats);
}

void fl_client_came(FlWorker *worker, const char *transport, const char *ip, guint64 id) {
  fl_log(fl_worker_log(worker), "came", FL_FIELD("transport", transport), FL_FIELD("ip", ip),
         FL_FIELD_INT("client", id));
}

void fl_client_spoke(FlStream *stream, const char *kind, const void *data, gsize len) {
  fl_log(fl_stream_log(stream), "spoke", FL_FIELD("transport", fl_stream_transport(stream)),
         FL_FIELD("ip", fl_stream_ip(stream)), FL_FIELD_INT("client", fl_stream_id(stream)), FL_FIELD("kind", kind),
         FL_FIELD_INT("bytes", len), fl_client_message(fl_application_of(fl_stream_user(stream)), data, len));
}

FlLogField fl_client_text(const FlApplication *application, const char *key, const char *text) {
  gboolean hide = fl_access_holds_token(application->access, text, strlen(text));
  return FL_FIELD(key, hide ? "(not shown: it holds the token)" : text);
}

FlLogField fl_client_message(const FlApplication *application, const void *data, gsize len) {
  if (fl_access_holds_token(application->access, data, len))
    return FL_FIELD("message", "(not shown: it holds the token)");
  return FL_FIELD_N("message", data, len);
}

void fl_client_refused(FlWorker *worker, FlRequest *request, guint status, const char *why) {
  fl_log(fl_worker_log(worker), "erred", FL_FIELD("ip", fl_client_ip(worker, request)),
         fl_client_text(fl_application_of(worker), "path", fl_request_path(request)), FL_FIELD_INT("status", status), FL_FIELD("why", why));
}

void fl_client_erred(FlLog *log, const char *transport, const char *ip, guint64 id, const char *why) {
  fl_log(log, "erred", FL_FIELD("transport", transport), FL_FIELD("ip", ip), FL_FIELD_INT("client", id),
         FL_FIELD("why", why));
}

void fl_client_peer_left(FlPeer *peer, FlWorker *worker) {
  const FlTransport *transport;

  for (guint i = 0; (transport = fl_transport_get(i)); i++) {
    if (!((peer->present | peer->carries) & 1u << i))
      continue;
    FlTransportStats *stats = fl_worker_stats(worker, i);
    count_bytes(peer, stats);
    if (!(peer->present & 1u << i))
      continue;
    fl_counter_add(&stats->clients, -1);
    fl_log(fl_worker_log(worker), "left", FL_FIELD("transport", transport->name), FL_FIELD("ip", peer->client_ips[i]),
           FL_FIELD_INT("client", peer->id), FL_FIELD_INT("after_ms", (fl_clock_now_ns() - peer->since_ns) / 1000000),
           FL_FIELD_INT("updates", peer->updates[i]), FL_FIELD_INT("bytes", peer->counted_out));
  }
}

void fl_client_stream_left(FlStream *stream) {
  int code = fl_stream_code(stream);
  if (code == 0 && g_str_equal(fl_stream_transport(stream), "ws"))
    code = 1006; /* RFC 6455, 7.1.5: closed without a close frame */
  FlLogField code_field = code ? FL_FIELD_INT("code", code) : FL_FIELD("code", NULL);

  fl_counter_add(&fl_stream_stats(stream)->clients, -1);
  fl_log(fl_stream_log(stream), "left", FL_FIELD("transport", fl_stream_transport(stream)),
         FL_FIELD("ip", fl_stream_ip(stream)), FL_FIELD_INT("client", fl_stream_id(stream)), code_field,
         FL_FIELD_INT("after_ms", fl_stream_age_ns(stream) / 1000000),
         FL_FIELD_INT("updates", fl_stream_updates(stream)), FL_FIELD_INT("bytes", fl_stream_bytes_out(stream)));
}
