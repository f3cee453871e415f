/* The WebSocket opening handshake: the answer to a key.
 * SPDX-License-Identifier: MIT */
#include "codec/websocket.h"

#include <string.h>

#include "tests/fl_check.h"

START_TEST(answers_the_key_of_the_rfc) {
  char accept[FL_WS_ACCEPT_LEN + 1];
  ck_assert(fl_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", accept)); /* RFC 6455, section 1.3 */
  ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

START_TEST(answers_keys_of_any_bytes) {
  char accept[FL_WS_ACCEPT_LEN + 1];
  /* Computed by Python's hashlib: all zero bits, all one bits, `+` and `/` in between. */
  ck_assert(fl_websocket_accept("AAAAAAAAAAAAAAAAAAAAAA==", accept));
  ck_assert_str_eq(accept, "ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
  ck_assert(fl_websocket_accept("/////////////////////w==", accept));
  ck_assert_str_eq(accept, "XXpj4jYzLM2yUE0C7TIgMwTQh2g=");
  ck_assert(fl_websocket_accept("++//++//++//++//++//+w==", accept));
  ck_assert_str_eq(accept, "7HaJ+C+u8+fkDsaB/+dCEnpOHuA=");
}
END_TEST

START_TEST(refuses_what_is_not_the_base64_of_16_bytes) {
  static const char *const bad[] = {
    "",
    "=",
    "dGhlIHNhbXBsZSBub25jZQ",      /* no padding */
    "dGhlIHNhbXBsZSBub25jZQ=",     /* half of it */
    "dGhlIHNhbXBsZSBub25jZQ===",   /* too much */
    "dGhlIHNhbXBsZSBub25jZWQ=",    /* 17 bytes */
    "dGhlIHNhbXBsZSBub25j",        /* 15 bytes */
    "dGhlIHNhbXBsZSBub25j====",    /* 15 bytes, padded to the length of 16 */
    "dGhlIHNhbXBsZSBub25jZQ==\n",  /* something after it */
    " dGhlIHNhbXBsZSBub25jZQ==",   /* or before it */
    "dGhlIHNhbXBsZSBub25 ZQ==",    /* or in it */
    "dGhlIHNhbXBsZSBub2-_ZQ==",    /* the URL-safe alphabet */
    "dGhlIHNhbXBsZSBub2\xc3\xa4ZQ==",
    "dGhlIHNhbX=sZSBub25jZQ==",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    char accept[FL_WS_ACCEPT_LEN + 1] = "untouched";
    ck_assert_msg(!fl_websocket_accept(bad[i], accept), "'%s' is a key", bad[i]);
    ck_assert_str_eq(accept, "untouched");
  }
}
END_TEST

START_TEST(fills_just_what_it_says) {
  char room[FL_WS_ACCEPT_LEN + 3];
  memset(room, '#', sizeof room);
  ck_assert(fl_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", room));
  ck_assert_uint_eq(strlen(room), FL_WS_ACCEPT_LEN);
  ck_assert_int_eq(room[FL_WS_ACCEPT_LEN + 1], '#');
}
END_TEST

START_TEST(takes_offers_of_deflate_that_it_can_keep) {
  static const struct {
    const char *offers, *answer; /* NULL: declined */
  } cases[] = {
    { NULL, NULL },
    { "", NULL },
    { ",", NULL },
    { "permessage-deflate", "" },
    { "\tpermessage-deflate ; client_max_window_bits = 10 ", "" },
    { "permessage-deflate; server_max_window_bits=\"15\"", "; server_max_window_bits=15" },
    { "permessage-deflate; server_max_window_bits=14", NULL },
    { "permessage-deflate; server_max_window_bits=8, permessage-deflate", "" },
    { "a; b=\"\\\",permessage-deflate", NULL }, /* all of it is in quotes that do not end */
    { "a; b=\"\\\\\",permessage-deflate", "" },
    { "permessage-deflate;", NULL },
    { "permessage-deflate; client_max_window_bits=\"", NULL },
    { "permessage-deflate; client_max_window_bits=\"9", NULL },
    { "permessage-deflate=1", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    char answer[FL_WS_EXTENSIONS_MAX] = "untouched";
    gboolean taken = fl_websocket_deflate(cases[i].offers, answer);
    ck_assert_msg(taken == (cases[i].answer != NULL), "'%s'", cases[i].offers);
    ck_assert(taken || g_str_equal(answer, "untouched"));
    ck_assert(!taken || g_str_has_prefix(answer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"));
    ck_assert(!taken || g_str_has_suffix(answer, cases[i].answer));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("websocket");
  TCase *tcase = tcase_create("websocket");
  tcase_add_test(tcase, answers_the_key_of_the_rfc);
  tcase_add_test(tcase, answers_keys_of_any_bytes);
  tcase_add_test(tcase, refuses_what_is_not_the_base64_of_16_bytes);
  tcase_add_test(tcase, fills_just_what_it_says);
  tcase_add_test(tcase, takes_offers_of_deflate_that_it_can_keep);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
