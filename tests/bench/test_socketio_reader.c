/* Reading what a Socket.IO server sends: what the wire allows, cut short at every byte, and what it does not allow.
 * SPDX-License-Identifier: MIT */
#include "bench/socketio_reader.h"

#include <string.h>

#include "tests/fl_check.h"

#define UPDATE "{\"seq\":17,\"t\":1764000000123456,\"data\":[\"],\\\"k3f9tz-18\\\"]\"]}"

/* Of a copy without a byte after it, so that a sanitizer sees a read beyond the end. */
static FlSocketioPacket reads(const char *text, gsize len, FlStamp *ret_stamp) {
  g_autofree char *copy = g_memdup2(text, MAX(len, 1));
  FlCursor ignored;
  return fl_socketio_packet_read(copy, len, ret_stamp, &ignored);
}

static FlSocketioPacket kind_of(const char *text, gsize len) {
  FlStamp stamp = { 99, 99, 99, 99 };
  FlSocketioPacket kind = reads(text, len, &stamp);
  if (kind != FL_SOCKETIO_NEWS) {
    ck_assert_uint_eq(stamp.seq, 99);
    ck_assert_int_eq(stamp.t_us, 99);
  }
  return kind;
}

START_TEST(reads_an_update_with_its_cursor) {
  static const char text[] = "2[\"news\"," UPDATE ",\"k3f9tz-17\"]";
  FlStamp stamp = { 0, 0, 0, 0 };
  ck_assert_int_eq(reads(text, strlen(text), &stamp), FL_SOCKETIO_NEWS);
  ck_assert_uint_eq(stamp.seq, 17);
  ck_assert_int_eq(stamp.t_us, G_GINT64_CONSTANT(1764000000123456));
}
END_TEST

START_TEST(reads_what_else_a_subscriber_meets) {
  static const struct {
    const char *text;
    FlSocketioPacket kind;
  } cases[] = {
    { "0{\"sid\":\"aB-_9\",\"pid\":\"x\"}", FL_SOCKETIO_CONNECTED },
    { "0{\"sid\":\"aB-_9\"}", FL_SOCKETIO_CONNECTED },
    { "2[\"gap\",{\"from\":18,\"to\":40},\"k3f9tz-40\"]", FL_SOCKETIO_GAP },
    { "2[\"gap\",{\"epoch\":\"k3f9tz\",\"from\":null},\"k3f9tz-40\"]", FL_SOCKETIO_GAP },
    { "4{\"message\":\"no\"}", FL_SOCKETIO_REFUSED },
    { "1", FL_SOCKETIO_REFUSED },
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    ck_assert_msg(kind_of(cases[i].text, strlen(cases[i].text)) == cases[i].kind, "%s", cases[i].text);
}
END_TEST

START_TEST(refuses_packets_cut_short_anywhere) {
  static const char *const texts[] = { "2[\"news\"," UPDATE ",\"k3f9tz-17\"]", "0{\"sid\":\"a\"}",
                                       "2[\"gap\",{\"from\":18,\"to\":40},\"k3f9tz-40\"]" };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    for (gsize len = 0; len < strlen(texts[i]); len++)
      ck_assert_msg(kind_of(texts[i], len) == FL_SOCKETIO_UNEXPECTED, "%.*s", (int)len, texts[i]);
}
END_TEST

START_TEST(refuses_packets_that_are_none) {
  static const char *const texts[] = {
    "2[\"news\"," UPDATE ",\"k3f9tz-18\"]", /* the cursor of another update */
    "2[\"news\"," UPDATE ",\"17\"]",        /* without an epoch */
    "2[\"news\"," UPDATE ",17]",
    "2[\"news\"," UPDATE "]",
    "2[\"news\"," UPDATE ",\"k3f9tz-17\",1]",
    "2[\"news\"," UPDATE ",\"k3f9tz-17\"] ",
    "2[\"news\", " UPDATE ",\"k3f9tz-17\"]",
    "2[\"news\",{\"seq\":17},\"k3f9tz-17\"]",
    "2[\"news\"," UPDATE ",\"k3f9tz01234567890123456789012345678901234567890-17\"]",
    "27[\"news\"," UPDATE ",\"k3f9tz-17\"]", /* wants an acknowledgement */
    "2/chat,[\"news\"," UPDATE ",\"k3f9tz-17\"]",
    "2[\"other\",1]",
    "2[\"gap\",5,\"k3f9tz-40\"]",
    "2[\"gap\",{},\"k3f9tz\"]",
    "2[\"gap\",{}]",
    "0",
    "0[]",
    "0{\"pid\":\"a\"}",
    "0{\"sid\":5}",
    "0{\"sid\":\"a\"}}",
    "3[]",
    "51-[\"news\",{\"_placeholder\":true,\"num\":0}]",
    "7",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(kind_of(texts[i], strlen(texts[i])) == FL_SOCKETIO_UNEXPECTED, "%s", texts[i]);
}
END_TEST

START_TEST(gives_the_cursor_to_come_back_with) {
  static const char news[] = "2[\"news\"," UPDATE ",\"k3f9tz-17\"]", gap[] = "2[\"gap\",{\"from\":5,\"to\":9},\"k3f9tz-9\"]";
  FlStamp stamp;
  FlCursor cursor = { .seq = 0 };
  ck_assert_int_eq(fl_socketio_packet_read(news, strlen(news), &stamp, &cursor), FL_SOCKETIO_NEWS);
  ck_assert_str_eq(cursor.epoch, "k3f9tz");
  ck_assert_uint_eq(cursor.seq, 17);
  ck_assert_int_eq(fl_socketio_packet_read(gap, strlen(gap), &stamp, &cursor), FL_SOCKETIO_GAP);
  ck_assert_uint_eq(cursor.seq, 9);
}
END_TEST

START_TEST(reads_the_private_id_where_there_is_one) {
  static const char with[] = "0{\"sid\":\"a\",\"pid\":\"lv_VI97HAXpY6yYWAAAC\"}";
  static const char *const without[] = { "0{\"sid\":\"a\"}", "0{\"sid\":\"a\",\"pid\":17}", "0{\"sid\":\"a\",\"pid\":\"a&b\"}", "0", "" };
  char pid[FL_SOCKETIO_SID_MAX + 1] = "untouched";
  for (gsize i = 0; i < G_N_ELEMENTS(without); i++)
    ck_assert_msg(!fl_socketio_pid_read(without[i], strlen(without[i]), pid), "%s", without[i]);
  ck_assert_str_eq(pid, "untouched");
  ck_assert(fl_socketio_pid_read(with, strlen(with), pid));
  ck_assert_str_eq(pid, "lv_VI97HAXpY6yYWAAAC");
}
END_TEST

static gboolean opens(const char *text, gsize len, FlSocketioOpen *ret_open) {
  g_autofree char *copy = g_memdup2(text, MAX(len, 1));
  return fl_socketio_open_read(copy, len, ret_open);
}

#define TIMES "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"

START_TEST(reads_the_open_packet) {
  static const char polling[] = "{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"]," TIMES;
  static const char websocket[] = "{\"sid\":\"a\",\"upgrades\":[]," TIMES;
  FlSocketioOpen open;
  ck_assert(opens(polling, strlen(polling), &open));
  ck_assert_str_eq(open.sid, "lv_VI97HAXpY6yYWAAAC");
  ck_assert(open.may_upgrade);
  ck_assert_int_eq(open.patience_ms, 45000);
  ck_assert(opens(websocket, strlen(websocket), &open));
  ck_assert_str_eq(open.sid, "a");
  ck_assert(!open.may_upgrade);
  for (gsize len = 0; len < strlen(polling); len++)
    ck_assert_msg(!opens(polling, len, &open), "%.*s", (int)len, polling);
}
END_TEST

START_TEST(refuses_open_packets_that_are_none) {
  static const char *const texts[] = {
    "{\"sid\":\"\",\"upgrades\":[]," TIMES,
    "{\"sid\":\"a&b\",\"upgrades\":[]," TIMES,
    "{\"sid\":\"0123456789012345678901234567890123456789012345678901234567890123x\",\"upgrades\":[]," TIMES,
    "{\"sid\":17,\"upgrades\":[]," TIMES,
    "{\"upgrades\":[]," TIMES,
    "{\"sid\":\"a\"," TIMES,
    "{\"sid\":\"a\",\"upgrades\":\"websocket\"," TIMES,
    "{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}",
    "{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":\"25000\",\"pingTimeout\":20000,\"maxPayload\":1}",
    "{\"sid\":\"a\",\"sid\":\"b\",\"upgrades\":[]," TIMES,
    "[]",
  };
  FlSocketioOpen open = { .sid = "untouched" };
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    ck_assert_msg(!opens(texts[i], strlen(texts[i]), &open), "%s", texts[i]);
  ck_assert_str_eq(open.sid, "untouched");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("Socket.IO reader");
  TCase *tcase = tcase_create("Socket.IO reader");
  tcase_add_test(tcase, reads_an_update_with_its_cursor);
  tcase_add_test(tcase, reads_what_else_a_subscriber_meets);
  tcase_add_test(tcase, refuses_packets_cut_short_anywhere);
  tcase_add_test(tcase, refuses_packets_that_are_none);
  tcase_add_test(tcase, gives_the_cursor_to_come_back_with);
  tcase_add_test(tcase, reads_the_private_id_where_there_is_one);
  tcase_add_test(tcase, reads_the_open_packet);
  tcase_add_test(tcase, refuses_open_packets_that_are_none);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
