/* The thread of all lines. See the header.
 * SPDX-License-Identifier: MIT */
#include "net/line_set.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/clock.h"

#define LAST_WORDS_NS G_GINT64_CONSTANT(1000000000)

struct _FlLineSet {
  FlLineSetConfig config;
  FlLineConfig line;
  GThread *thread; /* NULL: no line yet */
  GMutex lock;     /* over all that follows */
  GCond served;    /* signalled when no caller is left */
  gint callers;    /* atomic: those who have the lock, or wait for it */
  FlPoller *poller;
  FlPollable timer;
  gint64 armed_ns;
  FlDeadlineList silences, vacancies;
  GPtrArray *lines;
  guint64 seed;
  gint64 end_ns; /* 0: it goes on */
};

/* --- the thread ---------------------------------------------------------------------------------------------------- */

static void arm(FlLineSet *self, gint64 at_ns) {
  struct itimerspec times = { 0 };

  if (at_ns == self->armed_ns)
    return;
  self->armed_ns = at_ns;
  if (at_ns != G_MAXINT64)
    times.it_value = (struct timespec){ .tv_sec = at_ns / 1000000000, .tv_nsec = MAX(at_ns % 1000000000, 1) };
  timerfd_settime(self->timer.fd, TFD_TIMER_ABSTIME, &times, NULL);
}

/* Do what is due, and arm the timer for what is next. */
static void tend(FlLineSet *self) {
  gint64 now_ns = fl_clock_now_ns();
  gint64 next_ns = self->end_ns > 0 ? self->end_ns : G_MAXINT64;

  fl_deadline_list_run(&self->silences, now_ns);
  for (guint i = 0; i < self->lines->len; i++) {
    gint64 line_ns = fl_line_run(self->lines->pdata[i], now_ns);
    next_ns = MIN(next_ns, line_ns);
  }
  fl_deadline_list_run(&self->vacancies, now_ns);
  next_ns = MIN(next_ns, fl_deadline_list_next(&self->silences));
  arm(self, MIN(next_ns, fl_deadline_list_next(&self->vacancies)));
}

static void on_timer(FlPollable *pollable, guint32 events) {
  guint64 times;
  (void)!read(pollable->fd, &times, sizeof times);
}

static gboolean is_over(FlLineSet *self) {
  if (self->end_ns == 0 || fl_clock_now_ns() >= self->end_ns)
    return self->end_ns > 0;
  for (guint i = 0; i < self->lines->len; i++)
    if (!fl_line_is_served(self->lines->pdata[i]))
      return FALSE;
  return TRUE;
}

static gpointer run(gpointer user) {
  FlLineSet *self = user;
  struct pollfd ready = { .fd = fl_poller_fd(self->poller), .events = POLLIN };

  g_mutex_lock(&self->lock);
  while (!is_over(self)) {
    while (g_atomic_int_get(&self->callers) > 0)
      g_cond_wait(&self->served, &self->lock);
    g_mutex_unlock(&self->lock);
    poll(&ready, 1, -1);
    g_mutex_lock(&self->lock);
    /* The timer is a descriptor like the others; it is armed again by what it runs. */
    fl_poller_dispatch(self->poller, 0);
    tend(self);
  }
  g_mutex_unlock(&self->lock);
  return NULL;
}

/* --- deadlines ----------------------------------------------------------------------------------------------------- */

static void on_silence(FlDeadline *entry, gpointer user) {
  fl_line_connection_reset(fl_line_connection_of_silence(entry));
}

static void on_vacancy(FlDeadline *entry, gpointer user) {
  FlLineSet *self = user;
  FlLine *line = fl_line_of_vacancy(entry);
  g_autofree char *id = g_strdup(fl_line_id(line));

  g_ptr_array_remove_fast(self->lines, line);
  if (self->config.log)
    fl_log(self->config.log, "line_ended", FL_FIELD("line", id), FL_FIELD("why", "idle"));
}

/* --- beginning and end --------------------------------------------------------------------------------------------- */

static void free_line(gpointer line) {
  fl_line_free(line);
}

FlLineSet *fl_line_set_new(const FlLineSetConfig *config) {
  FlLineSet *self = g_new0(FlLineSet, 1);

  self->config = *config;
  g_mutex_init(&self->lock);
  g_cond_init(&self->served);
  self->poller = fl_poller_new();
  self->timer = (FlPollable){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = on_timer };
  if (self->timer.fd < 0)
    g_error("timerfd_create: %s", g_strerror(errno));
  fl_poller_add(self->poller, &self->timer, EPOLLIN);
  self->armed_ns = G_MAXINT64;
  fl_deadline_list_init(&self->silences, config->idle_ns, on_silence, self);
  fl_deadline_list_init(&self->vacancies, config->idle_ns, on_vacancy, self);
  self->lines = g_ptr_array_new_with_free_func(free_line);
  self->line = (FlLineConfig){
    .poller = self->poller, .silences = &self->silences, .vacancies = &self->vacancies, .host = self->config.host,
    .server = config->server, .server_len = config->server_len,
    .connections_most = config->connections_most,
  };
  return self;
}

/* Callers go first: the thread would have the lock again before they have been woken. */
static void enter(FlLineSet *self) {
  g_atomic_int_inc(&self->callers);
  g_mutex_lock(&self->lock);
}

static void leave(FlLineSet *self) {
  tend(self);
  if (g_atomic_int_dec_and_test(&self->callers))
    g_cond_signal(&self->served);
  g_mutex_unlock(&self->lock);
}

static void end_thread(FlLineSet *self) {
  enter(self);
  self->end_ns = fl_clock_now_ns() + LAST_WORDS_NS;
  for (guint i = 0; i < self->lines->len; i++)
    fl_line_close(self->lines->pdata[i]);
  arm(self, 1); /* to have it look at once */
  if (g_atomic_int_dec_and_test(&self->callers))
    g_cond_signal(&self->served);
  g_mutex_unlock(&self->lock);
  g_thread_join(self->thread);
}

void fl_line_set_free(FlLineSet *self) {
  if (!self)
    return;
  if (self->thread)
    end_thread(self);
  g_ptr_array_unref(self->lines);
  fl_poller_free(self->poller);
  close(self->timer.fd);
  g_mutex_clear(&self->lock);
  g_cond_clear(&self->served);
  g_free(self);
}

/* --- callers ------------------------------------------------------------------------------------------------------- */

static FlLine *add(FlLineSet *self, const FlLineProfile *profile, GError **error) {
  if (self->lines->len >= FL_LINES_MOST) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "There are %d lines already; those that no one is connected to end.",
                FL_LINES_MOST);
    return NULL;
  }
  FlLine *line = fl_line_new(&self->line, profile, ++self->seed, error);
  if (!line)
    return NULL;
  g_ptr_array_add(self->lines, line);
  if (!self->thread)
    self->thread = g_thread_new("lines", run, self);
  return line;
}

gboolean fl_line_set_add(FlLineSet *self, const FlLineProfile *profile, FlLineFigures *ret_figures, GError **error) {
  enter(self);
  FlLine *line = add(self, profile, error);
  if (line)
    fl_line_figures(line, ret_figures);
  leave(self);
  if (line && self->config.log)
    fl_log(self->config.log, "line_opened", FL_FIELD("line", ret_figures->id), FL_FIELD_INT("port", ret_figures->port),
           FL_FIELD("profile", profile->name));
  return line != NULL;
}

static FlLine *find(const FlLineSet *self, const char *id) {
  for (guint i = 0; i < self->lines->len; i++)
    if (g_str_equal(fl_line_id(self->lines->pdata[i]), id))
      return self->lines->pdata[i];
  return NULL;
}

static void apply(FlLine *line, const FlLineChange *change) {
  if (change->profile)
    fl_line_set_profile(line, change->profile);
  if (change->reading != FL_LINE_READS_AS_IT_DOES)
    fl_line_set_reads(line, change->reading == FL_LINE_READS);
  if (change->cuts)
    fl_line_cut(line, change->cut_ns);
}

gboolean fl_line_set_change(FlLineSet *self, const char *id, const FlLineChange *change, FlLineFigures *ret_figures) {
  enter(self);
  FlLine *line = find(self, id);
  if (line) {
    apply(line, change);
    fl_line_figures(line, ret_figures);
  }
  leave(self);
  return line != NULL;
}

gboolean fl_line_set_look(FlLineSet *self, const char *id, FlLineFigures *ret_figures) {
  return fl_line_set_change(self, id, &(FlLineChange){ 0 }, ret_figures);
}

gboolean fl_line_set_remove(FlLineSet *self, const char *id) {
  enter(self);
  FlLine *line = find(self, id);
  if (line)
    g_ptr_array_remove_fast(self->lines, line);
  leave(self);
  if (line && self->config.log)
    fl_log(self->config.log, "line_ended", FL_FIELD("line", id), FL_FIELD("why", "removed"));
  return line != NULL;
}
