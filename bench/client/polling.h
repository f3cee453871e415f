/* What the clients that poll have in common: reading an answer, and, of short and of long polling, going on from its
 * cursor.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/client/client.h"

/* What the answer that was read last says about going on. */
typedef enum { FL_ANSWER_NONE, FL_ANSWER_FIRST, FL_ANSWER_LAST_OF_BATCH, FL_ANSWER_MORE } FlAnswer;

/* fl_polling_next: a request is being sent: expect its answer. */
void fl_polling_next(FlClient *client);

/* fl_polling_take: take bytes of the answer. Returns: NULL, or what was wrong. It is complete when client->asking is FALSE:
 * its status is then client->http's, its body client->body. */
const char *fl_polling_take(FlClient *client, const guint8 *data, gsize len);

/* fl_polling_receive: read up to the end of one answer. Returns: NULL, or what was wrong; ret_answer tells whether one is
 * complete. */
const char *fl_polling_receive(FlClient *client, const guint8 *data, gsize len, FlAnswer *ret_answer);

/* fl_polling_ask: GET path?since=CURSOR, with `query` (may be empty) after it. Without a cursor: path?query. */
void fl_polling_ask(FlClient *client, const char *path, const char *query);

/* fl_polling_lost: the connection is lost, and with it the answer that was awaited; the cursor is kept. */
void fl_polling_lost(FlClient *client);

void fl_polling_clear(FlClient *client);
