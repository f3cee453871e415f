/* The feed's log on disk: what makes the feed go on with the same epoch and the same numbers after the process has died.
 * Two segments at most, FILE and the one before it, FILE.old; FILE.lock is held by the server that uses them. A segment
 * that alone holds the whole history becomes FILE.old, and a new FILE begins: so nothing is copied, and the disk holds
 * some two histories. All numbers are little-endian:
 *
 *   header, 48 bytes    "FLJRNL1\n"; u64 seq before the first record; epoch, 28 bytes, padded with NUL; u32 CRC-32 of these
 *   record, 28 bytes    u32 length of data; u32 CRC-32 of data; u64 seq; i64 t in microseconds; u32 CRC-32 of these
 *   and its data        one JSON value
 *
 * A process that is killed leaves a beginning of its last record at most: that is cut off. Anything else that is wrong
 * is corruption, and refused.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/log.h"
#include "core/update.h"

typedef struct _FlJournal FlJournal;

typedef enum {
  FL_JOURNAL_SYNC_NONE,     /* when the kernel likes */
  FL_JOURNAL_SYNC_INTERVAL, /* once a second, by a thread of its own */
  FL_JOURNAL_SYNC_ALWAYS,   /* before the update is handed out */
} FlJournalSync;

typedef struct {
  const char *path;
  FlJournalSync sync;
  gsize history, history_bytes; /* what a segment holds before the next begins */
  FlLog *log;                   /* borrowed; NULL: silence */
} FlJournalConfig;

/* fl_journal_open: lock, read, cut off a torn end; an absent or empty file begins a feed with a new epoch.
 * Returns: NULL with an error that says what is wrong and how to go on. */
FlJournal *fl_journal_open(const FlJournalConfig *config, GError **error);
void fl_journal_free(FlJournal *self);

const char *fl_journal_epoch(const FlJournal *self);
guint64 fl_journal_head(const FlJournal *self);

/* fl_journal_take: the updates that were read, oldest first, each a reference; once. Free it with g_ptr_array_unref. */
GPtrArray *fl_journal_take(FlJournal *self);

/* fl_journal_append: write the next update, by one write(). Not from two threads at once. Returns: FALSE where it could
 * not be kept; the file then is as it was before, the first failure in a row is logged, and so is the recovery. */
gboolean fl_journal_append(FlJournal *self, guint64 seq, gint64 t_us, const char *data, gsize len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlJournal, fl_journal_free)
