/* Short and long polling of servers that aren't ours: where the next cursor comes from is a rule of the command line, and an
 * answer may be an update, a list of them, or empty by its status.
 *
 *     a question, without a cursor ─► the first answer: READY ─► short: the next one at the client's slot
 *                                                              └► long: at once
 *
 * An answer that is one update by itself may leave more behind: short polling asks again at once until one is empty.
 * Without cursors an answer is a snapshot: what was seen before is passed over, and what was never seen is lost.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench/client/polling.h"
#include "bench/member_reader.h"

/* Where a client is: what it hands back. */
typedef struct {
  char cursor[FL_MEMBER_CURSOR_MAX];
  char etag[FL_MEMBER_CURSOR_MAX];
  char modified[64];
} Place;

static void ask(FlClient *client) {
  const FlEndpoint *endpoint = fl_client_endpoint(client);
  const Place *place = client->parser;
  const char *path = endpoint->url.target;
  g_autofree char *cursor = place->cursor[0] ? g_uri_escape_string(place->cursor, NULL, FALSE) : NULL;
  char target[768], extra[256] = "";

  if (cursor)
    g_snprintf(target, sizeof target, "%s%c%s=%s", path, strchr(path, '?') ? '&' : '?', endpoint->cursor.query, cursor);
  else
    g_strlcpy(target, path, sizeof target);
  g_snprintf(extra, sizeof extra, "%s%s%s%s%s%s", place->etag[0] ? "If-None-Match: " : "", place->etag,
             place->etag[0] ? "\r\n" : "", place->modified[0] ? "If-Modified-Since: " : "", place->modified,
             place->modified[0] ? "\r\n" : "");
  fl_polling_next(client);
  fl_client_get(client, target, extra);
}

static void open_polling(FlClient *client) {
  client->parser = g_new0(Place, 1);
  client->answer_updates = 0;
  ask(client);
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

static void on_update(gpointer user, const FlStamp *stamp) {
  FlClient *client = user;

  if (fl_client_endpoint(client)->cursor.source == FL_CURSOR_NONE && stamp->seq < client->subscriber.next)
    return;
  client->answer_updates++;
  fl_client_update(client, stamp);
}

/* Answers without the header leave what there is. Returns: FALSE where it is too long. */
static gboolean keep_header(const FlClient *client, const char *name, char *place, gsize size) {
  const char *value = fl_http_parser_header(client->http, name);
  return !value || g_strlcpy(place, value, size) < size;
}

static const char *keep_headers(const FlClient *client, const FlCursorRule *rule) {
  Place *place = client->parser;

  if ((rule->etag && !keep_header(client, "ETag", place->etag, sizeof place->etag)) ||
      (rule->last_modified && !keep_header(client, "Last-Modified", place->modified, sizeof place->modified)))
    return "a cursor in a header is too long";
  if ((rule->etag && !place->etag[0]) || (rule->last_modified && !place->modified[0]))
    return "the answer to a poll has no cursor in its headers";
  return NULL;
}

static const char *read_body(FlClient *client, FlMemberAnswer *ret_answer) {
  const FlEndpoint *endpoint = fl_client_endpoint(client);
  Place *place = client->parser;

  if (!fl_member_answer_read(&endpoint->members, endpoint->cursor.member, (const char *)client->body->data,
                             client->body->len, on_update, client, ret_answer))
    return "the answer to a poll holds no updates with the members of --stamp and --seq, or no cursor";
  if (endpoint->cursor.source == FL_CURSOR_JSON)
    g_strlcpy(place->cursor, ret_answer->cursor, sizeof place->cursor);
  return endpoint->cursor.source == FL_CURSOR_HEADERS ? keep_headers(client, &endpoint->cursor) : NULL;
}

/* How servers say that there is nothing; 408 is Nchan's end of a long poll. */
static gboolean says_nothing(int status) {
  return status == 204 || status == 304 || status == 408;
}

static const char *read_answer(FlClient *client, FlMemberAnswer *ret_answer) {
  int status = fl_http_parser_status(client->http);
  const char *wrong = NULL;

  *ret_answer = (FlMemberAnswer){ 0 };
  client->answer_updates = 0;
  if (status == 200)
    wrong = read_body(client, ret_answer);
  else if (!says_nothing(status))
    wrong = "a poll was answered neither with 200 nor as empty (204, 304, 408)";
  if (wrong)
    return wrong;
  if (client->state != FL_CLIENT_READY)
    fl_client_ready(client);
  else if (client->answer_updates == 0)
    fl_client_empty_poll(client);
  return NULL;
}

/* --- short --------------------------------------------------------------------------------------------------------- */

static void poll_at_slot(FlClient *client) {
  if (client->asking)
    client->slot_waits = TRUE;
  else
    ask(client);
}

static const char *receive_short(FlClient *client, const guint8 *data, gsize len) {
  FlMemberAnswer answer;
  const char *wrong = fl_polling_take(client, data, len);

  if (wrong || client->asking)
    return wrong;
  wrong = read_answer(client, &answer);
  gboolean may_leave_more =
      answer.is_single && client->answer_updates > 0 && fl_client_endpoint(client)->cursor.source != FL_CURSOR_NONE;
  if (!wrong && (may_leave_more || client->slot_waits)) {
    client->slot_waits = FALSE;
    ask(client);
  } else if (!wrong) {
    fl_client_answered(client);
  }
  return wrong;
}

/* --- long ---------------------------------------------------------------------------------------------------------- */

static const char *receive_long(FlClient *client, const guint8 *data, gsize len) {
  FlMemberAnswer answer;
  const char *wrong = fl_polling_take(client, data, len);

  if (wrong || client->asking)
    return wrong;
  wrong = read_answer(client, &answer);
  if (!wrong)
    ask(client);
  return wrong;
}

static void no_poll(FlClient *client) {
}

static void clear(FlClient *client) {
  fl_polling_clear(client);
  g_free(client->parser);
  client->parser = NULL;
}

const FlClientKind fl_client_other_poll = { "poll", TRUE, open_polling, receive_short, poll_at_slot, clear, clear };
const FlClientKind fl_client_other_longpoll = { "longpoll", FALSE, open_polling, receive_long, no_poll, clear, clear };
