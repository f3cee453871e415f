/* Short polling. The load gives the slots; one that comes while an answer is awaited is used as soon as that is there. With pauses
 * none can.
 * SPDX-License-Identifier: MIT */
#include "bench/client/polling.h"

static void ask(FlClient *client) {
  fl_polling_ask(client, "/poll", "");
}

static void poll_at_slot(FlClient *client) {
  if (client->asking)
    client->slot_waits = TRUE;
  else
    ask(client);
}

static const char *receive(FlClient *client, const guint8 *data, gsize len) {
  FlAnswer answer;
  const char *wrong = fl_polling_receive(client, data, len, &answer);

  if (!wrong && (answer == FL_ANSWER_MORE || (answer != FL_ANSWER_NONE && client->slot_waits))) {
    client->slot_waits = FALSE;
    ask(client);
  } else if (!wrong && answer != FL_ANSWER_NONE) {
    fl_client_answered(client);
  }
  return wrong;
}

const FlClientKind fl_client_poll = { "poll", TRUE, ask, receive, poll_at_slot, fl_polling_lost, fl_polling_clear };
