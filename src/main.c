/* feedlab-server: one feed of updates by polling, long polling, Server-Sent Events and WebSocket.
 * source -> feed -> encode once -> transport -> socket. The only place that prints errors and exits.
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "options.h"
#include "server.h"

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  FlOptions *options = fl_options_parse(&argc, &argv, &error);

  if (!options) {
    g_printerr("feedlab-server: %s\n", error->message);
    return 2;
  }
  if (options->show_version) {
    printf("feedlab-server %s\n", FL_VERSION);
    fl_options_free(options);
    return 0;
  }
  signal(SIGPIPE, SIG_IGN);
  FlLog *log = fl_log_new(STDERR_FILENO, options->log_format);
  FlServer *server = fl_server_new(options, log, &error);
  if (server)
    fl_server_run(server);
  fl_server_free(server);
  fl_log_free(log);
  fl_options_free(options);
  if (error)
    g_printerr("feedlab-server: %s\n", error->message);
  return error ? 1 : 0;
}
