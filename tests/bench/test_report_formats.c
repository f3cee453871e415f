/* The formats that are made from a result's JSON: whole outputs of a small result, what is not measured, and files that are wrong or
 * hostile.
 * SPDX-License-Identifier: MIT */
#include "bench/report_formats.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/fl_check.h"

static const char small[] =
    "{\"schema\":1,\"verdict\":\"sound\",\"baseline\":\"ws\",\"sentence\":\"ws delivers in 0.50 ms.\",\"manifest\":{\"feedlab\":\"0.1.0\","
    "\"date\":\"2026-01-02T03:04:05Z\",\"command_line\":\"feedlab-bench run\",\"build\":{\"commit\":null},\"setting\":{\"rate_per_s\":10.0,"
    "\"link\":\"loopback\"}},\"blocks\":[[\"ws\",\"poll\"],[\"poll\",\"ws\"]],\"results\":["
    "{\"name\":\"ws\",\"transport\":\"ws\",\"clients\":2,\"duration_s\":1.0,\"verdict\":\"sound\",\"runs\":2,\"integrity\":{\"delivered\":4,"
    "\"lost\":0,\"duplicated\":0,\"reordered\":0},\"counts\":{\"missed_deadlines\":0},\"figures\":{"
    "\"latency.p50\":{\"value\":0.5,\"low\":0.4,\"high\":0.6,\"label\":\"p50\",\"unit\":\"ms\",\"runs\":[0.4,0.6],\"ratio\":null},"
    "\"bytes.ip\":{\"value\":274.56,\"low\":null,\"high\":null,\"label\":\"IP, both ways\",\"unit\":\"B\",\"runs\":[274.56,null],\"ratio\":null}},"
    "\"model\":{\"latency.p50\":0.35},\"latency_us\":[[400,2],[600,1],[5003,1]],"
    "\"series\":[{\"at_s\":0.0,\"delivered\":4,\"p50_ms\":0.5,\"p99_ms\":null,\"max_ms\":5.0}]},"
    "{\"name\":\"poll\",\"transport\":\"poll\",\"clients\":2,\"duration_s\":1.0,\"verdict\":\"sound\",\"runs\":2,\"integrity\":{\"delivered\":0,"
    "\"lost\":0,\"duplicated\":0,\"reordered\":0},\"counts\":{\"missed_deadlines\":null},\"figures\":{"
    "\"latency.p50\":{\"value\":500.0,\"low\":490.0,\"high\":510.0,\"label\":\"p50\",\"unit\":\"ms\",\"runs\":[490.0,510.0],"
    "\"ratio\":{\"value\":1000.0,\"low\":800.0,\"high\":1200.0,\"p\":0.001}},"
    "\"bytes.ip\":{\"value\":null,\"low\":null,\"high\":null,\"label\":\"IP, both ways\",\"unit\":\"B\",\"runs\":[null,null],"
    "\"ratio\":{\"value\":1.01,\"low\":0.9,\"high\":1.1,\"p\":0.5}}},"
    "\"model\":{\"latency.p50\":null},\"latency_us\":[],\"series\":[]}]}";

static json_t *small_json(void) {
  json_error_t error;
  json_t *json = json_loads(small, 0, &error);
  ck_assert_msg(json != NULL, "column %d: %s", error.column, error.text);
  return json;
}

/* The file that a format is made of; its own name. */
static FlResultFile file_of(json_t *json) {
  return (FlResultFile){ .name = g_strdup("small"), .json = json };
}

START_TEST(csv_has_a_row_a_figure_and_nothing_for_what_was_not_measured) {
  FlResultFile file = file_of(small_json());
  g_autofree char *csv = fl_report_csv(&file, 1);

  ck_assert_str_eq(csv, "file,name,transport,clients,verdict,figure,label,unit,value,low,high,ratio,ratio_low,ratio_high,ratio_p,run_1,run_2\r\n"
                        "small,ws,ws,2,sound,latency.p50,p50,ms,0.5,0.4,0.6,,,,,0.4,0.6\r\n"
                        "small,ws,ws,2,sound,bytes.ip,\"IP, both ways\",B,274.56,,,,,,,274.56,\r\n"
                        "small,ws,ws,2,sound,model.latency.p50,p50,ms,0.35,,,,,,,,\r\n"
                        "small,ws,ws,2,sound,integrity.delivered,,,4,,,,,,,,\r\n"
                        "small,ws,ws,2,sound,integrity.lost,,,0,,,,,,,,\r\n"
                        "small,ws,ws,2,sound,integrity.duplicated,,,0,,,,,,,,\r\n"
                        "small,ws,ws,2,sound,integrity.reordered,,,0,,,,,,,,\r\n"
                        "small,ws,ws,2,sound,counts.missed_deadlines,,,0,,,,,,,,\r\n"
                        "small,poll,poll,2,sound,latency.p50,p50,ms,500,490,510,1000,800,1200,0.001,490,510\r\n"
                        "small,poll,poll,2,sound,bytes.ip,\"IP, both ways\",B,,,,1.01,0.9,1.1,0.5,,\r\n"
                        "small,poll,poll,2,sound,model.latency.p50,p50,ms,,,,,,,,,\r\n"
                        "small,poll,poll,2,sound,integrity.delivered,,,0,,,,,,,,\r\n"
                        "small,poll,poll,2,sound,integrity.lost,,,0,,,,,,,,\r\n"
                        "small,poll,poll,2,sound,integrity.duplicated,,,0,,,,,,,,\r\n"
                        "small,poll,poll,2,sound,integrity.reordered,,,0,,,,,,,,\r\n"
                        "small,poll,poll,2,sound,counts.missed_deadlines,,,,,,,,,,,\r\n");
  fl_result_file_clear(&file);
}
END_TEST

START_TEST(markdown_has_figures_as_rows_and_transports_as_columns) {
  FlResultFile file = file_of(small_json());
  g_autofree char *markdown = fl_report_markdown(&file, 1);

  ck_assert_str_eq(markdown, "ws delivers in 0.50 ms.\n\n"
                             "✓ Every update once and in order, on every transport.\n\n"
                             "|  | ws | poll |\n"
                             "|---|--:|--:|\n"
                             "| p50, ms | 0.50 ± 0.10 | 500.00 ± 10.00 (×1,000) |\n"
                             "| IP, both ways, B | 274.6 | – ≈ |\n\n"
                             "Medians of the runs ± half of the 95 % interval. – not measured, or too few samples. × of ws; ≈ no difference "
                             "(99 % interval).\n"
                             "Link: loopback.\n"
                             "feedlab 0.1.0, 2026-01-02T03:04:05Z: feedlab-bench run\n");
  fl_result_file_clear(&file);
}
END_TEST

START_TEST(markdown_marks_what_is_not_sound) {
  FlResultFile file = file_of(small_json());
  json_t *ws = json_array_get(json_object_get(file.json, "results"), 0);
  json_object_set_new(ws, "verdict", json_string("broken"));
  json_object_set_new(file.json, "verdict", json_string("broken"));
  json_object_set_new(json_object_get(ws, "integrity"), "lost", json_integer(3));
  g_autofree char *markdown = fl_report_markdown(&file, 1);

  ck_assert(g_str_has_prefix(markdown, "✗ **ws: broken** (4 delivered, 3 lost, 0 duplicated, 0 reordered): stands for nothing.\n\n|  | ✗ ws | poll |"));
  fl_result_file_clear(&file);
}
END_TEST

/* What HdrHistogram writes of these four; tests/e2e/report.mjs compares with hdr-histogram-js. */
START_TEST(hgrm_is_the_percentile_format_of_hdrhistogram) {
  json_t *json = small_json();
  g_autofree char *ws = fl_report_hgrm(json_array_get(json_object_get(json, "results"), 0));
  g_autofree char *none = fl_report_hgrm(json_array_get(json_object_get(json, "results"), 1));

  ck_assert_str_eq(ws, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                       "       0.400 0.000000000000          2           1.00\n"
                       "       0.400 0.100000000000          2           1.11\n"
                       "       0.400 0.200000000000          2           1.25\n"
                       "       0.400 0.300000000000          2           1.43\n"
                       "       0.400 0.400000000000          2           1.67\n"
                       "       0.400 0.500000000000          2           2.00\n"
                       "       0.600 0.550000000000          3           2.22\n"
                       "       0.600 0.600000000000          3           2.50\n"
                       "       0.600 0.650000000000          3           2.86\n"
                       "       0.600 0.700000000000          3           3.33\n"
                       "       0.600 0.750000000000          3           4.00\n"
                       "       5.003 0.775000000000          4           4.44\n"
                       "       5.003 1.000000000000          4\n"
                       "#[Mean    =        1.601, StdDeviation   =        1.966]\n"
                       "#[Max     =        5.003, Total count    =            4]\n"
                       "#[Buckets =           22, SubBuckets     =         2048]\n");
  ck_assert_ptr_nonnull(strstr(none, "Total count    =            0"));
  json_decref(json);
}
END_TEST

/* --- hostile ------------------------------------------------------------------------------------------------------- */

static const char evil[] = "=\"'><script>alert(1)</script>|`*_@x\r\n\xE2\x80\xAE";

/* Every string in the JSON, and every name that is not the schema's, becomes `evil`. */
static void poison(json_t *node) {
  gsize i;
  json_t *value;

  if (json_is_string(node))
    json_string_set(node, evil);
  json_array_foreach(node, i, value) {
    poison(value);
  }
  for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at))
    poison(json_object_iter_value(at));
}

/* A result with names and texts as an attacker would have them. */
static FlResultFile poisoned(void) {
  json_t *json = small_json();
  json_t *ws = json_array_get(json_object_get(json, "results"), 0);
  json_t *figures = json_object_get(ws, "figures");

  poison(json);
  json_object_set(figures, evil, json_object_get(figures, "bytes.ip"));
  json_object_set_new(json_object_get(ws, "model"), evil, json_real(1));
  json_object_set_new(json_object_get(json, "manifest"), evil, json_string(evil));
  ck_assert_ptr_null(fl_result_file_check(json));
  return (FlResultFile){ .name = g_strdup(evil), .json = json };
}

static guint count_of(const char *text, const char *word) {
  guint n = 0;
  for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
    n++;
  return n;
}

START_TEST(html_escapes_all_text_of_the_file) {
  FlResultFile files[] = { poisoned(), poisoned() };
  g_autofree char *html = fl_report_html(files, 2);

  ck_assert_uint_gt(count_of(html, "&lt;script&gt;alert(1)"), 20);
  ck_assert_uint_eq(count_of(html, "<script"), 0);
  ck_assert_uint_eq(count_of(html, "=\"'>"), 0);
  ck_assert_uint_eq(count_of(html, "{{"), 0);
  ck_assert_ptr_nonnull(strstr(html, "content=\"default-src 'none'; style-src 'sha256-"));
  for (guint i = 0; i < 2; i++)
    fl_result_file_clear(&files[i]);
}
END_TEST

START_TEST(html_does_not_fill_in_places_that_a_file_names) {
  FlResultFile file = file_of(small_json());
  json_object_set_new(file.json, "sentence", json_string("{{manifest}} {{nonsense}}"));
  g_autofree char *html = fl_report_html(&file, 1);

  ck_assert_ptr_nonnull(strstr(html, ">{{manifest}} {{nonsense}}<"));
  fl_result_file_clear(&file);
}
END_TEST

START_TEST(csv_quotes_text_and_lets_no_formula_through) {
  FlResultFile file = poisoned();
  g_autofree char *csv = fl_report_csv(&file, 1);
  const char *row = strchr(csv, '\n') + 1;
  static const char cell[] = "\"'=\"\"'><script>alert(1)</script>|`*_@x\r\n\xE2\x80\xAE\",";

  ck_assert_msg(g_str_has_prefix(row, cell), "%s", row);
  ck_assert_msg(g_str_has_prefix(row + strlen(cell), cell), "%s", row);
  fl_result_file_clear(&file);
}
END_TEST

START_TEST(markdown_lets_no_markup_through) {
  FlResultFile file = poisoned();
  g_autofree char *markdown = fl_report_markdown(&file, 1);

  ck_assert_uint_eq(count_of(markdown, "<"), 0);
  ck_assert_uint_gt(count_of(markdown, "&#60;script&#62;alert(1)&#60;/script&#62;\\|\\`\\*\\_&#64;x  "), 3);
  fl_result_file_clear(&file);
}
END_TEST

/* --- files --------------------------------------------------------------------------------------------------------- */

/* A folder of its own, with a file. */
typedef struct {
  char *folder, *path;
} Place;

static Place place_of(const char *content) {
  char *folder = g_dir_make_tmp("feedlab-XXXXXX", NULL);
  Place place = { folder, g_build_filename(folder, "r.json", NULL) };
  ck_assert(g_file_set_contents(place.path, content, -1, NULL));
  return place;
}

static void place_clear(Place *place) {
  g_remove(place->path);
  ck_assert_int_eq(g_rmdir(place->folder), 0);
  g_free(place->path);
  g_free(place->folder);
}

START_TEST(a_file_that_is_no_result_is_refused_with_its_name_and_the_reason) {
  static const char *const cases[][2] = {
    { "", "no JSON: line 1" },
    { "{\"schema\":1,", "no JSON: line 1" },
    { "[]", "no result of feedlab-bench: it has no \"schema\"" },
    { "{\"schema\":2,\"results\":[]}", "a result of schema version 2; this feedlab-bench reads version 1" },
    { "{\"schema\":1}", "no result of feedlab-bench: it has no results" },
    { "{\"schema\":1,\"comparison\":{}}", "a comparison: reports are made of results" },
    { "{\"schema\":1,\"sweep\":{}}", "no result of feedlab-bench: its sweep has no parameter" },
    { "{\"schema\":1,\"results\":[{}]}", "no result of feedlab-bench: results[0] has no name" },
    { "{\"schema\":1,\"results\":[{\"name\":\"ws\"}]}", "results[0] has no figures" },
    { "{\"schema\":1,\"results\":[{\"name\":\"ws\",\"figures\":{\"x\":1}}]}", "results[0].figures: 'x' is no figure" },
    { "{\"schema\":1,\"results\":[{\"name\":\"ws\",\"figures\":{},\"latency_us\":[[2,1],[1,1]]}]}", "results[0].latency_us is no histogram" },
    { "{\"schema\":1,\"results\":[{\"name\":\"ws\",\"figures\":{},\"latency_us\":[[1,9007199254740992],[2,1]]}]}", "is no histogram" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    Place place = place_of(cases[i][0]);
    g_autoptr(GArray) files = fl_result_files_new();
    ck_assert_msg(!fl_result_files_read(files, place.path, &error), "%s", cases[i][0]);
    ck_assert_msg(strstr(error->message, cases[i][1]) && g_str_has_prefix(error->message, place.path), "%s: %s", cases[i][0], error->message);
    ck_assert_uint_eq(files->len, 0);
    place_clear(&place);
  }
}
END_TEST

START_TEST(a_result_is_called_as_its_file_is) {
  Place place = place_of(small);
  g_autoptr(GArray) files = fl_result_files_new();

  ck_assert(fl_result_files_read(files, place.path, NULL));
  ck_assert_uint_eq(files->len, 1);
  ck_assert_str_eq(g_array_index(files, FlResultFile, 0).name, "r");
  place_clear(&place);
}
END_TEST

START_TEST(a_fresh_result_reads_as_its_file_will) {
  json_t *json = json_pack("{s:f}", "value", 10.7749999999999);
  g_autoptr(GArray) files = fl_result_files_new();

  fl_result_files_add(files, json, "a/b.c.json");
  ck_assert_str_eq(g_array_index(files, FlResultFile, 0).name, "b.c");
  ck_assert(fl_result_file_number(g_array_index(files, FlResultFile, 0).json, "value") == 10.775);
  json_decref(json);
}
END_TEST

START_TEST(a_sweep_is_a_result_for_each_value) {
  json_t *sweep = json_pack("{s:i, s:{s:s, s:[f, f], s:[o, o]}}", "schema", 1, "sweep", "parameter", "clients", "values", 1.0, 100.0,
                            "results", small_json(), small_json());
  char *text = json_dumps(sweep, 0);
  Place place = place_of(text);
  g_autoptr(GArray) files = fl_result_files_new();
  static const char *const names[] = { "r clients=1", "r clients=100" };

  ck_assert(fl_result_files_read(files, place.path, NULL));
  ck_assert_uint_eq(files->len, 2);
  for (guint i = 0; i < 2; i++)
    ck_assert_str_eq(g_array_index(files, FlResultFile, i).name, names[i]);
  ck_assert(g_array_index(files, FlResultFile, 1).at == 100);
  g_autofree char *html = fl_report_html((FlResultFile *)files->data, files->len);
  ck_assert_ptr_nonnull(strstr(html, "Median latency by clients"));
  json_array_remove(json_object_get(json_object_get(sweep, "sweep"), "values"), 0);
  g_autofree char *wrong = fl_result_file_check(sweep);
  ck_assert_str_eq(wrong, "no result of feedlab-bench: its sweep has no parameter, or not a result a value");
  place_clear(&place);
  free(text);
  json_decref(sweep);
}
END_TEST

START_TEST(hgrm_files_stay_in_their_folder_whatever_a_result_is_called) {
  g_autofree char *folder = g_dir_make_tmp("feedlab-XXXXXX", NULL);
  FlResultFile file = file_of(small_json());
  FlReportOutputs outputs = { .hgrm = folder };
  static const char *const names[] = { "______etc_x.hgrm", "______etc_x-2.hgrm" };
  gsize i;
  json_t *result;

  json_array_foreach(json_object_get(file.json, "results"), i, result) {
    json_object_set_new(result, "name", json_string("../../etc/x"));
  }
  ck_assert(fl_report_outputs_write(&outputs, &file, 1, NULL));
  for (i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(folder, names[i], NULL);
    ck_assert_msg(g_remove(path) == 0, "%s", path);
  }
  ck_assert_int_eq(g_rmdir(folder), 0);
  fl_result_file_clear(&file);
}
END_TEST

static void make_all(const FlResultFile *file) {
  g_autofree char *csv = fl_report_csv(file, 1), *markdown = fl_report_markdown(file, 1), *html = fl_report_html(file, 1);
  gsize i;
  json_t *result;

  json_array_foreach(json_object_get(file->json, "results"), i, result) {
    g_autofree char *hgrm = fl_report_hgrm(result);
    ck_assert_ptr_nonnull(hgrm);
  }
  ck_assert(csv && markdown && html);
}

/* How often reports could be made although a member was another than it should be. */
static guint twist(const FlResultFile *file, json_t *node);

static guint twist_member(const FlResultFile *file, json_t *object, const char *name, json_t *value) {
  static const char *const others[] = { "null", "true", "-1", "1e308", "1e-320", "9223372036854775807", "\"\"", "[]", "[[]]", "{}", "{\"value\":[]}" };
  g_autofree char *key = g_strdup(name); /* its own goes with what it names */
  guint made = twist(file, value);

  json_incref(value);
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
    json_object_set_new(object, key, json_loads(others[i], JSON_DECODE_ANY, NULL));
    g_autofree char *wrong = fl_result_file_check(file->json);
    if (wrong)
      continue;
    make_all(file);
    made++;
  }
  json_object_set_new(object, key, value);
  return made;
}

static guint twist(const FlResultFile *file, json_t *node) {
  guint made = 0;
  gsize i;
  json_t *value;

  json_array_foreach(node, i, value) {
    made += twist(file, value);
  }
  for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at))
    made += twist_member(file, node, json_object_iter_key(at), json_object_iter_value(at));
  return made;
}

START_TEST(members_of_another_kind_are_refused_or_taken_for_nothing) {
  FlResultFile file = file_of(small_json());
  json_t *before = small_json();

  ck_assert_uint_gt(twist(&file, file.json), 300);
  ck_assert_int_eq(json_equal(file.json, before), 1);
  json_decref(before);
  fl_result_file_clear(&file);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("report_formats");
  TCase *formats = tcase_create("formats"), *files = tcase_create("files");

  tcase_add_test(formats, csv_has_a_row_a_figure_and_nothing_for_what_was_not_measured);
  tcase_add_test(formats, markdown_has_figures_as_rows_and_transports_as_columns);
  tcase_add_test(formats, markdown_marks_what_is_not_sound);
  tcase_add_test(formats, hgrm_is_the_percentile_format_of_hdrhistogram);
  tcase_add_test(formats, html_escapes_all_text_of_the_file);
  tcase_add_test(formats, html_does_not_fill_in_places_that_a_file_names);
  tcase_add_test(formats, csv_quotes_text_and_lets_no_formula_through);
  tcase_add_test(formats, markdown_lets_no_markup_through);
  suite_add_tcase(suite, formats);
  tcase_add_test(files, a_file_that_is_no_result_is_refused_with_its_name_and_the_reason);
  tcase_add_test(files, a_result_is_called_as_its_file_is);
  tcase_add_test(files, a_fresh_result_reads_as_its_file_will);
  tcase_add_test(files, a_sweep_is_a_result_for_each_value);
  tcase_add_test(files, hgrm_files_stay_in_their_folder_whatever_a_result_is_called);
  tcase_add_test(files, members_of_another_kind_are_refused_or_taken_for_nothing);
  suite_add_tcase(suite, files);
  return fl_check_run(suite);
}
