/* The transports that there are.
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

static const FlTransport *const transports[] = {
  &fl_transport_poll,
  &fl_transport_longpoll,
  &fl_transport_sse,
  &fl_transport_ws,
  &fl_transport_socketio,
};

G_STATIC_ASSERT(G_N_ELEMENTS(transports) < FL_TRANSPORTS_MAX); /* the last place is the asks' */

const FlTransport *fl_transport_get(guint index) {
  return index < G_N_ELEMENTS(transports) ? transports[index] : NULL;
}

const FlTransport *fl_transport_find(const char *path, guint *ret_index) {
  for (guint i = 0; i < G_N_ELEMENTS(transports); i++)
    if (g_str_equal(transports[i]->path, path)) {
      *ret_index = i;
      return transports[i];
    }
  return NULL;
}
