/* Long polling: GET /longpoll?since=C&timeout=25, held until there is something after the cursor. It differs from short
 * polling in the waiting only. See docs/wire/longpoll.md.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "transport/polling.h"
#include "transport/reply.h"

#define TIMEOUT_SECONDS 25

/* More digits than any number has are more seconds than are granted, too. */
static gboolean read_timeout(const char *text, guint *ret_seconds) {
  if (!text) {
    *ret_seconds = TIMEOUT_SECONDS;
    return TRUE;
  }
  if (!*text || strspn(text, G_CSET_DIGITS) != strlen(text))
    return FALSE;
  *ret_seconds = (guint)MIN(g_ascii_strtoull(text, NULL, 10), FL_HOLD_MAX_SECONDS);
  return TRUE;
}

static void accept_longpoll(FlWorker *worker, FlRequest *request, guint index) {
  FlBatch batch;
  guint seconds;

  if (!read_timeout(fl_request_query(request, "timeout"), &seconds)) {
    fl_reply_problem(worker, request, 400, "The timeout is a whole number of seconds, at most 30 of them count.");
    return;
  }
  if (!fl_polling_begin(worker, request, &batch))
    return;
  gboolean hold = fl_batch_is_empty(&batch) && !fl_request_resumed(request) && seconds > 0 &&
                  g_str_equal(fl_request_method(request), "GET") && !fl_worker_is_draining(worker);
  if (hold)
    fl_polling_hold(worker, request, index, seconds);
  else
    fl_polling_answer(worker, request, index, &batch);
}

const FlTransport fl_transport_longpoll = { "longpoll", "/longpoll", accept_longpoll, fl_polling_encode };
