/* What a subscriber of the bench reads of updates, answers to polls and Socket.IO's packets: it stays within its bounds, and
 * a wrong text leaves the results untouched.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "bench/member_reader.h"
#include "bench/socketio_reader.h"
#include "bench/update_reader.h"
#include "tests/fuzz/fuzz.h"

const char fl_fuzz_corpus[] = "subscriber";

static void count(gpointer user, const FlStamp *stamp) {
  guint *found = user;
  ++*found;
}

static void check_own(const char *text, gsize len) {
  FlStamp stamp = { .seq = 77 };
  FlPollAnswer answer = { .updates = 77 };
  FlCursor cursor;
  guint found = 0;

  const char *end = fl_update_skip(text, text + len, &stamp);
  g_assert_true(!end ? stamp.seq == 77 : end <= text + len && stamp.bytes == (gsize)(end - text));
  g_assert_true(fl_update_read(text, len, &stamp) == (end == text + len));
  gboolean is_answer = fl_poll_answer_read(text, len, count, &found, &answer);
  g_assert_cmpuint(answer.updates, ==, is_answer ? found : 77);
  if (is_answer) {
    g_assert_true(fl_poll_cursor_read(text, len, &cursor));
    g_assert_cmpuint(cursor.seq, ==, answer.cursor.seq);
  }
  g_assert_false(fl_hello_read(text, len, &cursor) && fl_gap_read(text, len));
}

static void check_members(const char *text, gsize len) {
  char *seq[] = { (char *)"data", (char *)"n", NULL }, *t[] = { (char *)"t", NULL }, *at[] = { (char *)"cursor", NULL };
  FlMemberRule rule = { seq, t, NULL, 1000 };
  FlMemberAnswer answer;
  FlStamp stamp = { .seq = 0 };
  guint found = 0;

  if (fl_member_update_read(&rule, text, len, &stamp))
    g_assert_cmpuint(stamp.seq, >=, 1);
  if (fl_member_answer_read(&rule, at, text, len, count, &found, &answer)) {
    g_assert_cmpuint(answer.updates, ==, found);
    g_assert_nonnull(memchr(answer.cursor, '\0', FL_MEMBER_CURSOR_MAX));
  }
  fl_member_event_read(&rule, "news", text, len, &stamp);
}

static void check_socketio(const char *text, gsize len) {
  FlSocketioOpen opened = { .patience_ms = 0 };
  FlStamp stamp = { .seq = 0 };
  FlCursor cursor;
  char pid[FL_SOCKETIO_SID_MAX + 1];

  if (fl_socketio_open_read(text, len, &opened))
    g_assert_null(strpbrk(opened.sid, "/?&# \r\n"));
  if (fl_socketio_packet_read(text, len, &stamp, &cursor) == FL_SOCKETIO_NEWS)
    g_assert_cmpuint(cursor.seq, ==, stamp.seq);
  if (fl_socketio_pid_read(text, len, pid))
    g_assert_cmpuint(strlen(pid), <=, FL_SOCKETIO_SID_MAX);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  const char *text = len > 0 ? (const char *)data : "";

  check_own(text, len);
  check_members(text, len);
  check_socketio(text, len);
  return 0;
}
