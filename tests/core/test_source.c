/* The clock source: its pace changed while it runs.
 * SPDX-License-Identifier: MIT */
#include "core/source.h"

#include <string.h>

#include "core/clock.h"
#include "tests/fl_check.h"

#define MS G_GINT64_CONSTANT(1000000)
#define HOUR_NS (3600 * 1000 * MS)
#define NEAR_US (FL_CLOCK_STEP_NS / 1000) /* how far two readings of the clocks' distance may be apart */

typedef struct {
  FlSequencer *sequencer;
  FlInbox *inbox;
  FlFeed *feed;
  FlSourceStats stats;
  FlSource *source;
} Fixture;

static void set_up(Fixture *self, gint64 interval_ns, gsize size_bytes) {
  *self = (Fixture){ .sequencer = fl_sequencer_new("aaaaaa"), .feed = fl_feed_new("aaaaaa", 1000, 1 << 20) };
  self->inbox = fl_sequencer_add_inbox(self->sequencer);
  FlSourceConfig config = {
    .sequencer = self->sequencer, .stats = &self->stats, .interval_ns = interval_ns, .size_bytes = size_bytes
  };
  self->source = fl_source_start("clock", &config, NULL);
  ck_assert_ptr_nonnull(self->source);
}

static void tear_down(Fixture *self) {
  fl_source_free(self->source);
  fl_feed_free(self->feed);
  fl_sequencer_free(self->sequencer);
}

static void change(Fixture *self, gint64 interval_ns, gsize size_bytes) {
  ck_assert(fl_source_change_pace(self->source, &(FlPace){ interval_ns, size_bytes }));
}

/* Let time pass in which the source does not get to run. */
static void pass_ns(gint64 ns) {
  gint64 end_ns = fl_clock_now_ns() + ns;
  while (fl_clock_now_ns() < end_ns)
    g_thread_yield();
}

static guint64 head(Fixture *self) {
  fl_inbox_drain(self->inbox, self->feed);
  return fl_feed_head(self->feed);
}

static void run_until(Fixture *self, guint64 seq) {
  while (head(self) < seq)
    g_main_context_iteration(NULL, TRUE);
}

static gint64 t_us(Fixture *self, guint64 seq) {
  return fl_update_t_us(fl_feed_get(self->feed, seq));
}

START_TEST(a_change_takes_effect_at_once_and_seq_goes_on) {
  Fixture f;
  set_up(&f, 5 * MS, 0);
  run_until(&f, 3);
  change(&f, HOUR_NS, 0);
  guint64 before = head(&f);
  change(&f, 20 * MS, 0);
  run_until(&f, before + 4);
  for (guint64 seq = before + 2; seq <= before + 4; seq++)
    ck_assert_int_le(ABS(t_us(&f, seq) - t_us(&f, seq - 1) - 20000), NEAR_US);
  tear_down(&f);
}
END_TEST

START_TEST(the_next_update_is_due_one_new_interval_after_the_last) {
  Fixture f;
  set_up(&f, 60 * MS, 0);
  run_until(&f, 1);
  for (gint64 interval_ns = 400 * MS; interval_ns >= 200 * MS; interval_ns -= 100 * MS) {
    pass_ns(10 * MS);
    change(&f, interval_ns, 0);
  }
  guint64 before = head(&f);
  run_until(&f, before + 1);
  ck_assert_int_le(ABS(t_us(&f, before + 1) - t_us(&f, before) - 200000), NEAR_US);
  tear_down(&f);
}
END_TEST

START_TEST(a_change_misses_no_deadline) {
  Fixture f;
  set_up(&f, HOUR_NS, 0);
  pass_ns(700 * MS);
  change(&f, 300 * MS, 0);
  run_until(&f, 1);
  ck_assert_uint_eq(fl_counter_get(&f.stats.published), 1);
  ck_assert_uint_eq(fl_counter_get(&f.stats.missed_deadlines), 0);
  tear_down(&f);
}
END_TEST

START_TEST(what_was_due_before_a_change_is_published_as_it_was_due) {
  Fixture f;
  set_up(&f, 10 * MS, 0);
  pass_ns(35 * MS);
  change(&f, HOUR_NS, 0);
  guint64 due = head(&f);
  ck_assert_uint_ge(due, 3);
  for (guint64 seq = 2; seq <= due; seq++)
    ck_assert_int_le(ABS(t_us(&f, seq) - t_us(&f, seq - 1) - 10000), NEAR_US);
  ck_assert_uint_eq(fl_counter_get(&f.stats.missed_deadlines), due - 1);
  tear_down(&f);
}
END_TEST

static gsize data_len(Fixture *self, guint64 seq) {
  gsize len;
  const char *json = fl_update_json(fl_feed_get(self->feed, seq), &len);
  return (gsize)(json + len - strlen("}") - (strstr(json, "\"data\":") + strlen("\"data\":")));
}

START_TEST(the_size_changes_by_itself) {
  Fixture f;
  FlPace pace;
  set_up(&f, 5 * MS, 100);
  run_until(&f, 1);
  ck_assert_uint_eq(data_len(&f, 1), 100);
  change(&f, 5 * MS, 65536);
  guint64 before = head(&f);
  run_until(&f, before + 1);
  ck_assert_uint_eq(data_len(&f, before + 1), 65536);
  ck_assert(fl_source_pace(f.source, &pace));
  ck_assert_int_eq(pace.interval_ns, 5 * MS);
  ck_assert_uint_eq(pace.size_bytes, 65536);
  change(&f, 5 * MS, 0);
  before = head(&f);
  run_until(&f, before + 1);
  ck_assert_uint_eq(data_len(&f, before + 1), strlen("\"2025-01-01T00:00:00.000Z\""));
  tear_down(&f);
}
END_TEST

START_TEST(a_source_that_was_stopped_publishes_no_more) {
  Fixture f;
  set_up(&f, 5 * MS, 0);
  run_until(&f, 1);
  fl_source_stop(f.source);
  guint64 before = head(&f);
  pass_ns(15 * MS);
  ck_assert(!fl_source_change_pace(f.source, &(FlPace){ MS, 0 }));
  ck_assert_uint_eq(head(&f), before);
  tear_down(&f);
}
END_TEST

START_TEST(other_sources_have_no_pace) {
  FlPace pace = { 1, 1 };
  FlSource *none = fl_source_start("none", &(FlSourceConfig){ 0 }, NULL);
  ck_assert_str_eq(fl_source_name(none), "none");
  ck_assert(!fl_source_pace(none, &pace));
  ck_assert(!fl_source_change_pace(none, &pace));
  fl_source_free(none);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("source");
  TCase *tcase = tcase_create("source");
  tcase_add_test(tcase, a_change_takes_effect_at_once_and_seq_goes_on);
  tcase_add_test(tcase, the_next_update_is_due_one_new_interval_after_the_last);
  tcase_add_test(tcase, a_change_misses_no_deadline);
  tcase_add_test(tcase, what_was_due_before_a_change_is_published_as_it_was_due);
  tcase_add_test(tcase, the_size_changes_by_itself);
  tcase_add_test(tcase, a_source_that_was_stopped_publishes_no_more);
  tcase_add_test(tcase, other_sources_have_no_pace);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
