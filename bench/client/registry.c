/* The clients that there are.
 * SPDX-License-Identifier: MIT */
#include "bench/client/client.h"

static const FlClientKind *const kinds[] = { &fl_client_poll, &fl_client_longpoll, &fl_client_sse, &fl_client_ws };

const FlClientKind *fl_client_kind(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (g_str_equal(kinds[i]->name, name))
      return kinds[i];
  return NULL;
}
