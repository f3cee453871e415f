/* The curves of the HTML report: the distribution of the latency, and its course over the time of a run.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "bench/chart.h"
#include "bench/markup.h"
#include "bench/column.h"
#include "bench/number.h"
#include "bench/report_html.h"

#define CURVE_POINTS 240
#define SAMPLES_BEYOND 10 /* that a percentile needs: docs/method.md */

static const double stops[] = { 0, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 99.999, 99.9999 };

static double place_of(double percentile) {
  return log10(100 / (100 - percentile));
}

static double log_ms(double us) {
  return log10(MAX(us, 1) / 1000);
}

static void add_point(GArray *points, double x, double y) {
  FlPoint point = { x, y };
  g_array_append_val(points, point);
}

static int by_x(const void *a, const void *b) {
  double left = ((const FlPoint *)a)->x, right = ((const FlPoint *)b)->x;
  return (left > right) - (left < right);
}

/* --- distribution -------------------------------------------------------------------------------------------------- */

/* The latency at percentiles that lie evenly on the axis, and at those that are shown; it ends at the maximum, where the share of
 * slower ones is that of a single sample. */
static GArray *spectrum(const FlHistogram *histogram) {
  GArray *points = g_array_new(FALSE, FALSE, sizeof(FlPoint));
  double end = log10(MAX((double)fl_histogram_count(histogram), 1));

  if (fl_histogram_count(histogram) == 0)
    return points;
  for (guint i = 0; i < CURVE_POINTS; i++) {
    double x = end * i / CURVE_POINTS;
    add_point(points, x, log_ms((double)fl_histogram_percentile(histogram, 100 - 100 * pow(10, -x))));
  }
  for (gsize i = 0; i < G_N_ELEMENTS(stops); i++)
    if (place_of(stops[i]) < end)
      add_point(points, place_of(stops[i]), log_ms((double)fl_histogram_percentile(histogram, stops[i])));
  add_point(points, end, log_ms((double)fl_histogram_max(histogram)));
  g_array_sort(points, by_x);
  return points;
}

/* What all charts of the distribution have in common. */
typedef struct {
  FlHistogram **histograms; /* a column each */
  FlAxis x, y;
} Distribution;

static Distribution distribution_of(const FlReportView *view) {
  Distribution all = { .histograms = g_new0(FlHistogram *, view->n_columns + 1) };
  double least = INFINITY, most = 0, samples = 0;

  for (guint i = 0; i < view->n_columns; i++) {
    FlHistogram *histogram = all.histograms[i] = fl_result_file_latency(view->columns[i].result);
    if (fl_histogram_count(histogram) == 0)
      continue;
    least = MIN(least, MAX((double)fl_histogram_min(histogram), 1) / 1000);
    most = MAX(most, (double)fl_histogram_max(histogram) / 1000);
    samples = MAX(samples, (double)fl_histogram_count(histogram));
  }
  all.x = fl_axis_percentiles(samples);
  all.y = fl_axis_log(least, most, "ms");
  return all;
}

static void distribution_clear(Distribution *self, guint n) {
  for (guint i = 0; i < n; i++)
    fl_histogram_free(self->histograms[i]);
  g_free(self->histograms);
  fl_axis_clear(&self->x);
  fl_axis_clear(&self->y);
}

/* The numbers of the chart, as a table; percentiles that have too few samples are "–". */
static void add_percentiles(GString *out, const FlReportView *view, const Distribution *all) {
  g_string_append(out, "<details><summary>The numbers</summary><div class=\"scroll\" tabindex=\"0\"><table "
                       "class=\"numbers\"><caption>Latency of "
                       "all runs together, ms</caption><thead><tr><td></td>");
  for (gsize k = 1; k < G_N_ELEMENTS(stops) && place_of(stops[k]) <= all->x.high; k++)
    fl_markup_add(out, "<th scope=\"col\">p%g</th>", stops[k]);
  g_string_append(out, "<th scope=\"col\">max</th><th scope=\"col\">samples</th></tr></thead>\n");
  for (guint i = 0; i < view->n_columns; i++) {
    const FlHistogram *histogram = all->histograms[i];
    g_autofree char *most = fl_column_number((double)fl_histogram_max(histogram) / 1000, 2);
    g_autofree char *samples = fl_column_number((double)fl_histogram_count(histogram), 0);
    fl_report_group(out, view, i, 13);
    g_string_append(out, "<tr>");
    fl_report_name(out, &view->columns[i]);
    for (gsize k = 1; k < G_N_ELEMENTS(stops) && place_of(stops[k]) <= all->x.high; k++) {
      gboolean has = fl_histogram_has_percentile(histogram, stops[k]);
      g_autofree char *text =
          fl_column_number(has ? (double)fl_histogram_percentile(histogram, stops[k]) / 1000 : NAN, 2);
      fl_markup_add(out, "<td>%s</td>", text);
    }
    fl_markup_add(out, "<td>%s</td><td>%s</td></tr>\n", most, samples);
  }
  g_string_append(out, "</tbody></table></div></details>\n");
}

static void add_distribution(GString *out, const FlReportView *view, const Distribution *all,
                             const FlResultFile *file) {
  g_autofree FlCurve *curves = g_new0(FlCurve, view->n_columns + 1);
  double places[G_N_ELEMENTS(stops)];
  guint n = 0, n_stops = 0;

  for (guint i = 0; i < view->n_columns; i++) {
    if (view->columns[i].file != file)
      continue;
    double samples = (double)fl_histogram_count(all->histograms[i]);
    curves[n++] = (FlCurve){ view->columns[i].name, view->columns[i].hue, FL_CURVE_PLAIN, spectrum(all->histograms[i]),
                             log10(MAX(samples / SAMPLES_BEYOND, 1)) };
  }
  for (gsize i = 0; i < G_N_ELEMENTS(stops) && place_of(stops[i]) < all->x.high; i++)
    places[n_stops++] = place_of(stops[i]);
  FlPlot plot = { "Latency by percentile",
                  "A curve a transport: how long the given share of the updates took at most, in "
                  "milliseconds. The table below has the numbers.",
                  340,
                  &all->x,
                  &all->y,
                  places,
                  n_stops };
  g_string_append(out, "<figure>");
  if (view->n_files > 1)
    fl_markup_add(out, "<figcaption>%s</figcaption>", file->name);
  fl_chart_plot(out, &plot, curves, n);
  g_string_append(out, "</figure>\n");
  for (guint i = 0; i < n; i++)
    g_array_unref(curves[i].points);
}

void fl_report_part_latency(GString *out, const FlReportView *view) {
  Distribution all = distribution_of(view);

  g_string_append(out, view->n_files > 1 ? "<div class=\"side\">" : "<div>");
  for (guint i = 0; i < view->n_files; i++)
    add_distribution(out, view, &all, &view->files[i]);
  g_string_append(out, "</div>\n");
  add_percentiles(out, view, &all);
  distribution_clear(&all, view->n_columns);
}

/* --- course over time ---------------------------------------------------------------------------------------------- */

static const struct {
  const char *member, *name;
  FlCurveWeight weight;
} kinds[] = { { "p50_ms", "p50", FL_CURVE_PLAIN },
              { "p99_ms", "p99", FL_CURVE_PLAIN },
              { "max_ms", "max", FL_CURVE_THIN } };

/* A point for each slice in which something was delivered. */
static GArray *course(const json_t *series, const char *member) {
  GArray *points = g_array_new(FALSE, FALSE, sizeof(FlPoint));
  gsize i;
  json_t *slice;

  json_array_foreach(series, i, slice) {
    double at = fl_result_file_number(slice, "at_s"), ms = fl_result_file_number(slice, member);
    if (isfinite(at) && isfinite(ms))
      add_point(points, at, log_ms(1000 * ms));
  }
  g_array_sort(points, by_x);
  return points;
}

/* The axes that all panels share, so that they can be compared. */
static void axes_of(const FlReportView *view, FlAxis *ret_x, FlAxis *ret_y) {
  double least = INFINITY, most = 0, end = 0;
  gsize i;
  json_t *slice;

  for (guint k = 0; k < view->n_columns; k++)
    json_array_foreach(json_object_get(view->columns[k].result, "series"), i, slice) {
      double at = fl_result_file_number(slice, "at_s");
      end = isfinite(at) ? MAX(end, at) : end;
      for (gsize m = 0; m < G_N_ELEMENTS(kinds); m++) {
        double ms = fl_result_file_number(slice, kinds[m].member);
        if (!isfinite(ms))
          continue;
        least = MIN(least, MAX(ms, 0.001));
        most = MAX(most, ms);
      }
    }
  *ret_x = fl_axis_linear(end, "s of the first run");
  *ret_y = fl_axis_log(least, most, "ms");
}

static void add_panel(GString *out, const FlReportView *view, const FlReportColumn *column, const FlAxis *x,
                      const FlAxis *y) {
  FlCurve curves[G_N_ELEMENTS(kinds)];
  g_autofree char *title = g_strconcat("Latency of ", column->name, " over time", NULL);
  const json_t *series = json_object_get(column->result, "series");

  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    curves[i] = (FlCurve){ kinds[i].name, column->hue, kinds[i].weight, course(series, kinds[i].member), INFINITY };
  g_autofree double *places = g_new(double, curves[0].points->len + 1);
  for (guint i = 0; i < curves[0].points->len; i++)
    places[i] = g_array_index(curves[0].points, FlPoint, i).x;
  FlPlot plot = { title,
                  "Median, 99th percentile and maximum of each slice of the first run's window, in milliseconds.",
                  120,
                  x,
                  y,
                  places,
                  curves[0].points->len };
  fl_markup_add(out, "<figure><figcaption><span class=\"key c%d\"></span>%s%s%s</figcaption>", column->hue,
                view->n_files > 1 ? column->file->name : "", view->n_files > 1 ? " · " : "", column->name);
  fl_chart_plot(out, &plot, curves, G_N_ELEMENTS(curves));
  g_string_append(out, "</figure>\n");
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_array_unref(curves[i].points);
}

void fl_report_part_series(GString *out, const FlReportView *view) {
  FlAxis x, y;

  axes_of(view, &x, &y);
  g_string_append(out, "<div class=\"panels\">\n");
  for (guint i = 0; i < view->n_columns; i++)
    add_panel(out, view, &view->columns[i], &x, &y);
  g_string_append(out, "</div>\n");
  fl_axis_clear(&x);
  fl_axis_clear(&y);
}
