/* A link's text. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link_spec.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "bench/spelling.h"
#include "core/units.h"

#define DELAY_MOST_NS G_GINT64_CONSTANT(60000000000)
#define QUEUE_TIME_S 0.1        /* of the rate, where no queue is given … */
#define QUEUE_LEAST_BYTES 65536 /* … and at least about what dummynet(4) has, 50 packets */
#define PACKET_BYTES 1500

/* Where the figures come from: docs/link.md. */
static const struct {
  const char *name, *text;
} presets[] = {
  { "lan", "rtt=1ms,rate=1gbit" },
  { "wifi", "rtt=10ms,jitter=3ms,loss=0.1%,rate=50mbit" },
  { "4g", "rtt=170ms,rate=9mbit" },
  { "3g", "rtt=300ms,up.rate=768kbit,down.rate=1.6mbit" },
  { "sat", "rtt=600ms,jitter=5ms,loss=0.1%,up.rate=2mbit,down.rate=10mbit" },
  { "flaky", "rtt=120ms,jitter=40ms,loss=3%,burst=4,rate=2mbit" },
};

/* --- values -------------------------------------------------------------------------------------------------------- */

static gboolean take_time(const char *text, gint64 *ret_ns) {
  gint64 ns;
  if (!fl_units_duration(text, &ns) || ns > DELAY_MOST_NS)
    return FALSE;
  *ret_ns = ns;
  return TRUE;
}

/* `0.5%`, and 0 for none. */
static gboolean take_share(const char *text, double *ret_share) {
  char *end;
  double value = g_ascii_strtod(text, &end);

  if (end == text || !isfinite(value) || value < 0 || value > 100 || (g_strcmp0(end, "%") != 0 && (*end || value != 0)))
    return FALSE;
  *ret_share = value / 100;
  return TRUE;
}

static gboolean take_rtt(FlLinkWay *way, const char *text) {
  gint64 rtt_ns;
  if (!take_time(text, &rtt_ns))
    return FALSE;
  way->delay_ns = rtt_ns / 2;
  return TRUE;
}

static gboolean take_delay(FlLinkWay *way, const char *text) {
  return take_time(text, &way->delay_ns);
}

static gboolean take_jitter(FlLinkWay *way, const char *text) {
  return take_time(text, &way->jitter_ns);
}

static gboolean take_loss(FlLinkWay *way, const char *text) {
  return take_share(text, &way->loss);
}

/* LENGTH[/BAD[/GOOD]] */
static gboolean take_burst(FlLinkWay *way, const char *text) {
  g_auto(GStrv) parts = g_strsplit(text, "/", -1);
  guint n = g_strv_length(parts);
  double length, bad = 1, good = 0;

  if (n < 1 || n > 3 || !fl_units_rate(parts[0], &length) || (length != 0 && length < 1) || length > 1e6)
    return FALSE;
  if ((n > 1 && !take_share(parts[1], &bad)) || (n > 2 && !take_share(parts[2], &good)) || bad <= good)
    return FALSE;
  way->burst_packets = length;
  way->burst_bad = bad;
  way->burst_good = good;
  return TRUE;
}

static gboolean take_rate(FlLinkWay *way, const char *text) {
  static const struct {
    const char *name;
    double bits;
  } units[] = { { "bit", 1 }, { "kbit", 1e3 }, { "mbit", 1e6 }, { "gbit", 1e9 } };
  char *end;
  double value = g_ascii_strtod(text, &end);

  if (end == text || !isfinite(value) || value < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
    if (!g_str_equal(end, units[i].name) || (value > 0 && value * units[i].bits < 1000) || value * units[i].bits > 1e11)
      continue;
    way->rate_bps = value * units[i].bits;
    return TRUE;
  }
  if (*end || value != 0)
    return FALSE;
  way->rate_bps = 0;
  return TRUE;
}

static gboolean take_queue(FlLinkWay *way, const char *text) {
  gint64 bytes;
  if (!fl_units_bytes(text, &bytes) || bytes < PACKET_BYTES || bytes > 1024 * 1024 * 1024)
    return FALSE;
  way->queue_bytes = bytes;
  return TRUE;
}

/* LENGTH@AT[/EVERY] */
static gboolean take_outage(FlLinkWay *way, const char *text) {
  g_auto(GStrv) parts = g_strsplit(text, "@", -1);
  g_auto(GStrv) times = g_strv_length(parts) == 2 ? g_strsplit(parts[1], "/", -1) : NULL;
  FlLinkOutage outage = { 0 };
  guint n = times ? g_strv_length(times) : 0;

  if (n < 1 || n > 2 || way->n_outages == FL_LINK_OUTAGES_MAX || !fl_units_duration(parts[0], &outage.length_ns) ||
      outage.length_ns == 0 || !fl_units_duration(times[0], &outage.at_ns))
    return FALSE;
  if (n == 2 && (!fl_units_duration(times[1], &outage.every_ns) || outage.every_ns <= outage.length_ns))
    return FALSE;
  way->outages[way->n_outages++] = outage;
  return TRUE;
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  gboolean both_ways; /* has no direction of its own */
  gboolean (*take)(FlLinkWay *way, const char *text);
  const char *wants;
} keys[] = {
  { "rtt", TRUE, take_rtt, "a time up to 1m such as 80ms" },
  { "delay", FALSE, take_delay, "the time one way, up to 1m, such as 40ms" },
  { "jitter", FALSE, take_jitter, "a time such as 10ms" },
  { "loss", FALSE, take_loss, "a share such as 0.5%" },
  { "burst", FALSE, take_burst,
    "the mean packets of a burst, from 1 on, and perhaps what is lost in it and between bursts: 4, 4/80% or 4/80%/0.1%" },
  { "rate", FALSE, take_rate, "bits a second, at least 1kbit, such as 5mbit (bit, kbit, mbit, gbit), or 0" },
  { "queue", FALSE, take_queue, "bytes from 1500 on such as 64k" },
  { "outage", FALSE, take_outage, "LENGTH@AT such as 2s@10s, or 2s@10s/60s for one every 60 s; at most 8 of them" },
};

static gboolean fail(GError **error, const char *item, const char *wants) {
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: %s is wanted", item, wants);
  return FALSE;
}

static gboolean fail_unknown(const char *name, gboolean first, GError **error) {
  const char *names[G_N_ELEMENTS(keys) + G_N_ELEMENTS(presets) + 2] = { NULL };
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
    names[n++] = keys[i].name;
  names[n++] = "seed";
  for (gsize i = 0; i < G_N_ELEMENTS(presets) && first; i++)
    names[n++] = presets[i].name;
  g_autofree char *near = fl_spelling_near(name, names);
  g_autofree char *all = fl_spelling_list(names, n);
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is unknown: %s%s%s%s", name, all,
              near ? " (perhaps " : "", near ? near : "", near ? ")" : "");
  return FALSE;
}

static gboolean take_seed(const char *item, const char *value, FlLinkSpec *self, GError **error) {
  if (!fl_units_count(value, &self->seed) || self->seed > G_MAXUINT32)
    return fail(error, item, "a number below 2^32");
  return TRUE;
}

/* `first`: it may be a preset. */
static gboolean take_item(const char *item, gboolean first, FlLinkSpec *self, GError **error) {
  const char *equals = strchr(item, '=');
  gboolean up = !g_str_has_prefix(item, "down."), down = !g_str_has_prefix(item, "up.");
  const char *name = !up ? item + strlen("down.") : !down ? item + strlen("up.") : item;
  g_autofree char *key = equals && equals > name ? g_strndup(name, (gsize)(equals - name)) : g_strdup(name);

  if (g_str_equal(key, "seed") && equals && up && down)
    return take_seed(item, equals + 1, self, error);
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (!g_str_equal(keys[i].name, key))
      continue;
    if (keys[i].both_ways && !(up && down))
      return fail(error, item, "both ways at once (of one: up.delay= and down.delay=)");
    if (!equals || (up && !keys[i].take(&self->ways[FL_LINK_UP], equals + 1)) ||
        (down && !keys[i].take(&self->ways[FL_LINK_DOWN], equals + 1)))
      return fail(error, item, keys[i].wants);
    return TRUE;
  }
  return fail_unknown(key, first && !equals, error);
}

static gboolean take_items(const char *text, FlLinkSpec *self, GError **error) {
  g_auto(GStrv) items = g_strsplit(text, ",", -1);

  if (!items[0])
    return fail(error, "''", "a preset or key=value");
  for (char **item = items; *item; item++) {
    const char *preset = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(presets) && item == items; i++)
      if (g_str_equal(presets[i].name, *item))
        preset = presets[i].text;
    if (!(preset ? take_items(preset, self, error) : take_item(*item, item == items, self, error)))
      return FALSE;
  }
  return TRUE;
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

/* The share of time in the bad state that gives the loss, and whether there is one. */
static gboolean burst_is_possible(const FlLinkWay *way) {
  double bad_share = (way->loss - way->burst_good) / (way->burst_bad - way->burst_good);
  return bad_share >= 0 && bad_share < 1 && bad_share / (1 - bad_share) / way->burst_packets <= 1;
}

static gboolean complete(FlLinkWay *way, GError **error) {
  if (way->burst_packets == 0)
    way->burst_bad = way->burst_good = 0;
  if (way->jitter_ns > way->delay_ns)
    return fail(error, "jitter", "no more than the delay of one way, since it goes to both sides of it,");
  if (way->burst_packets > 0 && !burst_is_possible(way))
    return fail(error, "burst", "a loss between what is lost in bursts and between them, and bursts that are short enough for it,");
  if (way->rate_bps == 0)
    way->queue_bytes = 0;
  else if (way->queue_bytes == 0)
    way->queue_bytes = MAX((gint64)(way->rate_bps / 8 * QUEUE_TIME_S), QUEUE_LEAST_BYTES);
  return TRUE;
}

gboolean fl_link_spec_parse(const char *text, FlLinkSpec *ret_spec, GError **error) {
  FlLinkSpec self = { .seed = -1 };

  if (!take_items(text, &self, error))
    return FALSE;
  const FlLinkWay *up = &self.ways[FL_LINK_UP], *down = &self.ways[FL_LINK_DOWN];
  if (up->rate_bps == 0 && down->rate_bps == 0 && (up->queue_bytes > 0 || down->queue_bytes > 0))
    return fail(error, "queue", "a rate beside it, since nothing waits without one,");
  for (int i = 0; i < FL_LINK_WAYS; i++)
    if (!complete(&self.ways[i], error))
      return FALSE;
  *ret_spec = self;
  return TRUE;
}

gint64 fl_link_spec_rtt_ns(const FlLinkSpec *self) {
  return self->ways[FL_LINK_UP].delay_ns + self->ways[FL_LINK_DOWN].delay_ns;
}

char *fl_link_spec_presets(void) {
  GString *out = g_string_new(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(presets); i++)
    g_string_append_printf(out, "  %-6s %s\n", presets[i].name, presets[i].text);
  return g_string_free(out, FALSE);
}

/* --- as text ------------------------------------------------------------------------------------------------------- */

static char *number(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_strdup(g_ascii_formatd(text, sizeof text, "%.12g", value));
}

/* In the largest unit of which it is a whole number. */
static char *time_text(gint64 ns) {
  static const struct {
    gint64 ns;
    const char *name;
  } units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };

  for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
    if (ns % units[i].ns == 0)
      return g_strdup_printf("%" G_GINT64_FORMAT "%s", ns / units[i].ns, units[i].name);
  g_autofree char *us = number((double)ns / 1000);
  return g_strconcat(us, "us", NULL);
}

static char *delay_text(const FlLinkWay *way) {
  return time_text(way->delay_ns);
}

static char *jitter_text(const FlLinkWay *way) {
  return way->jitter_ns > 0 ? time_text(way->jitter_ns) : NULL;
}

static char *loss_text(const FlLinkWay *way) {
  g_autofree char *percent = number(100 * way->loss);
  return way->loss > 0 ? g_strconcat(percent, "%", NULL) : NULL;
}

static char *burst_text(const FlLinkWay *way) {
  g_autofree char *packets = number(way->burst_packets), *bad = number(100 * way->burst_bad), *good = number(100 * way->burst_good);

  if (way->burst_packets == 0)
    return NULL;
  return way->burst_good > 0  ? g_strdup_printf("%s/%s%%/%s%%", packets, bad, good)
         : way->burst_bad < 1 ? g_strdup_printf("%s/%s%%", packets, bad)
                              : g_steal_pointer(&packets);
}

static char *rate_text(const FlLinkWay *way) {
  double unit = way->rate_bps >= 1e9 ? 1e9 : way->rate_bps >= 1e6 ? 1e6 : 1e3;
  g_autofree char *rate = number(way->rate_bps / unit);

  if (way->rate_bps == 0)
    return NULL;
  return g_strconcat(rate, unit == 1e9 ? "gbit" : unit == 1e6 ? "mbit" : "kbit", NULL);
}

static char *queue_text(const FlLinkWay *way) {
  if (way->rate_bps == 0)
    return NULL;
  return way->queue_bytes % 1024 == 0 ? g_strdup_printf("%" G_GINT64_FORMAT "k", way->queue_bytes / 1024)
                                      : g_strdup_printf("%" G_GINT64_FORMAT, way->queue_bytes);
}

static void append(GString *out, const char *prefix, const char *name, const char *value) {
  if (value)
    g_string_append_printf(out, "%s%s%s=%s", out->len ? "," : "", prefix, name, value);
}

static void append_outages(GString *out, const char *prefix, const FlLinkWay *way) {
  for (guint i = 0; i < way->n_outages; i++) {
    const FlLinkOutage *outage = &way->outages[i];
    g_autofree char *length = time_text(outage->length_ns), *at = time_text(outage->at_ns);
    g_autofree char *every = outage->every_ns ? time_text(outage->every_ns) : NULL;
    g_autofree char *value = g_strconcat(length, "@", at, every ? "/" : NULL, every, NULL);
    append(out, prefix, "outage", value);
  }
}

static gboolean same_outages(const FlLinkWay *a, const FlLinkWay *b) {
  return a->n_outages == b->n_outages && memcmp(a->outages, b->outages, a->n_outages * sizeof *a->outages) == 0;
}

char *fl_link_spec_text(const FlLinkSpec *self) {
  static const struct {
    const char *name;
    char *(*text)(const FlLinkWay *way);
  } parts[] = { { "delay", delay_text }, { "jitter", jitter_text }, { "loss", loss_text },
                { "burst", burst_text }, { "rate", rate_text },     { "queue", queue_text } };
  const FlLinkWay *up = &self->ways[FL_LINK_UP], *down = &self->ways[FL_LINK_DOWN];
  GString *out = g_string_new(NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
    g_autofree char *of_up = parts[i].text(up), *of_down = parts[i].text(down);
    g_autofree char *rtt = i == 0 && up->delay_ns == down->delay_ns ? time_text(fl_link_spec_rtt_ns(self)) : NULL;
    if (rtt) {
      append(out, "", "rtt", rtt);
    } else if (g_strcmp0(of_up, of_down) == 0) {
      append(out, "", parts[i].name, of_up);
    } else {
      append(out, "up.", parts[i].name, of_up);
      append(out, "down.", parts[i].name, of_down);
    }
  }
  append_outages(out, same_outages(up, down) ? "" : "up.", up);
  if (!same_outages(up, down))
    append_outages(out, "down.", down);
  if (self->seed >= 0)
    g_string_append_printf(out, ",seed=%" G_GINT64_FORMAT, self->seed);
  return g_string_free(out, FALSE);
}
