/* WebSocket frames: every conversation is fed whole, byte by byte, and cut in two at each place, and must end the same.
 * The bytes are written out here, most of them from RFC 6455, section 5.7, and not made by the code under test.
 * SPDX-License-Identifier: MIT */
#include "net/wslink.h"

#include <string.h>

#include "tests/fl_check.h"

#define LIMIT 70000
#define MASK "\x37\xfa\x21\x3d"

/* What a link said, as text: one `opcode:payload;` a message, then `=code`. */
typedef struct {
  GString *log;
  FlWsOpcode stop_at; /* the opcode whose message stops the link */
} Transcript;

static gboolean note(gpointer user, FlWsOpcode opcode, const guint8 *payload, gsize len) {
  Transcript *self = user;
  ck_assert_ptr_nonnull(payload);
  g_string_append_printf(self->log, "%x:", opcode);
  if (len > 200)
    g_string_append_printf(self->log, "%" G_GSIZE_FORMAT " x %c", len, payload[len - 1]);
  else
    g_string_append_len(self->log, (const char *)payload, (gssize)len);
  g_string_append_c(self->log, ';');
  return opcode != self->stop_at;
}

/* Feed `bytes` in slices: up to `first` bytes, then `step` at a time (0: the rest at once). */
static char *converse(FlWsRole role, const GByteArray *bytes, gsize first, gsize step) {
  Transcript transcript = { .log = g_string_new(NULL), .stop_at = FL_WS_CLOSE };
  FlWsLink *link = fl_ws_link_new(role, LIMIT);
  int code = 0;

  for (gsize at = 0, n = first; at < bytes->len && code == 0; at += n, n = step > 0 ? step : bytes->len) {
    n = MIN(n, bytes->len - at);
    guint8 *slice = g_memdup2(bytes->data + at, n); /* its own block, so that reading past it is caught */
    code = fl_ws_link_receive(link, slice, n, note, &transcript);
    g_free(slice);
  }
  g_string_append_printf(transcript.log, "=%d%s", code,
                         code == 0 && fl_ws_link_at_boundary(link) ? " at a boundary" : "");
  fl_ws_link_free(link);
  return g_string_free(transcript.log, FALSE);
}

static void expect(FlWsRole role, const char *data, gsize len, const char *expected) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  g_byte_array_append(bytes, (const guint8 *)data, (guint)len);

  g_autofree char *whole = converse(role, bytes, len, 0);
  ck_assert_str_eq(whole, expected);
  g_autofree char *per_byte = converse(role, bytes, 1, 1);
  ck_assert_str_eq(per_byte, expected);
  for (gsize cut = 1; cut < len; cut++) {
    g_autofree char *in_two = converse(role, bytes, cut, 0);
    ck_assert_msg(strcmp(in_two, expected) == 0, "cut at %" G_GSIZE_FORMAT ": %s, not %s", cut, in_two, expected);
  }
}

#define EXPECT(role, literal, expected) expect(role, literal, sizeof(literal) - 1, expected)

START_TEST(reads_the_examples_of_the_rfc) {
  EXPECT(FL_WS_CLIENT, "\x81\x05Hello", "1:Hello;=0 at a boundary");
  EXPECT(FL_WS_SERVER, "\x81\x85" MASK "\x7f\x9f\x4d\x51\x58", "1:Hello;=0 at a boundary");
  EXPECT(FL_WS_CLIENT, "\x01\x03Hel\x80\x02lo", "1:Hello;=0 at a boundary");
  EXPECT(FL_WS_CLIENT, "\x89\x05Hello", "9:Hello;=0 at a boundary");
  EXPECT(FL_WS_SERVER, "\x8a\x85" MASK "\x7f\x9f\x4d\x51\x58", "a:Hello;=0 at a boundary");
}
END_TEST

START_TEST(reads_empty_messages) {
  EXPECT(FL_WS_CLIENT, "\x81\x00\x82\x00\x89\x00\x8a\x00", "1:;2:;9:;a:;=0 at a boundary");
  EXPECT(FL_WS_SERVER, "\x81\x80" MASK "\x89\x80" MASK, "1:;9:;=0 at a boundary");
  EXPECT(FL_WS_CLIENT, "\x01\x00\x00\x00\x80\x00", "1:;=0 at a boundary");
  EXPECT(FL_WS_CLIENT,
         "\x01\x00\x80\x01"
         "a",
         "1:a;=0 at a boundary");
}
END_TEST

START_TEST(control_frames_go_between_fragments) {
  EXPECT(FL_WS_CLIENT,
         "\x01\x02"
         "ab\x89\x01p\x00\x02"
         "cd\x8a\x01q\x80\x01"
         "e",
         "9:p;a:q;1:abcde;=0 at a boundary");
}
END_TEST

START_TEST(holds_no_boundary_inside_a_message) {
  EXPECT(FL_WS_CLIENT, "\x81", "=0");
  EXPECT(FL_WS_CLIENT, "\x81\x05Hel", "=0");
  EXPECT(FL_WS_CLIENT, "\x81\x05Hello\x81", "1:Hello;=0");
  EXPECT(FL_WS_CLIENT, "\x01\x03Hel", "=0");
  EXPECT(FL_WS_CLIENT, "\x01\x03Hel\x89\x01p", "9:p;=0");
  EXPECT(FL_WS_SERVER, "\x81\x80" MASK "\x81\x80\x37", "1:;=0");
}
END_TEST

/* A frame of `len` bytes of 'x', unmasked. */
static GByteArray *long_frame(guint8 first, gsize len) {
  GByteArray *bytes = g_byte_array_new();
  guint8 head[10] = { first };
  guint head_len = 2;
  if (len <= 125)
    head[1] = (guint8)len;
  else if (len <= G_MAXUINT16) {
    head[1] = 126;
    head[2] = (guint8)(len >> 8);
    head[3] = (guint8)len;
    head_len = 4;
  } else {
    head[1] = 127;
    for (int i = 0; i < 8; i++)
      head[2 + i] = (guint8)((guint64)len >> (56 - 8 * i));
    head_len = 10;
  }
  g_byte_array_append(bytes, head, head_len);
  g_byte_array_set_size(bytes, head_len + (guint)len);
  memset(bytes->data + head_len, 'x', len);
  return bytes;
}

START_TEST(reads_all_three_forms_of_a_length) {
  static const gsize lengths[] = { 125, 126, 127, 4095, 4096, 4097, 65535, 65536, LIMIT };
  for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
    g_autoptr(GByteArray) bytes = long_frame(0x81, lengths[i]);
    g_byte_array_append(bytes, (const guint8 *)"\x89\x00", 2);
    static const gsize steps[] = { 0, 1, 7, 4096 };
    for (gsize j = 0; j < G_N_ELEMENTS(steps); j++) {
      g_autofree char *said = converse(FL_WS_CLIENT, bytes, steps[j] > 0 ? steps[j] : bytes->len, steps[j]);
      if (lengths[i] > 200) {
        g_autofree char *expected = g_strdup_printf("1:%" G_GSIZE_FORMAT " x x;9:;=0 at a boundary", lengths[i]);
        ck_assert_str_eq(said, expected);
      } else
        ck_assert_msg(g_str_has_suffix(said, "x;9:;=0 at a boundary"), "%s", said);
    }
  }
}
END_TEST

START_TEST(unmasks_across_slices) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  fl_ws_frame_append(bytes, FL_WS_TEXT, (const guint8 *)MASK, "the quick brown fox jumps", 25);
  expect(FL_WS_SERVER, (const char *)bytes->data, bytes->len, "1:the quick brown fox jumps;=0 at a boundary");
}
END_TEST

START_TEST(demands_a_mask_from_clients_and_none_from_servers) {
  EXPECT(FL_WS_SERVER, "\x81\x05Hello", "=1002");
  EXPECT(FL_WS_CLIENT, "\x81\x85" MASK "\x7f\x9f\x4d\x51\x58", "=1002");
  EXPECT(FL_WS_SERVER, "\x89\x00", "=1002");
}
END_TEST

START_TEST(refuses_frames_that_the_rfc_forbids) {
  EXPECT(FL_WS_CLIENT, "\xc1\x01x", "=1002");             /* RSV1 without an extension */
  EXPECT(FL_WS_CLIENT, "\x91\x01x", "=1002");             /* RSV3 */
  EXPECT(FL_WS_CLIENT, "\x83\x01x", "=1002");             /* reserved opcode */
  EXPECT(FL_WS_CLIENT, "\x8b\x00", "=1002");              /* reserved control opcode */
  EXPECT(FL_WS_CLIENT, "\x80\x01x", "=1002");             /* continuation of nothing */
  EXPECT(FL_WS_CLIENT, "\x01\x01x\x81\x01y", "=1002");    /* a message within a message */
  EXPECT(FL_WS_CLIENT, "\x09\x01x", "=1002");             /* fragmented control frame */
  EXPECT(FL_WS_CLIENT, "\x81\x7e\x00\x05Hello", "=1002"); /* a length not in its shortest form */
  EXPECT(FL_WS_CLIENT, "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05Hello", "=1002");
  EXPECT(FL_WS_CLIENT, "\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x05Hello", "=1002"); /* the sign bit */
}
END_TEST

START_TEST(refuses_control_frames_over_125_bytes) {
  g_autoptr(GByteArray) bytes = long_frame(0x89, 126);
  g_autofree char *said = converse(FL_WS_CLIENT, bytes, bytes->len, 0);
  ck_assert_str_eq(said, "=1002");
}
END_TEST

START_TEST(refuses_messages_over_the_limit) {
  g_autoptr(GByteArray) one = long_frame(0x81, LIMIT + 1);
  g_autofree char *said = converse(FL_WS_CLIENT, one, one->len, 0);
  ck_assert_str_eq(said, "=1009");

  /* Told from the head and the first byte: nothing of it is kept. */
  g_byte_array_set_size(one, 11);
  g_autofree char *early = converse(FL_WS_CLIENT, one, one->len, 0);
  ck_assert_str_eq(early, "=1009");

  g_autoptr(GByteArray) two = long_frame(0x01, LIMIT);
  g_byte_array_append(two, (const guint8 *)"\x80\x01x", 3);
  g_autofree char *in_fragments = converse(FL_WS_CLIENT, two, 1000, 1000);
  ck_assert_str_eq(in_fragments, "=1009");
}
END_TEST

START_TEST(text_must_be_utf8) {
  EXPECT(FL_WS_CLIENT, "\x81\x02\xc3\xa4", "1:\xc3\xa4;=0 at a boundary");
  EXPECT(FL_WS_CLIENT, "\x01\x01\xc3\x80\x01\xa4", "1:\xc3\xa4;=0 at a boundary"); /* a character cut by fragments */
  EXPECT(FL_WS_CLIENT, "\x81\x01\xc3", "=1007");
  EXPECT(FL_WS_CLIENT, "\x81\x02\xc0\xaf", "=1007");     /* overlong */
  EXPECT(FL_WS_CLIENT, "\x81\x03\xed\xa0\x80", "=1007"); /* a surrogate */
  EXPECT(FL_WS_CLIENT, "\x81\x04\xf4\x90\x80\x80", "=1007");
  EXPECT(FL_WS_CLIENT, "\x82\x02\xc0\xaf", "2:\xc0\xaf;=0 at a boundary"); /* binary may be anything */
  EXPECT(FL_WS_CLIENT,
         "\x81\x04"
         "a\0\0\xff",
         "=1007");
}
END_TEST

START_TEST(what_is_wrong_is_told_by_its_first_byte) {
  EXPECT(FL_WS_CLIENT, "\x83\x05", "=1002");
  EXPECT(FL_WS_CLIENT, "\x91\x05", "=1002");
  EXPECT(FL_WS_SERVER, "\x81\x05", "=1002");
  EXPECT(FL_WS_CLIENT, "\x80\x05", "=1002");
  EXPECT(FL_WS_CLIENT, "\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x71", "=1009"); /* LIMIT + 1 */
  EXPECT(FL_WS_CLIENT, "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", "=1002");
  EXPECT(FL_WS_CLIENT, "\x81\x7d" "a\xff", "=1007");
  EXPECT(FL_WS_CLIENT, "\x01\x02" "a\xed\x00\x05\xa0", "=1007");
}
END_TEST

START_TEST(text_may_hold_nul) {
  Transcript transcript = { .log = g_string_new(NULL) };
  FlWsLink *link = fl_ws_link_new(FL_WS_CLIENT, LIMIT);
  ck_assert_int_eq(fl_ws_link_receive(link, (const guint8 *)"\x81\x03\0a\0", 5, note, &transcript), 0);
  ck_assert_uint_eq(transcript.log->len, 6);
  ck_assert_mem_eq(transcript.log->str, "1:\0a\0;", 6);
  fl_ws_link_free(link);
  g_string_free(transcript.log, TRUE);
}
END_TEST

START_TEST(close_stops_the_link) {
  EXPECT(FL_WS_CLIENT, "\x88\x00\x81\x01x", "8:;=0");
  EXPECT(FL_WS_CLIENT, "\x88\x04\x03\xe9hi\x81\x01x", "8:\x03\xe9hi;=0");
}
END_TEST

START_TEST(an_error_is_for_good) {
  Transcript transcript = { .log = g_string_new(NULL) };
  FlWsLink *link = fl_ws_link_new(FL_WS_CLIENT, LIMIT);
  ck_assert_int_eq(fl_ws_link_receive(link, (const guint8 *)"\x81\x01\xff", 3, note, &transcript), 1007);
  ck_assert_int_eq(fl_ws_link_receive(link, (const guint8 *)"\x81\x01x", 3, note, &transcript), 1007);
  ck_assert_str_eq(transcript.log->str, "");
  ck_assert(!fl_ws_link_at_boundary(link));
  fl_ws_link_free(link);
  g_string_free(transcript.log, TRUE);
}
END_TEST

START_TEST(close_is_checked) {
  EXPECT(FL_WS_CLIENT, "\x88\x01\x03", "=1002");
  EXPECT(FL_WS_CLIENT, "\x88\x02\x03\xed", "=1002"); /* 1005 */
  EXPECT(FL_WS_CLIENT, "\x88\x02\x03\xee", "=1002"); /* 1006 */
  EXPECT(FL_WS_CLIENT, "\x88\x02\x03\xf7", "=1002"); /* 1015 */
  EXPECT(FL_WS_CLIENT, "\x88\x02\x03\xe7", "=1002"); /* 999 */
  EXPECT(FL_WS_CLIENT, "\x88\x02\x07\xd0", "=1002"); /* 2000 */
  EXPECT(FL_WS_CLIENT, "\x88\x02\x13\x88", "=1002"); /* 5000 */
  EXPECT(FL_WS_CLIENT, "\x88\x03\x03\xe8\xff", "=1007");
}
END_TEST

START_TEST(close_code_is_read) {
  ck_assert_int_eq(fl_ws_close_code((const guint8 *)"", 0), FL_WS_NO_STATUS);
  ck_assert_int_eq(fl_ws_close_code((const guint8 *)"\x03\xe8", 2), FL_WS_NORMAL);
  ck_assert_int_eq(fl_ws_close_code((const guint8 *)"\x0f\xa0why", 5), 4000);
}
END_TEST

#define EXPECT_BYTES(array, literal)                               \
  do {                                                             \
    ck_assert_uint_eq((array)->len, sizeof(literal) - 1);          \
    ck_assert_mem_eq((array)->data, literal, sizeof(literal) - 1); \
  } while (0)

START_TEST(writes_the_examples_of_the_rfc) {
  g_autoptr(GByteArray) server = g_byte_array_new();
  fl_ws_frame_append(server, FL_WS_TEXT, NULL, "Hello", 5);
  fl_ws_frame_append(server, FL_WS_PING, NULL, "Hello", 5);
  fl_ws_frame_append(server, FL_WS_PONG, NULL, NULL, 0);
  EXPECT_BYTES(server, "\x81\x05Hello\x89\x05Hello\x8a\x00");

  g_autoptr(GByteArray) client = g_byte_array_new();
  fl_ws_frame_append(client, FL_WS_TEXT, (const guint8 *)MASK, "Hello", 5);
  EXPECT_BYTES(client, "\x81\x85" MASK "\x7f\x9f\x4d\x51\x58");
}
END_TEST

START_TEST(writes_the_shortest_length) {
  static const gsize lengths[] = { 0, 125, 126, 65535, 65536, 300000 };
  for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
    g_autoptr(GByteArray) expected = long_frame(0x82, lengths[i]);
    g_autofree char *payload = g_malloc(lengths[i] + 1);
    memset(payload, 'x', lengths[i]);
    g_autoptr(GByteArray) out = g_byte_array_new();
    fl_ws_frame_append(out, FL_WS_BINARY, NULL, payload, lengths[i]);
    ck_assert_uint_eq(out->len, expected->len);
    ck_assert_mem_eq(out->data, expected->data, out->len);
  }
}
END_TEST

START_TEST(writes_close_frames) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  fl_ws_close_append(out, NULL, FL_WS_GOING_AWAY, "bye");
  fl_ws_close_append(out, NULL, FL_WS_NO_STATUS, "ignored");
  fl_ws_close_append(out, NULL, FL_WS_NORMAL, NULL);
  fl_ws_close_append(out, (const guint8 *)"\0\0\0\0", FL_WS_NORMAL, NULL);
  EXPECT_BYTES(out, "\x88\x05\x03\xe9"
                    "bye\x88\x00\x88\x02\x03\xe8\x88\x82\0\0\0\0\x03\xe8");
}
END_TEST

START_TEST(cuts_a_long_close_reason_at_a_character) {
  /* 122 letters and a character of two bytes: it would end at byte 124 of 123. */
  g_autofree char *letters = g_strnfill(122, 'x');
  g_autofree char *reason = g_strconcat(letters, "\xc3\xa4 and more", NULL);
  g_autoptr(GByteArray) out = g_byte_array_new();
  fl_ws_close_append(out, NULL, FL_WS_POLICY, reason);
  ck_assert_uint_eq(out->len, 2 + 2 + 122);
  ck_assert_uint_eq(out->data[1], 2 + 122);

  g_autofree char *fits = g_strnfill(123, 'y');
  g_byte_array_set_size(out, 0);
  fl_ws_close_append(out, NULL, FL_WS_POLICY, fits);
  ck_assert_uint_eq(out->len, 2 + 125);
}
END_TEST

START_TEST(free_takes_null) {
  fl_ws_link_free(NULL);
}
END_TEST

START_TEST(may_be_freed_in_the_middle_of_a_message) {
  Transcript transcript = { .log = g_string_new(NULL) };
  FlWsLink *link = fl_ws_link_new(FL_WS_CLIENT, LIMIT);
  ck_assert_int_eq(fl_ws_link_receive(link, (const guint8 *)"\x01\x02xx\x89\x05p", 7, note, &transcript), 0);
  ck_assert(!fl_ws_link_at_boundary(link));
  fl_ws_link_free(link);
  g_string_free(transcript.log, TRUE);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("wslink");
  TCase *reading = tcase_create("reading");
  tcase_add_test(reading, reads_the_examples_of_the_rfc);
  tcase_add_test(reading, reads_empty_messages);
  tcase_add_test(reading, control_frames_go_between_fragments);
  tcase_add_test(reading, holds_no_boundary_inside_a_message);
  tcase_add_test(reading, reads_all_three_forms_of_a_length);
  tcase_add_test(reading, unmasks_across_slices);
  tcase_add_test(reading, demands_a_mask_from_clients_and_none_from_servers);
  tcase_add_test(reading, refuses_frames_that_the_rfc_forbids);
  tcase_add_test(reading, refuses_control_frames_over_125_bytes);
  tcase_add_test(reading, refuses_messages_over_the_limit);
  tcase_add_test(reading, text_must_be_utf8);
  tcase_add_test(reading, what_is_wrong_is_told_by_its_first_byte);
  tcase_add_test(reading, text_may_hold_nul);
  tcase_add_test(reading, close_stops_the_link);
  tcase_add_test(reading, an_error_is_for_good);
  tcase_add_test(reading, close_is_checked);
  tcase_add_test(reading, close_code_is_read);
  tcase_add_test(reading, may_be_freed_in_the_middle_of_a_message);
  suite_add_tcase(suite, reading);
  TCase *writing = tcase_create("writing");
  tcase_add_test(writing, writes_the_examples_of_the_rfc);
  tcase_add_test(writing, writes_the_shortest_length);
  tcase_add_test(writing, writes_close_frames);
  tcase_add_test(writing, cuts_a_long_close_reason_at_a_character);
  tcase_add_test(writing, free_takes_null);
  suite_add_tcase(suite, writing);
  return fl_check_run(suite);
}
