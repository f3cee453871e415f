/* Who may ask.
 * SPDX-License-Identifier: MIT */
#include "net/access.h"

#include <string.h>

#include "tests/fl_check.h"

static FlAccess *access_of_page(gboolean on_loopback, char *token, guint16 page_port) {
  char *hosts[] = { (char *)"lab.example", NULL };
  char *origins[] = { (char *)"https://page.example", (char *)"null", NULL };
  char *proxies[] = { (char *)"10.0.0.0/8", NULL };
  FlAccessConfig config = { hosts, origins, proxies, token, on_loopback, page_port };
  FlAccess *access = fl_access_new(&config, NULL);
  ck_assert_ptr_nonnull(access);
  return access;
}

static FlAccess *access_of(gboolean on_loopback, char *token) {
  return access_of_page(on_loopback, token, 0);
}

START_TEST(lets_addresses_localhost_and_named_hosts_in) {
  static const char *const good[] = { "localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "192.168.1.9", "lab.example:80",
                                      "LAB.EXAMPLE", "localhost:", "[::ffff:127.0.0.1]:8080", "[2001:DB8::7]", "0.0.0.0" };
  static const char *const bad[] = { "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1",
                                     "localhost:x", "localhost:80:80", "[::1]x", "localhost:999999",
                                     "localhost.", "127.0.0.1.", "lab.example.", "evil.lab.example", "lab.example.evil.example",
                                     "user@localhost", "localhost@evil.example", "localhost:80@evil.example",
                                     "::1", "::1:8080", "[localhost]", "[127.0.0.1]", "[lab.example]", "[fe80::1%eth0]",
                                     "[fe80::1%25eth0]", "[::1%.evil.example]", "[]", "[", "]", ":", ":80",
                                     "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.0.256",
                                     "localhost, evil.example", "localhost evil.example", "http://localhost", "localhost/",
                                     "localhost?", "localhost#", " localhost", "localhost\t", "localhost:8080 " };
  FlAccess *access = access_of(TRUE, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    ck_assert_msg(fl_access_host(access, good[i]), "%s", good[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert_msg(!fl_access_host(access, bad[i]), "%s", bad[i]);
  ck_assert(!fl_access_host(access, NULL));
  fl_access_free(access);
}
END_TEST

START_TEST(judges_origins) {
  FlAccess *near = access_of(TRUE, NULL);
  FlAccess *far = access_of(FALSE, NULL);
  ck_assert_int_eq(fl_access_origin(near, NULL, "localhost:8080"), FL_ORIGIN_SAME);
  ck_assert_int_eq(fl_access_origin(near, "http://localhost:8080", "localhost:8080"), FL_ORIGIN_SAME);
  ck_assert_int_eq(fl_access_origin(near, "http://localhost:3000", "localhost:8080"), FL_ORIGIN_ALLOWED);
  ck_assert_int_eq(fl_access_origin(far, "http://localhost:3000", "1.2.3.4:8080"), FL_ORIGIN_REFUSED);
  ck_assert_int_eq(fl_access_origin(near, "https://page.example", "localhost:8080"), FL_ORIGIN_ALLOWED);
  ck_assert_int_eq(fl_access_origin(near, "null", "localhost:8080"), FL_ORIGIN_ALLOWED);
  ck_assert_int_eq(fl_access_origin(near, "http://evil.example", "localhost:8080"), FL_ORIGIN_REFUSED);
  ck_assert_int_eq(fl_access_origin(near, "http://localhost.evil.example", "localhost:8080"), FL_ORIGIN_REFUSED);
  static const char *const bad[] = {
    "", "nul", "http://", "https://", "localhost:8080", "//localhost:8080", "ws://localhost:8080", "file://localhost",
    "chrome-extension://localhost", "http:localhost", "http:///localhost", "http://localhost:8080/", "http://localhost.",
    "http://user@localhost", "http://localhost:1@evil.example", "http://localhost, http://evil.example",
    "http://evil.example, http://localhost:8080", "http://localhost http://evil.example", "http://[localhost]",
    "http://[127.0.0.1]", "http://::1", "http://[::1%25lo]", "http://[::1].evil.example", "http://127.0.0.1.evil.example",
    "http://127.1", "http://2130706433", "http://0177.0.0.1", "http://0x7f000001", "http://[::ffff:127.0.0.1]",
    "http://page.example", "https://page.example:443", "https://page.example.", "https://www.page.example",
    "https://page.example.evil.example", "http://localhost\\.evil.example", "http://localhost?", "http://localhost#",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    ck_assert_msg(fl_access_origin(near, bad[i], "localhost:8080") == FL_ORIGIN_REFUSED, "near: '%s'", bad[i]);
    ck_assert_msg(fl_access_origin(far, bad[i], "1.2.3.4:8080") == FL_ORIGIN_REFUSED, "far: '%s'", bad[i]);
  }
  ck_assert_int_eq(fl_access_origin(near, "HTTP://LocalHost:3000", "localhost:8080"), FL_ORIGIN_ALLOWED);
  ck_assert_int_eq(fl_access_origin(near, "HTTPS://PAGE.example", "localhost:8080"), FL_ORIGIN_ALLOWED);
  ck_assert_int_eq(fl_access_origin(near, "http://[::1]:3000", "localhost:8080"), FL_ORIGIN_ALLOWED);
  ck_assert_int_eq(fl_access_origin(far, "http://1.2.3.4:8081", "1.2.3.4:8080"), FL_ORIGIN_REFUSED);
  ck_assert_int_eq(fl_access_origin(far, "http://1.2.3.4", "1.2.3.4:8080"), FL_ORIGIN_REFUSED);
  /* A proxy in front may speak TLS. */
  ck_assert_int_eq(fl_access_origin(far, "https://lab.example", "lab.example"), FL_ORIGIN_SAME);
  fl_access_free(near);
  fl_access_free(far);
}
END_TEST

START_TEST(lets_its_own_page_use_other_ports_of_its_host) {
  static const char *const good[][2] = {
    { "http://1.2.3.4:8080", "1.2.3.4:41234" },
    { "http://lab.example:8080", "LAB.example:41234" },
    { "http://[2001:db8::1]:8080", "[2001:db8::1]:41234" },
  };
  static const char *const bad[][2] = {
    { "http://1.2.3.4:8081", "1.2.3.4:41234" },      { "http://1.2.3.5:8080", "1.2.3.4:41234" },
    { "https://1.2.3.4:8080", "1.2.3.4:41234" },     { "http://1.2.3.4", "1.2.3.4:41234" },
    { "http://lab.example:80800", "lab.example:1" }, { "http://evil.example:8080", "lab.example:1" },
  };
  FlAccess *open = access_of_page(FALSE, NULL, 8080), *closed = access_of(FALSE, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
    ck_assert_int_eq(fl_access_origin(open, good[i][0], good[i][1]), FL_ORIGIN_ALLOWED);
    ck_assert_int_eq(fl_access_origin(closed, good[i][0], good[i][1]), FL_ORIGIN_REFUSED);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert_int_eq(fl_access_origin(open, bad[i][0], bad[i][1]), FL_ORIGIN_REFUSED);
  ck_assert_int_eq(fl_access_origin(open, "http://1.2.3.4:8080", NULL), FL_ORIGIN_REFUSED);
  fl_access_free(open);
  fl_access_free(closed);
  FlAccess *standard = access_of_page(FALSE, NULL, 80);
  ck_assert_int_eq(fl_access_origin(standard, "http://1.2.3.4", "1.2.3.4:41234"), FL_ORIGIN_ALLOWED);
  fl_access_free(standard);
}
END_TEST

START_TEST(guards_publishing) {
  FlAccess *near = access_of(TRUE, NULL), *far = access_of(FALSE, NULL), *guarded = access_of(FALSE, (char *)"secret");
  ck_assert(fl_access_may_publish(near, NULL));
  ck_assert(!fl_access_may_publish(far, NULL));
  ck_assert(!fl_access_may_publish(far, "anything"));
  ck_assert(fl_access_may_publish(guarded, "secret"));
  ck_assert(!fl_access_may_publish(guarded, NULL));
  ck_assert(!fl_access_may_publish(guarded, ""));
  ck_assert(!fl_access_may_publish(guarded, "secre"));
  ck_assert(!fl_access_may_publish(guarded, "secrets"));
  ck_assert(!fl_access_may_publish(guarded, "sEcret"));
  fl_access_free(near);
  fl_access_free(far);
  fl_access_free(guarded);
}
END_TEST

static void assert_holds(const FlAccess *access, const char *text, gboolean holds) {
  /* Nothing behind its end is looked at. */
  g_autofree char *longer = g_strconcat(text, "secret", NULL);
  ck_assert_msg(fl_access_holds_token(access, longer, strlen(text)) == holds, "'%s' %s", text, holds ? "holds it" : "does not");
}

START_TEST(finds_the_token_in_what_clients_say) {
  FlAccess *access = access_of(TRUE, (char *)"sec\"r\\et/"), *none = access_of(TRUE, NULL);
  assert_holds(access, "sec\"r\\et/", TRUE);
  assert_holds(access, "xxsec\"r\\et/xx", TRUE);
  assert_holds(access, "secsec\"r\\et/", TRUE);
  assert_holds(access, "{\"auth\":\"sec\\\"r\\\\et/\"}", TRUE);
  assert_holds(access, "{\"auth\":\"sec\\\"r\\\\et\\/\"", TRUE);
  assert_holds(access, "sec\"r\\et", FALSE);
  assert_holds(access, "sec\"r\\", FALSE);
  assert_holds(access, "sec", FALSE);
  assert_holds(access, "", FALSE);
  assert_holds(none, "anything", FALSE);
  fl_access_free(access);
  fl_access_free(none);
}
END_TEST

static void assert_ip(const FlAccess *access, const char *socket, const char *forwarded, const char *ip) {
  g_autofree char *got = fl_access_client_ip(access, socket, forwarded);
  ck_assert_str_eq(got, ip);
}

START_TEST(believes_trusted_proxies_only) {
  FlAccess *access = access_of(TRUE, NULL);
  assert_ip(access, "127.0.0.1", "9.9.9.9", "127.0.0.1");
  assert_ip(access, "10.1.2.3", NULL, "10.1.2.3");
  assert_ip(access, "10.1.2.3", "6.6.6.6, 9.9.9.9", "9.9.9.9");
  assert_ip(access, "10.1.2.3", "9.9.9.9, 10.7.7.7", "9.9.9.9");
  assert_ip(access, "10.1.2.3", "nonsense", "10.1.2.3");
  assert_ip(access, "10.1.2.3", "9.9.9.9\x1b, 10.1.1.1", "10.1.1.1");
  assert_ip(access, "10.1.2.3", "6.6.6.6, 9.9.9.9, 10.7.7.7, 10.8.8.8", "9.9.9.9");
  assert_ip(access, "10.1.2.3", "10.7.7.7,10.8.8.8", "10.7.7.7");
  assert_ip(access, "10.1.2.3", "2001:db8::1, 10.8.8.8", "2001:db8::1");
  assert_ip(access, "10.1.2.3", "", "10.1.2.3");
  fl_access_free(access);
}
END_TEST

START_TEST(names_a_block_that_is_none) {
  char *proxies[] = { (char *)"10.0.0.0/99", NULL };
  FlAccessConfig config = { .trust_proxies = proxies };
  g_autoptr(GError) error = NULL;
  ck_assert_ptr_null(fl_access_new(&config, &error));
  ck_assert(g_str_has_prefix(error->message, "--trust-proxy 10.0.0.0/99: "));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("access");
  TCase *tcase = tcase_create("access");
  tcase_add_test(tcase, lets_addresses_localhost_and_named_hosts_in);
  tcase_add_test(tcase, judges_origins);
  tcase_add_test(tcase, lets_its_own_page_use_other_ports_of_its_host);
  tcase_add_test(tcase, guards_publishing);
  tcase_add_test(tcase, finds_the_token_in_what_clients_say);
  tcase_add_test(tcase, believes_trusted_proxies_only);
  tcase_add_test(tcase, names_a_block_that_is_none);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
