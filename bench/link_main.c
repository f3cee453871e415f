/* feedlab-link: an emulated link around any program. docs/link.md is its manual.
 *
 *     feedlab-link ─┬─ emulator
 *                   └─ COMMAND     in the same network
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/link.h"

/* As env(1) and timeout(1) have them. */
#define EXIT_OWN 125
#define EXIT_NOT_RUN 126
#define EXIT_NOT_FOUND 127
#define EXIT_SIGNALLED 128

typedef struct {
  char *link;
  gboolean quiet, version;
  FlLinkSpec spec;
  char **command;
} Options;

/* --- the command line ---------------------------------------------------------------------------------------------- */

static const char explanation[] =
    "Servers in COMMAND bind " FL_LINK_SERVER " or " FL_LINK_SERVER6 " (or any address), clients dial " FL_LINK_DIAL " or " FL_LINK_DIAL6 ".\n"
    "There is no other network. Neither root nor netem is needed.\n"
    "\n"
    "SPEC is a preset, or key=value, or both, with commas: 3g,loss=2%%\n"
    "  rtt=80ms           delay=40ms is the half of it, one way\n"
    "  jitter=10ms        each packet's delay varies by that to both sides; order is kept\n"
    "  loss=0.5%%          burst=4: in bursts of 4 packets on average\n"
    "  rate=5mbit         queue=64k: bytes that may wait for it\n"
    "  outage=2s@10s      nothing passes for 2 s, from 10 s on; 2s@10s/60s: every 60 s\n"
    "  seed=N             what is random (1)\n"
    "up. and down. before a key are for one direction: down.rate=5mbit. Up is from the clients to the server.\n"
    "\n"
    "Presets:\n%s\n"
    "Exit status: the command's; 128 + N where signal N ended it; 125 for an error of feedlab-link, 126 where the command\n"
    "can't be run, 127 where it is not found.";

static gboolean fail(const char *message, GError **error) {
  g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, message);
  return FALSE;
}

static gboolean read_options(int *argc, char ***argv, Options *self, GError **error) {
  const GOptionEntry entries[] = {
    { "link", 'l', 0, G_OPTION_ARG_STRING, &self->link, "What it is to be like", "SPEC" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, "No line about the link at the end", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->command, NULL, NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new("-- COMMAND [ARGUMENT…]");
  g_autofree char *presets = fl_link_spec_presets();
  g_autofree char *description = g_strdup_printf(explanation, presets);

  g_option_context_set_summary(context, "Runs a command in a network of its own with an emulated link in it.");
  g_option_context_set_description(context, description);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_strict_posix(context, TRUE);
  if (!g_option_context_parse(context, argc, argv, error))
    return FALSE;
  if (self->version)
    return TRUE;
  if (!self->link)
    return fail("--link SPEC is missing: see --help", error);
  if (!fl_link_spec_parse(self->link, &self->spec, error)) {
    g_prefix_error_literal(error, "--link ");
    return FALSE;
  }
  return (self->command && self->command[0]) || fail("a command is missing: feedlab-link --link SPEC -- COMMAND", error);
}

/* --- the command --------------------------------------------------------------------------------------------------- */

G_NORETURN static void become(char **command, const sigset_t *mask) {
  sigprocmask(SIG_SETMASK, mask, NULL);
  execvp(command[0], command);
  int number = errno;
  g_printerr("feedlab-link: %s: %s\n", command[0], g_strerror(number));
  _exit(number == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

/* The terminal sends its signals to the command too: only those that were sent to this process alone are passed on. */
static void pass_on(const struct signalfd_siginfo *info, pid_t command) {
  if (info->ssi_code <= 0)
    kill(command, (int)info->ssi_signo);
}

/* Returns: the wait status of the command. */
static int serve(int signal_fd, pid_t command) {
  struct signalfd_siginfo info;
  int status;

  while (waitpid(command, &status, WNOHANG) != command)
    if (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info && info.ssi_signo != SIGCHLD)
      pass_on(&info, command);
  return status;
}

static int run_command(char **command) {
  sigset_t mask, before;

  sigemptyset(&mask);
  for (const int *number = (const int[]){ SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, 0 }; *number; number++)
    sigaddset(&mask, *number);
  sigprocmask(SIG_BLOCK, &mask, &before);
  int signal_fd = signalfd(-1, &mask, SFD_CLOEXEC);
  pid_t pid = fork();
  if (pid == 0)
    become(command, &before);
  if (pid < 0 || signal_fd < 0) {
    g_printerr("feedlab-link: %s: %s\n", command[0], g_strerror(errno));
    return EXIT_OWN;
  }
  int status = serve(signal_fd, pid);
  close(signal_fd);
  return WIFSIGNALED(status) ? EXIT_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

static void tell(const Options *options, const FlLinkAccount *account) {
  g_autofree char *text = fl_link_spec_text(&options->spec);
  g_autofree char *line = fl_link_account_describe(account);
  double rtt_ms = (double)fl_link_spec_rtt_ns(&options->spec) / 1e6;

  if (!options->quiet)
    g_printerr("feedlab-link: %s: %s\n", text, line);
  if (!fl_link_account_is_kept(account, rtt_ms))
    g_printerr("feedlab-link: NOT KEPT: the emulator itself was late by more than %.2f ms, or lost packets: times stand for nothing\n",
               fl_link_account_late_limit_ms(rtt_ms));
}

/* Returns: the exit status. */
static int run(const Options *options, GError **error) {
  FlLinkAccount account;
  FlLink *link = fl_link_open(error);

  if (!link)
    return EXIT_OWN;
  guint64 seed = options->spec.seed < 0 ? 1 : (guint64)options->spec.seed;
  int status = fl_link_start(link, &options->spec, seed, error) ? run_command(options->command) : EXIT_OWN;
  if (!*error && fl_link_stop(link, &account, error)) {
    tell(options, &account);
    fl_link_account_clear(&account);
  }
  fl_link_close(link);
  return *error ? EXIT_OWN : status;
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  Options options = { 0 };
  int status = EXIT_OWN;

  if (read_options(&argc, &argv, &options, &error)) {
    if (options.version)
      printf("feedlab-link %s\n", FL_VERSION);
    status = options.version ? 0 : run(&options, &error);
  }
  if (error)
    g_printerr("feedlab-link: %s\n", error->message);
  g_free(options.link);
  g_strfreev(options.command);
  return status;
}
