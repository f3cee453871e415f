/* Socket.IO packets: the specification's examples, and what a strict reader refuses.
 * https://github.com/socketio/socket.io-protocol, revision 5, section "Packet encoding".
 * SPDX-License-Identifier: MIT */
#include "codec/socketio.h"

#include <string.h>

#include "tests/fl_check.h"

#define NO_ID G_MAXUINT64

/* A literal and its length, which a NUL does not end. */
#define TEXT(literal) (literal), sizeof(literal) - 1

/* The text is its own block, so that reading past it is caught. */
static gboolean read_packet(const char *text, gsize len, FlSioPacket *ret_packet) {
  g_autofree guint8 *copy = g_memdup2(text, len);
  return fl_sio_packet_read(copy, len, ret_packet);
}

typedef struct {
  const char *text;
  FlSioType type;
  guint attachments;
  const char *nsp;
  guint64 id;
  const char *data;
} Example;

/* The tables of the section, but for the CONNECT_ERROR, which a client does not send. */
static const Example examples[] = {
  { "0", FL_SIO_CONNECT, 0, "/", NO_ID, NULL },
  { "0{\"sid\":\"wZX3oN0bSVIhsaknAAAI\"}", FL_SIO_CONNECT, 0, "/", NO_ID, "{\"sid\":\"wZX3oN0bSVIhsaknAAAI\"}" },
  { "0/admin,", FL_SIO_CONNECT, 0, "/admin", NO_ID, NULL },
  { "0/admin,{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}", FL_SIO_CONNECT, 0, "/admin", NO_ID,
    "{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}" },
  { "2[\"foo\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"foo\"]" },
  { "2/admin,[\"bar\"]", FL_SIO_EVENT, 0, "/admin", NO_ID, "[\"bar\"]" },
  { "51-[\"baz\",{\"_placeholder\":true,\"num\":0}]", FL_SIO_BINARY_EVENT, 1, "/", NO_ID,
    "[\"baz\",{\"_placeholder\":true,\"num\":0}]" },
  { "52-/admin,[\"baz\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", FL_SIO_BINARY_EVENT, 2,
    "/admin", NO_ID, "[\"baz\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]" },
  { "212[\"foo\"]", FL_SIO_EVENT, 0, "/", 12, "[\"foo\"]" },
  { "312[]", FL_SIO_ACK, 0, "/", 12, "[]" },
  { "2/admin,13[\"foo\"]", FL_SIO_EVENT, 0, "/admin", 13, "[\"foo\"]" },
  { "3/admin,13[\"bar\"]", FL_SIO_ACK, 0, "/admin", 13, "[\"bar\"]" },
  { "51-14[\"foo\",{\"_placeholder\":true,\"num\":0}]", FL_SIO_BINARY_EVENT, 1, "/", 14,
    "[\"foo\",{\"_placeholder\":true,\"num\":0}]" },
  { "314[\"bar\"]", FL_SIO_ACK, 0, "/", 14, "[\"bar\"]" },
  { "215[\"foo\"]", FL_SIO_EVENT, 0, "/", 15, "[\"foo\"]" },
  { "61-15[\"bar\",{\"_placeholder\":true,\"num\":0}]", FL_SIO_BINARY_ACK, 1, "/", 15,
    "[\"bar\",{\"_placeholder\":true,\"num\":0}]" },
  { "1", FL_SIO_DISCONNECT, 0, "/", NO_ID, NULL },
  { "1/admin,", FL_SIO_DISCONNECT, 0, "/admin", NO_ID, NULL },
};

/* What is written otherwise, or is allowed as well. */
static const Example variants[] = {
  { "0/admin", FL_SIO_CONNECT, 0, "/admin", NO_ID, NULL },
  { "1/admin", FL_SIO_DISCONNECT, 0, "/admin", NO_ID, NULL },
  { "0/", FL_SIO_CONNECT, 0, "/", NO_ID, NULL },
  { "2/,[\"foo\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"foo\"]" },
  { "0/caf\xc3\xa9,{}", FL_SIO_CONNECT, 0, "/caf\xc3\xa9", NO_ID, "{}" },
  { "0/admin{}", FL_SIO_CONNECT, 0, "/admin{}", NO_ID, NULL }, /* without a comma all is the namespace */
  { "2/a,[\"b,c\"]", FL_SIO_EVENT, 0, "/a", NO_ID, "[\"b,c\"]" },
  { "2[17,\"foo\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[17,\"foo\"]" },
  { "2[-1.5e3]", FL_SIO_EVENT, 0, "/", NO_ID, "[-1.5e3]" },
  { "2[\"\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"\"]" },
  { "2[\"connected\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"connected\"]" },
  { "2[\"news\",\"connect\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"news\",\"connect\"]" },
  { "30[null,{}]", FL_SIO_ACK, 0, "/", 0, "[null,{}]" },
  { "2007[\"foo\"]", FL_SIO_EVENT, 0, "/", 7, "[\"foo\"]" },
  { "29999999999999999[\"foo\"]", FL_SIO_EVENT, 0, "/", G_GUINT64_CONSTANT(9999999999999999), "[\"foo\"]" },
  { "50-[\"foo\"]", FL_SIO_BINARY_EVENT, 0, "/", NO_ID, "[\"foo\"]" },
  { "5256-[\"foo\"]", FL_SIO_BINARY_EVENT, FL_SIO_ATTACHMENTS_MAX, "/", NO_ID, "[\"foo\"]" },
  { "61-/a,1[]", FL_SIO_BINARY_ACK, 1, "/a", 1, "[]" },
  { "2[\"n\",12345678901234567890,1.0]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"n\",12345678901234567890,1.0]" },
  { "2[\"n\",\"\\u0000\"]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"n\",\"\\u0000\"]" },
};

static void assert_packet(const FlSioPacket *packet, const Example *example) {
  ck_assert_int_eq(packet->type, example->type);
  ck_assert_uint_eq(packet->attachments, example->attachments);
  ck_assert_str_eq(packet->nsp, example->nsp);
  ck_assert_int_eq(packet->has_id, example->id != NO_ID);
  if (packet->has_id)
    ck_assert_uint_eq(packet->id, example->id);
  ck_assert_pstr_eq(packet->data ? packet->data->str : NULL, example->data);
}

static void assert_read(const Example *example) {
  FlSioPacket packet;

  ck_assert_msg(read_packet(example->text, strlen(example->text), &packet), "%s", example->text);
  assert_packet(&packet, example);
  fl_sio_packet_clear(&packet);
  ck_assert_ptr_null(packet.nsp);
  ck_assert_ptr_null(packet.data);
}

START_TEST(reads_the_specification_s_examples) {
  assert_read(&examples[_i]);
}
END_TEST

START_TEST(writes_the_specification_s_examples) {
  const Example *example = &examples[_i];
  g_autoptr(GString) out = g_string_new(NULL);

  fl_sio_head_append(out, example->type, example->attachments, example->nsp,
                     example->id == NO_ID ? NULL : &example->id);
  g_string_append(out, example->data ? example->data : "");
  ck_assert_str_eq(out->str, example->text);
}
END_TEST

START_TEST(reads_what_may_be_written_otherwise) {
  assert_read(&variants[_i]);
}
END_TEST

/* All JSON here ends with the packet, so that a part of it is none. */
static void assert_cut_anywhere(const char *text) {
  FlSioPacket packet;

  for (gsize len = 0; len < strlen(text); len++) {
    if (!read_packet(text, len, &packet))
      continue;
    ck_assert_msg(!packet.data, "%.*s", (int)len, text);
    fl_sio_packet_clear(&packet);
  }
}

START_TEST(reads_no_data_from_a_packet_that_is_cut) {
  for (gsize i = 0; i < G_N_ELEMENTS(examples); i++)
    assert_cut_anywhere(examples[i].text);
  for (gsize i = 0; i < G_N_ELEMENTS(variants); i++)
    assert_cut_anywhere(variants[i].text);
}
END_TEST

static const Example spaced[] = {
  { "2 [ \"foo\" , { \"a b\" : [ 1 ,\t2 ] } ]\r\n", FL_SIO_EVENT, 0, "/", NO_ID, "[\"foo\",{\"a b\":[1,2]}]" },
  { "0/admin,{ }\n", FL_SIO_CONNECT, 0, "/admin", NO_ID, "{}" },
  { "312[ ]", FL_SIO_ACK, 0, "/", 12, "[]" },
  { "2[ \"connect \" ]", FL_SIO_EVENT, 0, "/", NO_ID, "[\"connect \"]" },
};

START_TEST(strips_white_space_from_the_data) {
  assert_read(&spaced[_i]);
}
END_TEST

static const struct {
  const char *text;
  gsize len;
} malformed[] = {
  { TEXT("") },
  /* Types. */
  { TEXT("7") },
  { TEXT("7[\"foo\"]") },
  { TEXT("9") },
  { TEXT("/") },
  { TEXT("a[\"foo\"]") },
  { TEXT("[\"foo\"]") },
  { TEXT("\xff") },
  { TEXT("\0") },
  /* CONNECT. */
  { TEXT("0[]") },
  { TEXT("0\"token\"") },
  { TEXT("0null") },
  { TEXT("0true") },
  { TEXT("0 17") },
  { TEXT("0 ") },
  { TEXT("0/admin,[{}]") },
  { TEXT("0{\"token\":}") },
  { TEXT("0{}{}") },
  /* DISCONNECT. */
  { TEXT("1{}") },
  { TEXT("1[]") },
  { TEXT("1 ") },
  { TEXT("1\"bye\"") },
  { TEXT("1null") },
  { TEXT("1/admin,{}") },
  /* EVENT. */
  { TEXT("2") },
  { TEXT("2/admin,") },
  { TEXT("2/admin") },
  { TEXT("212") },
  { TEXT("2{}") },
  { TEXT("2{\"0\":\"foo\"}") },
  { TEXT("2\"foo\"") },
  { TEXT("2[]") },
  { TEXT("2[ ]") },
  { TEXT("2[null]") },
  { TEXT("2[true]") },
  { TEXT("2[false,\"foo\"]") },
  { TEXT("2[{}]") },
  { TEXT("2[[\"foo\"]]") },
  { TEXT("2[\"foo\"") },
  { TEXT("2[\"foo\",]") },
  { TEXT("2[foo]") },
  { TEXT("2[\"foo\"]x") },
  { TEXT("2[\"foo\"][\"foo\"]") },
  { TEXT("2abc") },
  /* Reserved names. */
  { TEXT("2[\"connect\"]") },
  { TEXT("2[\"connect_error\"]") },
  { TEXT("2[\"disconnect\"]") },
  { TEXT("2[\"disconnecting\"]") },
  { TEXT("2[\"newListener\"]") },
  { TEXT("2[\"removeListener\"]") },
  { TEXT("2 [ \"connect\" , 1 ]") },
  { TEXT("2/admin,1[\"disconnect\"]") },
  { TEXT("51-[\"connect\",{\"_placeholder\":true,\"num\":0}]") },
  /* The same name, written otherwise. */
  { TEXT("2[\"\\u0063onnect\"]") },
  /* Ids. */
  { TEXT("2abc[\"x\"]") },
  { TEXT("2-1[\"x\"]") },
  { TEXT("21.5[\"x\"]") },
  { TEXT("2+1[\"x\"]") },
  { TEXT("21,[\"x\"]") },
  { TEXT("210000000000000000[\"x\"]") },
  { TEXT("200000000000000001[\"x\"]") },
  { TEXT("218446744073709551617[\"x\"]") },
  { TEXT("310000000000000000[]") },
  /* ACK. */
  { TEXT("3[]") },
  { TEXT("3/admin,[\"bar\"]") },
  { TEXT("312") },
  { TEXT("312{}") },
  { TEXT("312\"bar\"") },
  { TEXT("312null") },
  /* CONNECT_ERROR. */
  { TEXT("4") },
  { TEXT("4{\"message\":\"Not authorized\"}") },
  { TEXT("4/admin,\"no\"") },
  /* Attachments. */
  { TEXT("5") },
  { TEXT("51") },
  { TEXT("51-") },
  { TEXT("5-[\"x\"]") },
  { TEXT("5[\"x\"]") },
  { TEXT("51[\"x\"]") },
  { TEXT("51/admin,[\"x\"]") },
  { TEXT("5 1-[\"x\"]") },
  { TEXT("5a-[\"x\"]") },
  { TEXT("5-1-[\"x\"]") },
  { TEXT("51.0-[\"x\"]") },
  { TEXT("51-1-[\"x\"]") },
  { TEXT("5257-[\"x\"]") },
  { TEXT("5999-[\"x\"]") },
  { TEXT("50001-[\"x\"]") },
  { TEXT("54294967297-[\"x\"]") },
  { TEXT("51-{}") },
  { TEXT("51-[]") },
  { TEXT("6[]") },
  { TEXT("61-[]") },
  { TEXT("61-15{}") },
  /* No binary type. */
  { TEXT("21-[\"x\"]") },
  /* UTF-8. */
  { TEXT("2[\"\xff\"]") },
  { TEXT("2[\"x\",\"\xed\xa0\x80\"]") },
  { TEXT("2[\"\xc3\"]") },
  { TEXT("2[\"\xc3") },
  { TEXT("0{\"\xff\":1}") },
  { TEXT("0/\xff") },
  { TEXT("0/a\xc3,") },
  { TEXT("2/\xed\xa0\x80,[\"x\"]") },
  /* NUL. */
  { TEXT("0\0") },
  { TEXT("1\0") },
  { TEXT("0/\0,") },
  { TEXT("0/admin\0") },
  { TEXT("0{}\0") },
  { TEXT("2\0[\"x\"]") },
  { TEXT("2[\"x\0\"]") },
  { TEXT("2[\"x\"]\0") },
  { TEXT("21\0[\"x\"]") },
  { TEXT("5\0001-[\"x\"]") },
};

START_TEST(refuses_what_is_malformed) {
  FlSioPacket packet;

  memset(&packet, 0xff, sizeof packet);
  ck_assert_msg(!read_packet(malformed[_i].text, malformed[_i].len, &packet), "'%s'", malformed[_i].text);
  ck_assert_ptr_null(packet.nsp);
  ck_assert_ptr_null(packet.data);
  fl_sio_packet_clear(&packet);
}
END_TEST

START_TEST(refuses_a_namespace_of_more_than_256_bytes) {
  g_autofree char *name = g_strnfill(255, 'n');
  g_autofree char *longest = g_strdup_printf("0/%s", name);
  g_autofree char *with_comma = g_strdup_printf("0/%s,", name);
  g_autofree char *longer = g_strdup_printf("0/%sn", name);
  g_autofree char *longer_with_comma = g_strdup_printf("2/%sn,[\"x\"]", name);
  const Example fits = { longest, FL_SIO_CONNECT, 0, longest + 1, NO_ID, NULL };
  const Example fits_with_comma = { with_comma, FL_SIO_CONNECT, 0, longest + 1, NO_ID, NULL };
  FlSioPacket packet;

  assert_read(&fits);
  assert_read(&fits_with_comma);
  ck_assert(!read_packet(longer, strlen(longer), &packet));
  ck_assert(!read_packet(longer_with_comma, strlen(longer_with_comma), &packet));
}
END_TEST

/* Placeholders */

#define PLACEHOLDER(num) "{\"_placeholder\":true,\"num\":" num "}"

static const struct {
  const char *text;
  gboolean fit;
} placed[] = {
  { "51-[\"x\"," PLACEHOLDER("0") "]", TRUE },
  { "52-[\"x\"," PLACEHOLDER("1") "," PLACEHOLDER("0") "]", TRUE },
  { "51-[\"x\"," PLACEHOLDER("0") "," PLACEHOLDER("0") "]", TRUE },
  { "52-[\"x\"," PLACEHOLDER("1.0") "]", TRUE },
  { "52-[\"x\"," PLACEHOLDER("1e0") "]", TRUE },
  { "5256-[\"x\"," PLACEHOLDER("255") "]", TRUE },
  { "51-[\"x\",{\"num\":0,\"_placeholder\":true}]", TRUE },
  { "52-[\"x\",{\"a\":[[" PLACEHOLDER("0") "],{\"b\":" PLACEHOLDER("1") "}]}]", TRUE },
  { "61-15[[{\"a\":" PLACEHOLDER("0") "}]]", TRUE },
  { "51-[\"x\",{\"a\":[]}]", TRUE }, /* none is wanted */
  { "50-[\"x\"]", TRUE },
  { "50-[\"_placeholder\",true,\"num\",0]", TRUE },
  { "50-[\"x\",{\"_placeholder\":false,\"num\":9}]", TRUE }, /* no placeholders, these */
  { "50-[\"x\",{\"_placeholder\":1,\"num\":9}]", TRUE },
  { "50-[\"x\",{\"_placeholder\":\"true\",\"num\":9}]", TRUE },
  { "50-[\"x\",{\"placeholder\":true,\"num\":9}]", TRUE },
  { "51-[\"x\"," PLACEHOLDER("1") "]", FALSE }, /* out of range */
  { "50-[\"x\"," PLACEHOLDER("0") "]", FALSE },
  { "5256-[\"x\"," PLACEHOLDER("256") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("4294967296") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("18446744073709551616") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("1e300") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("-1") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("-0.5") "]", FALSE },
  { "52-[\"x\"," PLACEHOLDER("0.5") "]", FALSE },
  { "52-[\"x\"," PLACEHOLDER("1e-300") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("\"0\"") "]", FALSE }, /* no number */
  { "51-[\"x\"," PLACEHOLDER("null") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("false") "]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("[0]") "]", FALSE },
  { "51-[\"x\",{\"_placeholder\":true}]", FALSE },
  { "51-[\"x\"," PLACEHOLDER("0") "," PLACEHOLDER("1") "]", FALSE }, /* one that fits does not help the other */
  { "51-[\"x\"," PLACEHOLDER("1") "," PLACEHOLDER("0") "]", FALSE },
  { "51-[\"x\",{\"a\":[[" PLACEHOLDER("0") "],{\"b\":" PLACEHOLDER("1") "}]}]", FALSE },
  { "61-15[" PLACEHOLDER("1") "]", FALSE },
  { "50-[\"x\",{\"\\u005fplaceholder\":true,\"num\":0}]", FALSE },
};

START_TEST(placeholders_fit_where_each_names_an_attachment) {
  FlSioPacket packet;

  ck_assert_msg(read_packet(placed[_i].text, strlen(placed[_i].text), &packet), "%s", placed[_i].text);
  ck_assert_msg(fl_sio_placeholders_fit(&packet) == placed[_i].fit, "%s", placed[_i].text);
  fl_sio_packet_clear(&packet);
}
END_TEST

/* Writing */

static void assert_head(FlSioType type, guint attachments, const char *nsp, const guint64 *id, const char *expected) {
  g_autoptr(GString) out = g_string_new("4");
  g_autofree char *appended = g_strconcat("4", expected, NULL);

  fl_sio_head_append(out, type, attachments, nsp, id);
  ck_assert_str_eq(out->str, appended);
}

START_TEST(appends_heads) {
  const guint64 zero = 0, most = G_GUINT64_CONSTANT(9999999999999999);

  assert_head(FL_SIO_CONNECT_ERROR, 0, "/", NULL, "4");
  assert_head(FL_SIO_CONNECT_ERROR, 0, "/admin", NULL, "4/admin,");
  assert_head(FL_SIO_EVENT, 3, "/", NULL, "2"); /* attachments of a packet that has none */
  assert_head(FL_SIO_EVENT, 0, "/", &zero, "20");
  assert_head(FL_SIO_ACK, 0, "/a", &most, "3/a,9999999999999999");
  assert_head(FL_SIO_BINARY_EVENT, 0, "/", NULL, "50-");
  assert_head(FL_SIO_BINARY_ACK, FL_SIO_ATTACHMENTS_MAX, "/a/b", &zero, "6256-/a/b,0");
}
END_TEST

static TCase *reading_cases(void) {
  TCase *tcase = tcase_create("reading");
  tcase_add_loop_test(tcase, reads_the_specification_s_examples, 0, G_N_ELEMENTS(examples));
  tcase_add_loop_test(tcase, reads_what_may_be_written_otherwise, 0, G_N_ELEMENTS(variants));
  tcase_add_loop_test(tcase, strips_white_space_from_the_data, 0, G_N_ELEMENTS(spaced));
  tcase_add_test(tcase, reads_no_data_from_a_packet_that_is_cut);
  tcase_add_loop_test(tcase, refuses_what_is_malformed, 0, G_N_ELEMENTS(malformed));
  tcase_add_test(tcase, refuses_a_namespace_of_more_than_256_bytes);
  tcase_add_loop_test(tcase, placeholders_fit_where_each_names_an_attachment, 0, G_N_ELEMENTS(placed));
  return tcase;
}

static TCase *writing_cases(void) {
  TCase *tcase = tcase_create("writing");
  tcase_add_loop_test(tcase, writes_the_specification_s_examples, 0, G_N_ELEMENTS(examples));
  tcase_add_test(tcase, appends_heads);
  return tcase;
}

int main(void) {
  Suite *suite = suite_create("socketio");
  suite_add_tcase(suite, reading_cases());
  suite_add_tcase(suite, writing_cases());
  return fl_check_run(suite);
}
