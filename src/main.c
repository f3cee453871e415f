/* feedlab-server: one feed of updates by polling, long polling, Server-Sent Events, WebSocket
 * and Socket.IO. source -> feed -> encode once -> transport -> socket. The only place that prints errors and exits.
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "net/supervisor.h"
#include "options.h"
#include "server.h"

/* What is opened next would else be taken for a standard stream that the caller has closed. */
static void fill_standard_streams(void) {
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO)
    fd = open("/dev/null", O_RDWR);
  if (fd >= 0)
    close(fd);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;

  fill_standard_streams();
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
  FlSupervisor *supervisor = fl_supervisor_new(&error);
  FlLog *log = fl_log_new(STDERR_FILENO, options->log_format);
  FlServer *server = supervisor ? fl_server_new(options, supervisor, log, &error) : NULL;
  if (server)
    fl_server_run(server);
  fl_server_free(server);
  fl_log_free(log);
  fl_supervisor_free(supervisor);
  fl_options_free(options);
  if (error)
    g_printerr("feedlab-server: %s\n", error->message);
  return error ? 1 : 0;
}
