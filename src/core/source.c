/* The table of sources. See the header.
 * SPDX-License-Identifier: MIT */
#include "core/source.h"

#include <gio/gio.h>
#include <string.h>

struct _FlSource {
  const FlSourceKind *kind;
  gpointer state;
};

static gpointer start_none(const FlSourceConfig *config, const char *argument, GError **error) {
  return g_new0(char, 1);
}

static void stop_none(gpointer state) {
}

/* Updates come from POST /publish and WebSockets only. */
static const FlSourceKind source_none = {
  "none", FALSE, start_none, fl_source_no_pace, fl_source_keep_pace, stop_none, g_free,
};

static const FlSourceKind *const kinds[] = { &fl_source_clock, &fl_source_stdin, &fl_source_replay, &source_none };

FlSource *fl_source_start(const char *spec, const FlSourceConfig *config, GError **error) {
  const char *colon = strchr(spec, ':');
  gsize name_len = colon ? (gsize)(colon - spec) : strlen(spec);
  const char *argument = colon && colon[1] ? colon + 1 : NULL;

  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
    const FlSourceKind *kind = kinds[i];
    if (strlen(kind->name) != name_len || strncmp(kind->name, spec, name_len) != 0)
      continue;
    if (kind->takes_argument != (argument != NULL))
      break;
    gpointer state = kind->start(config, argument, error);
    if (!state)
      return NULL;
    FlSource *self = g_new0(FlSource, 1);
    self->kind = kind;
    self->state = state;
    return self;
  }
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
              "no source is called '%s': clock, stdin, replay:FILE and none are", spec);
  return NULL;
}

void fl_source_stop(FlSource *self) {
  self->kind->stop(self->state);
}

void fl_source_free(FlSource *self) {
  if (!self)
    return;
  self->kind->stop(self->state);
  self->kind->free(self->state);
  g_free(self);
}

const char *fl_source_name(const FlSource *self) {
  return self->kind->name;
}

gboolean fl_source_pace(FlSource *self, FlPace *ret_pace) {
  return self->kind->pace(self->state, ret_pace);
}

gboolean fl_source_change_pace(FlSource *self, const FlPace *pace) {
  return self->kind->change_pace(self->state, pace);
}

gboolean fl_source_no_pace(gpointer state, FlPace *ret_pace) {
  return FALSE;
}

gboolean fl_source_keep_pace(gpointer state, const FlPace *pace) {
  return FALSE;
}
