/* Finding programs. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/programs.h"

#include "bench/build_info.h"

/* The path of a program that was built or installed beside this one. */
static char *beside(const char *name) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname(self ? self : ".");

  return g_build_filename(folder, name, NULL);
}

static char *server_path(void) {
  const char *named = g_getenv("FEEDLAB_SERVER");
  return named ? g_strdup(named) : beside("feedlab-server");
}

/* In the build tree it is below this program, installed it is among the programs that people do not call. */
static char *floor_path(void) {
  const char *named = g_getenv("FEEDLAB_FLOOR");
  g_autofree char *built = beside("bench/floor");

  if (named)
    return g_strdup(named);
  return g_file_test(built, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&built) : g_strdup(FL_BUILD_LIBEXECDIR "/floor");
}

FlPrograms *fl_programs_find(void) {
  FlPrograms *self = g_new(FlPrograms, 1);
  *self = (FlPrograms){ server_path(), floor_path() };
  return self;
}

void fl_programs_free(FlPrograms *self) {
  g_free(self->server);
  g_free(self->floor);
  g_free(self);
}
