/* The replay source: JSON lines with a time each, published again with the gaps that were between them (divided by
 * the speed). The schedule is kept against the first line, so that lateness does not add up; `t` is the time at which
 * the update was due now, not the recorded one. A record that is none is reported with its line, and passed over.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/source.h"

#define FAR_NS 4e18 /* 126 years: later than any run */

typedef struct {
  FlSourceConfig config;
  char *path;
  FILE *file;
  char *line; /* getline's buffer */
  size_t line_room;
  guint64 line_number;
  int timer_fd;
  guint watch;
  gint64 begin_ns;     /* when the first record was played … */
  gint64 begin_t_us;   /* … and its recorded time */
  gint64 deadline_ns;  /* of `pending` */
  GString *pending;    /* the value to publish next; NULL at the end */
} Replay;

static void clear(Replay *self) {
  if (self->timer_fd >= 0)
    close(self->timer_fd);
  if (self->pending)
    g_string_free(self->pending, TRUE);
  fclose(self->file);
  free(self->line);
  g_free(self->path);
  g_free(self);
}

/* Read on to the next record. Returns: FALSE at the end of the file. */
static gboolean read_record(Replay *self, gint64 *ret_t_us) {
  ssize_t len;

  while ((len = getline(&self->line, &self->line_room, self->file)) >= 0) {
    g_autofree char *error = NULL;
    self->line_number++;
    while (len > 0 && g_ascii_isspace(self->line[len - 1]))
      len--;
    if (len == 0)
      continue;
    self->pending = self->config.record_to_json(self->line, (gsize)len, ret_t_us, &error);
    if (self->pending)
      return TRUE;
    fl_log(self->config.log, "record_skipped", FL_FIELD("file", self->path), FL_FIELD_INT("line", self->line_number),
           FL_FIELD("error", error));
  }
  return FALSE;
}

static void arm(Replay *self, gint64 deadline_ns) {
  struct itimerspec schedule = { .it_value = { .tv_sec = deadline_ns / 1000000000,
                                               .tv_nsec = MAX(deadline_ns % 1000000000, 1) } };
  self->deadline_ns = deadline_ns;
  timerfd_settime(self->timer_fd, TFD_TIMER_ABSTIME, &schedule, NULL);
}

static void schedule_next(Replay *self) {
  gint64 t_us;

  if (read_record(self, &t_us)) {
    double after_ns = (double)(t_us - self->begin_t_us) * 1000.0 / self->config.speed;
    arm(self, MAX(self->begin_ns + (gint64)CLAMP(after_ns, -FAR_NS, FAR_NS), self->deadline_ns));
    return;
  }
  fl_counter_add(&self->config.stats->ended, 1);
  fl_log(self->config.log, "source_ended", FL_FIELD("source", "replay"), FL_FIELD("file", self->path));
  self->config.ended(self->config.user);
}

static gboolean on_timer(gint fd, GIOCondition condition, gpointer user) {
  Replay *self = user;
  guint64 due;

  if (read(fd, &due, sizeof due) != sizeof due || !self->pending)
    return G_SOURCE_CONTINUE;
  gint64 t_us = fl_clock_unix_us(self->deadline_ns, fl_clock_offset_ns());
  if (fl_sequencer_publish(self->config.sequencer, self->pending->str, self->pending->len, t_us) > 0)
    fl_counter_add(&self->config.stats->published, 1);
  g_string_free(g_steal_pointer(&self->pending), TRUE);
  schedule_next(self);
  return G_SOURCE_CONTINUE;
}

static gpointer start(const FlSourceConfig *config, const char *path, GError **error) {
  FILE *file = fopen(path, "re");
  if (!file) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "replay %s: %s", path, g_strerror(errno));
    return NULL;
  }
  Replay *self = g_new0(Replay, 1);
  self->config = *config;
  self->path = g_strdup(path);
  self->file = file;
  self->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->timer_fd < 0 || !read_record(self, &self->begin_t_us)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "replay %s: it holds no record with a time", path);
    clear(self);
    return NULL;
  }
  self->begin_ns = fl_clock_now_ns();
  self->watch = g_unix_fd_add_full(G_PRIORITY_HIGH, self->timer_fd, G_IO_IN, on_timer, self, NULL);
  arm(self, self->begin_ns);
  return self;
}

static void stop(gpointer state) {
  Replay *self = state;
  g_clear_handle_id(&self->watch, g_source_remove);
}

static void free_replay(gpointer state) {
  clear(state);
}

const FlSourceKind fl_source_replay = {
  "replay", TRUE, start, fl_source_no_pace, fl_source_keep_pace, stop, free_replay,
};
