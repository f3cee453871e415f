/* feedlab-bench: what each transport costs, measured. schedule -> client -> recorder -> report. Results go to stdout, progress to
 * stderr. Each command is in a file of its own.
 * SPDX-License-Identifier: MIT */
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "bench/command.h"

static const FlCommand *const commands[] = { &fl_command_run, &fl_command_compare, &fl_command_capacity, &fl_command_doctor,
                                           &fl_command_paper,
                                           &fl_command_report, &fl_command_selftest };

static void raise_file_limit(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0)
    return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

static void print_help(void) {
  printf("Usage:\n  feedlab-bench COMMAND [OPTION…]\n\n"
         "Measures what each way of sending updates to browsers costs.\n\nCommands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
  printf("\n  --version  the version\n\nfeedlab-bench COMMAND --help tells more.\n");
}

static FlExit refuse(const char *word) {
  g_autoptr(GString) names = g_string_new(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", commands[i]->name);
  g_printerr("feedlab-bench: '%s' is no command: there are %s; see --help\n", word ? word : "", names->str);
  return FL_EXIT_USAGE;
}

int main(int argc, char **argv) {
  const char *word = argc > 1 ? argv[1] : NULL;

  if (g_strcmp0(word, "--help") == 0 || g_strcmp0(word, "-h") == 0) {
    print_help();
    return FL_EXIT_OK;
  }
  if (g_strcmp0(word, "--version") == 0) {
    printf("feedlab-bench %s\n", FL_VERSION);
    return FL_EXIT_OK;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    if (g_strcmp0(word, commands[i]->name) == 0)
      return commands[i]->main(argc - 1, argv + 1);
  return refuse(word);
}
