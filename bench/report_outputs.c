/* Where reports go. See the header.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "bench/report_formats.h"

static gboolean is_stdout(const char *path) {
  return g_strcmp0(path, "-") == 0;
}

guint fl_report_outputs_stdout(const FlReportOutputs *outputs) {
  return (guint)is_stdout(outputs->csv) + (guint)is_stdout(outputs->markdown) + (guint)is_stdout(outputs->html);
}

static gboolean write_text(const char *text, const char *path, GError **error) {
  if (!is_stdout(path))
    return g_file_set_contents(path, text, -1, error);
  fputs(text, stdout);
  if (fflush(stdout) == 0)
    return TRUE;
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "stdout cannot be written");
  return FALSE;
}

/* A result's name as a file's: a name may be anybody's, so that it has letters, digits, - and _ only. */
static char *file_name(const char *group, const char *name) {
  char *whole = *group ? g_strconcat(group, "-", name, NULL) : g_strdup(name);
  return g_strcanon(whole, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_", '_');
}

/* Where two results have the same name, the second one's file gets a number. */
static char *free_path(const char *folder, const char *name, GHashTable *taken) {
  g_autofree char *unique = g_strdup(name);

  for (guint i = 2; !g_hash_table_add(taken, g_strdup(unique)); i++) {
    g_free(unique);
    unique = g_strdup_printf("%s-%u", name, i);
  }
  g_autofree char *file = g_strconcat(unique, ".hgrm", NULL);
  return g_build_filename(folder, file, NULL);
}

static gboolean write_hgrm(const char *folder, const FlResultFile *files, guint n, GError **error) {
  g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gboolean ok = g_mkdir_with_parents(folder, 0777) == 0;
  gsize k;
  json_t *result;

  if (!ok)
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: the folder cannot be made: %s", folder, g_strerror(errno));
  for (guint i = 0; i < n; i++)
    json_array_foreach(json_object_get(files[i].json, "results"), k, result) {
      g_autofree char *name = file_name(n > 1 ? files[i].name : "", fl_result_file_text(result, "name"));
      g_autofree char *path = free_path(folder, name, taken);
      g_autofree char *text = fl_report_hgrm(result);
      ok = ok && g_file_set_contents(path, text, -1, error);
    }
  return ok;
}

gboolean fl_report_outputs_write(const FlReportOutputs *outputs, const FlResultFile *files, guint n, GError **error) {
  const struct {
    const char *path;
    char *(*make)(const FlResultFile *files, guint n);
  } formats[] = { { outputs->csv, fl_report_csv },
                  { outputs->markdown, fl_report_markdown },
                  { outputs->html, fl_report_html } };

  for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
    if (!formats[i].path)
      continue;
    g_autofree char *text = formats[i].make(files, n);
    if (!write_text(text, formats[i].path, error))
      return FALSE;
  }
  return !outputs->hgrm || write_hgrm(outputs->hgrm, files, n, error);
}
