/* Answers to polls. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/client/polling.h"

#include "bench/update_reader.h"

void fl_polling_next(FlClient *client) {
  if (!client->http) {
    client->http = fl_http_parser_new();
    client->body = g_byte_array_new();
  }
  g_byte_array_set_size(client->body, 0);
  fl_http_parser_next(client->http, FALSE);
  client->asking = TRUE;
}

/* The head of an answer is the server's: the next is taken to be as long as the last one, and what that was wrong by is made
 * good with the next request, so that all polls together are as long as they shall be. */
static gsize padded_head(FlClient *client) {
  gint64 wanted = fl_client_header_bytes(client);

  if (client->head_known)
    client->head_debt += wanted - client->head_bytes;
  client->head_known = TRUE;
  return (gsize)MAX(wanted - client->answer_head_bytes + client->head_debt, 0);
}

void fl_polling_ask(FlClient *client, const char *path, const char *query) {
  char target[160];

  if (client->cursor[0])
    g_snprintf(target, sizeof target, "%s?since=%s%s%s", path, client->cursor, *query ? "&" : "", query);
  else
    g_snprintf(target, sizeof target, "%s?%s", path, query);
  fl_polling_next(client);
  if (fl_client_header_bytes(client) > 0 && client->cursor[0])
    fl_client_get_padded(client, target, padded_head(client));
  else
    fl_client_get(client, target, "");
}

static void on_update(gpointer user, const FlStamp *stamp) {
  fl_client_update(user, stamp);
}

static const char *read_answer(FlClient *client, FlAnswer *ret_answer) {
  FlPollAnswer answer;
  FlCursor cursor;
  gboolean first = client->cursor[0] == '\0';

  if (fl_http_parser_status(client->http) != 200)
    return fl_client_ended(client, "a poll was not answered with 200");
  if (fl_client_may_return(client) && fl_poll_cursor_read((const char *)client->body->data, client->body->len, &cursor))
    fl_client_follows(client, cursor.epoch);
  if (!fl_poll_answer_read((const char *)client->body->data, client->body->len, on_update, client, &answer))
    return "the answer to a poll is malformed";
  g_strlcpy(client->cursor, answer.cursor_text, sizeof client->cursor);
  if (answer.gap)
    fl_client_gap(client);
  if (first)
    fl_subscriber_begin(&client->subscriber, answer.cursor.seq);
  if (client->state != FL_CLIENT_READY) {
    fl_client_ready(client);
  } else if (answer.updates == 0) {
    fl_client_empty_poll(client);
  }
  *ret_answer = first ? FL_ANSWER_FIRST : answer.more ? FL_ANSWER_MORE : FL_ANSWER_LAST_OF_BATCH;
  return NULL;
}

const char *fl_polling_take(FlClient *client, const guint8 *data, gsize len) {
  if (!client->asking)
    return "an answer came that was not asked for";
  gsize before = client->body->len;
  gsize used = fl_http_parser_receive(client->http, (const char *)data, len, client->body);
  fl_client_head(client, used - (client->body->len - before));
  FlHttpState state = fl_http_parser_state(client->http);
  if (state == FL_HTTP_MALFORMED || used < len)
    return "the answer to a poll is no HTTP";
  client->asking = state != FL_HTTP_DONE;
  if (!client->asking)
    fl_client_exchanged(client);
  return NULL;
}

const char *fl_polling_receive(FlClient *client, const guint8 *data, gsize len, FlAnswer *ret_answer) {
  *ret_answer = FL_ANSWER_NONE;
  const char *wrong = fl_polling_take(client, data, len);
  return wrong || client->asking ? wrong : read_answer(client, ret_answer);
}

void fl_polling_lost(FlClient *client) {
  fl_polling_clear(client);
  client->asking = client->slot_waits = FALSE;
}

void fl_polling_clear(FlClient *client) {
  g_clear_pointer(&client->http, fl_http_parser_free);
  g_clear_pointer(&client->body, g_byte_array_unref);
}
