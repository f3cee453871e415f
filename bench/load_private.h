/* The inside of a load, for the two files that are its life: load.c (connections, coming back, when polls are due) and
 * client/client.c (what the kinds of clients say and tell). For no one else.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bench/load.h"
#include "bench/poll_schedule.h"

#define FL_LOAD_READ_BYTES (256 * 1024)

struct _FlLoad {
  FlLoadConfig config;
  FlPoller *poller;
  FlClient *clients;
  guint begun, pending, ready;
  FlLoadCounts counts;
  FlHistogram *connect_times;
  guint64 failures;
  char *error;
  gint64 now_us;   /* of the bytes being read */
  gint64 batch_us; /* when the batch of ready sockets that they are in was told */
  FlHistogram *lag;
  FlPollable timer;
  FlPollSchedule *polls; /* of short polling; NULL until polls begin */
  FlTcpAccount closed;   /* of the connections that are no more */
  gint64 looked_ns;      /* when silence was looked for last */
  guint8 buffer[FL_LOAD_READ_BYTES];
};

/* fl_client_fail: it can't go on, and neither can the run. */
void fl_client_fail(FlClient *client, const char *why);

/* fl_client_lose: its connection is gone, which is a failure of who doesn't come back. The kind may be in the middle of its
 * work: the load does the rest. */
void fl_client_lose(FlClient *client, FlNotice how, const char *why);

/* fl_client_note_packet: something comes or goes. */
void fl_client_note_packet(FlClient *client);

static inline guint fl_client_index(const FlClient *client) {
  return (guint)(client - client->load->clients);
}
