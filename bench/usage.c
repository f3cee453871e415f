/* CPU and memory of processes. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/usage.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static gint64 read_ns(clockid_t clock) {
  struct timespec ts;
  if (clock_gettime(clock, &ts) != 0)
    return -1;
  return (gint64)ts.tv_sec * G_GINT64_CONSTANT(1000000000) + ts.tv_nsec;
}

static gint64 cpu_ns_of(pid_t pid) {
  clockid_t clock;
  return clock_getcpuclockid(pid, &clock) == 0 ? read_ns(clock) : -1;
}

/* --- a process and its descendants --------------------------------------------------------------------------------- */

static void append_children(GArray *pids, pid_t pid, const char *task) {
  g_autofree char *path = g_strdup_printf("/proc/%d/task/%s/children", (int)pid, task);
  g_autofree char *text = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL))
    return;
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  for (char **word = words; *word; word++) {
    pid_t child = (pid_t)g_ascii_strtoll(*word, NULL, 10);
    if (child > 0)
      g_array_append_val(pids, child);
  }
}

/* The process first. */
static GArray *tree_of(pid_t root) {
  GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

  g_array_append_val(pids, root);
  for (guint i = 0; i < pids->len; i++) {
    pid_t pid = g_array_index(pids, pid_t, i);
    g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)pid);
    g_autoptr(GDir) tasks = g_dir_open(path, 0, NULL);
    const char *task;
    while (tasks && (task = g_dir_read_name(tasks)))
      append_children(pids, pid, task);
  }
  return pids;
}

/* The sum of what can be read; -1 where the process itself cannot. */
static gint64 sum_over_tree(pid_t root, gint64 (*read)(pid_t pid)) {
  g_autoptr(GArray) pids = tree_of(root);
  gint64 sum = read(root);

  for (guint i = 1; i < pids->len && sum >= 0; i++)
    sum += MAX(read(g_array_index(pids, pid_t, i)), 0);
  return sum;
}

gint64 fl_usage_cpu_ns(pid_t pid) {
  return sum_over_tree(pid, cpu_ns_of);
}

/* Fields 14 and 15 of /proc/PID/stat; the second field, the name in brackets, may hold anything. */
static gboolean read_ticks(pid_t pid, guint64 *ret_user, guint64 *ret_system) {
  g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  unsigned long user, system;

  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  const char *bracket = strrchr(text, ')');
  if (!bracket || sscanf(bracket, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
    return FALSE;
  *ret_user = user;
  *ret_system = system;
  return TRUE;
}

gboolean fl_usage_ticks(pid_t root, guint64 *ret_user, guint64 *ret_system) {
  g_autoptr(GArray) pids = tree_of(root);
  guint64 all_user = 0, all_system = 0;

  for (guint i = 0; i < pids->len; i++) {
    guint64 user, system;
    if (read_ticks(g_array_index(pids, pid_t, i), &user, &system)) {
      all_user += user;
      all_system += system;
    } else if (i == 0)
      return FALSE;
  }
  *ret_user = all_user;
  *ret_system = all_system;
  return TRUE;
}

gint64 fl_usage_own_cpu_ns(void) {
  return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

clockid_t fl_usage_thread_clock(void) {
  clockid_t clock;
  int error = pthread_getcpuclockid(pthread_self(), &clock);
  if (error != 0)
    g_error("pthread_getcpuclockid: %s", g_strerror(error));
  return clock;
}

gint64 fl_usage_thread_cpu_ns(clockid_t clock) {
  return read_ns(clock);
}

static gint64 pss_bytes_of(pid_t pid) {
  g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", (int)pid);
  FILE *file = fopen(path, "re");
  char line[256];
  long kilobytes = -1;

  if (!file)
    return -1;
  while (kilobytes < 0 && fgets(line, sizeof line, file))
    if (sscanf(line, "Pss: %ld kB", &kilobytes) != 1)
      kilobytes = -1;
  fclose(file);
  return kilobytes < 0 ? -1 : (gint64)kilobytes * 1024;
}

gint64 fl_usage_pss_bytes(pid_t pid) {
  return sum_over_tree(pid, pss_bytes_of);
}

/* The file's name ends a line of the map, after its last slash. */
char *fl_usage_library(pid_t pid, const char *name) {
  g_autofree char *path = g_strdup_printf("/proc/%d/maps", (int)pid);
  g_autofree char *maps = NULL;
  char *found = NULL;

  if (!g_file_get_contents(path, &maps, NULL, NULL))
    return NULL;
  g_auto(GStrv) lines = g_strsplit(maps, "\n", -1);
  for (char **line = lines; *line && !found; line++) {
    const char *slash = strrchr(*line, '/');
    if (slash && g_str_has_prefix(slash + 1, name))
      found = g_strdup(slash + 1);
  }
  return found;
}
