/* What a page may ask of the server for a demonstration: other updates, and lines to reach it through. See
 * docs/wire/demo.md.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_demo_answer: answer a request below /demo. Returns: FALSE where it is none, or where the controls are off. */
gboolean fl_demo_answer(FlWorker *worker, FlRequest *request);
