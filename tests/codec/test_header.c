/* Lists in header fields: tokens, and entity tags compared weakly.
 * SPDX-License-Identifier: MIT */
#include "codec/header.h"

#include "tests/fl_check.h"

START_TEST(finds_a_token_wherever_it_stands_in_any_case) {
  static const char *const good[] = {
    "upgrade",
    "Upgrade",
    "UPGRADE",
    "keep-alive, Upgrade",
    "Upgrade, keep-alive",
    "keep-alive,upgrade,x",
    "keep-alive\t,\t upgrade \t",
    ",, ,upgrade,,",
    " upgrade",
    "upgraded, upgrade",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    ck_assert_msg(fl_header_has_token(good[i], "upgrade"), "'%s' holds it", good[i]);
}
END_TEST

START_TEST(finds_no_part_of_a_token) {
  static const char *const bad[] = {
    "",         " ",          ",",           "upgrad",         "upgraded",          "x-upgrade", "up grade",
    "upgrade;", "upgrade x",  "\"upgrade\"", "keep-alive",     "keep-alive;upgrade", "up,grade",  "upgrade=1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert_msg(!fl_header_has_token(bad[i], "upgrade"), "'%s' does not hold it", bad[i]);
  ck_assert(!fl_header_has_token(NULL, "upgrade"));
}
END_TEST

START_TEST(compares_entity_tags_weakly) {
  static const char *const good[] = {
    "\"k3f9-17\"", "W/\"k3f9-17\"", "*", " * ", "\"x\", \"k3f9-17\"", "\"x\",W/\"k3f9-17\"", "W/\"x\" ,\t\"k3f9-17\" , \"y\"",
  };
  static const char *const bad[] = {
    "",   "k3f9-17",  "\"k3f9-1\"",    "\"k3f9-177\"",  "w/\"k3f9-17\"", "W/k3f9-17", "W/ \"k3f9-17\"", "\"W/k3f9-17\"",
    "W/", "\"K3F9-17\"", "\"k3f9-17",  "k3f9-17\"",     "\"*\"",         "**",
  };

  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    ck_assert_msg(fl_header_names_etag(good[i], "\"k3f9-17\""), "%s names it", good[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert_msg(!fl_header_names_etag(bad[i], "\"k3f9-17\""), "%s does not name it", bad[i]);
  ck_assert(!fl_header_names_etag(NULL, "\"k3f9-17\""));
}
END_TEST

START_TEST(knows_a_type_whatever_its_parameters) {
  static const char *const good[] = { "text/plain", "TEXT/Plain", "text/plain;charset=utf-8", "text/plain ; x=y", "text/plain\t" };
  static const char *const bad[] = { "", "text", "text/plainer", "text/plain,text/html", " text/plain", "application/json" };

  for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
    ck_assert_msg(fl_header_is_type(good[i], "text/plain"), "'%s' is it", good[i]);
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
    ck_assert_msg(!fl_header_is_type(bad[i], "text/plain"), "'%s' is not", bad[i]);
  ck_assert(!fl_header_is_type(NULL, "text/plain"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("header");
  TCase *tcase = tcase_create("header");
  tcase_add_test(tcase, finds_a_token_wherever_it_stands_in_any_case);
  tcase_add_test(tcase, finds_no_part_of_a_token);
  tcase_add_test(tcase, compares_entity_tags_weakly);
  tcase_add_test(tcase, knows_a_type_whatever_its_parameters);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
