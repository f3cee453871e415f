/* What the kinds use of the load. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/client/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/load_private.h"
#include "core/clock.h"

#define REQUEST_MAX 9216

/* --- what may go wrong ---------------------------------------------------------------------------------------------- */

void fl_client_fail(FlClient *client, const char *why) {
  FlLoad *self = client->load;

  if (client->state == FL_CLIENT_FAILED)
    return;
  if (client->state != FL_CLIENT_READY && !client->comes_back) {
    self->failures++;
    self->pending--;
  }
  client->state = FL_CLIENT_FAILED;
  if (!self->error)
    self->error = g_strdup_printf("%s: %s", self->config.kind->name, why);
}

void fl_client_lose(FlClient *client, FlNotice how, const char *why) {
  if (!client->comes_back) {
    fl_client_fail(client, why);
  } else if (client->state < FL_CLIENT_LOST) {
    client->state = FL_CLIENT_LOST;
    client->notice = how;
  }
}

/* --- what it says --------------------------------------------------------------------------------------------------- */

void fl_client_note_packet(FlClient *client) {
  gint64 now_ns = fl_clock_now_ns();
  double gap_s = client->packet_ns > 0 ? (double)(now_ns - client->packet_ns) / 1e9 : G_MAXDOUBLE;

  fl_radio_note(&client->load->config.radio, &client->load->counts.radio, gap_s);
  client->packet_ns = now_ns;
}

const FlEndpoint *fl_client_endpoint(const FlClient *client) {
  return client->load->config.endpoint;
}

void fl_client_send(FlClient *client, const void *data, gsize len, gboolean request) {
  ssize_t sent = send(client->pollable.fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

  if (sent != (ssize_t)len) {
    if (sent < 0 && errno != EAGAIN)
      fl_client_lose(client, fl_notice_of_errno(errno), g_strerror(errno));
    else
      fl_client_fail(client, "a request could not be sent at once");
    return;
  }
  if (client->has_heard && !client->has_update)
    client->round_trips++;
  client->has_heard = FALSE;
  if (client->state != FL_CLIENT_READY && !client->comes_back)
    client->connect_bytes += len;
  fl_client_note_packet(client);
  if (client->state != FL_CLIENT_READY && client->comes_back && request)
    fl_absences_request(client->load->config.absences, g_get_real_time());
  client->load->counts.bytes_out += len;
  client->load->counts.requests += (guint64)request;
}

/* Returns: the bytes of its head. */
static gsize format_request(const FlClient *client, char request[REQUEST_MAX], const char *method, const char *target,
                            const char *extra) {
  int len = g_snprintf(request, REQUEST_MAX, "%s %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: feedlab-bench\r\n%s\r\n",
                       method, target, client->load->config.host, client->load->config.port, extra);
  g_assert(len < REQUEST_MAX);
  return (gsize)len;
}

static void send_request(FlClient *client, const char *method, const char *target, const char *extra,
                         const char *body) {
  char request[REQUEST_MAX];
  gsize head_bytes = format_request(client, request, method, target, extra);
  gsize body_bytes = strlen(body);

  g_assert(head_bytes + body_bytes < sizeof request);
  memcpy(request + head_bytes, body, body_bytes);
  client->head_bytes = (gint64)head_bytes;
  client->answer_head_bytes = 0;
  fl_client_send(client, request, head_bytes + body_bytes, TRUE);
}

void fl_client_get(FlClient *client, const char *target, const char *extra) {
  send_request(client, "GET", target, extra, "");
}

void fl_client_get_padded(FlClient *client, const char *target, gsize head_bytes) {
  static const char name[] = "X-Padding: ";
  char request[REQUEST_MAX], header[REQUEST_MAX] = "";
  gsize len = format_request(client, request, "GET", target, "");
  gsize least = sizeof name - 1 + strlen("\r\n");

  head_bytes = MIN(head_bytes, sizeof request - 1);
  if (len + least <= head_bytes) {
    g_strlcpy(header, name, sizeof header);
    memset(header + sizeof name - 1, '.', head_bytes - len - least);
    strcpy(header + head_bytes - len - 2, "\r\n");
  }
  fl_client_get(client, target, header);
}

guint fl_client_header_bytes(const FlClient *client) {
  return client->load->config.header_bytes;
}

void fl_client_head(FlClient *client, gsize bytes) {
  client->head_bytes += (gint64)bytes;
  client->answer_head_bytes += (gint64)bytes;
}

void fl_client_exchanged(FlClient *client) {
  FlLoadCounts *counts = &client->load->counts;

  counts->exchanges++;
  counts->head_bytes += (guint64)client->head_bytes;
  counts->answer_head_bytes += (guint64)client->answer_head_bytes;
}

void fl_client_post(FlClient *client, const char *target, const char *body) {
  char headers[96];

  g_snprintf(headers, sizeof headers,
             "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n", strlen(body));
  send_request(client, "POST", target, headers, body);
}

/* --- what it tells -------------------------------------------------------------------------------------------------- */

void fl_client_ready(FlClient *client) {
  FlLoad *self = client->load;

  if (client->state >= FL_CLIENT_LOST)
    return;
  client->state = FL_CLIENT_READY;
  if (client->comes_back) {
    fl_absences_back(self->config.absences, fl_client_index(client), self->now_us);
    return;
  }
  client->comes_back = fl_client_may_return(client);
  self->pending--;
  self->ready++;
  fl_histogram_record(self->connect_times, (fl_clock_now_ns() - client->begun_ns) / 1000);
}

gboolean fl_client_may_return(const FlClient *client) {
  return client->load->config.absences != NULL;
}

const char *fl_client_ended(FlClient *client, const char *why) {
  client->ended = TRUE;
  return why;
}

void fl_client_follows(FlClient *client, const char *epoch) {
  fl_recorder_epoch(client->load->config.recorder, &client->subscriber, epoch);
}

void fl_client_keep_cursor(FlClient *client) {
  const FlSubscriber *subscriber = &client->subscriber;

  if (subscriber->next > 0)
    fl_cursor_format(fl_recorder_epoch_name(client->load->config.recorder, subscriber), subscriber->next - 1,
                     client->cursor);
}

void fl_client_expect_ping(FlClient *client, gint64 within_ns) {
  client->silent_after_ns = fl_clock_now_ns() + within_ns;
}

void fl_client_update(FlClient *client, const FlStamp *stamp) {
  const FlLoad *self = client->load;

  client->has_update = TRUE;
  client->load->counts.updates++;
  client->load->counts.payload_bytes += stamp->bytes;
  gboolean counts = fl_recorder_take(self->config.recorder, &client->subscriber, stamp, self->now_us);
  if (counts && self->config.absences)
    fl_absences_update(self->config.absences, fl_client_index(client), stamp->t_us, self->now_us);
}

void fl_client_gap(FlClient *client) {
  FlAbsences *absences = client->load->config.absences;

  if (!absences || !fl_absences_gap(absences, fl_client_index(client)))
    fl_recorder_gap(client->load->config.recorder);
}

void fl_client_empty_poll(FlClient *client) {
  client->load->counts.empty_polls++;
}
