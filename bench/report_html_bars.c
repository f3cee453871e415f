/* The bars of the HTML report: what a delivered update costs in bytes and CPU, what a client costs in memory, and the model beside the
 * measurement. Each is a table with a bar in each row, so that the numbers are there without the picture.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "bench/chart.h"
#include "bench/markup.h"
#include "bench/number.h"
#include "bench/report_html.h"

static void add_number(GString *out, double value) {
  g_autofree char *text = fl_number_brief(value);
  fl_markup_add(out, "<td>%s</td>", text);
}

/* The greatest of a figure, its intervals included; 0 where nobody has it. */
static double most_of(const FlReportView *view, const char *name) {
  double most = 0;

  for (guint i = 0; i < view->n_columns; i++) {
    FlInterval figure = fl_report_figure(&view->columns[i], name);
    if (isfinite(figure.value))
      most = MAX(most, isfinite(figure.high) ? MAX(figure.high, figure.value) : figure.value);
  }
  return most;
}

static void not_measured(GString *out) {
  g_string_append(out, "<p class=\"none\">Not measured.</p>\n");
}

/* A table with a bar and `heads`, n of them, as columns. */
static void open_table(GString *out, const char *caption, const char *const *heads, guint n) {
  fl_markup_add(out, "<table class=\"rows\"><caption>%s</caption><thead><tr><td></td><td class=\"chart\"></td>",
                caption);
  for (guint i = 0; i < n; i++)
    fl_markup_add(out, "<th scope=\"col\">%s</th>", heads[i]);
  g_string_append(out, "</tr></thead>\n");
}

static void open_row(GString *out, const FlReportView *view, guint column, guint width) {
  fl_report_group(out, view, column, width);
  g_string_append(out, "<tr>");
  fl_report_name(out, &view->columns[column]);
  g_string_append(out, "<td class=\"chart\">");
}

static void close_table(GString *out) {
  g_string_append(out, "</tbody></table>\n");
}

/* Of a bar, of the whole width. */
static double share(double value, double most) {
  return isfinite(value) && most > 0 ? 100 * CLAMP(value / most, 0, 1) : 0;
}

/* The layers lie on each other: what IP adds to TCP, and TCP to the application, is what sticks out. */
void fl_report_part_bytes(GString *out, const FlReportView *view) {
  static const char *const heads[] = { "app", "TCP", "IP" };
  double most = most_of(view, "bytes.ip");

  if (most == 0) {
    not_measured(out);
    return;
  }
  g_string_append(out, "<p class=\"legend\"><span><i class=\"swatch app\"></i>application</span> <span><i "
                       "class=\"swatch tcp\"></i>TCP</span> "
                       "<span><i class=\"swatch ip\"></i>IP</span> <span><i class=\"swatch whisker\"></i>95 % interval "
                       "of IP</span></p>\n");
  open_table(out, "Bytes per delivered update, both ways", heads, G_N_ELEMENTS(heads));
  for (guint i = 0; i < view->n_columns; i++) {
    const FlReportColumn *column = &view->columns[i];
    FlInterval ip = fl_report_figure(column, "bytes.ip");
    double app = fl_report_figure(column, "bytes.app").value, tcp = fl_report_figure(column, "bytes.tcp").value;
    const FlBar bars[] = { { "ip", 0, share(ip.value, most) },
                           { "tcp", 0, share(tcp, most) },
                           { "app", 0, share(app, most) } };
    open_row(out, view, i, 5);
    fl_chart_bars(out, bars, G_N_ELEMENTS(bars), share(ip.low, most), share(ip.high, most));
    g_string_append(out, "</td>");
    add_number(out, app);
    add_number(out, tcp);
    add_number(out, ip.value);
    g_string_append(out, "</tr>\n");
  }
  close_table(out);
}

void fl_report_part_cpu(GString *out, const FlReportView *view) {
  static const char *const heads[] = { "user", "system", "total" };
  double most = most_of(view, "cpu.total");

  if (most == 0) {
    not_measured(out);
    return;
  }
  g_string_append(out, "<p class=\"legend\"><span><i class=\"swatch user\"></i>user</span> <span><i class=\"swatch "
                       "system\"></i>system</span> "
                       "<span><i class=\"swatch whisker\"></i>95 % interval of the total</span></p>\n");
  open_table(out, "Server CPU per delivered update, µs", heads, G_N_ELEMENTS(heads));
  for (guint i = 0; i < view->n_columns; i++) {
    const FlReportColumn *column = &view->columns[i];
    FlInterval total = fl_report_figure(column, "cpu.total");
    double user = fl_report_figure(column, "cpu.user").value, system = fl_report_figure(column, "cpu.system").value;
    const FlBar bars[] = { { isfinite(user) ? "system" : "whole", 0, share(total.value, most) },
                           { "user", 0, share(user, most) } };
    gboolean has = isfinite(total.low) && isfinite(total.high);
    open_row(out, view, i, 5);
    fl_chart_bars(out, bars, G_N_ELEMENTS(bars), has ? share(total.low, most) : NAN,
                  has ? share(total.high, most) : NAN);
    g_string_append(out, "</td>");
    add_number(out, user);
    add_number(out, system);
    add_number(out, total.value);
    g_string_append(out, "</tr>\n");
  }
  close_table(out);
}

void fl_report_part_memory(GString *out, const FlReportView *view) {
  static const char *const heads[] = { "low", "high", "median" };
  double most = most_of(view, "memory.user");

  if (most == 0) {
    not_measured(out);
    return;
  }
  open_table(out, "Server memory per client, kB", heads, G_N_ELEMENTS(heads));
  for (guint i = 0; i < view->n_columns; i++) {
    FlInterval memory = fl_report_figure(&view->columns[i], "memory.user");
    gboolean has = isfinite(memory.low) && isfinite(memory.high);
    const FlBar bar = { "app", 0, share(memory.value, most) };
    open_row(out, view, i, 5);
    fl_chart_bars(out, &bar, 1, has ? share(memory.low, most) : NAN, has ? share(memory.high, most) : NAN);
    g_string_append(out, "</td>");
    add_number(out, memory.low);
    add_number(out, memory.high);
    add_number(out, memory.value);
    g_string_append(out, "</tr>\n");
  }
  close_table(out);
}

/* --- the model ----------------------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *caption;
} modelled[] = { { "latency.p50", "Median latency, ms" }, { "latency.p99", "99th percentile, ms" } };

static double model_of(const FlReportColumn *column, const char *name) {
  return fl_result_file_number(json_object_get(column->result, "model"), name);
}

static double position(double ms) {
  return ms > 0 ? log10(ms) : NAN;
}

static FlAxis model_axis(const FlReportView *view, gboolean *ret_any) {
  double least = INFINITY, most = 0;

  for (guint i = 0; i < view->n_columns; i++)
    for (gsize k = 0; k < G_N_ELEMENTS(modelled); k++) {
      double model = model_of(&view->columns[i], modelled[k].name);
      FlInterval figure = fl_report_figure(&view->columns[i], modelled[k].name);
      const double values[] = { model, figure.value, figure.low, figure.high };
      for (gsize m = 0; isfinite(model) && m < G_N_ELEMENTS(values); m++)
        if (values[m] > 0 && isfinite(values[m])) {
          least = MIN(least, values[m]);
          most = MAX(most, values[m]);
        }
    }
  *ret_any = most > 0;
  return fl_axis_log(least, most, "ms");
}

/* On an idle server the two should agree: outside of 0.9 … 1.15 is a warning (docs/method.md). */
static void add_pair(GString *out, const FlReportColumn *column, const char *name, const FlAxis *axis) {
  FlInterval measured = fl_report_figure(column, name);
  double model = model_of(column, name), ratio = measured.value / model;
  FlPair pair = { column->hue, position(measured.value), position(measured.low), position(measured.high),
                  position(model) };
  g_autofree char *text = fl_number_ratio(ratio);

  fl_chart_pair(out, axis, &pair);
  g_string_append(out, "</td>");
  add_number(out, measured.value);
  add_number(out, model);
  fl_markup_add(out, "<td class=\"%s\">%s</td></tr>\n", ratio < 0.9 || ratio > 1.15 ? "off" : "near", text);
}

static void add_model(GString *out, const FlReportView *view, gsize which, const FlAxis *axis) {
  fl_markup_add(out, "<table class=\"rows\"><caption>%s</caption><thead><tr><td></td><td class=\"chart\">",
                modelled[which].caption);
  fl_chart_scale(out, axis);
  g_string_append(
      out,
      "</td><th scope=\"col\">measured</th><th scope=\"col\">model</th><th scope=\"col\">ratio</th></tr></thead>\n");
  for (guint i = 0; i < view->n_columns; i++) {
    open_row(out, view, i, 5);
    add_pair(out, &view->columns[i], modelled[which].name, axis);
  }
  close_table(out);
}

void fl_report_part_model(GString *out, const FlReportView *view) {
  gboolean any;
  FlAxis axis = model_axis(view, &any);

  if (any) {
    g_string_append(out, "<p class=\"legend\"><span><i class=\"swatch dot\"></i>measured, with its interval</span> "
                         "<span><i class=\"swatch diamond\"></i>model</span></p>\n");
    for (gsize k = 0; k < G_N_ELEMENTS(modelled); k++)
      add_model(out, view, k, &axis);
  } else {
    not_measured(out);
  }
  fl_axis_clear(&axis);
}
