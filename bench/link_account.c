/* The account. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link_account.h"

#include <errno.h>
#include <math.h>
#include <sys/socket.h>

#define LATE_SHARE 0.05
#define LATE_LEAST_MS 0.5

void fl_link_account_init(FlLinkAccount *self) {
  *self = (FlLinkAccount){ .lateness = fl_histogram_new() };
}

void fl_link_account_clear(FlLinkAccount *self) {
  g_clear_pointer(&self->lateness, fl_histogram_free);
}

void fl_link_account_merge(FlLinkAccount *self, const FlLinkAccount *other) {
  if (!other->lateness)
    return;
  for (int i = 0; i < FL_LINK_WAYS; i++) {
    for (int fate = 0; fate < FL_FATES; fate++)
      self->ways[i].packets[fate] += other->ways[i].packets[fate];
    self->ways[i].bytes += other->ways[i].bytes;
    self->ways[i].segments += other->ways[i].segments;
    self->ways[i].segments_passed += other->ways[i].segments_passed;
  }
  self->overruns += other->overruns;
  fl_histogram_merge(self->lateness, other->lateness);
}

guint64 fl_link_account_offered(const FlLinkAccount *self, FlLinkDirection direction) {
  guint64 sum = 0;
  for (int fate = 0; fate < FL_FATES; fate++)
    sum += self->ways[direction].packets[fate];
  return sum;
}

double fl_link_account_lateness_ms(const FlLinkAccount *self, int *ret_percentile) {
  int percentile = 50;

  if (!self->lateness || fl_histogram_count(self->lateness) == 0)
    return NAN;
  if (fl_histogram_has_percentile(self->lateness, 99))
    percentile = 99;
  else if (fl_histogram_has_percentile(self->lateness, 90))
    percentile = 90;
  if (ret_percentile)
    *ret_percentile = percentile;
  return (double)fl_histogram_percentile(self->lateness, percentile) / 1000;
}

double fl_link_account_late_limit_ms(double rtt_ms) {
  return MAX(rtt_ms * LATE_SHARE, LATE_LEAST_MS);
}

gboolean fl_link_account_is_kept(const FlLinkAccount *self, double rtt_ms) {
  return self->overruns == 0 && !(fl_link_account_lateness_ms(self, NULL) > fl_link_account_late_limit_ms(rtt_ms));
}

static void append_way(GString *out, const FlLinkAccount *self, FlLinkDirection direction) {
  guint64 offered = fl_link_account_offered(self, direction);
  const guint64 *packets = self->ways[direction].packets;

  g_string_append_printf(out, "%s %" G_GUINT64_FORMAT " packet%s, %" G_GUINT64_FORMAT " lost", direction == FL_LINK_UP ? "up" : "down",
                         offered, offered == 1 ? "" : "s", offered - packets[FL_FATE_PASSES]);
  const char *between = " (";
  for (int fate = FL_FATE_PASSES + 1; fate < FL_FATES; fate++) {
    if (packets[fate] == 0)
      continue;
    g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT, between, fl_link_fate_name(fate), packets[fate]);
    between = ", ";
  }
  if (offered > packets[FL_FATE_PASSES])
    g_string_append_c(out, ')');
}

char *fl_link_account_describe(const FlLinkAccount *self) {
  GString *out = g_string_new(NULL);
  int percentile = 0;
  double late_ms = fl_link_account_lateness_ms(self, &percentile);

  for (int i = 0; i < FL_LINK_WAYS; i++) {
    append_way(out, self, i);
    g_string_append(out, "; ");
  }
  if (isnan(late_ms))
    g_string_append(out, "nothing passed");
  else
    g_string_append_printf(out, "late by p%d %.3f ms, at most %.3f ms", percentile, late_ms,
                           (double)fl_histogram_max(self->lateness) / 1000);
  if (self->overruns > 0)
    g_string_append_printf(out, "; %" G_GUINT64_FORMAT " packets lost by the emulator being too slow", self->overruns);
  return g_string_free(out, FALSE);
}

/* --- from process to process ---------------------------------------------------------------------------------------- */

typedef struct {
  gint64 value;
  guint64 n;
} Step;

static gboolean write_all(int fd, const void *data, gsize len) {
  for (const guint8 *at = data; len > 0;) {
    ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    at += n;
    len -= (gsize)n;
  }
  return TRUE;
}

static gboolean read_all(int fd, void *data, gsize len) {
  for (guint8 *at = data; len > 0;) {
    ssize_t n = recv(fd, at, len, MSG_WAITALL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    at += n;
    len -= (gsize)n;
  }
  return TRUE;
}

gboolean fl_link_account_write(const FlLinkAccount *self, int fd) {
  Step step = { 0, 0 };

  if (!write_all(fd, self, sizeof *self))
    return FALSE;
  for (gsize slot = 0; fl_histogram_next(self->lateness, &slot, &step.value, &step.n);)
    if (!write_all(fd, &step, sizeof step))
      return FALSE;
  step.n = 0;
  return write_all(fd, &step, sizeof step);
}

gboolean fl_link_account_read(int fd, FlLinkAccount *ret_account) {
  FlLinkAccount account;
  Step step;

  if (!read_all(fd, &account, sizeof account))
    return FALSE;
  account.lateness = fl_histogram_new(); /* the other process's pointer means nothing here */
  while (read_all(fd, &step, sizeof step)) {
    if (step.n == 0) {
      *ret_account = account;
      return TRUE;
    }
    fl_histogram_record_n(account.lateness, step.value, step.n);
  }
  fl_link_account_clear(&account);
  return FALSE;
}
