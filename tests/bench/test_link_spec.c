/* Links as people type them.
 * SPDX-License-Identifier: MIT */
#include "bench/link_spec.h"

#include "tests/fl_check.h"

static FlLinkSpec parsed(const char *text) {
  g_autoptr(GError) error = NULL;
  FlLinkSpec spec;

  ck_assert_msg(fl_link_spec_parse(text, &spec, &error), "%s: %s", text, error ? error->message : "");
  return spec;
}

static void assert_text(const char *typed, const char *canonical) {
  FlLinkSpec spec = parsed(typed);
  g_autofree char *text = fl_link_spec_text(&spec);
  ck_assert_str_eq(text, canonical);
  FlLinkSpec again = parsed(text);
  g_autofree char *same = fl_link_spec_text(&again);
  ck_assert_str_eq(same, canonical);
}

static void assert_refused(const char *text, const char *part) {
  g_autoptr(GError) error = NULL;
  FlLinkSpec spec;

  ck_assert_msg(!fl_link_spec_parse(text, &spec, &error), "%s is taken", text);
  ck_assert_msg(strstr(error->message, part) != NULL, "%s: %s does not say %s", text, error->message, part);
}

START_TEST(reads_what_people_type) {
  FlLinkSpec spec = parsed("rtt=80ms,jitter=10ms,loss=0.5%,rate=5mbit,queue=64k,outage=2s@10s,seed=7");

  for (int i = 0; i < FL_LINK_WAYS; i++) {
    const FlLinkWay *way = &spec.ways[i];
    ck_assert_int_eq(way->delay_ns, 40000000);
    ck_assert_int_eq(way->jitter_ns, 10000000);
    ck_assert_double_eq_tol(way->loss, 0.005, 1e-12);
    ck_assert_double_eq_tol(way->rate_bps, 5e6, 1e-6);
    ck_assert_int_eq(way->queue_bytes, 65536);
    ck_assert_uint_eq(way->n_outages, 1);
    ck_assert_int_eq(way->outages[0].length_ns, G_GINT64_CONSTANT(2000000000));
    ck_assert_int_eq(way->outages[0].at_ns, G_GINT64_CONSTANT(10000000000));
    ck_assert_int_eq(way->outages[0].every_ns, 0);
  }
  ck_assert_int_eq(spec.seed, 7);
  ck_assert_int_eq(fl_link_spec_rtt_ns(&spec), 80000000);
}
END_TEST

START_TEST(reads_a_direction_of_its_own) {
  FlLinkSpec spec = parsed("rtt=80ms,down.delay=10ms,up.rate=1mbit,down.loss=2%");

  ck_assert_int_eq(spec.ways[FL_LINK_UP].delay_ns, 40000000);
  ck_assert_int_eq(spec.ways[FL_LINK_DOWN].delay_ns, 10000000);
  ck_assert_double_eq(spec.ways[FL_LINK_DOWN].rate_bps, 0);
  ck_assert_double_eq(spec.ways[FL_LINK_UP].loss, 0);
  ck_assert_int_eq(fl_link_spec_rtt_ns(&spec), 50000000);
}
END_TEST

START_TEST(gives_canonical_text_that_reads_the_same) {
  assert_text("rtt=80ms", "rtt=80ms");
  assert_text("delay=1.5ms", "rtt=3ms");
  assert_text("rtt=80ms,down.delay=10ms", "up.delay=40ms,down.delay=10ms");
  assert_text("loss=2%,rtt=1s,burst=4/80%/0.1%,seed=3", "rtt=1s,loss=2%,burst=4/80%/0.1%,seed=3");
  assert_text("rtt=0,loss=0.5%,burst=4", "rtt=0s,loss=0.5%,burst=4");
  assert_text("rtt=10ms,rate=1.6mbit", "rtt=10ms,rate=1.6mbit,queue=64k");
  assert_text("rtt=10ms,rate=8mbit", "rtt=10ms,rate=8mbit,queue=100000");
  assert_text("rtt=10ms,up.rate=384kbit,queue=32k", "rtt=10ms,up.rate=384kbit,up.queue=32k");
  assert_text("rtt=10ms,up.rate=384kbit,queue=64k", "rtt=10ms,up.rate=384kbit,up.queue=64k");
  assert_text("rtt=1ms,outage=2s@10s,down.outage=500ms@1s/30s",
              "rtt=1ms,up.outage=2s@10s,down.outage=2s@10s,down.outage=500ms@1s/30s");
  assert_text("rtt=1ms,outage=2s@0s/60s", "rtt=1ms,outage=2s@0s/60s");
}
END_TEST

START_TEST(knows_presets_that_may_be_changed) {
  static const char *const names[] = { "lan", "wifi", "4g", "3g", "sat", "flaky" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    parsed(names[i]);
  assert_text("3g", "rtt=300ms,up.rate=768kbit,down.rate=1.6mbit,queue=64k");
  assert_text("3g,loss=2%,rtt=200ms,rate=0", "rtt=200ms,loss=2%");
  assert_refused("rtt=80ms,3g", "'3g' is unknown");
}
END_TEST

START_TEST(names_the_near_ones_for_an_unknown_key) {
  assert_refused("rtt=80ms,jiter=10ms", "perhaps jitter");
  assert_refused("los=1%", "perhaps loss");
  assert_refused("up.rat=1mbit", "or rate");
  assert_refused("wfi", "perhaps wifi");
  assert_refused("f", "perhaps flaky"); /* by its beginning, and the last of the names */
  assert_refused("", "is wanted");
  assert_refused("rtt=80ms,", "unknown");
}
END_TEST

START_TEST(says_what_a_key_takes) {
  assert_refused("rtt=fast", "a time");
  assert_refused("rtt=2h", "a time");
  assert_refused("rtt", "a time");
  assert_refused("loss=0.5", "0.5%");
  assert_refused("loss=101%", "0.5%");
  assert_refused("loss=-1%", "0.5%");
  assert_refused("rate=5", "5mbit");
  assert_refused("rate=5mbyte", "5mbit");
  assert_refused("rate=1bit", "1kbit");
  assert_refused("rate=1mbit,queue=100", "1500");
  assert_refused("outage=2s", "2s@10s");
  assert_refused("outage=0s@1s", "2s@10s");
  assert_refused("outage=2s@1s/1s", "2s@10s");
  assert_refused("burst=0.5", "burst");
  assert_refused("burst=4/10%/20%", "burst");
  assert_refused("seed=x", "2^32");
  assert_refused("up.rtt=80ms", "up.delay=");
}
END_TEST

START_TEST(refuses_what_can_not_be) {
  assert_refused("rtt=10ms,jitter=6ms", "jitter");
  assert_refused("rtt=10ms,queue=64k", "a rate beside it");
  assert_refused("loss=100%,burst=4", "burst");
  assert_refused("loss=90%,burst=1", "burst");
  assert_refused("loss=50%,burst=4/40%", "burst");
  assert_refused("loss=1%,burst=4/80%/2%", "burst");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("link_spec");
  TCase *cases = tcase_create("spec");
  tcase_add_test(cases, reads_what_people_type);
  tcase_add_test(cases, reads_a_direction_of_its_own);
  tcase_add_test(cases, gives_canonical_text_that_reads_the_same);
  tcase_add_test(cases, knows_presets_that_may_be_changed);
  tcase_add_test(cases, names_the_near_ones_for_an_unknown_key);
  tcase_add_test(cases, says_what_a_key_takes);
  tcase_add_test(cases, refuses_what_can_not_be);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
