/* Engine.IO packets and payloads: what is read, what is refused, and that what is written is read again. Examples from
 * the specification, sections "Packet encoding" and "HTTP long-polling".
 * SPDX-License-Identifier: MIT */
#include "codec/engineio.h"

#include <string.h>

#include "codec/utf8.h"
#include "tests/fl_check.h"

#define SEED 4
#define RANDOM_PAYLOADS 2000

/* A literal and its length, which a NUL does not end. */
#define TEXT(literal) (literal), sizeof(literal) - 1

/* A story: "4:hello;" a packet, "b:01020304;" a binary one, "stopped;" where no more was wanted. */
typedef struct {
  GString *text;
  guint wanted; /* packets */
} Story;

static gboolean tell(gpointer user, const FlEioPacket *packet) {
  Story *story = user;

  if (packet->is_binary) {
    ck_assert_int_eq(packet->type, FL_EIO_MESSAGE);
    g_string_append(story->text, "b:");
    for (gsize i = 0; i < packet->len; i++)
      g_string_append_printf(story->text, "%02x", packet->data[i]);
  } else {
    ck_assert(fl_utf8_is_valid(packet->data, packet->len));
    g_string_append_printf(story->text, "%d:", (int)packet->type);
    g_string_append_len(story->text, (const char *)packet->data, (gssize)packet->len);
  }
  g_string_append(story->text, --story->wanted > 0 ? ";" : ";stopped;");
  return story->wanted > 0;
}

/* The payload is its own block, so that reading past it is caught. */
static GString *read_payload(const void *payload, gsize len, guint wanted, gboolean *ret_good) {
  Story story = { g_string_new(NULL), wanted };
  g_autofree guint8 *copy = g_memdup2(payload, len);

  *ret_good = fl_eio_payload_read(copy, len, tell, &story);
  return story.text;
}

static void expect_len(const void *payload, gsize len, const char *expected, gboolean good) {
  gboolean got_good;
  g_autoptr(GString) got = read_payload(payload, len, G_MAXUINT, &got_good);

  ck_assert_msg(strlen(expected) == got->len && memcmp(got->str, expected, got->len) == 0,
                "'%.*s' tells %s, expected %s", (int)len, (const char *)payload, got->str, expected);
  ck_assert_msg(got_good == good, "'%.*s' is %s", (int)len, (const char *)payload, good ? "good" : "bad");
}

/* In the literals `|` stands for the separator. */
static char *payload_of(const char *literal) {
  return g_strdelimit(g_strdup(literal), "|", FL_EIO_SEPARATOR);
}

static void expect(const char *literal, const char *expected, gboolean good) {
  g_autofree char *payload = payload_of(literal);
  expect_len(payload, strlen(payload), expected, good);
}

/* Packets */

static gboolean read_packet(const char *text, gsize len, FlEioPacket *ret_packet) {
  g_autofree guint8 *copy = g_memdup2(text, len);
  gboolean good = fl_eio_packet_read(copy, len, ret_packet);

  if (good) {
    ck_assert_ptr_eq(ret_packet->data, copy + 1);
    ck_assert_uint_eq(ret_packet->len, len - 1);
    ck_assert(!ret_packet->is_binary);
  }
  return good;
}

START_TEST(reads_a_packet_of_each_type) {
  static const char *const texts[] = { "0{\"sid\":\"a\"}", "1", "2probe", "3probe", "4hello", "5", "6" };
  FlEioPacket packet;

  for (guint type = FL_EIO_OPEN; type <= FL_EIO_NOOP; type++) {
    ck_assert_msg(read_packet(texts[type], strlen(texts[type]), &packet), "%s", texts[type]);
    ck_assert_uint_eq(packet.type, type);
  }
}
END_TEST

START_TEST(refuses_a_packet_of_any_other_type) {
  FlEioPacket packet;

  for (int type = 0; type <= 0xff; type++) {
    char text[] = { (char)type, 'a' };
    ck_assert_msg(read_packet(text, 2, &packet) == (type >= '0' && type <= '6'), "0x%02x", (guint)type);
  }
}
END_TEST

START_TEST(refuses_an_empty_packet) {
  FlEioPacket packet;
  ck_assert(!fl_eio_packet_read(NULL, 0, &packet));
  ck_assert(!fl_eio_packet_read((const guint8 *)"4", 0, &packet));
}
END_TEST

START_TEST(refuses_a_packet_that_is_no_utf8) {
  FlEioPacket packet;
  ck_assert(!read_packet(TEXT("4\xff"), &packet));
  ck_assert(!read_packet(TEXT("4a\xc3"), &packet));
  ck_assert(!read_packet(TEXT("4\xed\xa0\x80"), &packet));
  ck_assert(!read_packet(TEXT("4a\0\xff"), &packet));
}
END_TEST

START_TEST(leaves_the_outcome_alone_where_there_is_no_packet) {
  FlEioPacket packet = { .type = FL_EIO_NOOP, .len = 17 };
  ck_assert(!read_packet(TEXT("7"), &packet));
  ck_assert_int_eq(packet.type, FL_EIO_NOOP);
  ck_assert_uint_eq(packet.len, 17);
}
END_TEST

START_TEST(takes_any_character_in_a_packet) {
  FlEioPacket packet;
  ck_assert(read_packet(TEXT("4\0"), &packet));
  ck_assert(read_packet(TEXT("4a\0b\0"), &packet));
  ck_assert(read_packet(TEXT("4\xf0\x9f\x98\x80"), &packet));
  ck_assert(read_packet(TEXT("4a\x1e"), &packet)); /* on WebSocket nothing separates */
}
END_TEST

/* Payloads */

START_TEST(reads_the_records_of_a_payload_in_order) {
  expect("4hello", "4:hello;", TRUE);
  expect("4hello|2|4world", "4:hello;2:;4:world;", TRUE);
  expect("2probe|1|6", "2:probe;1:;6:;", TRUE);
  expect("4\xe2\x82\xac|4\xc3\xa9", "4:\xe2\x82\xac;4:\xc3\xa9;", TRUE);
}
END_TEST

START_TEST(keeps_nul_in_a_record) {
  static const char payload[] = "4a\0b\x1e\064\0", story[] = "4:a\0b;4:\0;";
  gboolean good;
  g_autoptr(GString) got = read_payload(TEXT(payload), G_MAXUINT, &good);

  ck_assert(good);
  ck_assert_uint_eq(got->len, sizeof story - 1);
  ck_assert_mem_eq(got->str, story, got->len);
}
END_TEST

START_TEST(refuses_an_empty_payload) {
  gboolean good;
  g_autoptr(GString) got = read_payload(NULL, 0, G_MAXUINT, &good);
  ck_assert(!good);
  ck_assert_str_eq(got->str, "");
}
END_TEST

/* Two records, and one separator more in each place. */
static const struct {
  const char *payload, *expected;
  gboolean good;
} separated[] = {
  { "|4a|4b", "", FALSE },
  { "4|a|4b", "4:;", FALSE },
  { "4a||4b", "4:a;", FALSE },
  { "4a|4|b", "4:a;4:;b:;", TRUE },
  { "4a|4b|", "4:a;4:b;", FALSE },
  { "|", "", FALSE },
  { "||", "", FALSE },
};

START_TEST(finds_an_empty_record_beside_each_needless_separator) {
  expect(separated[_i].payload, separated[_i].expected, separated[_i].good);
}
END_TEST

START_TEST(finds_what_came_before_a_wrong_record) {
  expect("4a|7b|4c", "4:a;", FALSE);
  expect("4a|4b|4\xff", "4:a;4:b;", FALSE);
  expect("4a|b!|4c", "4:a;", FALSE);
  expect("4a|4\xc3|\xa9", "4:a;", FALSE); /* a character that is cut is none */
}
END_TEST

START_TEST(stops_where_no_more_is_wanted) {
  g_autofree char *payload = payload_of("4a|bYg==|4c|7wrong");
  static const char *const stories[] = { "4:a;stopped;", "4:a;b:62;stopped;", "4:a;b:62;4:c;stopped;" };
  gboolean good;

  for (guint wanted = 1; wanted <= G_N_ELEMENTS(stories); wanted++) {
    g_autoptr(GString) got = read_payload(payload, strlen(payload), wanted, &good);
    ck_assert_str_eq(got->str, stories[wanted - 1]);
    ck_assert_msg(good, "what was not wanted can't be wrong");
  }
}
END_TEST

START_TEST(reads_binary_messages) {
  expect("bAQIDBA==", "b:01020304;", TRUE);
  expect("bAQIDBAU=", "b:0102030405;", TRUE);
  expect("b+/+/", "b:fbffbf;", TRUE);
  expect("bAAAA", "b:000000;", TRUE);
  expect("4hello|bAQIDBA==|4world", "4:hello;b:01020304;4:world;", TRUE);
}
END_TEST

START_TEST(reads_an_empty_binary_message) {
  expect("b", "b:;", TRUE);
  expect("b|b|4", "b:;b:;4:;", TRUE);
}
END_TEST

static const struct {
  const char *record;
  gsize len;
} no_base64[] = {
  /* The length. */
  { TEXT("bA") },
  { TEXT("bAQ") },
  { TEXT("bAQI") },
  { TEXT("bAQIDB") },
  /* The padding. */
  { TEXT("b=") },
  { TEXT("b====") },
  { TEXT("bA===") },
  { TEXT("b=AAA") },
  { TEXT("bAA=A") },
  { TEXT("bAQ==AQ==") },
  { TEXT("bAQI=AQID") },
  { TEXT("bAQIDAQ==AQ==") },
  /* The alphabet: base64url is another one. */
  { TEXT("b-_-_") },
  { TEXT("bAQ I") },
  { TEXT("bAQI\n") },
  { TEXT("bAQID\n") },
  { TEXT("bAQI\0") },
  { TEXT("b\0\0\0\0") },
  { TEXT("bAQ\xc3\xa9") },
  { TEXT("bAQI\xff") },
};

START_TEST(refuses_a_binary_message_that_is_no_base64) {
  g_autofree char *later = g_malloc(no_base64[_i].len + 3);

  expect_len(no_base64[_i].record, no_base64[_i].len, "", FALSE);
  memcpy(later, "4a\x1e", 3);
  memcpy(later + 3, no_base64[_i].record, no_base64[_i].len);
  expect_len(later, no_base64[_i].len + 3, "4:a;", FALSE);
}
END_TEST

START_TEST(takes_b_for_a_binary_message_in_payloads_only) {
  FlEioPacket packet;
  ck_assert(!read_packet(TEXT("bAQIDBA=="), &packet));
}
END_TEST

/* Writing */

static void assert_written(const GByteArray *payload, const char *literal) {
  g_autofree char *expected = payload_of(literal);
  ck_assert_uint_eq(payload->len, strlen(expected));
  ck_assert_mem_eq(payload->data, expected, payload->len);
}

START_TEST(writes_a_separator_between_records_only) {
  g_autoptr(GByteArray) payload = g_byte_array_new();

  fl_eio_record_append(payload, FL_EIO_MESSAGE, "hello", 5);
  assert_written(payload, "4hello");
  fl_eio_packet_append(payload, "2probe", 6);
  assert_written(payload, "4hello|2probe");
  fl_eio_binary_append(payload, "\1\2\3\4", 4);
  assert_written(payload, "4hello|2probe|bAQIDBA==");
}
END_TEST

START_TEST(writes_no_separator_before_the_first_record) {
  g_autoptr(GByteArray) packet = g_byte_array_new();
  g_autoptr(GByteArray) binary = g_byte_array_new();

  fl_eio_packet_append(packet, "2", 1);
  assert_written(packet, "2");
  fl_eio_binary_append(binary, "\xff", 1);
  assert_written(binary, "b/w==");
}
END_TEST

START_TEST(writes_records_without_data) {
  g_autoptr(GByteArray) payload = g_byte_array_new();

  for (guint type = FL_EIO_OPEN; type <= FL_EIO_NOOP; type++)
    fl_eio_record_append(payload, (FlEioType)type, NULL, 0);
  fl_eio_binary_append(payload, NULL, 0);
  expect_len(payload->data, payload->len, "0:;1:;2:;3:;4:;5:;6:;b:;", TRUE);
}
END_TEST

static void append_random_text(GRand *rand, GString *text) {
  for (gint32 left = g_rand_int_range(rand, 0, 12); left > 0; left--) {
    gunichar c = (gunichar)g_rand_int_range(rand, 0, g_rand_boolean(rand) ? 0x80 : 0x110000);
    if (c != FL_EIO_SEPARATOR && (c < 0xd800 || c > 0xdfff))
      g_string_append_unichar(text, c);
  }
}

/* Append a record to the payload, and to the story what is to be read of it. */
static void append_random_record(GRand *rand, GByteArray *payload, GString *story) {
  g_autoptr(GString) data = g_string_new(NULL);
  FlEioType type = (FlEioType)g_rand_int_range(rand, FL_EIO_OPEN, FL_EIO_NOOP + 1);

  if (g_rand_int_range(rand, 0, 3) == 0) {
    g_string_append(story, "b:");
    for (gint32 left = g_rand_int_range(rand, 0, 40); left > 0; left--) {
      g_string_append_c(data, (char)g_rand_int_range(rand, 0, 0x100));
      g_string_append_printf(story, "%02x", (guint8)data->str[data->len - 1]);
    }
    fl_eio_binary_append(payload, data->str, data->len);
  } else {
    append_random_text(rand, data);
    g_string_append_printf(story, "%d:", (int)type);
    g_string_append_len(story, data->str, (gssize)data->len);
    if (g_rand_boolean(rand))
      fl_eio_record_append(payload, type, data->str, data->len);
    else {
      g_string_prepend_c(data, (char)('0' + type));
      fl_eio_packet_append(payload, data->str, data->len);
    }
  }
  g_string_append_c(story, ';');
}

START_TEST(reads_what_it_writes) {
  GRand *rand = g_rand_new_with_seed(SEED);

  for (guint i = 0; i < RANDOM_PAYLOADS; i++) {
    g_autoptr(GByteArray) payload = g_byte_array_new();
    g_autoptr(GString) story = g_string_new(NULL);
    gboolean good;
    for (gint32 left = g_rand_int_range(rand, 1, 9); left > 0; left--)
      append_random_record(rand, payload, story);
    g_autoptr(GString) got = read_payload(payload->data, payload->len, G_MAXUINT, &good);
    ck_assert_msg(good, "payload %u with the seed %d", i, SEED);
    ck_assert_msg(g_string_equal(got, story), "payload %u with the seed %d: %s, expected %s", i, SEED, got->str,
                  story->str);
  }
  g_rand_free(rand);
}
END_TEST

/* The open packet and errors */

static void assert_handshake(const FlEioHandshake *handshake, const char *expected) {
  g_autoptr(GString) json = fl_eio_handshake_json(handshake);
  ck_assert_str_eq(json->str, expected);
  ck_assert_uint_eq(json->len, strlen(expected));
}

START_TEST(opens_as_the_specification_shows) {
  FlEioHandshake handshake = { .sid = "lv_VI97HAXpY6yYWAAAC",
                               .may_upgrade = TRUE,
                               .ping_interval_ms = 25000,
                               .ping_timeout_ms = 20000,
                               .max_payload_bytes = 1000000 };

  assert_handshake(&handshake, "{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
                               "\"pingTimeout\":20000,\"maxPayload\":1000000}");
  handshake.may_upgrade = FALSE;
  handshake.max_payload_bytes = G_GINT64_CONSTANT(5000000000);
  assert_handshake(&handshake, "{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[],\"pingInterval\":25000,"
                               "\"pingTimeout\":20000,\"maxPayload\":5000000000}");
}
END_TEST

START_TEST(refuses_in_the_words_of_the_reference_implementation) {
  static const char *const bodies[] = {
    "{\"code\":0,\"message\":\"Transport unknown\"}",
    "{\"code\":1,\"message\":\"Session ID unknown\"}",
    "{\"code\":2,\"message\":\"Bad handshake method\"}",
    "{\"code\":3,\"message\":\"Bad request\"}",
    "{\"code\":4,\"message\":\"Forbidden\"}",
    "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
  };

  for (guint error = FL_EIO_TRANSPORT_UNKNOWN; error <= FL_EIO_PROTOCOL_UNSUPPORTED; error++)
    ck_assert_str_eq(fl_eio_error_json((FlEioError)error), bodies[error]);
}
END_TEST

static TCase *packet_cases(void) {
  TCase *tcase = tcase_create("packet");
  tcase_add_test(tcase, reads_a_packet_of_each_type);
  tcase_add_test(tcase, refuses_a_packet_of_any_other_type);
  tcase_add_test(tcase, refuses_an_empty_packet);
  tcase_add_test(tcase, refuses_a_packet_that_is_no_utf8);
  tcase_add_test(tcase, leaves_the_outcome_alone_where_there_is_no_packet);
  tcase_add_test(tcase, takes_any_character_in_a_packet);
  return tcase;
}

static TCase *payload_cases(void) {
  TCase *tcase = tcase_create("payload");
  tcase_add_test(tcase, reads_the_records_of_a_payload_in_order);
  tcase_add_test(tcase, keeps_nul_in_a_record);
  tcase_add_test(tcase, refuses_an_empty_payload);
  tcase_add_loop_test(tcase, finds_an_empty_record_beside_each_needless_separator, 0, G_N_ELEMENTS(separated));
  tcase_add_test(tcase, finds_what_came_before_a_wrong_record);
  tcase_add_test(tcase, stops_where_no_more_is_wanted);
  tcase_add_test(tcase, reads_binary_messages);
  tcase_add_test(tcase, reads_an_empty_binary_message);
  tcase_add_loop_test(tcase, refuses_a_binary_message_that_is_no_base64, 0, G_N_ELEMENTS(no_base64));
  tcase_add_test(tcase, takes_b_for_a_binary_message_in_payloads_only);
  return tcase;
}

static TCase *writing_cases(void) {
  TCase *tcase = tcase_create("writing");
  tcase_add_test(tcase, writes_a_separator_between_records_only);
  tcase_add_test(tcase, writes_no_separator_before_the_first_record);
  tcase_add_test(tcase, writes_records_without_data);
  tcase_add_test(tcase, reads_what_it_writes);
  tcase_add_test(tcase, opens_as_the_specification_shows);
  tcase_add_test(tcase, refuses_in_the_words_of_the_reference_implementation);
  return tcase;
}

int main(void) {
  Suite *suite = suite_create("engineio");
  suite_add_tcase(suite, packet_cases());
  suite_add_tcase(suite, payload_cases());
  suite_add_tcase(suite, writing_cases());
  return fl_check_run(suite);
}
