/* Links by streams. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/link_stream.h"

#include <arpa/inet.h>
#include <math.h>

#include "net/line_set.h"

#define CONNECTIONS_BESIDES 64 /* those that come again while others have not ended */
#define IDLE_NS G_GINT64_CONSTANT(3600000000000)
#define NS_PER_MS 1e6

struct _FlLinkStream {
  FlLineProfile profile;
  FlLineSet *lines;
  guint16 port;
};

/* The link's jitter goes to both sides of the delay, a line's only up. */
static FlLineProfile profile_of(const FlLinkSpec *spec) {
  const FlLinkWay *up = &spec->ways[FL_LINK_UP], *down = &spec->ways[FL_LINK_DOWN];
  double jitter_ms = (double)MAX(up->jitter_ns, down->jitter_ns) / NS_PER_MS;
  double rtt_ms = (double)fl_link_spec_rtt_ns(spec) / NS_PER_MS;

  return (FlLineProfile){ .name = "link",
                          .rtt_ms = MAX(rtt_ms - 2 * jitter_ms, 0),
                          .jitter_ms = 2 * jitter_ms,
                          .kbit = down->rate_bps > 0 ? (guint)MAX(lround(down->rate_bps / 1000), 1) : 0 };
}

FlLinkStream *fl_link_stream_start(const FlLinkSpec *spec, guint16 port, guint connections, GError **error) {
  FlLinkStream *self = g_new0(FlLinkStream, 1);
  FlLineSetConfig config = { .host = "127.0.0.1",
                             .server_len = sizeof(struct sockaddr_in),
                             .idle_ns = IDLE_NS,
                             .connections_most = connections + CONNECTIONS_BESIDES };
  struct sockaddr_in *server = (struct sockaddr_in *)&config.server;
  FlLineFigures figures;

  *server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  self->profile = profile_of(spec);
  self->lines = fl_line_set_new(&config);
  if (!fl_line_set_add(self->lines, &self->profile, &figures, error)) {
    fl_link_stream_free(self);
    return NULL;
  }
  self->port = figures.port;
  return self;
}

void fl_link_stream_free(FlLinkStream *self) {
  if (!self)
    return;
  fl_line_set_free(self->lines);
  g_free(self);
}

guint16 fl_link_stream_port(const FlLinkStream *self) {
  return self->port;
}

char *fl_link_stream_text(const FlLinkSpec *spec) {
  FlLineProfile profile = profile_of(spec);
  double jitter_ms = profile.jitter_ms / 2;
  GString *out = g_string_new("stream level, no loss, handshake not delayed: ");

  g_string_append_printf(out, "rtt=%gms", profile.rtt_ms + 2 * jitter_ms);
  if (jitter_ms > 0)
    g_string_append_printf(out, ",jitter=%gms", jitter_ms);
  if (profile.kbit > 0)
    g_string_append_printf(out, ",rate=%ukbit", profile.kbit);
  return g_string_free(out, FALSE);
}
