/* The demo's controls: lines. See docs/wire/demo.md.
 * SPDX-License-Identifier: MIT */
#include <gio/gio.h>

#include "transport/demo_private.h"
#include "transport/reply.h"

#define MS_NS G_GINT64_CONSTANT(1000000)
#define CUT_MS_MOST 60000

static const char no_such_line[] = "There is no such line; one that no one is connected to ends by itself.";

static json_t *count(guint64 n) {
  return json_integer((json_int_t)n);
}

static json_t *line_json(const FlLineFigures *line) {
  json_t *tcp = json_pack("{s:o, s:o, s:o, s:o}", "bytes_sent", count(line->tcp.bytes_sent), "bytes_received",
                          count(line->tcp.bytes_received), "segs_out", count(line->tcp.segs_out), "segs_in",
                          count(line->tcp.segs_in));
  return json_pack("{s:s, s:i, s:s, s:b, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "line", line->id, "port", (int)line->port,
                   "profile", line->profile->name, "read", line->reads, "cut_ms",
                   count((guint64)((line->cut_ns + MS_NS - 1) / MS_NS)), "connections", (int)line->connections, "accepted",
                   count(line->accepted), "refused", count(line->refused), "bytes_up", count(line->bytes_up), "bytes_down",
                   count(line->bytes_down), "tcp", tcp);
}

/* --- all lines ----------------------------------------------------------------------------------------------------- */

static void open_line(FlWorker *worker, FlRequest *request) {
  static const char wants[] = "The body is an object with the name of a profile, such as {\"profile\":\"3g\"}; /demo has them.";
  g_autoptr(GError) error = NULL;
  const char *name = NULL;
  FlLineFigures line;

  json_t *object = fl_demo_object(worker, request, wants);
  if (!object)
    return;
  json_unpack_ex(object, NULL, JSON_STRICT, "{s:s}", "profile", &name);
  const FlLineProfile *profile = name && json_object_size(object) == 1 ? fl_line_profile_find(name) : NULL;
  json_decref(object);
  if (!profile)
    fl_reply_problem(worker, request, 400, wants);
  else if (fl_worker_is_draining(worker))
    fl_reply_problem(worker, request, 503, "The server is going away.");
  else if (!fl_line_set_add(fl_application_of(worker)->lines, profile, &line, &error))
    fl_reply_problem(worker, request, 503, error->message);
  else
    fl_demo_reply(worker, request, 201, line_json(&line));
}

static void list_lines(FlWorker *worker, FlRequest *request) {
  const char *ids = fl_request_query(request, "ids");
  json_t *list;
  FlLineFigures line;

  if (!ids) {
    fl_reply_problem(worker, request, 400, "?ids= names the lines that are asked for, with commas between them.");
    return;
  }
  g_auto(GStrv) each = g_strsplit(ids, ",", FL_LINES_MOST + 1);
  list = json_array();
  for (guint i = 0; each[i] && i < FL_LINES_MOST; i++)
    if (fl_line_set_look(fl_application_of(worker)->lines, each[i], &line))
      json_array_append_new(list, line_json(&line));
  fl_demo_reply(worker, request, 200, list);
}

void fl_demo_lines(FlWorker *worker, FlRequest *request) {
  if (g_str_equal(fl_request_method(request), "POST"))
    open_line(worker, request);
  else if (fl_request_is_read(request))
    list_lines(worker, request);
  else
    fl_reply_method(worker, request, "GET, HEAD, POST");
}

/* --- one line ------------------------------------------------------------------------------------------------------ */

static gboolean read_change(json_t *object, FlLineChange *ret_change) {
  const char *name = NULL;
  json_int_t cut_ms = 0;
  int reads = 0;

  if (json_object_size(object) == 0 ||
      json_unpack_ex(object, NULL, JSON_STRICT, "{s?s, s?I, s?b}", "profile", &name, "cut_ms", &cut_ms, "read", &reads) != 0)
    return FALSE;
  ret_change->profile = name ? fl_line_profile_find(name) : NULL;
  if ((name && !ret_change->profile) || cut_ms < 0 || cut_ms > CUT_MS_MOST)
    return FALSE;
  ret_change->cuts = json_object_get(object, "cut_ms") != NULL;
  ret_change->cut_ns = cut_ms * MS_NS;
  if (json_object_get(object, "read"))
    ret_change->reading = reads ? FL_LINE_READS : FL_LINE_READS_NOT;
  return TRUE;
}

static void change_line(FlWorker *worker, FlRequest *request, const char *id) {
  static const char wants[] = "The body is an object of what is to change: profile, a name that /demo has; cut_ms, from 0 to "
                              "60000; read, true or false.";
  FlLineChange change = { 0 };
  FlLineFigures line;

  json_t *object = fl_demo_object(worker, request, wants);
  if (!object)
    return;
  if (!read_change(object, &change))
    fl_reply_problem(worker, request, 400, wants);
  else if (!fl_line_set_change(fl_application_of(worker)->lines, id, &change, &line))
    fl_reply_problem(worker, request, 404, no_such_line);
  else
    fl_demo_reply(worker, request, 200, line_json(&line));
  json_decref(object);
}

static void look_at_line(FlWorker *worker, FlRequest *request, const char *id) {
  FlLineFigures line;

  if (fl_line_set_look(fl_application_of(worker)->lines, id, &line))
    fl_demo_reply(worker, request, 200, line_json(&line));
  else
    fl_reply_problem(worker, request, 404, no_such_line);
}

static void remove_line(FlWorker *worker, FlRequest *request, const char *id) {
  if (fl_line_set_remove(fl_application_of(worker)->lines, id))
    fl_reply(worker, request, 204, NULL, g_bytes_new_static("", 0));
  else
    fl_reply_problem(worker, request, 404, no_such_line);
}

void fl_demo_line(FlWorker *worker, FlRequest *request, const char *id) {
  const char *method = fl_request_method(request);

  if (g_str_equal(method, "POST"))
    change_line(worker, request, id);
  else if (g_str_equal(method, "DELETE"))
    remove_line(worker, request, id);
  else if (fl_request_is_read(request))
    look_at_line(worker, request, id);
  else
    fl_reply_method(worker, request, "DELETE, GET, HEAD, POST");
}
