/* feedlab-bench selftest: the harness against itself.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench/command.h"
#include "bench/selftest.h"

static void print(gpointer user, const char *heading, const FlSelftestLine *line) {
  if (line)
    printf("  %s %-7s %-32s %s\n", line->passed ? "✓" : "✗", line->word, line->what, line->text);
  else
    printf("%s\n", heading);
  fflush(stdout);
}

static FlExit selftest_main(int argc, char **argv) {
  gboolean quick = FALSE;
  const GOptionEntry entries[] = {
    { "quick", 0, 0, G_OPTION_ARG_NONE, &quick, "Faults and bytes only, no times", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("— of feedlab-bench selftest");
  g_autoptr(GError) error = NULL;

  g_option_context_set_summary(
      context, "Plants faults in a sender that is wrong on purpose, and counts bytes and times that are known.");
  g_option_context_set_description(context, "Exit status: 0, and 1 where a fault was missed or a figure is wrong.");
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
    g_printerr("feedlab-bench: %s%s\n", error ? error->message : argv[1], error ? "" : " is not expected: see --help");
    return FL_EXIT_USAGE;
  }
  return fl_selftest(quick, print, NULL) ? FL_EXIT_OK : FL_EXIT_FAILED;
}

const FlCommand fl_command_selftest = { "selftest", "the harness against itself", selftest_main };
