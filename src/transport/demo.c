/* The demo's controls: what there is, and the feed. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/demo.h"

#include <stdlib.h>
#include <string.h>

#include "codec/header.h"
#include "transport/demo_private.h"
#include "transport/publisher.h"
#include "transport/reply.h"

#define MS_NS G_GINT64_CONSTANT(1000000)
#define INTERVAL_MS_LEAST 10
#define INTERVAL_MS_MOST 60000
#define SIZE_LEAST 2 /* an empty string */
#define SIZE_MOST 65536

json_t *fl_demo_object(FlWorker *worker, FlRequest *request, const char *wants) {
  const GByteArray *body = fl_request_body(request);

  if (!fl_header_is_type(fl_request_headers(request)->content_type, "application/json")) {
    fl_reply_problem(worker, request, 415, "Content-Type is application/json.");
    return NULL;
  }
  json_t *object = body ? json_loadb((const char *)body->data, body->len, JSON_REJECT_DUPLICATES, NULL) : NULL;
  if (json_is_object(object))
    return object;
  json_decref(object);
  fl_reply_problem(worker, request, 400, wants);
  return NULL;
}

void fl_demo_reply(FlWorker *worker, FlRequest *request, guint status, json_t *json) {
  char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
  GString *body = g_string_new(text);

  g_string_append_c(body, '\n');
  free(text);
  json_decref(json);
  fl_reply(worker, request, status, "application/json", fl_reply_gbytes(body));
}

/* --- what there is ------------------------------------------------------------------------------------------------- */

static json_t *milliseconds(gint64 ns) {
  return ns % MS_NS == 0 ? json_integer(ns / MS_NS) : json_real((double)ns / (double)MS_NS);
}

static json_t *feed(FlApplication *application) {
  FlPace pace;
  gboolean can_change = fl_source_pace(application->source, &pace);

  return json_pack("{s:s, s:o, s:o, s:b}", "source", fl_source_name(application->source), "interval_ms",
                   can_change ? milliseconds(pace.interval_ns) : json_null(), "size",
                   can_change ? json_integer((json_int_t)pace.size_bytes) : json_null(), "can_change", can_change);
}

static json_t *profiles(void) {
  json_t *all = json_array();
  const FlLineProfile *profile;

  for (guint i = 0; (profile = fl_line_profile_get(i)); i++)
    json_array_append_new(all, json_pack("{s:s, s:i, s:i, s:f, s:i}", "name", profile->name, "rtt_ms", (int)profile->rtt_ms,
                                         "jitter_ms", (int)profile->jitter_ms, "loss", profile->loss, "kbit", profile->kbit));
  return all;
}

static void answer_demo(FlWorker *worker, FlRequest *request) {
  if (!fl_request_is_read(request))
    fl_reply_method(worker, request, "GET, HEAD");
  else
    fl_demo_reply(worker, request, 200,
                  json_pack("{s:o, s:o}", "feed", feed(fl_application_of(worker)), "profiles", profiles()));
}

/* --- the feed ------------------------------------------------------------------------------------------------------ */

/* Returns: FALSE where the object is not what it should be; the pace is then changed in part. */
static gboolean read_pace(json_t *object, FlPace *pace) {
  json_int_t interval_ms = -1, size = -1;

  if (json_unpack_ex(object, NULL, JSON_STRICT, "{s?I, s?I}", "interval_ms", &interval_ms, "size", &size) != 0)
    return FALSE;
  if (json_object_get(object, "interval_ms")) {
    if (interval_ms < INTERVAL_MS_LEAST || interval_ms > INTERVAL_MS_MOST)
      return FALSE;
    pace->interval_ns = interval_ms * MS_NS;
  }
  if (json_object_get(object, "size")) {
    if (size != 0 && (size < SIZE_LEAST || size > SIZE_MOST))
      return FALSE;
    pace->size_bytes = (gsize)size;
  }
  return TRUE;
}

static void answer_feed(FlWorker *worker, FlRequest *request) {
  static const char wants[] = "The body is an object of interval_ms, from 10 to 60000, and size, 0 for the time of day or "
                              "from 2 to 65536 bytes; each may be left out.";
  FlApplication *application = fl_application_of(worker);
  FlPace pace;

  if (!g_str_equal(fl_request_method(request), "POST")) {
    fl_reply_method(worker, request, "POST");
    return;
  }
  json_t *object = fl_demo_object(worker, request, wants);
  if (!object)
    return;
  if (!fl_source_pace(application->source, &pace))
    fl_reply_problem(worker, request, 409, "The feed's updates do not come from its clock: their pace is not the server's.");
  else if (!read_pace(object, &pace))
    fl_reply_problem(worker, request, 400, wants);
  else if (!fl_source_change_pace(application->source, &pace))
    fl_reply_problem(worker, request, 503, "The server is going away.");
  else
    fl_demo_reply(worker, request, 200, feed(application));
  json_decref(object);
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

gboolean fl_demo_answer(FlWorker *worker, FlRequest *request) {
  const char *path = fl_request_path(request);
  const char *below = g_str_has_prefix(path, "/demo") ? path + strlen("/demo") : NULL;
  const char *id = below && g_str_has_prefix(below, "/lines/") ? below + strlen("/lines/") : NULL;

  if (!fl_application_of(worker)->lines || !below)
    return FALSE;
  if (!id && *below && !g_str_equal(below, "/feed") && !g_str_equal(below, "/lines"))
    return FALSE;
  if (!fl_publisher_is(worker, request))
    return TRUE;
  if (id)
    fl_demo_line(worker, request, id);
  else if (g_str_equal(below, "/lines"))
    fl_demo_lines(worker, request);
  else if (g_str_equal(below, "/feed"))
    answer_feed(worker, request);
  else
    answer_demo(worker, request);
  return TRUE;
}
