/* A server as a child process: started on another CPU than the bench, waited for until it listens, stopped by SIGTERM.
 * What it logs is read all the time, so that its pipe is never full; the last lines are kept for when it fails.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct _FlChild FlChild;

/* fl_child_start: run `argv` (NULL-terminated; argv[0] is a path) pinned to `cpu` (-1: not pinned), and wait for its
 * line `listening on http://HOST:PORT`. It ends with this process.
 * Returns: NULL with an error that holds its last words where it ends instead, or says nothing for 10 s. */
FlChild *fl_child_start(const char *const *argv, int cpu, GError **error);

/* fl_child_stop: SIGTERM, and wait; after 15 s SIGKILL. Frees the child. Returns: its wait status. */
int fl_child_stop(FlChild *self);

pid_t fl_child_pid(const FlChild *self);

/* fl_child_port: where it listens on 127.0.0.1. */
guint16 fl_child_port(const FlChild *self);

/* fl_child_last_words: the last lines that it logged; the caller's. */
char *fl_child_last_words(FlChild *self);
