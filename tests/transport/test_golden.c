/* The bytes on the wire against the files in tests/golden, which docs/wire quotes. Updates 16 and 17 of the epoch k3f9tz.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/engineio.h"
#include "codec/sse.h"
#include "net/wslink.h"
#include "tests/fl_check.h"
#include "transport/batch.h"
#include "transport/transport.h"

#define T G_GINT64_CONSTANT(1764000000123456)

static FlFeed *feed_up_to(guint64 head, gsize history) {
  FlFeed *feed = fl_feed_new("k3f9tz", history, 16 << 20);
  for (guint64 seq = 1; seq <= head; seq++) {
    const char *data = seq % 2 ? "\"17th\"" : "{\"n\":16}";
    fl_feed_append(feed, fl_update_new("k3f9tz", seq, T + (gint64)seq, data, strlen(data)));
  }
  return feed;
}

static void assert_golden(const char *name, const char *got, gsize len) {
  g_autofree char *path = g_build_filename(g_getenv("FEEDLAB_SRCDIR"), "tests", "golden", name, NULL);
  g_autofree char *wanted = NULL;
  gsize wanted_len = 0;

  if (g_getenv("FEEDLAB_WRITE_GOLDEN"))
    g_file_set_contents(path, got, (gssize)len, NULL);
  ck_assert_msg(g_file_get_contents(path, &wanted, &wanted_len, NULL), "%s", path);
  ck_assert_msg(wanted_len == len && memcmp(wanted, got, len) == 0, "%s is not what is sent: %.*s", name, (int)len, got);
}

static void assert_batch(const char *name, const char *since, guint64 head, gsize history) {
  g_autoptr(FlFeed) feed = feed_up_to(head, history);
  FlBatch batch;
  ck_assert(fl_batch_plan(feed, since, &batch));
  g_autoptr(GString) text = fl_batch_encode(&batch, feed);
  assert_golden(name, text->str, text->len);
}

START_TEST(answers_to_polls) {
  assert_batch("poll-two-updates.json", "k3f9tz-15", 17, 100);
  assert_batch("poll-empty.json", "k3f9tz-17", 17, 100);
  assert_batch("poll-gap.json", "k3f9tz-3", 17, 1);
  assert_batch("poll-other-epoch.json", "abcdef-3", 17, 1);
  assert_batch("longpoll-one-update.json", "k3f9tz-16", 17, 100);
}
END_TEST

START_TEST(a_poll_s_answer_ends_at_a_thousand_updates_or_a_megabyte) {
  g_autoptr(FlFeed) feed = feed_up_to(1001, 2000);
  g_autofree char *big = g_strnfill(600000, '1');
  FlBatch batch;

  ck_assert(fl_batch_plan(feed, "0", &batch));
  ck_assert(batch.more);
  ck_assert_uint_eq(batch.last, 1000);
  g_autoptr(GString) text = fl_batch_encode(&batch, feed);
  ck_assert(g_str_has_suffix(text->str, "],\"more\":true}\n"));
  ck_assert(fl_batch_plan(feed, "1", &batch) && !batch.more);
  fl_feed_append(feed, fl_update_new("k3f9tz", 1002, T, big, 600000));
  fl_feed_append(feed, fl_update_new("k3f9tz", 1003, T, big, 600000));
  ck_assert(fl_batch_plan(feed, "1001", &batch) && batch.more && batch.last == 1002);
}
END_TEST

START_TEST(events) {
  g_autoptr(FlUpdate) update = fl_update_new("k3f9tz", 17, T + 17, "\"17th\"", 6);
  g_autoptr(GBytes) form = fl_transport_sse.encode(update);
  gsize len;
  const char *data = g_bytes_get_data(form, &len);
  assert_golden("sse-update.txt", data, len);

  g_autoptr(GString) gap = g_string_new(NULL);
  g_autoptr(GString) json = g_string_new(NULL);
  FlGap missed = { FL_GAP_RANGE, 5, 9 };
  fl_gap_append(json, &missed, "k3f9tz");
  fl_sse_event_append(gap, "gap", "k3f9tz-9", json->str, json->len);
  assert_golden("sse-gap.txt", gap->str, gap->len);
}
END_TEST

static void assert_hex(const char *name, const guint8 *data, gsize len) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (gsize i = 0; i < len; i++)
    g_string_append_printf(text, "%02x%s", data[i], i % 24 == 23 || i + 1 == len ? "\n" : " ");
  assert_golden(name, text->str, text->len);
}

START_TEST(frames) {
  g_autoptr(FlUpdate) update = fl_update_new("k3f9tz", 17, T + 17, "\"17th\"", 6);
  g_autoptr(GBytes) form = fl_transport_ws.encode(update);
  gsize len;
  const guint8 *data = g_bytes_get_data(form, &len);
  assert_hex("ws-update.hex", data, len);

  g_autoptr(GByteArray) close = g_byte_array_new();
  fl_ws_close_append(close, NULL, FL_WS_GOING_AWAY, "the server is going away");
  assert_hex("ws-close-1001.hex", close->data, close->len);
}
END_TEST

/* The pages end a line where the wire ends a record. */
static void assert_record(const char *name, const char *data, gsize len) {
  g_autofree char *line = g_strdup_printf("%.*s\n", (int)len, data);
  assert_golden(name, line, len + 1);
}

START_TEST(socket_io) {
  g_autoptr(FlUpdate) update = fl_update_new("k3f9tz", 17, T + 17, "\"17th\"", 6);
  g_autoptr(GBytes) form = fl_transport_socketio.encode(update);
  gsize len;
  const guint8 *data = g_bytes_get_data(form, &len);
  assert_hex("socketio-news.hex", data, len);
  assert_record("socketio-news.txt", (const char *)data + 2, len - 2); /* without the frame's header */

  FlEioHandshake handshake = { .sid = "00eDZ3rMvBCqfu2yWkXtJh",
                               .may_upgrade = TRUE,
                               .ping_interval_ms = 25000,
                               .ping_timeout_ms = 20000,
                               .max_payload_bytes = 1000000 };
  g_autoptr(GString) open = fl_eio_handshake_json(&handshake);
  g_string_prepend_c(open, '0');
  assert_record("socketio-open.txt", open->str, open->len);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("golden");
  TCase *tcase = tcase_create("golden");
  tcase_add_test(tcase, answers_to_polls);
  tcase_add_test(tcase, a_poll_s_answer_ends_at_a_thousand_updates_or_a_megabyte);
  tcase_add_test(tcase, events);
  tcase_add_test(tcase, frames);
  tcase_add_test(tcase, socket_io);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
