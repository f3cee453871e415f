/* The HTML report: a template with places, each written by a part. The page has no script and asks for nothing: its policy
 * (CSP) allows its own style sheet, by hash, and that is all. Text of the result is escaped in one function (bench/markup).
 * SPDX-License-Identifier: MIT */
#include "bench/report_html.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "bench/markup.h"
#include "bench/report_resources.h"

static char *resource(const char *name) {
  g_autofree char *path = g_strconcat("/feedlab/bench/report/", name, NULL);
  g_autoptr(GBytes) bytes = g_resource_lookup_data(fl_bench_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize len;
  const char *data = g_bytes_get_data(bytes, &len);
  return g_strndup(data, len);
}

/* --- what parts share ---------------------------------------------------------------------------------------------- */

FlInterval fl_report_figure(const FlReportColumn *column, const char *name) {
  return fl_result_file_interval(json_object_get(json_object_get(column->result, "figures"), name));
}

gboolean fl_report_is_first(const FlReportView *view, guint column) {
  return column == 0 || view->columns[column].file != view->columns[column - 1].file;
}

void fl_report_group(GString *out, const FlReportView *view, guint column, guint width) {
  if (!fl_report_is_first(view, column))
    return;
  g_string_append(out, column > 0 ? "</tbody><tbody>" : "<tbody>");
  if (view->n_files > 1)
    fl_markup_add(out, "<tr class=\"group\"><th colspan=\"%u\" scope=\"rowgroup\">%s</th></tr>", width,
                  view->columns[column].file->name);
}

void fl_report_name(GString *out, const FlReportColumn *column) {
  fl_markup_add(out, "<th scope=\"row\"><span class=\"key c%d\"></span>%s</th>", column->hue, column->name);
}

/* --- places of the page -------------------------------------------------------------------------------------------- */

static void part_style(GString *out, const FlReportView *view) {
  g_autofree char *style = resource("report.css");
  g_string_append(out, style);
}

/* The hash of exactly what stands between <style> and </style>. */
static void part_style_hash(GString *out, const FlReportView *view) {
  g_autofree char *style = resource("report.css");
  g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize len = sizeof digest;

  g_checksum_update(sum, (const guchar *)style, -1);
  g_checksum_get_digest(sum, digest, &len);
  g_autofree char *text = g_base64_encode(digest, len);
  fl_markup_add(out, "sha256-%s", text);
}

static void part_title(GString *out, const FlReportView *view) {
  for (guint i = 0; i < view->n_files && view->n_files > 1; i++)
    fl_markup_add(out, "%s%s", i > 0 ? ", " : "", view->files[i].name);
  if (view->n_files > 1)
    g_string_append(out, " – ");
  g_string_append(out, "what each transport costs");
}

static const char *verdict_words(const char *verdict) {
  static const char *const words[][2] = {
    { "sound", "Sound" },
    { "late", "Invalid: the schedule was not kept" },
    { "link", "Invalid: the emulated link was late itself" },
    { "saturated", "Overload: the bench itself was the bottleneck" },
    { "invalid", "Invalid" },
    { "broken", "Invalid: updates were lost, duplicated or reordered" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
    if (g_str_equal(words[i][0], verdict))
      return words[i][1];
  return "Of unknown worth";
}

/* "50 subscribers · 10 updates/s · …", as far as it is known. */
static void add_setting(GString *out, const json_t *json) {
  const json_t *manifest = json_object_get(json, "manifest"), *setting = json_object_get(manifest, "setting");
  const json_t *first = json_array_get(json_object_get(json, "results"), 0);
  const struct {
    double value;
    const char *before, *after, *plural;
  } items[] = {
    { fl_result_file_number(first, "clients"), "", " subscriber", "s" },
    { fl_result_file_number(setting, "rate_per_s"), "", " updates/s", "" },
    { fl_result_file_number(setting, "size_bytes"), "", " B of data", "" },
    { fl_result_file_number(first, "runs"), "", " run", "s" },
    { fl_result_file_number(first, "duration_s"), "of ", " s each", "" },
    { fl_result_file_number(setting, "warmup_s"), "after ", " s of warm-up", "" },
    { fl_result_file_number(setting, "poll_interval_s"), "a poll every ", " s", "" },
  };

  const char *date = fl_result_file_text(manifest, "date");
  g_autofree char *day = g_strndup(date, strcspn(date, "T"));

  g_string_append(out, "<p class=\"setting\">");
  for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
    if (isfinite(items[i].value))
      fl_markup_add(out, "<span>%s%g%s%s</span> ", items[i].before, items[i].value, items[i].after,
                    items[i].value == 1 ? "" : items[i].plural);
  fl_markup_add(out, "<span>%s</span> <span>feedlab %s</span> <span>%s</span></p>\n",
                fl_result_file_text(setting, "link"), fl_result_file_text(manifest, "feedlab"), day);
}

static void part_summary(GString *out, const FlReportView *view) {
  for (guint i = 0; i < view->n_files; i++) {
    const json_t *json = view->files[i].json;
    const char *verdict = fl_result_file_text(json, "verdict");
    gboolean is_sound = g_str_equal(verdict, "sound");

    g_string_append(out, "<div class=\"summary\">\n");
    if (view->n_files > 1)
      fl_markup_add(out, "<h2>%s</h2>\n", view->files[i].name);
    fl_markup_add(out, "<p class=\"verdict %s\">%s %s</p>\n", is_sound ? "good" : "bad", is_sound ? "✓" : "✗",
                  verdict_words(verdict));
    if (is_sound)
      fl_markup_add(out, "<p class=\"sentence\">%s</p>\n", fl_result_file_text(json, "sentence"));
    else
      g_string_append(out, "<p class=\"sentence\">What is marked ✗ stands for nothing.</p>\n");
    add_setting(out, json);
    g_string_append(out, "</div>\n");
  }
}

/* The template's places, {{name}}. */
static const struct {
  const char *name;
  FlReportPart write;
} parts[] = {
  { "style", part_style },
  { "style-hash", part_style_hash },
  { "title", part_title },
  { "summary", part_summary },
  { "checks", fl_report_part_checks },
  { "sweep", fl_report_part_sweep },
  { "latency", fl_report_part_latency },
  { "model", fl_report_part_model },
  { "bytes", fl_report_part_bytes },
  { "cpu", fl_report_part_cpu },
  { "memory", fl_report_part_memory },
  { "series", fl_report_part_series },
  { "figures", fl_report_part_figures },
  { "manifest", fl_report_part_manifest },
};

static void write_part(GString *out, const char *name, gsize len, const FlReportView *view) {
  for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
    if (strlen(parts[i].name) == len && strncmp(parts[i].name, name, len) == 0) {
      parts[i].write(out, view);
      return;
    }
  g_assert_not_reached();
}

/* What parts write is not looked at for places again. */
static char *fill(const char *template, const FlReportView *view) {
  GString *out = g_string_new(NULL);

  for (const char *place; (place = strstr(template, "{{")); template = strstr(place, "}}") + 2) {
    g_string_append_len(out, template, place - template);
    write_part(out, place + 2, (gsize)(strstr(place, "}}") - place - 2), view);
  }
  g_string_append(out, template);
  return g_string_free(out, FALSE);
}

/* --- columns ------------------------------------------------------------------------------------------------------- */

/* A transport has the same colour in every report; what has none of its own takes one of the last by its place. */
static int hue_of(const char *name, gsize place) {
  static const char *const names[] = { "poll",     "longpoll",         "sse",         "ws",
                                       "socketio", "socketio-polling", "socketio-ws", "floor" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_str_equal(names[i], name))
      return (int)i;
  return (int)(G_N_ELEMENTS(names) + place % 4);
}

static void add_columns(GArray *columns, const FlResultFile *file) {
  gsize i;
  json_t *result;

  json_array_foreach(json_object_get(file->json, "results"), i, result) {
    const char *name = fl_result_file_text(result, "name");
    FlReportColumn column = { file, result, name, hue_of(name, i) };
    g_array_append_val(columns, column);
  }
}

char *fl_report_html(const FlResultFile *files, guint n) {
  g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(FlReportColumn));
  g_autofree char *template = resource("report.html");

  for (guint i = 0; i < n; i++)
    add_columns(columns, &files[i]);
  FlReportView view = { files, n, (FlReportColumn *)columns->data, columns->len };
  return fill(template, &view);
}
