/* feedlab-bench doctor: what this machine is good for.
 * SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdio.h>

#include "bench/command.h"
#include "bench/doctor.h"

static void print(const GPtrArray *findings) {
  for (guint i = 0; i < findings->len; i++) {
    const FlFinding *one = g_ptr_array_index(findings, i);
    printf("%s %-12s %s: %s%s%s\n", fl_health_mark(one->health), one->name, one->found, one->means,
           one->mend ? "  → " : "", one->mend ? one->mend : "");
  }
}

static void print_json(const GPtrArray *findings) {
  json_t *checks = json_array();

  for (guint i = 0; i < findings->len; i++) {
    const FlFinding *one = g_ptr_array_index(findings, i);
    json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "name", one->name, "health",
                                            fl_health_name(one->health), "found", one->found, "means", one->means,
                                            "mend", one->mend));
  }
  json_t *all = json_pack("{s:s, s:o}", "health", fl_health_name(fl_doctor_worst(findings)), "checks", checks);
  json_dumpf(all, stdout, JSON_INDENT(2));
  putchar('\n');
  json_decref(all);
}

static FlExit doctor_main(int argc, char **argv) {
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "As JSON", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("— of feedlab-bench doctor");
  g_autoptr(GError) error = NULL;

  g_option_context_set_summary(context,
                               "Looks at this machine for a second: limits, CPUs, clocks, noise. Changes nothing.");
  g_option_context_set_description(
      context, "✓ good   ! results hold, with the limit that is told   ✗ results would not be worth having\n"
               "Exit status: 0, and 1 where something is ✗.");
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
    g_printerr("feedlab-bench: %s%s\n", error ? error->message : argv[1], error ? "" : " is not expected: see --help");
    return FL_EXIT_USAGE;
  }
  g_autoptr(FlMachine) machine = fl_machine_read();
  g_autoptr(GPtrArray) findings = fl_doctor_examine(machine);
  if (json)
    print_json(findings);
  else
    print(findings);
  return fl_doctor_worst(findings) == FL_HEALTH_BAD ? FL_EXIT_FAILED : FL_EXIT_OK;
}

const FlCommand fl_command_doctor = { "doctor", "look at this machine: what its results are worth", doctor_main };
