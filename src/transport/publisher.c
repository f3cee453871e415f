/* The token rule. See the header.
 * SPDX-License-Identifier: MIT */
#include "transport/publisher.h"

#include "core/clock.h"
#include "transport/client_log.h"
#include "transport/reply.h"

gboolean fl_publisher_is(FlWorker *worker, FlRequest *request) {
  const FlAccess *access = fl_application_of(worker)->access;
  const char *authorization = fl_request_headers(request)->authorization;
  const char *token = NULL;

  if (authorization && g_ascii_strncasecmp(authorization, "Bearer ", 7) == 0)
    token = authorization + 7;
  if (fl_access_may_publish(access, token))
    return TRUE;
  static const char needs_flag[] = "A server that listens beyond loopback takes no updates without --publish-token.";
  if (fl_access_has_token(access)) {
    fl_reply_problem(worker, request, 401, "Publishing here needs Authorization: Bearer with the server's --publish-token.");
    return FALSE;
  }
  fl_client_refused(worker, request, 403, needs_flag);
  fl_reply_problem(worker, request, 403, needs_flag);
  return FALSE;
}

guint fl_publisher_wait(const FlApplication *application, const char *ip) {
  gint64 wait_ns = fl_allowance_take(application->publishing, ip, fl_clock_now_ns());
  return (guint)((wait_ns + 999999999) / 1000000000);
}

char *fl_publisher_too_often(guint seconds) {
  return g_strdup_printf("That is more often than the server's --publish-rate lets one address publish: try again in %u s.", seconds);
}
