/* The sweep in the HTML report: how figures grow with a parameter, a curve a transport.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "bench/chart.h"
#include "bench/markup.h"
#include "bench/report_html.h"

static const struct {
  const char *figure, *title, *unit;
} charts[] = {
  { "latency.p50", "Median latency", "ms" },
  { "latency.p99", "99th percentile of the latency", "ms" },
  { "bytes.ip", "Bytes at the IP layer per delivered update", "B" },
  { "cpu.total", "Server CPU per delivered update", "µs" },
};

static const char *parameter_of(const FlReportView *view) {
  for (guint i = 0; i < view->n_files; i++)
    if (view->files[i].parameter)
      return view->files[i].parameter;
  return NULL;
}

/* Columns of the parameter, with a figure that has a logarithm. */
static gboolean point_of(const FlReportColumn *column, const char *parameter, const char *figure, FlPoint *ret_point) {
  double value = fl_report_figure(column, figure).value;

  if (g_strcmp0(column->file->parameter, parameter) != 0 || !(column->file->at > 0) || !(value > 0))
    return FALSE;
  *ret_point = (FlPoint){ log10(column->file->at), log10(value) };
  return TRUE;
}

static int by_x(const void *a, const void *b) {
  double left = ((const FlPoint *)a)->x, right = ((const FlPoint *)b)->x;
  return (left > right) - (left < right);
}

/* The curve of that name; a new one where there is none yet. */
static FlCurve *curve_of(GArray *curves, const FlReportColumn *column) {
  for (guint i = 0; i < curves->len; i++)
    if (g_str_equal(g_array_index(curves, FlCurve, i).name, column->name))
      return &g_array_index(curves, FlCurve, i);
  FlCurve curve = { column->name, column->hue, FL_CURVE_PLAIN, g_array_new(FALSE, FALSE, sizeof(FlPoint)), INFINITY };
  g_array_append_val(curves, curve);
  return &g_array_index(curves, FlCurve, curves->len - 1);
}

static void clear_curve(gpointer curve) {
  g_array_unref(((FlCurve *)curve)->points);
}

/* A curve a transport; the least and the greatest value of the figure, NAN where there is none. */
static GArray *curves_of(const FlReportView *view, const char *parameter, const char *figure, double *ret_least,
                         double *ret_most) {
  GArray *curves = g_array_new(FALSE, FALSE, sizeof(FlCurve));
  double least = NAN, most = NAN;
  FlPoint point;

  g_array_set_clear_func(curves, clear_curve);
  for (guint i = 0; i < view->n_columns; i++) {
    if (!point_of(&view->columns[i], parameter, figure, &point))
      continue;
    g_array_append_val(curve_of(curves, &view->columns[i])->points, point);
    least = fmin(least, pow(10, point.y));
    most = fmax(most, pow(10, point.y));
  }
  for (guint i = 0; i < curves->len; i++)
    g_array_sort(g_array_index(curves, FlCurve, i).points, by_x);
  *ret_least = least;
  *ret_most = most;
  return curves;
}

static int by_value(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

/* The values of the parameter, each once, rising. The caller's. */
static double *stops_of(const FlReportView *view, const char *parameter, guint *ret_n) {
  double *stops = g_new(double, view->n_files + 1);
  guint n = 0;

  *ret_n = 0;
  for (guint i = 0; i < view->n_files; i++)
    if (g_strcmp0(view->files[i].parameter, parameter) == 0 && view->files[i].at > 0)
      stops[n++] = log10(view->files[i].at);
  qsort(stops, n, sizeof *stops, by_value);
  for (guint i = 0; i < n; i++)
    if (i == 0 || stops[i] > stops[*ret_n - 1])
      stops[(*ret_n)++] = stops[i];
  return stops;
}

static void add_chart(GString *out, const FlReportView *view, const char *parameter, gsize which) {
  double least, most;
  guint n_stops;
  g_autoptr(GArray) curves = curves_of(view, parameter, charts[which].figure, &least, &most);
  g_autofree double *stops = stops_of(view, parameter, &n_stops);
  g_autofree char *title = g_strconcat(charts[which].title, " by ", parameter, NULL);

  if (curves->len == 0)
    return;
  FlAxis x = fl_axis_log(pow(10, stops[0]), pow(10, stops[n_stops - 1]), parameter);
  FlAxis y = fl_axis_log(least, most, charts[which].unit);
  FlPlot plot = {
    title, "A curve a transport over the values of the parameter, both axes logarithmic.", 240, &x, &y, stops, n_stops
  };
  fl_markup_add(out, "<figure><figcaption>%s</figcaption>", title);
  fl_chart_plot(out, &plot, (FlCurve *)curves->data, curves->len);
  g_string_append(out, "</figure>\n");
  fl_axis_clear(&x);
  fl_axis_clear(&y);
}

void fl_report_part_sweep(GString *out, const FlReportView *view) {
  const char *parameter = parameter_of(view);

  if (!parameter)
    return;
  fl_markup_add(out, "<section id=\"sweep\">\n<h2>By %s</h2>\n", parameter);
  g_string_append(out, "<p>How the figures grow with the parameter that was swept. A straight line is a power "
                       "law.</p>\n<div class=\"side\">\n");
  for (gsize i = 0; i < G_N_ELEMENTS(charts); i++)
    add_chart(out, view, parameter, i);
  g_string_append(out, "</div>\n</section>\n\n");
}
