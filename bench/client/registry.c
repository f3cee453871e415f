/* The clients that there are.
 * SPDX-License-Identifier: MIT */
#include "bench/client/client.h"

static const FlClientKind *const kinds[] = { &fl_client_poll,       &fl_client_longpoll, &fl_client_sse,
                                             &fl_client_ws,         &fl_client_socketio, &fl_client_socketio_polling,
                                             &fl_client_socketio_ws };

const FlClientKind *fl_client_kind(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (g_str_equal(kinds[i]->name, name))
      return kinds[i];
  return NULL;
}

char *fl_client_kind_names(void) {
  GString *names = g_string_new(NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_string_append_printf(names, "%s%s", i == 0 ? "" : i + 1 < G_N_ELEMENTS(kinds) ? ", " : " and ", kinds[i]->name);
  return g_string_free(names, FALSE);
}
