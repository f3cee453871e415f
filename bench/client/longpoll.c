/* Long polling: an answer is at once followed by the next question. The first one is not held, it fetches the cursor; who comes
 * back has one.
 * SPDX-License-Identifier: MIT */
#include "bench/client/polling.h"

static void open_longpoll(FlClient *client) {
  fl_polling_ask(client, "/longpoll", client->cursor[0] ? "timeout=25" : "timeout=0");
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  FlAnswer answer;
  const char *wrong = fl_polling_receive(client, data, len, &answer);

  if (!wrong && answer != FL_ANSWER_NONE)
    fl_polling_ask(client, "/longpoll", "timeout=25");
  return wrong;
}

static void no_poll(FlClient *client) {
}

const FlClientKind fl_client_longpoll = { "longpoll", FALSE, open_longpoll, receive, no_poll, fl_polling_lost, fl_polling_clear };
