/* The bare sender's bytes. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/bare_wire.h"

#include <string.h>

static void append_number(GString *out, guint64 number) {
  char digits[20];
  gsize at = sizeof digits;

  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  g_string_append_len(out, digits + at, (gssize)(sizeof digits - at));
}

static void append_filling(GString *out, gsize len) {
  gsize at = out->len;

  g_string_set_size(out, at + len);
  memset(out->str + at, 'x', len);
}

void fl_bare_json_append(GString *out, const FlBareUpdate *update) {
  gsize begin = out->len;

  g_string_append_len(out, "{\"seq\":", 7);
  append_number(out, update->seq);
  g_string_append_len(out, ",\"t\":", 5);
  append_number(out, (guint64)update->t_us);
  g_string_append_len(out, ",\"data\":\"", 9);
  append_number(out, (guint64)update->sent_us);
  gsize len = out->len - begin;
  g_assert(len + 2 <= update->json_bytes);
  append_filling(out, update->json_bytes - len - 2);
  g_string_append_len(out, "\"}", 2);
}

void fl_bare_frame_append(GString *out, const FlBareUpdate *update) {
  gsize len = update->json_bytes;

  g_string_append_c(out, (char)0x81);
  if (len <= 125) {
    g_string_append_c(out, (char)len);
  } else {
    gboolean is_long = len > 65535;
    g_string_append_c(out, (char)(is_long ? 127 : 126));
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8)
      g_string_append_c(out, (char)(len >> shift & 0xff));
  }
  fl_bare_json_append(out, update);
}

static void append_id(GString *out, guint64 seq) {
  g_string_append(out, "id: " FL_BARE_EPOCH "-");
  append_number(out, seq);
}

void fl_bare_event_append(GString *out, const FlBareUpdate *update) {
  append_id(out, update->seq);
  g_string_append(out, "\ndata: ");
  fl_bare_json_append(out, update);
  g_string_append(out, "\n\n");
}

static void append_gap(GString *out, guint64 seq) {
  g_string_append(out, "{\"from\":");
  append_number(out, seq);
  g_string_append(out, ",\"to\":");
  append_number(out, seq);
  g_string_append_c(out, '}');
}

void fl_bare_gap_event_append(GString *out, guint64 seq) {
  g_string_append(out, "event: gap\n");
  append_id(out, seq);
  g_string_append(out, "\ndata: ");
  append_gap(out, seq);
  g_string_append(out, "\n\n");
}

void fl_bare_answer_append(GString *out, guint64 cursor, guint64 gap, const GString *updates, gboolean more) {
  g_autoptr(GString) body = g_string_sized_new(updates->len + 128);

  g_string_append(body, "{\"cursor\":\"" FL_BARE_EPOCH "-");
  append_number(body, cursor);
  g_string_append_c(body, '"');
  if (gap > 0) {
    g_string_append(body, ",\"gap\":");
    append_gap(body, gap);
  }
  g_string_append(body, ",\"updates\":[");
  g_string_append_len(body, updates->str, (gssize)updates->len);
  g_string_append(body, more ? "],\"more\":true}\n" : "]}\n");
  g_string_append(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
  append_number(out, body->len);
  g_string_append(out, "\r\n\r\n");
  g_string_append_len(out, body->str, (gssize)body->len);
}
