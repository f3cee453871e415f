/* Failures on purpose. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/scenario.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/spelling.h"
#include "bench/witness.h"
#include "core/clock.h"

#define S G_GINT64_CONSTANT(1000000000)
#define WITNESS_NS (10 * S)

static void fail_server(FlScenario *self);
static void fail_link(FlScenario *self);
static void change_addresses(FlScenario *self);

static const struct {
  const char *name, *words;
  gint64 lasts_ns;
  void (*happen)(FlScenario *self);
} kinds[] = {
  [FL_SCENARIO_NONE] = { NULL, NULL, 0, NULL },
  [FL_SCENARIO_RESTART] = { "restart", "the server is stopped (SIGTERM), and started again after", 1 * S, fail_server },
  [FL_SCENARIO_CRASH] = { "crash", "the server is killed (SIGKILL), and started again after", 1 * S, fail_server },
  [FL_SCENARIO_OUTAGE] = { "outage", "the link is cut for", 5 * S, fail_link },
  [FL_SCENARIO_ROAM] = { "roam", "the clients' addresses change", 0, change_addresses },
};

struct _FlScenario {
  FlScenarioConfig config;
  guint16 port;
  FlChild *child; /* NULL while the server is away; the thread's until it has ended */
  FlWitness *witness;
  GThread *thread;
  GMutex lock;
  GCond changed;
  gboolean to_end; /* under the lock, like … */
  char *error;
};

/* --- words --------------------------------------------------------------------------------------------------------- */

const char *fl_scenario_name(FlScenarioKind kind) {
  return kinds[kind].name;
}

FlScenarioKind fl_scenario_find(const char *name) {
  for (guint kind = FL_SCENARIO_NONE + 1; kind < G_N_ELEMENTS(kinds); kind++)
    if (g_str_equal(kinds[kind].name, name))
      return kind;
  return FL_SCENARIO_NONE;
}

char *fl_scenario_names(void) {
  const char *names[G_N_ELEMENTS(kinds)];

  for (guint kind = FL_SCENARIO_NONE + 1; kind < G_N_ELEMENTS(kinds); kind++)
    names[kind - 1] = kinds[kind].name;
  return fl_spelling_list(names, G_N_ELEMENTS(kinds) - 1);
}

gint64 fl_scenario_lasts_ns(FlScenarioKind kind) {
  return kinds[kind].lasts_ns;
}

const char *fl_scenario_words(FlScenarioKind kind) {
  return kinds[kind].words;
}

gboolean fl_scenario_restarts(FlScenarioKind kind) {
  return kinds[kind].happen == fail_server;
}

/* --- its thread ---------------------------------------------------------------------------------------------------- */

/* Returns: FALSE where the scenario is to end first. */
static gboolean wait_until(FlScenario *self, gint64 at_ns) {
  gboolean waits = TRUE;

  g_mutex_lock(&self->lock);
  while (!self->to_end && waits)
    waits = g_cond_wait_until(&self->changed, &self->lock, at_ns / 1000);
  gboolean goes_on = !self->to_end;
  g_mutex_unlock(&self->lock);
  return goes_on;
}

static void set_error(FlScenario *self, const char *text) {
  g_mutex_lock(&self->lock);
  if (!self->error)
    self->error = g_strdup_printf("%s: %s", fl_scenario_name(self->config.kind), text);
  g_mutex_unlock(&self->lock);
}

/* While the server is away, the port must not become a client's own by chance: such a client would connect to itself. A socket
 * that is bound but does not listen keeps it, and refuses as an empty port does. */
static int hold_port(const FlScenario *self) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(self->port) };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;

  inet_pton(AF_INET, self->config.host, &address.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  close(fd);
  return -1;
}

/* --- what all loads are told ---------------------------------------------------------------------------------------- */

static void tell_begin(const FlScenario *self, gint64 at_us) {
  for (guint i = 0; i < self->config.absences_n; i++)
    fl_absences_begin(self->config.absences[i], at_us);
}

static void tell_end(const FlScenario *self, gint64 at_us) {
  for (guint i = 0; i < self->config.absences_n; i++)
    fl_absences_end(self->config.absences[i], at_us);
}

static void tell_roam(const FlScenario *self) {
  for (guint i = 0; i < self->config.absences_n; i++)
    fl_absences_roam(self->config.absences[i]);
}

/* --- what happens -------------------------------------------------------------------------------------------------- */

static void start_again(FlScenario *self) {
  g_autoptr(GError) error = NULL;

  self->child = fl_child_start((const char *const *)self->config.command, self->config.cpu, &error);
  if (self->child)
    tell_end(self, g_get_real_time());
  else
    set_error(self, error->message);
}

static void fail_server(FlScenario *self) {
  tell_begin(self, g_get_real_time());
  if (self->config.kind == FL_SCENARIO_CRASH)
    kill(fl_child_pid(self->child), SIGKILL);
  fl_child_stop(g_steal_pointer(&self->child));
  int held_fd = hold_port(self);
  if (held_fd < 0)
    set_error(self, "the server's port can't be kept for it");
  if (wait_until(self, fl_clock_now_ns() + self->config.lasts_ns))
    start_again(self);
  if (held_fd >= 0)
    close(held_fd);
}

static gint64 unix_us(gint64 at_ns) {
  return fl_clock_unix_us(at_ns, fl_clock_offset_ns());
}

static void fail_link(FlScenario *self) {
  g_autoptr(GError) error = NULL;
  gint64 at_ns;

  if (!fl_link_cut(self->config.link, self->config.lasts_ns, &at_ns, &error)) {
    set_error(self, error->message);
    return;
  }
  tell_begin(self, unix_us(at_ns));
  if (wait_until(self, at_ns + self->config.lasts_ns))
    tell_end(self, unix_us(at_ns + self->config.lasts_ns));
}

static void change_addresses(FlScenario *self) {
  g_autoptr(GError) error = NULL;
  gint64 at_ns;

  if (!fl_link_roam(self->config.link, &at_ns, &error)) {
    set_error(self, error->message);
    return;
  }
  tell_begin(self, unix_us(at_ns));
  tell_end(self, unix_us(at_ns));
  tell_roam(self);
}

/* The server ends with the thread that started it, so this one stays to the end. */
static gpointer act(gpointer user) {
  FlScenario *self = user;

  if (wait_until(self, self->config.at_ns))
    kinds[self->config.kind].happen(self);
  g_mutex_lock(&self->lock);
  while (!self->to_end)
    g_cond_wait(&self->changed, &self->lock);
  g_mutex_unlock(&self->lock);
  return NULL;
}

/* --- its owner's --------------------------------------------------------------------------------------------------- */

/* The command with the port that the server has. Takes it. */
static char **on_port(char **command, guint16 port) {
  for (char **word = command; *word; word++)
    if (g_str_equal(*word, "--port") && word[1]) {
      g_free(word[1]);
      word[1] = g_strdup_printf("%u", port);
    }
  return command;
}

static gboolean take_server(FlScenario *self, GError **error) {
  self->child = self->config.child;
  self->port = fl_child_port(self->child);
  self->config.command = on_port(self->config.command, self->port);
  self->witness = fl_witness_start(self->config.host, self->port, error);
  return self->witness != NULL;
}

FlScenario *fl_scenario_start(const FlScenarioConfig *config, GError **error) {
  FlScenario *self = g_new0(FlScenario, 1);

  self->config = *config;
  g_mutex_init(&self->lock);
  g_cond_init(&self->changed);
  if (fl_scenario_restarts(config->kind) && !take_server(self, error)) {
    fl_scenario_free(self);
    return NULL;
  }
  self->thread = g_thread_new("scenario", act, self);
  return self;
}

char *fl_scenario_error(FlScenario *self) {
  g_mutex_lock(&self->lock);
  char *error = g_strdup(self->error);
  g_mutex_unlock(&self->lock);
  return error;
}

gboolean fl_scenario_tell(FlScenario *self, FlRecorder *recorder, GError **error) {
  if (!self->witness)
    return TRUE;
  if (!fl_witness_end(self->witness, WITNESS_NS)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: what the server had published is not known",
                fl_scenario_name(self->config.kind));
    return FALSE;
  }
  fl_witness_tell(self->witness, recorder);
  return TRUE;
}

void fl_scenario_free(FlScenario *self) {
  if (!self)
    return;
  g_mutex_lock(&self->lock);
  self->to_end = TRUE;
  g_cond_signal(&self->changed);
  g_mutex_unlock(&self->lock);
  if (self->thread)
    g_thread_join(self->thread);
  if (self->child)
    fl_child_stop(self->child);
  fl_witness_free(self->witness);
  g_strfreev(self->config.command);
  g_mutex_clear(&self->lock);
  g_cond_clear(&self->changed);
  g_free(self->error);
  g_free(self);
}
