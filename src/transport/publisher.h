/* Who may publish, and with that change how the feed is shown: the bearer of the token, or on loopback anyone.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_publisher_is: whether the request comes from one who may publish. Where not, it has been answered. */
gboolean fl_publisher_is(FlWorker *worker, FlRequest *request);
