/* POST /publish, GET /stats, GET /health/… See docs/wire/README.md.
 * SPDX-License-Identifier: MIT */
#include "transport/endpoints.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "codec/header.h"
#include "codec/json.h"
#include "core/clock.h"
#include "transport/client_figures.h"
#include "transport/client_log.h"
#include "transport/publisher.h"
#include "transport/reply.h"
#include "transport/transport.h"

/* --- publishing ---------------------------------------------------------------------------------------------------- */

/* The value in the body; NULL where the request has been answered. */
static GString *read_value(FlWorker *worker, FlRequest *request) {
  const GByteArray *body = fl_request_body(request);
  const char *type = fl_request_headers(request)->content_type;
  const char *data = body ? (const char *)body->data : "";
  gsize len = body ? body->len : 0;
  g_autofree char *error = NULL;

  if (fl_header_is_type(type, "text/plain"))
    return fl_json_quote(data, len);
  if (!fl_header_is_type(type, "application/json")) {
    fl_reply_problem(worker, request, 415, "Content-Type is application/json (any value) or text/plain (a string).");
    return NULL;
  }
  GString *value = fl_json_normalise(data, len, &error);
  if (!value) {
    g_autofree char *detail = g_strdup_printf("The body is no JSON: %s.", error);
    fl_reply_problem(worker, request, 400, detail);
  }
  return value;
}

void fl_endpoint_publish(FlWorker *worker, FlRequest *request) {
  FlApplication *application = fl_application_of(worker);
  char cursor[FL_CURSOR_MAX];

  if (!g_str_equal(fl_request_method(request), "POST")) {
    fl_reply_method(worker, request, "POST");
    return;
  }
  if (!fl_publisher_is(worker, request))
    return;
  guint seconds = fl_publisher_wait(application, fl_client_ip(worker, request));
  if (seconds > 0) {
    g_autofree char *detail = fl_publisher_too_often(seconds);
    fl_reply_later(worker, request, 429, seconds, detail);
    return;
  }
  g_autoptr(GString) value = read_value(worker, request);
  if (!value)
    return;
  fl_log(fl_worker_log(worker), "spoke", FL_FIELD("ip", fl_client_ip(worker, request)),
         FL_FIELD_INT("client", fl_request_peer(request)->id), FL_FIELD("kind", "publish"),
         FL_FIELD_INT("bytes", value->len), fl_client_message(application, value->str, value->len));
  gint64 t_us = fl_clock_unix_us(fl_clock_now_ns(), fl_clock_offset_ns());
  guint64 seq = fl_sequencer_publish(application->sequencer, value->str, value->len, t_us);
  if (seq == 0) {
    fl_reply_problem(worker, request, 503, "The journal can't keep the update: it was not published.");
    return;
  }
  fl_cursor_format(fl_sequencer_epoch(application->sequencer), seq, cursor);
  GString *text = g_string_new(NULL);
  g_string_printf(text, "{\"seq\":%" G_GUINT64_FORMAT ",\"cursor\":\"%s\"}\n", seq, cursor);
  fl_reply(worker, request, 201, "application/json", fl_reply_gbytes(text));
}

/* --- figures ------------------------------------------------------------------------------------------------------- */

static json_t *count(guint64 n) {
  return json_integer((json_int_t)n);
}

static json_t *transport_stats(FlApplication *application, guint index) {
  guint64 sums[7] = { 0 };

  for (guint i = 0; i < application->workers->len; i++) {
    FlTransportStats *stats = fl_worker_stats(application->workers->pdata[i], index);
    FlCounter *const counters[7] = { &stats->clients,  &stats->opened,    &stats->deliveries, &stats->requests,
                                     &stats->bytes_in, &stats->bytes_out, &stats->gaps };
    for (int k = 0; k < 7; k++)
      sums[k] += fl_counter_get(counters[k]);
  }
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "clients", count(sums[0]), "opened", count(sums[1]),
                   "deliveries", count(sums[2]), "requests", count(sums[3]), "bytes_in", count(sums[4]), "bytes_out",
                   count(sums[5]), "gaps", count(sums[6]));
}

static gint64 resident_bytes(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");

  if (!file)
    return 0;
  if (fscanf(file, "%*d %ld", &pages) != 1)
    pages = 0;
  fclose(file);
  return (gint64)pages * sysconf(_SC_PAGESIZE);
}

static json_t *process_stats(const FlApplication *application) {
  struct timespec cpu;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return json_pack("{s:I, s:I, s:I, s:I, s:i}", "pid", (json_int_t)getpid(), "cpu_ns",
                   (json_int_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec, "resident_bytes", (json_int_t)resident_bytes(),
                   "uptime_us", (json_int_t)((fl_clock_now_ns() - application->started_ns) / 1000), "workers",
                   (int)application->workers->len);
}

void fl_endpoint_stats(FlWorker *worker, FlRequest *request) {
  FlApplication *application = fl_application_of(worker);
  FlSourceStats *source = application->source_stats;
  const FlTransport *transport;

  if (!fl_request_is_read(request)) {
    fl_reply_method(worker, request, "GET, HEAD");
    return;
  }
  const char *client = fl_request_query(request, "client");
  if (client) {
    fl_client_figures_answer(worker, request, client);
    return;
  }
  json_t *transports = json_object();
  for (guint i = 0; (transport = fl_transport_get(i)); i++)
    json_object_set_new(transports, transport->name, transport_stats(application, i));
  const FlFeed *feed = fl_worker_feed(worker);
  json_t *stats = json_pack(
      "{s:s, s:o, s:o, s:{s:o, s:o, s:o, s:b}, s:o, s:s, s:o}", "epoch", fl_sequencer_epoch(application->sequencer), "head",
      count(fl_sequencer_head(application->sequencer)), "oldest", count(fl_feed_oldest(feed)), "source", "published",
      count(fl_counter_get(&source->published)), "missed_deadlines", count(fl_counter_get(&source->missed_deadlines)),
      "clock_steps", count(fl_counter_get(&source->clock_steps)), "ended", fl_counter_get(&source->ended) > 0,
      "transports", transports, "socketio_path", application->socketio_path, "process", process_stats(application));
  char *text = json_dumps(stats, JSON_INDENT(2));
  GString *body = g_string_new(text);
  g_string_append_c(body, '\n');
  free(text);
  json_decref(stats);
  fl_reply(worker, request, 200, "application/json", fl_reply_gbytes(body));
}

/* --- health -------------------------------------------------------------------------------------------------------- */

static void answer_health(FlWorker *worker, FlRequest *request, guint status, const char *body) {
  if (!fl_request_is_read(request))
    fl_reply_method(worker, request, "GET, HEAD");
  else
    fl_reply(worker, request, status, "application/json", g_bytes_new_static(body, strlen(body)));
}

void fl_endpoint_live(FlWorker *worker, FlRequest *request) {
  answer_health(worker, request, 200, "{\"status\":\"live\"}\n");
}

void fl_endpoint_ready(FlWorker *worker, FlRequest *request) {
  if (fl_worker_is_draining(worker))
    fl_reply_problem(worker, request, 503, "The server is going away.");
  else
    answer_health(worker, request, 200, "{\"status\":\"ready\"}\n");
}
