/* Segments, records and what is left of them. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/cursor.h"

#define MAGIC "FLJRNL1\n"
#define MAGIC_LEN 8
#define EPOCH_ROOM 28
#define HEADER_LEN 48
#define RECORD_LEN 28

struct _FlJournal {
  FlJournalConfig config;
  char *path, *old_path, *new_path;
  int lock_fd;
  char epoch[FL_EPOCH_MAX + 1];
  guint64 head;
  GPtrArray *read; /* FlUpdate, until taken */
  gsize records;   /* in the current segment */
  goffset size;    /* of it: where the next record goes */
  gboolean fails, is_lost;
  GThread *thread; /* syncs; NULL where that is not wanted */
  GMutex lock;     /* over what follows */
  GCond wake;
  int fd;
  gboolean is_dirty, ends;
};

/* --- bytes --------------------------------------------------------------------------------------------------------- */

static guint32 crc32_of(const guint8 *data, gsize len) {
  static guint32 table[256];
  static gsize is_made;
  guint32 crc = 0xffffffff;

  if (g_once_init_enter(&is_made)) {
    for (guint32 i = 0; i < 256; i++) {
      guint32 value = i;
      for (int bit = 0; bit < 8; bit++)
        value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
      table[i] = value;
    }
    g_once_init_leave(&is_made, 1);
  }
  for (gsize i = 0; i < len; i++)
    crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
  return ~crc;
}

static void put(guint8 *to, guint64 value, int len) {
  for (int i = 0; i < len; i++)
    to[i] = (guint8)(value >> 8 * i);
}

static guint64 get(const guint8 *from, int len) {
  guint64 value = 0;
  for (int i = 0; i < len; i++)
    value |= (guint64)from[i] << 8 * i;
  return value;
}

static gboolean fail_errno(const char *path, const char *what, GError **error) {
  int code = errno;
  g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "journal %s: %s: %s", path, what, g_strerror(code));
  return FALSE;
}

static gboolean fail_corrupt(const char *path, gsize offset, const char *what, GError **error) {
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
              "journal %s: %s at byte %" G_GSIZE_FORMAT ": it is corrupt. Restore it, or move it and its .old away to begin "
              "a new feed", path, what, offset);
  return FALSE;
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static gboolean read_header(FlJournal *self, const char *path, const guint8 *data, gboolean is_first, GError **error) {
  char epoch[EPOCH_ROOM + 1] = { 0 };

  if (memcmp(data, MAGIC, MAGIC_LEN) != 0)
    return fail_corrupt(path, 0, "no journal's header", error);
  memcpy(epoch, data + 16, EPOCH_ROOM);
  if (get(data + 44, 4) != crc32_of(data, 44) || !epoch[0] || strlen(epoch) > FL_EPOCH_MAX)
    return fail_corrupt(path, 0, "a wrong header", error);
  guint64 base = get(data + 8, 8);
  if (!is_first && (base != self->head || !g_str_equal(epoch, self->epoch)))
    return fail_corrupt(path, 8, "a header that doesn't follow on the segment before it", error);
  self->head = base;
  g_strlcpy(self->epoch, epoch, sizeof self->epoch);
  return TRUE;
}

/* What a power failure leaves of a record that was never synced: blocks of zeros. */
static gboolean is_blank(const guint8 *data, gsize len) {
  for (gsize i = 0; i < len; i++)
    if (data[i])
      return FALSE;
  return TRUE;
}

/* Returns: how many bytes are whole, -1 with an error. */
static gssize read_records(FlJournal *self, const char *path, const guint8 *data, gsize len, GError **error) {
  gsize at = HEADER_LEN;

  for (self->records = 0; len - at >= RECORD_LEN; self->records++) {
    const guint8 *record = data + at;
    gsize data_len = get(record, 4);
    if (get(record + 24, 4) != crc32_of(record, 24)) {
      if (is_blank(record, len - at))
        break;
      fail_corrupt(path, at, "a wrong record", error);
      return -1;
    }
    if (data_len > len - at - RECORD_LEN)
      break;
    if (get(record + 4, 4) != crc32_of(record + RECORD_LEN, data_len)) {
      gsize end = at + RECORD_LEN + data_len;
      if (is_blank(data + end, len - end))
        break;
      fail_corrupt(path, at, "wrong data", error);
      return -1;
    }
    if (get(record + 8, 8) != self->head + 1) {
      fail_corrupt(path, at, "a record out of order", error);
      return -1;
    }
    self->head++;
    g_ptr_array_add(self->read, fl_update_new(self->epoch, self->head, (gint64)get(record + 16, 8),
                                              (const char *)record + RECORD_LEN, data_len));
    at += RECORD_LEN + data_len;
  }
  return (gssize)at;
}

/* Returns: FALSE with an error; else *ret_size, how many bytes of the segment are whole: 0 where it has yet to begin. */
static gboolean read_segment(FlJournal *self, const char *path, gboolean is_first, gsize *ret_len, gsize *ret_size,
                             GError **error) {
  g_autofree char *data = NULL;
  gsize len = 0;

  *ret_len = *ret_size = 0;
  if (access(path, F_OK) != 0)
    return errno == ENOENT || fail_errno(path, "look", error);
  if (!g_file_get_contents(path, &data, &len, error))
    return FALSE;
  *ret_len = len;
  if (len < HEADER_LEN) /* killed while it began: nothing had been published into it */
    return memcmp(data, MAGIC, MIN(len, MAGIC_LEN)) == 0 || fail_corrupt(path, 0, "no journal's header", error);
  if (!read_header(self, path, (const guint8 *)data, is_first, error))
    return FALSE;
  gssize whole = read_records(self, path, (const guint8 *)data, len, error);
  *ret_size = (gsize)MAX(whole, 0);
  return whole >= 0;
}

static gboolean read_all(FlJournal *self, gsize *ret_len, GError **error) {
  gsize old_len, old_size, size;

  if (!read_segment(self, self->old_path, TRUE, &old_len, &old_size, error))
    return FALSE;
  gboolean is_old = old_size > 0;
  if (!read_segment(self, self->path, !is_old, ret_len, &size, error))
    return FALSE;
  if (old_size < old_len)
    return fail_corrupt(self->old_path, old_size, "a torn record before the last segment", error);
  if (!is_old && size == 0)
    fl_epoch_generate(self->epoch);
  self->size = (goffset)size;
  gsize torn = *ret_len - size;
  if (self->config.log && torn > 0)
    fl_log(self->config.log, "journal_torn", FL_FIELD("file", self->path), FL_FIELD_INT("bytes_dropped", torn),
           FL_FIELD_INT("head", self->head));
  return TRUE;
}

/* --- writing ------------------------------------------------------------------------------------------------------- */

static int begin_segment(FlJournal *self, const char *path) {
  guint8 header[HEADER_LEN] = MAGIC;
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  put(header + 8, self->head, 8);
  memcpy(header + 16, self->epoch, strlen(self->epoch));
  put(header + 44, crc32_of(header, 44), 4);
  if (fd >= 0 && (pwrite(fd, header, HEADER_LEN, 0) != HEADER_LEN || fsync(fd) != 0)) {
    close(fd);
    unlink(path);
    return -1;
  }
  return fd;
}

static void sync_directory(const FlJournal *self) {
  g_autofree char *name = g_path_get_dirname(self->path);
  int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    fsync(fd);
    close(fd);
  }
}

/* Between the two renames there is no FILE: FILE.old then is the feed, and the next start goes on from it. */
static gboolean turn_over(FlJournal *self) {
  if (self->config.sync != FL_JOURNAL_SYNC_NONE && fdatasync(self->fd) != 0)
    return FALSE;
  int fd = begin_segment(self, self->new_path);
  if (fd < 0)
    return FALSE;
  if (rename(self->path, self->old_path) != 0) {
    close(fd);
    return FALSE;
  }
  if (rename(self->new_path, self->path) != 0) {
    self->is_lost = rename(self->old_path, self->path) != 0;
    close(fd);
    return FALSE;
  }
  sync_directory(self);
  g_mutex_lock(&self->lock);
  int before = self->fd;
  self->fd = fd;
  g_mutex_unlock(&self->lock);
  close(before);
  self->size = HEADER_LEN;
  self->records = 0;
  return TRUE;
}

static gboolean write_record(FlJournal *self, guint64 seq, gint64 t_us, const char *data, gsize len) {
  guint8 head[RECORD_LEN];
  struct iovec parts[] = { { head, RECORD_LEN }, { (char *)data, len } };

  put(head, len, 4);
  put(head + 4, crc32_of((const guint8 *)data, len), 4);
  put(head + 8, seq, 8);
  put(head + 16, (guint64)t_us, 8);
  put(head + 24, crc32_of(head, 24), 4);
  errno = ENOSPC; /* what a short write means */
  if (pwritev(self->fd, parts, 2, self->size) == (ssize_t)(RECORD_LEN + len) &&
      (self->config.sync != FL_JOURNAL_SYNC_ALWAYS || fdatasync(self->fd) == 0))
    return TRUE;
  int code = errno;
  if (ftruncate(self->fd, self->size) != 0)
    self->is_lost = TRUE;
  errno = code;
  return FALSE;
}

static void tell(FlJournal *self, gboolean fails) {
  if (self->config.log && fails && !self->fails)
    fl_log(self->config.log, "journal_fails", FL_FIELD("file", self->path), FL_FIELD("error", g_strerror(errno)));
  if (self->config.log && !fails && self->fails)
    fl_log(self->config.log, "journal_recovered", FL_FIELD("file", self->path), FL_FIELD_INT("head", self->head));
  self->fails = fails;
}

gboolean fl_journal_append(FlJournal *self, guint64 seq, gint64 t_us, const char *data, gsize len) {
  g_assert(seq == self->head + 1);
  gboolean is_full = self->records >= self->config.history ||
                     (self->records > 0 && (gsize)self->size - HEADER_LEN >= self->config.history_bytes);
  errno = EIO;
  if (self->is_lost || len > G_MAXUINT32 || (is_full && !turn_over(self)) || !write_record(self, seq, t_us, data, len)) {
    tell(self, TRUE);
    return FALSE;
  }
  self->head = seq;
  self->records++;
  self->size += (goffset)(RECORD_LEN + len);
  if (self->thread) {
    g_mutex_lock(&self->lock);
    self->is_dirty = TRUE;
    g_mutex_unlock(&self->lock);
  }
  tell(self, FALSE);
  return TRUE;
}

static gpointer sync_often(gpointer user) {
  FlJournal *self = user;

  g_mutex_lock(&self->lock);
  while (!self->ends) {
    g_cond_wait_until(&self->wake, &self->lock, g_get_monotonic_time() + G_TIME_SPAN_SECOND);
    if (!self->is_dirty)
      continue;
    self->is_dirty = FALSE;
    int fd = fcntl(self->fd, F_DUPFD_CLOEXEC, 0);
    g_mutex_unlock(&self->lock);
    if (fd < 0 || fdatasync(fd) != 0)
      fl_log(self->config.log, "journal_sync_fails", FL_FIELD("file", self->path), FL_FIELD("error", g_strerror(errno)));
    if (fd >= 0)
      close(fd);
    g_mutex_lock(&self->lock);
  }
  g_mutex_unlock(&self->lock);
  return NULL;
}

/* --- beginning and end --------------------------------------------------------------------------------------------- */

static gboolean take_lock(FlJournal *self, GError **error) {
  g_autofree char *path = g_strconcat(self->path, ".lock", NULL);

  self->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock_fd < 0)
    return fail_errno(path, "open", error);
  if (flock(self->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return fail_errno(path, "lock", error);
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "journal %s: another server holds it", self->path);
  return FALSE;
}

static gboolean open_for_writing(FlJournal *self, gsize len, GError **error) {
  if (self->size == 0) {
    self->fd = begin_segment(self, self->path);
    self->size = HEADER_LEN;
    self->records = 0;
    sync_directory(self);
  } else {
    self->fd = open(self->path, O_RDWR | O_CLOEXEC);
  }
  if (self->fd < 0)
    return fail_errno(self->path, "open", error);
  if (len > (gsize)self->size && ftruncate(self->fd, self->size) != 0)
    return fail_errno(self->path, "cut off the torn end", error);
  return TRUE;
}

FlJournal *fl_journal_open(const FlJournalConfig *config, GError **error) {
  FlJournal *self = g_new0(FlJournal, 1);
  gsize len;

  self->config = *config;
  self->path = g_strdup(config->path);
  self->old_path = g_strconcat(config->path, ".old", NULL);
  self->new_path = g_strconcat(config->path, ".new", NULL);
  self->lock_fd = self->fd = -1;
  self->read = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))fl_update_unref);
  g_mutex_init(&self->lock);
  g_cond_init(&self->wake);
  if (!take_lock(self, error) || !read_all(self, &len, error) || !open_for_writing(self, len, error)) {
    fl_journal_free(self);
    return NULL;
  }
  if (config->sync == FL_JOURNAL_SYNC_INTERVAL)
    self->thread = g_thread_new("journal", sync_often, self);
  return self;
}

void fl_journal_free(FlJournal *self) {
  if (!self)
    return;
  if (self->thread) {
    g_mutex_lock(&self->lock);
    self->ends = TRUE;
    g_cond_signal(&self->wake);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
  }
  if (self->fd >= 0) {
    if (self->config.sync != FL_JOURNAL_SYNC_NONE)
      fdatasync(self->fd);
    close(self->fd);
  }
  if (self->lock_fd >= 0)
    close(self->lock_fd);
  g_clear_pointer(&self->read, g_ptr_array_unref);
  g_mutex_clear(&self->lock);
  g_cond_clear(&self->wake);
  g_free(self->path);
  g_free(self->old_path);
  g_free(self->new_path);
  g_free(self);
}

const char *fl_journal_epoch(const FlJournal *self) {
  return self->epoch;
}

guint64 fl_journal_head(const FlJournal *self) {
  return self->head;
}

GPtrArray *fl_journal_take(FlJournal *self) {
  return g_steal_pointer(&self->read);
}
