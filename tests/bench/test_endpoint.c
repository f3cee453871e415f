/* --target and what goes with it: names, lists, rules, and what is refused with which words.
 * SPDX-License-Identifier: MIT */
#include "bench/endpoint.h"

#include <string.h>

#include "tests/fl_check.h"

#define LIST(...) ((char *[]){ __VA_ARGS__, NULL })
#define MEMBERS .stamps = LIST("t"), .seqs = LIST("seq")

static GPtrArray *parse(FlEndpointTexts texts) {
  g_autoptr(GError) error = NULL;
  GPtrArray *endpoints = fl_endpoints_parse(&texts, &error);

  ck_assert_msg(endpoints != NULL, "%s", error ? error->message : "");
  return endpoints;
}

START_TEST(gives_none_where_there_is_no_target) {
  g_autoptr(GPtrArray) endpoints = parse((FlEndpointTexts){ 0 });
  ck_assert_uint_eq(endpoints->len, 0);
  ck_assert(!fl_endpoints_publish(endpoints));
  ck_assert(!fl_endpoints_start(endpoints));
}
END_TEST

START_TEST(names_arms_by_server_and_transport) {
  g_autoptr(GPtrArray) endpoints =
      parse((FlEndpointTexts){ .targets = LIST("ws=ws://127.0.0.1:81/a,b?c=d,e=f", "x.1@sse=http://localhost,ws=http://127.0.0.1:82/,sse"), MEMBERS });
  const FlEndpoint *first = fl_endpoints_find(endpoints, "ws");
  const FlEndpoint *second = fl_endpoints_find(endpoints, "x.1-sse");
  const FlEndpoint *third = fl_endpoints_find(endpoints, "x.1-ws");

  ck_assert_uint_eq(endpoints->len, 3);
  ck_assert_str_eq(first->url.target, "/a,b?c=d,e=f");
  ck_assert_uint_eq(first->url.port, 81);
  ck_assert_str_eq(first->server, "");
  ck_assert_str_eq(second->url.host, "127.0.0.1");
  ck_assert_uint_eq(second->url.port, 80);
  ck_assert_str_eq(second->url.target, "/");
  ck_assert_str_eq(third->server, "x.1");
  ck_assert_str_eq(third->url.target, "/,sse");
  ck_assert_ptr_null(fl_endpoints_find(endpoints, "sse"));
}
END_TEST

START_TEST(gives_each_server_its_own_and_else_what_is_for_all) {
  g_autoptr(GPtrArray) endpoints = parse((FlEndpointTexts){
      .targets = LIST("a@ws=ws://127.0.0.1:1", "b@ws=ws://127.0.0.1:2"),
      .publishes = LIST("http://127.0.0.1:3/p", "b@http://127.0.0.1:4/q"),
      .pids = LIST("a@17"),
      .stamps = LIST("b@data.t,ms", "@t"),
      .seqs = LIST("n"),
      .events = LIST("b@price"),
  });
  const FlEndpoint *a = endpoints->pdata[0], *b = endpoints->pdata[1];

  ck_assert(fl_endpoints_publish(endpoints));
  ck_assert_uint_eq(a->publish.port, 3);
  ck_assert_str_eq(b->publish.target, "/q");
  ck_assert_int_eq(a->pid, 17);
  ck_assert_int_eq(b->pid, 0);
  ck_assert_str_eq(a->members.t[0], "@t");
  ck_assert_int_eq(a->members.units_per_s, 1000000);
  ck_assert_str_eq(b->members.t[1], "t");
  ck_assert_str_eq(b->members.sent[0], "data");
  ck_assert_str_eq(b->members.sent[1], "data");
  ck_assert_int_eq(b->members.units_per_s, 1000);
  ck_assert_str_eq(b->members.seq[0], "n");
  ck_assert_ptr_null(a->event);
  ck_assert_str_eq(b->event, "price");
}
END_TEST

START_TEST(knows_the_members_of_what_it_publishes) {
  g_autoptr(GPtrArray) endpoints = parse((FlEndpointTexts){ .targets = LIST("ws=ws://127.0.0.1:1"), .publishes = LIST("http://127.0.0.1:1/") });
  const FlEndpoint *one = endpoints->pdata[0];

  ck_assert_str_eq(one->members.t[0], "t");
  ck_assert_str_eq(one->members.seq[0], "seq");
  ck_assert_str_eq(one->members.sent[0], "data");
}
END_TEST

START_TEST(takes_every_cursor_rule) {
  static const struct {
    const char *text;
    FlCursorSource source;
    gboolean etag, last_modified;
  } cases[] = {
    { "none", FL_CURSOR_NONE, FALSE, FALSE },
    { "header:ETag", FL_CURSOR_HEADERS, TRUE, FALSE },
    { "header:Last-Modified", FL_CURSOR_HEADERS, FALSE, TRUE },
    { "header:Last-Modified+Etag", FL_CURSOR_HEADERS, TRUE, TRUE },
    { "json:page.next,query:a b", FL_CURSOR_JSON, FALSE, FALSE },
    { "json:page.next→query:a b", FL_CURSOR_JSON, FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GPtrArray) endpoints =
        parse((FlEndpointTexts){ .targets = LIST("poll=http://127.0.0.1:1"), .cursors = LIST((char *)cases[i].text), MEMBERS });
    const FlCursorRule *rule = &((const FlEndpoint *)endpoints->pdata[0])->cursor;
    ck_assert_msg(rule->source == cases[i].source && rule->etag == cases[i].etag && rule->last_modified == cases[i].last_modified,
                  "%s", cases[i].text);
    if (rule->source == FL_CURSOR_JSON) {
      ck_assert_str_eq(rule->member[1], "next");
      ck_assert_str_eq(rule->query, "a%20b");
    }
  }
}
END_TEST

START_TEST(starts_a_server_of_which_the_port_is_not_known_yet) {
  g_autoptr(GPtrArray) endpoints = parse((FlEndpointTexts){ .targets = LIST("ws=ws://127.0.0.1:0/ws"),
                                                            .starts = LIST("sh -c 'two words'"),
                                                            .publishes = LIST("http://127.0.0.1:0/") });
  const FlEndpoint *one = endpoints->pdata[0];
  g_autofree char *line = fl_endpoints_describe(endpoints);

  ck_assert(fl_endpoints_start(endpoints));
  ck_assert(g_str_has_suffix(one->command[0], "/sh"));
  ck_assert_str_eq(one->command[2], "two words");
  ck_assert_uint_eq(one->url.port, 0);
  ck_assert_str_eq(line, "server started for each run");
}
END_TEST

START_TEST(describes_each_server_once) {
  g_autoptr(GPtrArray) endpoints = parse((FlEndpointTexts){
      .targets = LIST("a@ws=ws://127.0.0.1:1,sse=http://127.0.0.1:1", "b@ws=ws://127.0.0.1:2"), .pids = LIST("b@17"), MEMBERS });
  g_autofree char *line = fl_endpoints_describe(endpoints);

  ck_assert_str_eq(line, "a at 127.0.0.1:1: its CPU and memory are not measured · b at 127.0.0.1:2, process 17");
}
END_TEST

START_TEST(names_the_flag_that_it_does_not_take) {
  const struct {
    FlEndpointTexts texts;
    const char *words;
  } cases[] = {
#define WS .targets = LIST("ws=ws://127.0.0.1:1")
#define POLL .targets = LIST("poll=http://127.0.0.1:1")
    { { .targets = LIST(""), MEMBERS }, "--target : TRANSPORT=URL" },
    { { .targets = LIST("ws"), MEMBERS }, "--target ws: TRANSPORT=URL with one of poll, longpoll" },
    { { .targets = LIST("pigeon=http://127.0.0.1:1"), MEMBERS }, "--target pigeon=" },
    { { .targets = LIST("ws=ws://127.0.0.1:1,ws=ws://127.0.0.1:2"), MEMBERS }, "each once a server" },
    { { .targets = LIST("ws=wss://127.0.0.1:1"), MEMBERS }, "--target wss://127.0.0.1:1: http://" },
    { { .targets = LIST("ws=ws://example.test"), MEMBERS }, "an IPv4 address or localhost" },
    { { .targets = LIST("ws=ws://u:p@127.0.0.1:1"), MEMBERS }, "an IPv4 address or localhost" },
    { { .targets = LIST("ws=ws://127.0.0.1:0"), MEMBERS }, "--start COMMAND" },
    { { WS }, "--target ws: --stamp KEY and --seq KEY" },
    { { WS, .stamps = LIST("t") }, "--target ws: --stamp KEY and --seq KEY" },
    { { WS, .stamps = LIST("t,min"), .seqs = LIST("n") }, "--stamp t,min" },
    { { WS, .stamps = LIST("a..b"), .seqs = LIST("n") }, "--stamp a..b" },
    { { WS, .stamps = LIST("t"), .seqs = LIST("n.") }, "--seq n." },
    { { WS, MEMBERS, .pids = LIST("0") }, "--pid 0" },
    { { WS, MEMBERS, .pids = LIST("x@17") }, "--pid x@17: a --target of that server" },
    { { .pids = LIST("17") }, "--pid 17: a --target" },
    { { WS, .publishes = LIST("ftp://127.0.0.1:1") }, "--publish ftp:" },
    { { WS, MEMBERS, .starts = LIST("'") }, "--start ': a command" },
    { { WS, MEMBERS, .starts = LIST("/nonexistent") }, "--start /nonexistent: a program that there is" },
    { { WS, MEMBERS, .starts = LIST("sh"), .pids = LIST("17") }, "either --start or --pid" },
    { { .targets = LIST("a@ws=ws://127.0.0.1:1", "b@ws=ws://127.0.0.1:1"), MEMBERS, .publishes = LIST("a@http://127.0.0.1:1") },
      "--publish b-ws: either one for all servers or none" },
    { { POLL, MEMBERS }, "--target poll: --cursor RULE" },
    { { POLL, MEMBERS, .cursors = LIST("maybe") }, "--cursor maybe" },
    { { POLL, MEMBERS, .cursors = LIST("header:X-Cursor") }, "--cursor header:X-Cursor" },
    { { POLL, MEMBERS, .cursors = LIST("json:a") }, "--cursor json:a" },
    { { POLL, MEMBERS, .cursors = LIST("json:a,query:") }, "--cursor json:a,query:" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    ck_assert_msg(fl_endpoints_parse(&cases[i].texts, &error) == NULL, "taken: %s", cases[i].words);
    ck_assert_msg(strstr(error->message, cases[i].words) != NULL, "%s; not: %s", error->message, cases[i].words);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("endpoint");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, gives_none_where_there_is_no_target);
  tcase_add_test(cases, names_arms_by_server_and_transport);
  tcase_add_test(cases, gives_each_server_its_own_and_else_what_is_for_all);
  tcase_add_test(cases, knows_the_members_of_what_it_publishes);
  tcase_add_test(cases, takes_every_cursor_rule);
  tcase_add_test(cases, starts_a_server_of_which_the_port_is_not_known_yet);
  tcase_add_test(cases, describes_each_server_once);
  tcase_add_test(cases, names_the_flag_that_it_does_not_take);
  suite_add_tcase(suite, cases);
  return fl_check_run(suite);
}
