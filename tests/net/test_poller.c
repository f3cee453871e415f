/* The poller: who is called back, and who must not be, when callbacks change the set.
 * SPDX-License-Identifier: MIT */
#include "net/poller.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/fl_check.h"

#define COUNT 4

/* An eventfd that is readable from the start, and what happened to it. */
typedef struct {
  FlPollable pollable;
  FlPoller *poller;
  guint called;
  guint32 events;
  GPtrArray *victims; /* pollables that its callback removes */
} Bell;

static void ring(FlPollable *pollable, guint32 events) {
  Bell *self = (Bell *)pollable;
  self->called++;
  self->events = events;
  for (guint i = 0; i < self->victims->len; i++)
    fl_poller_remove(self->poller, g_ptr_array_index(self->victims, i));
}

static void bell_init(Bell *self, FlPoller *poller) {
  *self = (Bell){ .pollable = { .fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), .ready = ring }, .poller = poller };
  self->victims = g_ptr_array_new();
  ck_assert_int_ge(self->pollable.fd, 0);
}

static void bell_clear(Bell *self) {
  g_ptr_array_unref(self->victims);
  if (self->pollable.fd >= 0)
    close(self->pollable.fd);
}

START_TEST(calls_back_what_is_ready) {
  FlPoller *poller = fl_poller_new();
  Bell bell;
  bell_init(&bell, poller);
  ck_assert_int_eq(fl_poller_add(poller, &bell.pollable, EPOLLIN), 0);
  ck_assert_int_eq(fl_poller_dispatch(poller, -1), 1);
  ck_assert_uint_eq(bell.called, 1);
  ck_assert_uint_eq(bell.events, EPOLLIN);
  bell_clear(&bell);
  fl_poller_free(poller);
}
END_TEST

START_TEST(calls_nobody_when_nothing_is_ready) {
  FlPoller *poller = fl_poller_new();
  Bell bell;
  bell_init(&bell, poller);
  eventfd_t value;
  eventfd_read(bell.pollable.fd, &value);
  fl_poller_add(poller, &bell.pollable, EPOLLIN);
  ck_assert_int_eq(fl_poller_dispatch(poller, 0), 0);
  ck_assert_uint_eq(bell.called, 0);
  bell_clear(&bell);
  fl_poller_free(poller);
}
END_TEST

START_TEST(modify_changes_what_is_watched) {
  FlPoller *poller = fl_poller_new();
  Bell bell;
  bell_init(&bell, poller);
  fl_poller_add(poller, &bell.pollable, 0);
  ck_assert_int_eq(fl_poller_dispatch(poller, 0), 0);
  ck_assert_int_eq(fl_poller_modify(poller, &bell.pollable, EPOLLIN | EPOLLOUT), 0);
  ck_assert_int_eq(fl_poller_dispatch(poller, -1), 1);
  ck_assert_uint_eq(bell.events, EPOLLIN | EPOLLOUT);
  bell_clear(&bell);
  fl_poller_free(poller);
}
END_TEST

START_TEST(tells_what_epoll_refuses) {
  FlPoller *poller = fl_poller_new();
  FlPollable closed = { .fd = -1, .ready = ring };
  Bell bell;
  bell_init(&bell, poller);
  ck_assert_int_eq(fl_poller_add(poller, &closed, EPOLLIN), EBADF);
  ck_assert_int_eq(fl_poller_modify(poller, &bell.pollable, EPOLLIN), ENOENT);
  ck_assert_int_eq(fl_poller_add(poller, &bell.pollable, EPOLLIN), 0);
  ck_assert_int_eq(fl_poller_add(poller, &bell.pollable, EPOLLIN), EEXIST);
  bell_clear(&bell);
  fl_poller_free(poller);
}
END_TEST

START_TEST(removed_in_the_batch_is_not_called) {
  FlPoller *poller = fl_poller_new();
  Bell bells[COUNT];
  for (int i = 0; i < COUNT; i++)
    bell_init(&bells[i], poller);
  /* Whoever comes first removes all others, whose events are in the batch already. */
  for (int i = 0; i < COUNT; i++) {
    for (int j = 0; j < COUNT; j++)
      if (j != i)
        g_ptr_array_add(bells[i].victims, &bells[j].pollable);
    fl_poller_add(poller, &bells[i].pollable, EPOLLIN);
  }
  ck_assert_int_eq(fl_poller_dispatch(poller, -1), 1);
  guint called = 0;
  for (int i = 0; i < COUNT; i++)
    called += bells[i].called;
  ck_assert_uint_eq(called, 1);
  for (int i = 0; i < COUNT; i++)
    bell_clear(&bells[i]);
  fl_poller_free(poller);
}
END_TEST

START_TEST(removing_itself_leaves_the_others) {
  FlPoller *poller = fl_poller_new();
  Bell bells[COUNT];
  for (int i = 0; i < COUNT; i++) {
    bell_init(&bells[i], poller);
    g_ptr_array_add(bells[i].victims, &bells[i].pollable);
    fl_poller_add(poller, &bells[i].pollable, EPOLLIN);
  }
  ck_assert_int_eq(fl_poller_dispatch(poller, -1), COUNT);
  ck_assert_int_eq(fl_poller_dispatch(poller, 0), 0);
  for (int i = 0; i < COUNT; i++) {
    ck_assert_uint_eq(bells[i].called, 1);
    bell_clear(&bells[i]);
  }
  fl_poller_free(poller);
}
END_TEST

typedef struct {
  Bell bell;
  FlPollable *victim; /* closed, then forgotten */
} Closer;

static void close_victim(FlPollable *pollable, guint32 events) {
  Closer *self = (Closer *)pollable;
  self->bell.called++;
  close(self->victim->fd);
  self->victim->fd = -1;
  fl_poller_forget(self->bell.poller, self->victim);
}

START_TEST(forgotten_after_close_is_not_called) {
  FlPoller *poller = fl_poller_new();
  Closer closers[2];
  for (int i = 0; i < 2; i++) {
    bell_init(&closers[i].bell, poller);
    closers[i].bell.pollable.ready = close_victim;
    closers[i].victim = &closers[1 - i].bell.pollable;
    fl_poller_add(poller, &closers[i].bell.pollable, EPOLLIN);
  }
  ck_assert_int_eq(fl_poller_dispatch(poller, -1), 1);
  ck_assert_uint_eq(closers[0].bell.called + closers[1].bell.called, 1);
  for (int i = 0; i < 2; i++)
    bell_clear(&closers[i].bell);
  fl_poller_free(poller);
}
END_TEST

START_TEST(nests_in_another_loop) {
  FlPoller *poller = fl_poller_new();
  Bell bell;
  bell_init(&bell, poller);
  GPollFD outer = { .fd = fl_poller_fd(poller), .events = G_IO_IN };
  ck_assert_int_eq(g_poll(&outer, 1, 0), 0);
  fl_poller_add(poller, &bell.pollable, EPOLLIN);
  ck_assert_int_eq(g_poll(&outer, 1, -1), 1);
  fl_poller_remove(poller, &bell.pollable);
  ck_assert_int_eq(g_poll(&outer, 1, 0), 0);
  bell_clear(&bell);
  fl_poller_free(poller);
}
END_TEST

START_TEST(serves_more_than_one_batch) {
  enum { MANY = 600 };
  FlPoller *poller = fl_poller_new();
  Bell *bells = g_new0(Bell, MANY);
  for (int i = 0; i < MANY; i++) {
    bell_init(&bells[i], poller);
    g_ptr_array_add(bells[i].victims, &bells[i].pollable);
    ck_assert_int_eq(fl_poller_add(poller, &bells[i].pollable, EPOLLIN), 0);
  }
  int called = 0;
  for (int n; (n = fl_poller_dispatch(poller, 0)) > 0;)
    called += n;
  ck_assert_int_eq(called, MANY);
  for (int i = 0; i < MANY; i++)
    bell_clear(&bells[i]);
  g_free(bells);
  fl_poller_free(poller);
}
END_TEST

START_TEST(free_takes_null) {
  fl_poller_free(NULL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("poller");
  TCase *tcase = tcase_create("poller");
  tcase_add_test(tcase, calls_back_what_is_ready);
  tcase_add_test(tcase, calls_nobody_when_nothing_is_ready);
  tcase_add_test(tcase, modify_changes_what_is_watched);
  tcase_add_test(tcase, tells_what_epoll_refuses);
  tcase_add_test(tcase, removed_in_the_batch_is_not_called);
  tcase_add_test(tcase, removing_itself_leaves_the_others);
  tcase_add_test(tcase, forgotten_after_close_is_not_called);
  tcase_add_test(tcase, nests_in_another_loop);
  tcase_add_test(tcase, serves_more_than_one_batch);
  tcase_add_test(tcase, free_takes_null);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
