/* The journal: what is read back after it has been cut, damaged, filled, held.
 * SPDX-License-Identifier: MIT */
#include "core/journal.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/fl_check.h"

static char *folder, *path;

static void set_up(void) {
  folder = g_dir_make_tmp("journal-XXXXXX", NULL);
  path = g_build_filename(folder, "feed", NULL);
}

static void tear_down(void) {
  static const char *const suffixes[] = { "", ".old", ".lock", ".new" };
  for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
    g_autofree char *name = g_strconcat(path, suffixes[i], NULL);
    g_unlink(name);
  }
  g_rmdir(folder);
  g_free(path);
  g_free(folder);
}

static FlJournal *open_it(gsize history, FlJournalSync sync, GError **error) {
  FlJournalConfig config = { .path = path, .sync = sync, .history = history, .history_bytes = 1 << 20 };
  return fl_journal_open(&config, error);
}

static void fill(guint64 count, gsize history, FlJournalSync sync) {
  g_autoptr(FlJournal) journal = open_it(history, sync, NULL);
  ck_assert_ptr_nonnull(journal);
  for (guint64 i = 0; i < count; i++)
    ck_assert(fl_journal_append(journal, fl_journal_head(journal) + 1, (gint64)i + 1000, "\"data\"", 6));
}

START_TEST(goes_on_with_epoch_and_numbers_whatever_the_sync) {
  fill(3, 100, (FlJournalSync)_i);
  g_autoptr(FlJournal) first = open_it(100, (FlJournalSync)_i, NULL);
  g_autofree char *epoch = g_strdup(fl_journal_epoch(first));
  g_autoptr(GPtrArray) kept = fl_journal_take(first);
  gsize len;
  ck_assert_uint_eq(kept->len, 3);
  ck_assert_str_eq(fl_update_json(kept->pdata[2], &len), "{\"seq\":3,\"t\":1002,\"data\":\"data\"}");
  ck_assert(fl_journal_append(first, 4, 5, "1", 1));
  g_clear_pointer(&first, fl_journal_free);
  g_autoptr(FlJournal) second = open_it(100, (FlJournalSync)_i, NULL);
  ck_assert_str_eq(fl_journal_epoch(second), epoch);
  ck_assert_uint_eq(fl_journal_head(second), 4);
}
END_TEST

START_TEST(cut_at_any_byte_it_keeps_every_whole_record) {
  g_autofree char *data = NULL;
  gsize len;
  fill(3, 100, FL_JOURNAL_SYNC_NONE);
  ck_assert(g_file_get_contents(path, &data, &len, NULL));
  ck_assert_uint_eq(len, 48 + 3 * 34);
  for (gsize cut = 0; cut <= len; cut++) {
    ck_assert(g_file_set_contents(path, data, (gssize)cut, NULL));
    guint64 whole = cut < 48 ? 0 : (cut - 48) / 34;
    g_autoptr(FlJournal) journal = open_it(100, FL_JOURNAL_SYNC_NONE, NULL);
    ck_assert_ptr_nonnull(journal);
    ck_assert_uint_eq(fl_journal_head(journal), whole);
    ck_assert(fl_journal_append(journal, whole + 1, 1, "1", 1));
    g_clear_pointer(&journal, fl_journal_free);
    journal = open_it(100, FL_JOURNAL_SYNC_NONE, NULL);
    ck_assert_uint_eq(fl_journal_head(journal), whole + 1);
  }
}
END_TEST

START_TEST(any_byte_changed_before_the_last_record_is_refused) {
  g_autofree char *data = NULL;
  gsize len;
  fill(3, 100, FL_JOURNAL_SYNC_NONE);
  ck_assert(g_file_get_contents(path, &data, &len, NULL));
  for (gsize at = 0; at < len - 34; at++) {
    g_autoptr(GError) error = NULL;
    data[at] ^= 0x20;
    ck_assert(g_file_set_contents(path, data, (gssize)len, NULL));
    ck_assert_ptr_null(open_it(100, FL_JOURNAL_SYNC_NONE, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "move it"));
    data[at] ^= 0x20;
  }
}
END_TEST

START_TEST(a_file_that_is_held_is_refused) {
  g_autoptr(GError) error = NULL;
  g_autoptr(FlJournal) journal = open_it(100, FL_JOURNAL_SYNC_NONE, NULL);
  ck_assert_ptr_null(open_it(100, FL_JOURNAL_SYNC_NONE, &error));
  ck_assert(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BUSY));
}
END_TEST

START_TEST(it_is_bounded_and_holds_the_history) {
  g_autofree char *old = g_strconcat(path, ".old", NULL);
  GStatBuf info;
  fill(1000, 10, FL_JOURNAL_SYNC_NONE);
  ck_assert_int_eq(g_stat(path, &info), 0);
  ck_assert_int_le(info.st_size, 48 + 10 * 34);
  ck_assert_int_eq(g_stat(old, &info), 0);
  ck_assert_int_le(info.st_size, 48 + 10 * 34);
  g_autoptr(FlJournal) journal = open_it(10, FL_JOURNAL_SYNC_NONE, NULL);
  g_autoptr(GPtrArray) kept = fl_journal_take(journal);
  ck_assert_uint_eq(fl_journal_head(journal), 1000);
  ck_assert_uint_ge(kept->len, 10);
  g_clear_pointer(&journal, fl_journal_free);
  g_unlink(path); /* killed between the two renames */
  journal = open_it(10, FL_JOURNAL_SYNC_NONE, NULL);
  ck_assert_uint_eq(fl_journal_head(journal), 990);
}
END_TEST

START_TEST(a_full_disk_is_told_and_got_over) {
  struct rlimit before, small;
  fill(1, 100, FL_JOURNAL_SYNC_NONE);
  g_autoptr(FlJournal) journal = open_it(100, FL_JOURNAL_SYNC_NONE, NULL);
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 48 + 34 + 20; /* a part of the record fits */
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
  ck_assert(!fl_journal_append(journal, 2, 1, "\"data\"", 6));
  ck_assert(!fl_journal_append(journal, 2, 1, "\"data\"", 6));
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  ck_assert(fl_journal_append(journal, 2, 1, "\"data\"", 6));
  g_clear_pointer(&journal, fl_journal_free);
  journal = open_it(100, FL_JOURNAL_SYNC_NONE, NULL);
  ck_assert_uint_eq(fl_journal_head(journal), 2);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("journal");
  TCase *tcase = tcase_create("journal");
  tcase_add_checked_fixture(tcase, set_up, tear_down);
  tcase_add_loop_test(tcase, goes_on_with_epoch_and_numbers_whatever_the_sync, 0, 3);
  tcase_add_test(tcase, cut_at_any_byte_it_keeps_every_whole_record);
  tcase_add_test(tcase, any_byte_changed_before_the_last_record_is_refused);
  tcase_add_test(tcase, a_file_that_is_held_is_refused);
  tcase_add_test(tcase, it_is_bounded_and_holds_the_history);
  tcase_add_test(tcase, a_full_disk_is_told_and_got_over);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
