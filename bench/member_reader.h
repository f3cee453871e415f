/* Updates of a server that isn't ours: JSON objects (RFC 8259) of which two members are wanted, the scheduled time and the
 * sequence number, wherever they stand. What is read must be JSON to its end; nothing is built and nothing allocated.
 *
 *     {"event":"price","data":{"n":17,"at":1764000000123.5,…},…}      --seq data.n --stamp data.at,ms
 *
 * White space is allowed, keys may be written with escapes, values are nested at most 64 deep. See docs/targets.md.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "bench/stamp.h"
#include "bench/update_reader.h"

/* Where the members are. A path is a list of keys from the outermost object inwards, NULL-terminated. */
typedef struct {
  char **seq;  /* a whole number from 1 */
  char **t;    /* a number of units since 1970; may have a fraction, no exponent */
  char **sent; /* a string that begins with 16 digits, Unix µs of when it was really published; NULL: not told */
  gint64 units_per_s; /* of t: 1, 1,000, 1,000,000 or 1,000,000,000 */
} FlMemberRule;

/* fl_member_path_parse: keys from `data.t`. Returns: NULL where a key is empty; the caller's, g_strfreev. */
char **fl_member_path_parse(const char *text);

/* fl_member_update_read: read one update that takes up all of `text`. Returns: FALSE where it is no JSON object, or one of the
 * two members is not there once and as a number; ret_stamp is then untouched. */
gboolean fl_member_update_read(const FlMemberRule *rule, const char *text, gsize len, FlStamp *ret_stamp);

/* What the answer to a poll says beside its updates. */
#define FL_MEMBER_CURSOR_MAX 128
typedef struct {
  char cursor[FL_MEMBER_CURSOR_MAX]; /* a string or number as it stands, without quotes; "" where there is none */
  guint updates;
  gboolean is_single; /* the body is an update by itself */
} FlMemberAnswer;

/* fl_member_answer_read: read the answer to a poll: an update, an array of updates, or an object of which the first member
 * that is an array holds them. `cursor`: the path to the cursor in that object; may be NULL.
 * Returns: FALSE where it is none of them, or has no cursor there; updates may have been found all the same. */
gboolean fl_member_answer_read(const FlMemberRule *rule, char **cursor, const char *text, gsize len, FlUpdateFound found,
                               gpointer user, FlMemberAnswer *ret_answer);

typedef enum { FL_MEMBER_MALFORMED, FL_MEMBER_OTHER, FL_MEMBER_UPDATE } FlMemberEvent;

/* fl_member_event_read: read an EVENT of Socket.IO in the main namespace, `2["news",{…},…]`, perhaps with an
 * acknowledgement's number: the update is its first argument that is an object. Returns: what it is, an event of another name
 * than `name` being FL_MEMBER_OTHER; ret_stamp is set for FL_MEMBER_UPDATE only. */
FlMemberEvent fl_member_event_read(const FlMemberRule *rule, const char *name, const char *text, gsize len,
                                   FlStamp *ret_stamp);
