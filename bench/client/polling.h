/* What the clients of short and of long polling have in common: reading an answer, and going on from its cursor.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/client/client.h"

/* What the answer that was read last says about going on. */
typedef enum { FL_ANSWER_NONE, FL_ANSWER_FIRST, FL_ANSWER_LAST_OF_BATCH, FL_ANSWER_MORE } FlAnswer;

/* fl_polling_receive: read up to the end of one answer. Returns: NULL, or what was wrong; ret_answer tells whether one is
 * complete. */
const char *fl_polling_receive(FlClient *client, const guint8 *data, gsize len, FlAnswer *ret_answer);

/* fl_polling_ask: GET path?since=CURSOR, with `query` (may be empty) after it. Without a cursor: path?query. */
void fl_polling_ask(FlClient *client, const char *path, const char *query);

void fl_polling_clear(FlClient *client);
