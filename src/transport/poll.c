/* Short polling: GET /poll?since=C, answered now. The client keeps the cursor. See docs/wire/poll.md.
 * SPDX-License-Identifier: MIT */
#include "transport/polling.h"

static void accept_poll(FlWorker *worker, FlRequest *request, guint index) {
  FlBatch batch;

  if (!fl_polling_begin(worker, request, &batch))
    return;
  fl_polling_answer(worker, request, index, &batch);
}

const FlTransport fl_transport_poll = { "poll", "/poll", accept_poll, fl_polling_encode };
