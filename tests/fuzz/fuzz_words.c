/* Short texts: cursors, quantities, links, and the headers that say who asks. What is read is in its bounds, and the same
 * when it is written and read again.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "bench/link_spec.h"
#include "codec/header.h"
#include "core/cursor.h"
#include "core/units.h"
#include "net/access.h"
#include "tests/fuzz/fuzz.h"

const char fl_fuzz_corpus[] = "words";

static void check_cursor(const char *text) {
  FlCursor cursor, again;
  char written[FL_CURSOR_MAX];

  if (!fl_cursor_parse(text, &cursor))
    return;
  g_assert_cmpuint(strlen(cursor.epoch), <=, FL_EPOCH_MAX);
  g_assert_cmpuint(cursor.seq, <=, G_MAXINT64);
  if (cursor.epoch[0] == '\0')
    return;
  g_assert_cmpuint(fl_cursor_format(cursor.epoch, cursor.seq, written), <, FL_CURSOR_MAX);
  g_assert_true(fl_cursor_parse(written, &again));
  g_assert_cmpstr(again.epoch, ==, cursor.epoch);
  g_assert_cmpuint(again.seq, ==, cursor.seq);
}

static void check_units(const char *text) {
  gint64 whole;
  double rate;

  if (fl_units_duration(text, &whole))
    g_assert_cmpint(whole, >=, 0);
  if (fl_units_count(text, &whole))
    g_assert_cmpint(whole, >=, 0);
  if (fl_units_bytes(text, &whole))
    g_assert_cmpint(whole, >=, 0);
  if (fl_units_rate(text, &rate))
    g_assert_true(isfinite(rate) && rate >= 0);
}

static void check_link(const char *text) {
  g_autoptr(GError) error = NULL;
  FlLinkSpec spec, again;

  if (!fl_link_spec_parse(text, &spec, &error)) {
    g_assert_nonnull(error);
    return;
  }
  g_autofree char *written = fl_link_spec_text(&spec);
  g_assert_true(fl_link_spec_parse(written, &again, NULL));
  g_autofree char *twice = fl_link_spec_text(&again);
  g_assert_cmpstr(twice, ==, written);
}

/* Nobody is let in by name here: other origins only on loopback, and only by the names of this machine. */
static void check_access(const char *text, gboolean on_loopback) {
  char *proxies[] = { (char *)"127.0.0.0/8", NULL };
  FlAccessConfig config = { .trust_proxies = proxies, .on_loopback = on_loopback };
  FlAccess *access = fl_access_new(&config, NULL);
  g_autofree char *ip = fl_access_client_ip(access, "127.0.0.1", text);
  g_autofree char *stranger = fl_access_client_ip(access, "192.0.2.1", text);

  g_assert_nonnull(ip);
  g_assert_cmpstr(stranger, ==, "192.0.2.1");
  fl_access_host(access, text);
  if (fl_access_origin(access, text, "lab.example:1") == FL_ORIGIN_ALLOWED) {
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_assert_true(on_loopback);
    g_assert_true(strstr(lower, "//localhost") || strstr(lower, "//127.0.0.1") || strstr(lower, "//[::1]"));
  }
  fl_access_free(access);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
  g_autofree char *text = g_strndup((const char *)data, len);

  check_cursor(text);
  check_units(text);
  check_link(text);
  check_access(text, TRUE);
  check_access(text, FALSE);
  if (fl_header_has_token(text, "upgrade"))
    g_assert_cmpuint(strlen(text), >=, 7);
  return 0;
}
