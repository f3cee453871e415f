/* What systemd says to a service, and what it is told.
 * SPDX-License-Identifier: MIT */
#include "net/supervisor.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/fl_check.h"

#define NOBODY "2147483647"

static void set_environment(const char *notify, const char *pid, const char *count) {
  const char *const all[][2] = { { "NOTIFY_SOCKET", notify }, { "LISTEN_PID", pid }, { "LISTEN_FDS", count } };
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    if (all[i][1])
      g_setenv(all[i][0], all[i][1], TRUE);
    else
      g_unsetenv(all[i][0]);
}

static FlSupervisor *supervisor_of(const char *notify, const char *pid, const char *count) {
  g_autoptr(GError) error = NULL;
  set_environment(notify, pid, count);
  FlSupervisor *self = fl_supervisor_new(&error);
  ck_assert_msg(self != NULL, "%s", error ? error->message : "");
  return self;
}

/* Bind a datagram socket to `name`, a path or @NAME, and see that a state that is told arrives there. */
static void hears_at(const char *name) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  char heard[64] = "";
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

  memcpy(address.sun_path, name, strlen(name));
  if (name[0] == '@')
    address.sun_path[0] = '\0';
  ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
  FlSupervisor *self = supervisor_of(name, NULL, NULL);
  ck_assert(fl_supervisor_tell(self, "READY=1", NULL));
  ck_assert_int_eq(recv(fd, heard, sizeof heard - 1, 0), (int)strlen("READY=1"));
  ck_assert_str_eq(heard, "READY=1");
  ck_assert_ptr_null(g_getenv("NOTIFY_SOCKET"));
  fl_supervisor_free(self);
  close(fd);
}

START_TEST(tells_a_socket_with_a_path) {
  g_autofree char *folder = g_dir_make_tmp("feedlab-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "notify", NULL);
  hears_at(path);
  unlink(path);
  rmdir(folder);
}
END_TEST

START_TEST(tells_an_abstract_socket) {
  g_autofree char *name = g_strdup_printf("@feedlab-test-%d", getpid());
  hears_at(name);
}
END_TEST

START_TEST(says_so_where_nobody_listens) {
  g_autoptr(GError) error = NULL;
  FlSupervisor *self = supervisor_of("/nonexistent/notify", NULL, NULL);
  ck_assert(!fl_supervisor_tell(self, "READY=1", &error));
  ck_assert_ptr_nonnull(strstr(error->message, "NOTIFY_SOCKET"));
  fl_supervisor_free(self);
}
END_TEST

START_TEST(does_nothing_where_nobody_supervises) {
  FlSupervisor *self = supervisor_of(NULL, NULL, NULL);
  ck_assert(fl_supervisor_tell(self, "READY=1", NULL));
  ck_assert_uint_eq(fl_supervisor_sockets(self), 0);
  fl_supervisor_free(self);
}
END_TEST

START_TEST(leaves_the_sockets_of_another_process_alone) {
  FlSupervisor *self = supervisor_of(NULL, NOBODY, "1");
  ck_assert_uint_eq(fl_supervisor_sockets(self), 0);
  ck_assert_ptr_null(g_getenv("LISTEN_FDS"));
  fl_supervisor_free(self);
}
END_TEST

START_TEST(refuses_values_that_cannot_be_right) {
  g_autofree char *pid = g_strdup_printf("%d", getpid());
  g_autofree char *endless = g_strnfill(200, 'x');
  endless[0] = '/';
  const char *const bad[][3] = { { "notify", NULL, NULL }, { "/", NULL, NULL }, { "@", NULL, NULL }, { "vsock:2:1", NULL, NULL },
                                 { endless, NULL, NULL },  { NULL, "x", "1" },  { NULL, pid, "x" },  { NULL, pid, "-1" },
                                 { NULL, pid, "100000" } };
  for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    set_environment(bad[i][0], bad[i][1], bad[i][2]);
    ck_assert_msg(fl_supervisor_new(&error) == NULL, "case %zu", i);
    ck_assert_ptr_nonnull(error);
  }
  set_environment(NULL, NULL, NULL);
}
END_TEST

/* Put `fd` where passed sockets begin; what stood there goes to the returned descriptor. */
static int put_first(int fd) {
  int before = fcntl(FL_SUPERVISOR_FIRST_FD, F_DUPFD_CLOEXEC, 10);
  ck_assert_int_eq(dup2(fd, FL_SUPERVISOR_FIRST_FD), FL_SUPERVISOR_FIRST_FD);
  close(fd);
  return before;
}

static void put_back(int before) {
  close(FL_SUPERVISOR_FIRST_FD);
  if (before >= 0) {
    dup2(before, FL_SUPERVISOR_FIRST_FD);
    close(before);
  }
}

/* What comes of it where a socket of this kind is passed: whether it is taken. */
static gboolean takes(int domain, int type, gboolean listening) {
  g_autofree char *pid = g_strdup_printf("%d", getpid());
  int fd = socket(domain, type, 0);
  if (listening)
    ck_assert_int_eq(listen(fd, 1), 0);
  int before = put_first(fcntl(fd, F_DUPFD, 20));
  close(fd);

  FlSupervisor *self = supervisor_of(NULL, pid, "1");
  ck_assert_uint_eq(fl_supervisor_sockets(self), 1);
  g_autoptr(GError) error = NULL;
  int own = fl_supervisor_socket(self, 0, &error);
  ck_assert((own >= 0) == (error == NULL));
  if (own >= 0) {
    ck_assert(fcntl(own, F_GETFL) & O_NONBLOCK);
    ck_assert(fcntl(own, F_GETFD) & FD_CLOEXEC);
    fl_supervisor_drop_sockets(self);
    ck_assert_int_eq(fcntl(FL_SUPERVISOR_FIRST_FD, F_GETFD), -1);
    ck_assert_int_ge(fcntl(own, F_GETFD), 0);
    close(own);
  }
  fl_supervisor_free(self);
  put_back(before);
  return own >= 0;
}

START_TEST(takes_tcp_sockets_that_listen_and_nothing_else) {
  ck_assert(takes(AF_INET, SOCK_STREAM, TRUE));
  ck_assert(takes(AF_INET6, SOCK_STREAM, TRUE));
  ck_assert(!takes(AF_INET, SOCK_STREAM, FALSE));
  ck_assert(!takes(AF_INET, SOCK_DGRAM, FALSE));
  ck_assert(!takes(AF_UNIX, SOCK_STREAM, FALSE));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("net/supervisor");
  TCase *tcase = tcase_create("supervisor");
  tcase_add_test(tcase, tells_a_socket_with_a_path);
  tcase_add_test(tcase, tells_an_abstract_socket);
  tcase_add_test(tcase, says_so_where_nobody_listens);
  tcase_add_test(tcase, does_nothing_where_nobody_supervises);
  tcase_add_test(tcase, leaves_the_sockets_of_another_process_alone);
  tcase_add_test(tcase, refuses_values_that_cannot_be_right);
  tcase_add_test(tcase, takes_tcp_sockets_that_listen_and_nothing_else);
  suite_add_tcase(suite, tcase);
  return fl_check_run(suite);
}
