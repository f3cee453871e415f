/* Read inputs again: each file is one call of the fuzzer and one case in TAP. `replay [FILE|DIRECTORY]…`; without
 * arguments, as in `make check`, the fuzzer's corpus in $FEEDLAB_SRCDIR. An input that is wrong aborts; the
 * comment before names it.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

static gint compare_paths(gconstpointer a, gconstpointer b) {
  return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of a directory's files, or the path of a file. Returns: FALSE where it can't be listed. */
static gboolean list(const char *path, GPtrArray *paths) {
  g_autoptr(GError) error = NULL;

  if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
    g_ptr_array_add(paths, g_strdup(path));
    return TRUE;
  }
  g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
  if (!dir) {
    printf("Bail out! %s\n", error->message);
    return FALSE;
  }
  guint first = paths->len;
  for (const char *name; (name = g_dir_read_name(dir));)
    g_ptr_array_add(paths, g_build_filename(path, name, NULL));
  if (paths->len == first) {
    printf("Bail out! %s is empty\n", path);
    return FALSE;
  }
  return TRUE;
}

static gboolean replay(const char *path) {
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gsize len = 0;

  if (!g_file_get_contents(path, &text, &len, &error)) {
    printf("# %s\n", error->message);
    return FALSE;
  }
  /* GLib adds a NUL, behind which reading too far would hide. */
  g_autofree guint8 *input = g_memdup2(text, len);
  LLVMFuzzerTestOneInput(input, len);
  return TRUE;
}

int main(int argc, char **argv) {
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  int failed = 0;

  if (argc > 1) {
    for (int i = 1; i < argc; i++)
      if (!list(argv[i], paths))
        return 1;
  } else {
    const char *srcdir = g_getenv("FEEDLAB_SRCDIR");
    g_autofree char *corpus = g_build_filename(srcdir ? srcdir : ".", "tests", "fuzz", "corpus", fl_fuzz_corpus, NULL);
    if (!list(corpus, paths))
      return 1;
  }
  g_ptr_array_sort(paths, compare_paths);
  printf("1..%u\n", paths->len);
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index(paths, i);
    g_autofree char *name = g_path_get_basename(path);
    printf("# %s\n", path);
    fflush(stdout); /* before it can abort */
    gboolean good = replay(path);
    printf("%s %u - %s\n", good ? "ok" : "not ok", i + 1, name);
    failed += !good;
  }
  return failed == 0 ? 0 : 1;
}
