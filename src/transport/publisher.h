/* Who may publish, and with that change how the feed is shown: the bearer of the token, or on loopback anyone.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_publisher_is: whether the request comes from one who may publish. Where not, it has been answered. */
gboolean fl_publisher_is(FlWorker *worker, FlRequest *request);

/* fl_publisher_wait: have one more update of the client at `ip` counted, by --publish-rate. Returns: 0, or after how many
 * seconds it may publish again. fl_publisher_too_often: what it is told then, with the seconds. */
guint fl_publisher_wait(const FlApplication *application, const char *ip);
char *fl_publisher_too_often(guint seconds);
