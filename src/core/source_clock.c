/* The clock source: an update every interval, to absolute deadlines. When the process was late, what was due in the
 * meantime is published with the times at which it was due, and counted as missed. Data of a given size begin with the
 * time at which they were really published, where there is room for its 16 digits; the rest is filler. Any thread may
 * change the pace: the lock is over the schedule and what is published by it.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/source.h"

#define STAMP_DIGITS 16 /* of Unix microseconds */

typedef struct {
  FlSourceConfig config;
  int timer_fd;
  GMutex lock; /* over all that follows */
  guint watch; /* 0: stopped */
  FlPace pace;
  gint64 next_ns; /* the next deadline, CLOCK_MONOTONIC */
  gint64 offset_ns;
  GString *data; /* of a fixed size; NULL: the time of day */
} Clock;

static void watch_system_clock(Clock *self) {
  gint64 offset_ns = fl_clock_offset_ns();
  if (ABS(offset_ns - self->offset_ns) > FL_CLOCK_STEP_NS)
    fl_counter_add(&self->config.stats->clock_steps, 1);
  self->offset_ns = offset_ns;
}

/* What the schedule hides: when it was really done. */
static void stamp(Clock *self) {
  char digits[STAMP_DIGITS + 1];
  gint64 now_us = fl_clock_unix_us(fl_clock_now_ns(), self->offset_ns);

  if (self->data->len < STAMP_DIGITS + 2)
    return;
  g_snprintf(digits, sizeof digits, "%0*" G_GINT64_FORMAT, STAMP_DIGITS, now_us);
  memcpy(self->data->str + 1, digits, STAMP_DIGITS);
}

static guint64 publish_time_of_day(Clock *self, gint64 t_us) {
  g_autoptr(GDateTime) second = g_date_time_new_from_unix_utc(t_us / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format(second, "%Y-%m-%dT%H:%M:%S");
  char data[64];
  int len = g_snprintf(data, sizeof data, "\"%s.%03dZ\"", text, (int)(t_us % G_USEC_PER_SEC / 1000));
  return fl_sequencer_publish(self->config.sequencer, data, (gsize)len, t_us);
}

static void publish_due(Clock *self) {
  guint64 due;

  if (read(self->timer_fd, &due, sizeof due) != sizeof due)
    return;
  watch_system_clock(self);
  if (due > 1)
    fl_counter_add(&self->config.stats->missed_deadlines, (gint64)due - 1);
  for (; due > 0; due--) {
    gint64 t_us = fl_clock_unix_us(self->next_ns, self->offset_ns);
    guint64 seq;
    if (self->data) {
      stamp(self);
      seq = fl_sequencer_publish(self->config.sequencer, self->data->str, self->data->len, t_us);
    } else {
      seq = publish_time_of_day(self, t_us);
    }
    self->next_ns += self->pace.interval_ns;
    if (seq > 0)
      fl_counter_add(&self->config.stats->published, 1);
  }
}

static gboolean on_timer(gint fd, GIOCondition condition, gpointer user) {
  Clock *self = user;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
  publish_due(self);
  return G_SOURCE_CONTINUE;
}

static struct timespec to_timespec(gint64 ns) {
  return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static GString *text_of_size(gsize bytes) {
  GString *data = g_string_sized_new(bytes);
  g_string_append_c(data, '"');
  while (data->len + 1 < bytes)
    g_string_append_c(data, (char)('a' + (data->len - 1) % 26));
  g_string_append_c(data, '"');
  return data;
}

static void set_size(Clock *self, gsize bytes) {
  if (self->data)
    g_string_free(self->data, TRUE);
  self->data = bytes > 0 ? text_of_size(bytes) : NULL;
  self->pace.size_bytes = bytes;
}

static void schedule(Clock *self, gint64 first_ns, gint64 interval_ns) {
  struct itimerspec times = { .it_value = to_timespec(first_ns), .it_interval = to_timespec(interval_ns) };
  timerfd_settime(self->timer_fd, TFD_TIMER_ABSTIME, &times, NULL);
  self->next_ns = first_ns;
  self->pace.interval_ns = interval_ns;
}

static gpointer start(const FlSourceConfig *config, const char *argument, GError **error) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "timer of the clock source: %s", g_strerror(errno));
    return NULL;
  }
  Clock *self = g_new0(Clock, 1);
  self->config = *config;
  self->timer_fd = fd;
  g_mutex_init(&self->lock);
  self->offset_ns = fl_clock_offset_ns();
  set_size(self, config->size_bytes);
  schedule(self, fl_clock_now_ns() + config->interval_ns, config->interval_ns);
  self->watch = g_unix_fd_add_full(G_PRIORITY_HIGH, fd, G_IO_IN, on_timer, self, NULL);
  return self;
}

static gboolean pace_of(gpointer state, FlPace *ret_pace) {
  Clock *self = state;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
  *ret_pace = self->pace;
  return TRUE;
}

static gboolean change_pace(gpointer state, const FlPace *pace) {
  Clock *self = state;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

  if (!self->watch)
    return FALSE;
  /* Setting the timer forgets what is due and has not been read yet. */
  publish_due(self);
  gint64 last_ns = self->next_ns - self->pace.interval_ns;
  if (pace->interval_ns != self->pace.interval_ns)
    schedule(self, MAX(last_ns + pace->interval_ns, fl_clock_now_ns()), pace->interval_ns);
  if (pace->size_bytes != self->pace.size_bytes)
    set_size(self, pace->size_bytes);
  return TRUE;
}

static void stop(gpointer state) {
  Clock *self = state;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
  g_clear_handle_id(&self->watch, g_source_remove);
}

static void free_clock(gpointer state) {
  Clock *self = state;
  close(self->timer_fd);
  g_mutex_clear(&self->lock);
  if (self->data)
    g_string_free(self->data, TRUE);
  g_free(self);
}

const FlSourceKind fl_source_clock = { "clock", FALSE, start, pace_of, change_pace, stop, free_clock };
