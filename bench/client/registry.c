/* The clients that there are.
 * SPDX-License-Identifier: MIT */
#include "bench/client/client.h"

static const FlClientKind *const kinds[] = { &fl_client_poll,       &fl_client_longpoll, &fl_client_sse,
                                             &fl_client_ws,         &fl_client_socketio, &fl_client_socketio_polling,
                                             &fl_client_socketio_ws };

/* Of servers that aren't ours. Socket.IO is one protocol: its clients are the same, and ask fl_client_endpoint. */
static const FlClientKind *const others[] = { &fl_client_other_poll, &fl_client_other_longpoll, &fl_client_other_sse,
                                              &fl_client_other_ws,   &fl_client_socketio,       &fl_client_socketio_polling,
                                              &fl_client_socketio_ws };

static const FlClientKind *find(const FlClientKind *const *among, gsize n, const char *name) {
  for (gsize i = 0; i < n; i++)
    if (g_str_equal(among[i]->name, name))
      return among[i];
  return NULL;
}

static char *list_names(const FlClientKind *const *among, gsize n) {
  GString *names = g_string_new(NULL);

  for (gsize i = 0; i < n; i++)
    g_string_append_printf(names, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", among[i]->name);
  return g_string_free(names, FALSE);
}

const FlClientKind *fl_client_kind(const char *name) {
  return find(kinds, G_N_ELEMENTS(kinds), name);
}

char *fl_client_kind_names(void) {
  return list_names(kinds, G_N_ELEMENTS(kinds));
}

const FlClientKind *fl_client_other(const char *name) {
  return find(others, G_N_ELEMENTS(others), name);
}

char *fl_client_other_names(void) {
  return list_names(others, G_N_ELEMENTS(others));
}
