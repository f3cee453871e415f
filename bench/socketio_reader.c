/* Socket.IO as a subscriber reads it. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/socketio_reader.h"

#include <jansson.h>
#include <string.h>

#include "bench/update_reader.h"

static gboolean is_sid(const char *text) {
  gsize len = text ? strlen(text) : 0;
  return len > 0 && len <= FL_SOCKETIO_SID_MAX && strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_") == len;
}

static gboolean has_times(const json_t *open) {
  static const char *const names[] = { "pingInterval", "pingTimeout", "maxPayload" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (json_integer_value(json_object_get(open, names[i])) <= 0)
      return FALSE;
  return TRUE;
}

static gboolean may_upgrade(const json_t *upgrades) {
  json_t *name;
  size_t i;

  json_array_foreach((json_t *)upgrades, i, name)
    if (g_strcmp0(json_string_value(name), "websocket") == 0)
      return TRUE;
  return FALSE;
}

gboolean fl_socketio_open_read(const char *text, gsize len, FlSocketioOpen *ret_open) {
  json_t *open = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
  const char *sid = json_string_value(json_object_get(open, "sid"));
  const json_t *upgrades = json_object_get(open, "upgrades");
  gboolean good = is_sid(sid) && json_is_array(upgrades) && has_times(open);

  if (good) {
    g_strlcpy(ret_open->sid, sid, sizeof ret_open->sid);
    ret_open->may_upgrade = may_upgrade(upgrades);
    ret_open->patience_ms = json_integer_value(json_object_get(open, "pingInterval")) +
                            json_integer_value(json_object_get(open, "pingTimeout"));
  }
  json_decref(open);
  return good;
}

/* Pass over a literal; NULL where it is not there. */
static const char *skip_text(const char *text, const char *end, const char *literal) {
  gsize len = strlen(literal);
  return text && (gsize)(end - text) >= len && memcmp(text, literal, len) == 0 ? text + len : NULL;
}

/* `,"CURSOR"]` to the end */
static gboolean read_cursor(const char *text, const char *end, FlCursor *ret_cursor) {
  char cursor[FL_CURSOR_MAX];
  const char *at = skip_text(text, end, ",\"");
  const char *quote = at ? memchr(at, '"', (gsize)(end - at)) : NULL;

  if (!quote || (gsize)(quote - at) >= sizeof cursor || skip_text(quote, end, "\"]") != end)
    return FALSE;
  memcpy(cursor, at, (gsize)(quote - at));
  cursor[quote - at] = '\0';
  return fl_cursor_parse(cursor, ret_cursor) && ret_cursor->epoch[0] != '\0';
}

static FlSocketioPacket read_news(const char *text, const char *end, FlStamp *ret_stamp, FlCursor *ret_cursor) {
  FlCursor cursor;
  FlStamp stamp;
  const char *at = fl_update_skip(text, end, &stamp);

  if (!at || !read_cursor(at, end, &cursor) || cursor.seq != stamp.seq)
    return FL_SOCKETIO_UNEXPECTED;
  *ret_stamp = stamp;
  *ret_cursor = cursor;
  return FL_SOCKETIO_NEWS;
}

/* The CONNECT's answer: once a client, so a tree may be built. */
static gboolean has_sid(const char *text, const char *end) {
  json_t *answer = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL);
  gboolean good = is_sid(json_string_value(json_object_get(answer, "sid")));

  json_decref(answer);
  return good;
}

gboolean fl_socketio_pid_read(const char *text, gsize len, char ret_pid[FL_SOCKETIO_SID_MAX + 1]) {
  json_t *answer = len > 1 ? json_loadb(text + 1, len - 1, JSON_REJECT_DUPLICATES, NULL) : NULL;
  const char *pid = json_string_value(json_object_get(answer, "pid"));
  gboolean good = is_sid(pid);

  if (good)
    g_strlcpy(ret_pid, pid, FL_SOCKETIO_SID_MAX + 1);
  json_decref(answer);
  return good;
}

static gboolean is_gap(const char *text, const char *end, FlCursor *ret_cursor) {
  const char *at = text < end && *text == '{' ? fl_json_skip(text, end) : NULL;
  return at && read_cursor(at, end, ret_cursor);
}

FlSocketioPacket fl_socketio_packet_read(const char *text, gsize len, FlStamp *ret_stamp, FlCursor *ret_cursor) {
  const char *end = text + len;
  const char *at;

  if ((at = skip_text(text, end, "2[\"news\",")))
    return read_news(at, end, ret_stamp, ret_cursor);
  if ((at = skip_text(text, end, "2[\"gap\",")))
    return is_gap(at, end, ret_cursor) ? FL_SOCKETIO_GAP : FL_SOCKETIO_UNEXPECTED;
  if ((at = skip_text(text, end, "0")))
    return has_sid(at, end) ? FL_SOCKETIO_CONNECTED : FL_SOCKETIO_UNEXPECTED;
  return len > 0 && (*text == '4' || *text == '1') ? FL_SOCKETIO_REFUSED : FL_SOCKETIO_UNEXPECTED;
}
