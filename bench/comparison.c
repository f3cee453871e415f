/* Two results against each other. See the header; what is printed of it is in comparison_report.c.
 * SPDX-License-Identifier: MIT */
#include "bench/comparison.h"

#include <gio/gio.h>
#include <math.h>

#include "bench/report.h"
#include "bench/result_file.h"

#define LEVEL 0.99
#define ROUNDING 1e-9 /* ratios nearer to 1 are of the arithmetic, not of the runs */

/* --- reading ------------------------------------------------------------------------------------------------------- */

static const char *string_in(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

json_t *fl_comparison_read(const char *path, GError **error) {
  g_autoptr(GArray) files = fl_result_files_new();

  if (!fl_result_files_read(files, path, error))
    return NULL;
  const FlResultFile *file = &g_array_index(files, FlResultFile, 0);
  if (!file->parameter)
    return json_incref(file->json);
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: it holds a sweep: single results can be compared", path);
  return NULL;
}

static json_t *arm_find(const json_t *all, const char *name) {
  json_t *arm;
  gsize i;

  json_array_foreach(json_object_get(all, "results"), i, arm) if (g_str_equal(string_in(arm, "name"), name)) return arm;
  return NULL;
}

static gboolean fail(GError **error, const char *what, const char *why) {
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s", what, why);
  return FALSE;
}

/* --- what is not alike --------------------------------------------------------------------------------------------- */

G_GNUC_PRINTF(2, 3)
static void warn(FlComparison *self, const char *format, ...) {
  va_list args;

  va_start(args, format);
  g_ptr_array_add(self->warnings, g_strdup_vprintf(format, args));
  va_end(args);
}

static char *value_text(const json_t *value) {
  if (!value || json_is_null(value))
    return g_strdup("not known");
  if (json_is_string(value))
    return g_strdup(json_string_value(value));
  char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) | JSON_SORT_KEYS);
  char *text = g_strdup(dumped);
  free(dumped);
  return text;
}

/* 5 and 5.0 are alike. */
static gboolean is_alike(const json_t *a, const json_t *b) {
  if (json_is_number(a) && json_is_number(b))
    return json_number_value(a) == json_number_value(b);
  return a && b ? json_equal(a, b) : !a || json_is_null(a) ? !b || json_is_null(b) : FALSE;
}

/* `of`: whose they are, with a space; or "". */
static void compare_values(FlComparison *self, const char *of, const char *name, const json_t *a, const json_t *b) {
  if (is_alike(a, b))
    return;
  g_autofree char *in_a = value_text(a);
  g_autofree char *in_b = value_text(b);
  warn(self, "%s%s: A %s, B %s", of, name, in_a, in_b);
}

/* Every key that one of the two has. */
static void compare_objects(FlComparison *self, const char *of, json_t *a, json_t *b) {
  const char *key;
  json_t *value;

  json_object_foreach(a, key, value) if (!g_str_equal(key, "seed")) /* it is there to differ */
      compare_values(self, of, key, value, json_object_get(b, key));
  json_object_foreach(b, key, value) if (!g_str_equal(key, "seed") && !json_object_get(a, key))
      compare_values(self, of, key, NULL, value);
}

/* The bench had one thread when it did not say how many. The caller's. */
static json_t *setting_of(const json_t *manifest) {
  json_t *setting = json_copy(json_object_get(manifest, "setting"));
  json_t *cpu = json_object_get(setting, "bench_cpu");

  if (!json_object_get(setting, "bench_threads")) {
    json_object_set_new(setting, "bench_threads", json_integer(1));
    json_object_set_new(setting, "bench_cpus", json_is_integer(cpu) ? json_pack("[O]", cpu) : json_null());
  }
  return setting;
}

static void compare_manifests(FlComparison *self) {
  static const struct {
    const char *name, *of;
  } groups[] = { { "machine", "machine: " }, { "sysctls", "" } };
  const json_t *a = json_object_get(self->a, "manifest"), *b = json_object_get(self->b, "manifest");
  json_t *setting_a = setting_of(a), *setting_b = setting_of(b);

  compare_objects(self, "", setting_a, setting_b);
  json_decref(setting_a);
  json_decref(setting_b);
  for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
    compare_objects(self, groups[i].of, json_object_get(a, groups[i].name), json_object_get(b, groups[i].name));
}

static void compare_arms(FlComparison *self, const char *name, const json_t *a, const json_t *b) {
  static const char *const keys[] = { "clients", "duration_s" };
  g_autofree char *of = g_strconcat(name, " ", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
    compare_values(self, of, keys[i], json_object_get(a, keys[i]), json_object_get(b, keys[i]));
}

static void warn_of_missing(FlComparison *self, const json_t *in, const json_t *from, const char *side) {
  const json_t *arm;
  gsize i;

  json_array_foreach(json_object_get(in, "results"), i, arm) if (!arm_find(from, string_in(arm, "name")))
      warn(self, "%s is in %s only", string_in(arm, "name"), side);
}

static gboolean is_sound(const json_t *arm) {
  return g_strcmp0(string_in(arm, "verdict"), "sound") == 0;
}

static void warn_of_unsound(FlComparison *self, const json_t *arm, const char *side) {
  if (!is_sound(arm))
    warn(self, "%s of %s is %s: it stands for nothing", string_in(arm, "name"), side, string_in(arm, "verdict"));
}

/* --- figures ------------------------------------------------------------------------------------------------------- */

/* The runs that have the figure. Returns: how many. */
static guint runs_of(const json_t *arm, const FlFigure *figure, double **ret_values) {
  const json_t *runs = json_object_get(json_object_get(json_object_get(arm, "figures"), figure->name), "runs"), *run;
  guint n = 0;
  gsize i;

  *ret_values = g_new(double, json_array_size(runs) + 1);
  json_array_foreach(runs, i, run) if (json_is_number(run))(*ret_values)[n++] = json_number_value(run);
  return n;
}

static FlChange change_of(const FlInterval *ratio) {
  if (isnan(ratio->value))
    return FL_CHANGE_INCOMPARABLE;
  if (ratio->low <= 1 + ROUNDING && ratio->high >= 1 - ROUNDING)
    return FL_CHANGE_NONE;
  return ratio->value > 1 ? FL_CHANGE_WORSE : FL_CHANGE_BETTER;
}

/* All alike, nothings too, of which there are no ratios. */
static gboolean is_constant(const double *a, guint n_a, const double *b, guint n_b) {
  for (guint i = 0; i < n_a; i++)
    if (a[i] != a[0])
      return FALSE;
  for (guint i = 0; i < n_b; i++)
    if (b[i] != a[0])
      return FALSE;
  return TRUE;
}

/* By itself, before Holm. */
static FlComparedFigure compare_figure(const FlFigure *figure, const json_t *a, const json_t *b) {
  g_autofree double *in_a = NULL;
  g_autofree double *in_b = NULL;
  guint n_a = runs_of(a, figure, &in_a), n_b = runs_of(b, figure, &in_b);
  FlComparedFigure compared = {
    .figure = figure, .a = fl_median(in_a, n_a), .b = fl_median(in_b, n_b), .ratio = { NAN, NAN, NAN, NAN }
  };

  if (n_a < 2 || n_b < 2 || !is_sound(a) || !is_sound(b))
    return compared;
  if (is_constant(in_a, n_a, in_b, n_b))
    compared.ratio = (FlInterval){ 1, 1, 1, 1 };
  else
    compared.ratio = fl_interval_of_two(in_b, n_b, in_a, n_a, LEVEL);
  compared.change = change_of(&compared.ratio);
  return compared;
}

/* Holm's correction over the others than the primary: what it does not reject is no difference. */
static void correct(FlComparedTransport *self) {
  g_autofree double *p = g_new(double, self->n_figures + 1);
  g_autofree gboolean *rejected = g_new(gboolean, self->n_figures + 1);

  for (guint i = 0; i < self->n_figures; i++) {
    p[i] = self->figures[i].change == FL_CHANGE_INCOMPARABLE ? NAN : self->figures[i].ratio.p;
    self->n_judged += (guint)!isnan(p[i]);
  }
  fl_holm(p, self->n_figures, 1 - LEVEL, rejected);
  for (guint i = 0; i < self->n_figures; i++)
    if (!isnan(p[i]) && !rejected[i])
      self->figures[i].change = FL_CHANGE_NONE;
}

static FlComparedTransport compare_transport(const json_t *a, const json_t *b) {
  FlComparedTransport self = { .name = string_in(a, "name"), .primary = compare_figure(fl_figure_primary(), a, b) };
  g_autoptr(GArray) figures = g_array_new(FALSE, FALSE, sizeof(FlComparedFigure));

  for (const FlFigure *figure = fl_figures; figure->name; figure++) {
    if (!figure->value || !figure->is_cost || figure == fl_figure_primary())
      continue;
    FlComparedFigure compared = compare_figure(figure, a, b);
    if (isfinite(compared.a) || isfinite(compared.b))
      g_array_append_val(figures, compared);
  }
  self.n_figures = figures->len;
  self.figures = g_memdup2(figures->data, figures->len * sizeof(FlComparedFigure));
  correct(&self);
  return self;
}

/* --- all of it ----------------------------------------------------------------------------------------------------- */

static gboolean has_runs(const json_t *arm, const char *side, GError **error) {
  json_int_t runs = json_integer_value(json_object_get(arm, "runs"));
  g_autofree char *what = g_strdup_printf("%s of %s", string_in(arm, "name"), side);

  return runs >= 2 || fail(error, what, "has fewer than two runs: there is nothing to tell chance by; run with -n 5");
}

FlComparison *fl_comparison_new(json_t *a, json_t *b, GError **error) {
  g_autoptr(FlComparison) self = g_new0(FlComparison, 1);
  const json_t *arm, *other;
  gsize i;

  self->a = json_incref(a);
  self->b = json_incref(b);
  self->warnings = g_ptr_array_new_with_free_func(g_free);
  self->transports = g_new0(FlComparedTransport, json_array_size(json_object_get(a, "results")));
  compare_manifests(self);
  warn_of_missing(self, a, b, "A");
  warn_of_missing(self, b, a, "B");
  json_array_foreach(json_object_get(a, "results"), i, arm) {
    other = arm_find(b, string_in(arm, "name"));
    if (!other)
      continue;
    if (!has_runs(arm, "A", error) || !has_runs(other, "B", error))
      return NULL;
    compare_arms(self, string_in(arm, "name"), arm, other);
    warn_of_unsound(self, arm, "A");
    warn_of_unsound(self, other, "B");
    self->transports[self->n_transports++] = compare_transport(arm, other);
  }
  if (self->n_transports > 0)
    return g_steal_pointer(&self);
  fail(error, "A and B", "have no transport in common");
  return NULL;
}

void fl_comparison_free(FlComparison *self) {
  if (!self)
    return;
  for (guint i = 0; i < self->n_transports; i++)
    g_free(self->transports[i].figures);
  g_free(self->transports);
  g_ptr_array_unref(self->warnings);
  json_decref(self->a);
  json_decref(self->b);
  g_free(self);
}

FlChange fl_comparison_worst(const FlComparison *self) {
  static const int ranks[] = {
    [FL_CHANGE_NONE] = 0, [FL_CHANGE_BETTER] = 0, [FL_CHANGE_INCOMPARABLE] = 1, [FL_CHANGE_WORSE] = 2
  };
  FlChange worst = FL_CHANGE_NONE;

  for (guint i = 0; i < self->n_transports; i++)
    if (ranks[self->transports[i].primary.change] > ranks[worst])
      worst = self->transports[i].primary.change;
  return worst;
}
