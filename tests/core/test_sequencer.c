/* Publishing from several threads: every inbox sees the same updates in the same order.
 * SPDX-License-Identifier: MIT */
#include "core/sequencer.h"

#include "tests/fl_check.h"

#define THREADS 4
#define EACH 2000

static gpointer publish_many(gpointer user) {
  for (int i = 0; i < EACH; i++)
    fl_sequencer_publish(user, "1", 1, i);
  return NULL;
}

START_TEST(gives_every_inbox_the_same_order) {
  FlSequencer *sequencer = fl_sequencer_new("k3f9tz");
  FlInbox *inboxes[2];
  FlFeed *feeds[2];
  GThread *threads[THREADS];

  for (int i = 0; i < 2; i++) {
    inboxes[i] = fl_sequencer_add_inbox(sequencer);
    feeds[i] = fl_feed_new("k3f9tz", THREADS * EACH, 1 << 30);
  }
  for (int i = 0; i < THREADS; i++)
    threads[i] = g_thread_new("publisher", publish_many, sequencer);
  while (fl_feed_head(feeds[0]) < THREADS * EACH) /* the feed itself asserts that no seq is left out */
    fl_inbox_drain(inboxes[0], feeds[0]);
  for (int i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
  fl_inbox_drain(inboxes[1], feeds[1]);
  ck_assert_uint_eq(fl_sequencer_head(sequencer), THREADS * EACH);
  for (guint64 seq = 1; seq <= THREADS * EACH; seq++)
    ck_assert_ptr_eq(fl_feed_get(feeds[0], seq), fl_feed_get(feeds[1], seq));
  ck_assert_uint_eq(fl_inbox_drain(inboxes[0], feeds[0]), 0);
  for (int i = 0; i < 2; i++)
    fl_feed_free(feeds[i]);
  fl_sequencer_free(sequencer);
}
END_TEST

START_TEST(frees_what_no_one_took) {
  FlSequencer *sequencer = fl_sequencer_new("k3f9tz");
  fl_sequencer_add_inbox(sequencer);
  ck_assert_uint_eq(fl_sequencer_publish(sequencer, "{}", 2, 5), 1);
  fl_sequencer_free(sequencer);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sequencer");
  TCase *tcase = tcase_create("sequencer");
  tcase_add_test(tcase, gives_every_inbox_the_same_order);
  tcase_add_test(tcase, frees_what_no_one_took);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
