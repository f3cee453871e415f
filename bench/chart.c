/* Charts as SVG. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/chart.h"

#include <math.h>
#include <stdlib.h>

#include "bench/markup.h"
#include "bench/number.h"

#define LABEL_GAP 15 /* px between the baselines of two labels */
#define WIDTH 1000   /* of the curves' own coordinates, which are stretched to the width there is */

/* --- axes ---------------------------------------------------------------------------------------------------------- */

G_GNUC_PRINTF(4, 5)
static void add_tick(FlAxis *axis, double at, gboolean is_minor, const char *format, ...) {
  FlTick tick = { .at = at, .is_minor = is_minor };
  va_list args;

  va_start(args, format);
  g_vsnprintf(tick.label, sizeof tick.label, format, args);
  va_end(args);
  g_array_append_val(axis->ticks, tick);
}

static FlAxis axis_new(double low, double high, const char *label) {
  return (FlAxis){ low, high, g_array_new(FALSE, FALSE, sizeof(FlTick)), label };
}

void fl_axis_clear(FlAxis *self) {
  g_clear_pointer(&self->ticks, g_array_unref);
}

double fl_axis_place(const FlAxis *self, double position) {
  return 100 * CLAMP((position - self->low) / (self->high - self->low), 0, 1);
}

/* From the last of 1, 2, 5 times a power of ten that `least` is above to the first that `most` is below. */
FlAxis fl_axis_log(double least, double most, const char *label) {
  static const int steps[] = { 1, 2, 5 };
  gboolean is_empty = !(least > 0 && most >= least && isfinite(most));
  double low = is_empty ? 1 : CLAMP(least, 1e-6, 1e12), high = is_empty ? 10 : CLAMP(most, low, 1e12);
  double first = low, last = INFINITY;

  for (int i = 3 * -7; i <= 3 * 13; i++) {
    double step = steps[(i + 300) % 3] * pow(10, floor(i / 3.0));
    if (step <= low * (1 + 1e-9))
      first = step;
    if (step >= high * (1 - 1e-9) && step > first * 1.5 && !isfinite(last))
      last = step;
  }
  FlAxis axis = axis_new(log10(first), log10(last), label);
  gboolean is_wide = last / first > 300;
  for (int i = 3 * -7; i <= 3 * 13; i++) {
    double step = steps[(i + 300) % 3] * pow(10, floor(i / 3.0));
    gboolean is_power = (i + 300) % 3 == 0;
    if (step < first * 0.99 || step > last * 1.01 || (is_wide && !is_power))
      continue;
    g_autofree char *number = step >= 10000 ? g_strdup_printf("%gk", step / 1000) : g_strdup_printf("%g", step);
    add_tick(&axis, log10(step), !is_power && last / first > 30, "%s", number);
  }
  return axis;
}

FlAxis fl_axis_percentiles(double samples) {
  FlAxis axis = axis_new(0, MAX(log10(MAX(samples, 1)), 1), "percentile, by 1/(1 − p)");
  static const char *const labels[] = { "90%", "99%", "99.9%", "99.99%", "99.999%", "99.9999%" };

  add_tick(&axis, 0, TRUE, "0%%");
  add_tick(&axis, log10(2), FALSE, "50%%");
  for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
    if (i + 1 <= axis.high)
      add_tick(&axis, i + 1, FALSE, "%s", labels[i]);
  return axis;
}

FlAxis fl_axis_linear(double most, const char *label) {
  double top = most > 0 ? CLAMP(most, 1e-6, 1e12) : 1;
  double power = pow(10, floor(log10(top / 2)));
  double step = top / power > 10 ? 5 * power : top / power > 5 ? 2 * power : power;
  FlAxis axis = axis_new(0, top, label);

  for (guint i = 0; i * step <= top * 1.0001; i++)
    add_tick(&axis, i * step, FALSE, "%g", i * step);
  return axis;
}

/* --- labels that keep apart ---------------------------------------------------------------------------------------- */

typedef struct {
  const FlCurve *curve;
  FlPoint at; /* in per cent and px */
  double y;   /* of the label, px */
} Label;

static int by_height(const void *a, const void *b) {
  double left = ((const Label *)a)->at.y, right = ((const Label *)b)->at.y;
  return (left > right) - (left < right);
}

/* Push labels down from those above, then all up again where the last ones fell out of the plot. */
static void spread(Label *labels, guint n, double height) {
  qsort(labels, n, sizeof *labels, by_height);
  for (guint i = 0; i < n; i++)
    labels[i].y = i > 0 ? MAX(labels[i].at.y, labels[i - 1].y + LABEL_GAP) : MAX(labels[i].at.y, 4);
  for (guint i = n; i-- > 0;) {
    double floor_y = i + 1 < n ? labels[i + 1].y - LABEL_GAP : height;
    labels[i].y = MIN(labels[i].y, floor_y);
  }
}

/* --- curves -------------------------------------------------------------------------------------------------------- */

static double y_px(const FlPlot *plot, double y) {
  return plot->height * (1 - fl_axis_place(plot->y, y) / 100);
}

/* The points with x in from … to, the ends included. */
static void add_line(GString *out, const FlPlot *plot, const FlCurve *curve, double from, double to, const char *css) {
  guint n = 0;
  gsize begin = out->len;

  fl_markup_add(out, "<polyline class=\"c%d %s\" points=\"", curve->hue, css);
  for (guint i = 0; i < curve->points->len; i++) {
    FlPoint point = g_array_index(curve->points, FlPoint, i);
    if (point.x < from || point.x > to)
      continue;
    g_string_append_printf(out, "%s%.1f,%.1f", n++ > 0 ? " " : "", WIDTH / 100.0 * fl_axis_place(plot->x, point.x),
                           y_px(plot, point.y));
  }
  g_string_append(out, "\"/>");
  if (n < 2)
    g_string_truncate(out, begin);
}

static void add_curves(GString *out, const FlPlot *plot, const FlCurve *curves, guint n) {
  fl_markup_add(out, "<svg viewBox=\"0 0 %d %d\" width=\"100%%\" height=\"%d\" preserveAspectRatio=\"none\">", WIDTH,
                plot->height, plot->height);
  for (guint i = 0; i < n; i++) {
    const char *css = curves[i].weight == FL_CURVE_THIN ? "curve thin" : "curve";
    double last_firm = -INFINITY;
    for (guint k = 0; k < curves[i].points->len; k++)
      if (g_array_index(curves[i].points, FlPoint, k).x <= curves[i].firm_to)
        last_firm = g_array_index(curves[i].points, FlPoint, k).x;
    add_line(out, plot, &curves[i], -INFINITY, last_firm, css);
    add_line(out, plot, &curves[i], last_firm, INFINITY, "curve dotted");
  }
  g_string_append(out, "</svg>");
}

static void add_grid(GString *out, const FlPlot *plot) {
  for (guint i = 0; i < plot->y->ticks->len; i++) {
    const FlTick *tick = &g_array_index(plot->y->ticks, FlTick, i);
    double y = y_px(plot, tick->at);
    fl_markup_add(out, "<line class=\"grid\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>", y, y);
    fl_markup_add(out, "<text class=\"tick%s\" x=\"-8\" y=\"%.1f\" dy=\".35em\" text-anchor=\"end\">%s</text>",
                  tick->is_minor ? " minor" : "", y, tick->label);
  }
  for (guint i = 0; i < plot->x->ticks->len; i++) {
    const FlTick *tick = &g_array_index(plot->x->ticks, FlTick, i);
    double x = fl_axis_place(plot->x, tick->at);
    fl_markup_add(out, "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"%d\"/>", x, x, plot->height);
    fl_markup_add(out, "<text class=\"tick%s\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                  tick->is_minor ? " minor" : "", x, plot->height + 18, tick->label);
  }
  fl_markup_add(out, "<line class=\"axis\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", plot->height, plot->height);
  fl_markup_add(out, "<text class=\"unit\" x=\"-8\" y=\"-12\" text-anchor=\"end\">%s</text>", plot->y->label);
  fl_markup_add(out, "<text class=\"unit\" x=\"100%%\" y=\"%d\" text-anchor=\"end\">%s</text>", plot->height + 36,
                plot->x->label);
}

/* A point of the curve at x, or the last one before it; FALSE where it has ended or not begun. */
static gboolean value_at(const FlCurve *curve, double x, double *ret_y) {
  gboolean found = FALSE;
  const double near = 1e-9;

  for (guint i = 0; i < curve->points->len; i++) {
    FlPoint point = g_array_index(curve->points, FlPoint, i);
    if (point.x > x + near)
      return found;
    *ret_y = point.y;
    found = fabs(point.x - x) <= near || i + 1 < curve->points->len;
  }
  return found;
}

static void add_ends(GString *out, const FlPlot *plot, const FlCurve *curves, guint n) {
  g_autofree Label *labels = g_new0(Label, n + 1);
  guint m = 0;

  for (guint i = 0; i < n; i++) {
    if (curves[i].points->len == 0)
      continue;
    FlPoint last = g_array_index(curves[i].points, FlPoint, curves[i].points->len - 1);
    labels[m++] = (Label){ &curves[i], { fl_axis_place(plot->x, last.x), y_px(plot, last.y) }, 0 };
  }
  spread(labels, m, plot->height);
  for (guint i = 0; i < m; i++) {
    const Label *label = &labels[i];
    fl_markup_add(out, "<circle class=\"c%d end\" cx=\"%.2f%%\" cy=\"%.1f\" r=\"3\"/>", label->curve->hue, label->at.x,
                  label->at.y);
    fl_markup_add(out, "<svg x=\"%.2f%%\" overflow=\"visible\"><path class=\"c%d lead\" d=\"M4 %.1f L14 %.1f\"/>",
                  label->at.x, label->curve->hue, label->at.y, label->y);
    fl_markup_add(out, "<text class=\"name c%d\" x=\"18\" y=\"%.1f\" dy=\".35em\">%s</text></svg>", label->curve->hue,
                  label->y, label->curve->name);
  }
}

/* What is shown while the pointer is near a stop: a line, and each curve's value beside it, on the side that has room. */
static void add_stop(GString *out, const FlPlot *plot, const FlCurve *curves, guint n, guint stop) {
  double x = fl_axis_place(plot->x, plot->stops[stop]);
  double left = stop > 0 ? (x + fl_axis_place(plot->x, plot->stops[stop - 1])) / 2 : 0;
  double right = stop + 1 < plot->n_stops ? (x + fl_axis_place(plot->x, plot->stops[stop + 1])) / 2 : 100;
  gboolean is_left = x > 55;
  g_autofree Label *labels = g_new0(Label, n + 1);
  guint m = 0;
  double y;

  for (guint i = 0; i < n; i++)
    if (value_at(&curves[i], plot->stops[stop], &y))
      labels[m++] = (Label){ &curves[i], { y, y_px(plot, y) }, 0 };
  spread(labels, m, plot->height);
  fl_markup_add(out, "<g class=\"stop\"><rect x=\"%.2f%%\" y=\"-10\" width=\"%.2f%%\" height=\"%d\"/>", left,
                MAX(right - left, 0), plot->height + 30);
  fl_markup_add(out, "<svg x=\"%.2f%%\" overflow=\"visible\"><line class=\"cross\" y2=\"%d\"/>", x, plot->height);
  for (guint i = 0; i < m; i++) {
    g_autofree char *number = fl_number_brief(pow(10, labels[i].at.x));
    fl_markup_add(out, "<circle class=\"c%d end\" cy=\"%.1f\" r=\"4\"/>", labels[i].curve->hue, labels[i].at.y);
    fl_markup_add(out, "<text class=\"name c%d\" x=\"%d\" y=\"%.1f\" dy=\".35em\" text-anchor=\"%s\">%s %s</text>",
                  labels[i].curve->hue, is_left ? -10 : 10, labels[i].y, is_left ? "end" : "start", number,
                  labels[i].curve->name);
  }
  g_string_append(out, "</svg></g>");
}

void fl_chart_plot(GString *out, const FlPlot *plot, const FlCurve *curves, guint n) {
  fl_markup_add(out, "<svg class=\"plot\" height=\"%d\" role=\"img\"><title>%s</title><desc>%s</desc>", plot->height,
                plot->title, plot->description);
  add_grid(out, plot);
  add_curves(out, plot, curves, n);
  add_ends(out, plot, curves, n);
  for (guint i = 0; i < plot->n_stops; i++)
    add_stop(out, plot, curves, n, i);
  g_string_append(out, "</svg>\n");
}

/* --- rows of tables ------------------------------------------------------------------------------------------------- */

#define ROW_HEIGHT 22

void fl_chart_bars(GString *out, const FlBar *bars, guint n, double interval_low, double interval_high) {
  fl_markup_add(out, "<svg class=\"bars\" height=\"%d\" aria-hidden=\"true\">", ROW_HEIGHT);
  for (guint i = 0; i < n; i++)
    if (bars[i].to > bars[i].from)
      fl_markup_add(out, "<rect class=\"%s\" x=\"%.2f%%\" y=\"3\" width=\"%.2f%%\" height=\"%d\"/>", bars[i].css,
                    bars[i].from, bars[i].to - bars[i].from, ROW_HEIGHT - 6);
  if (isfinite(interval_low) && isfinite(interval_high))
    for (guint i = 0; i < 2; i++)
      fl_markup_add(out, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"11\" y2=\"11\"/>",
                    i == 0 ? "halo" : "whisker", CLAMP(interval_low, 0, 100), CLAMP(interval_high, 0, 100));
  g_string_append(out, "</svg>");
}

static void add_lines(GString *out, const FlAxis *axis) {
  for (guint i = 0; i < axis->ticks->len; i++) {
    double x = fl_axis_place(axis, g_array_index(axis->ticks, FlTick, i).at);
    fl_markup_add(out, "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"100%%\"/>", x, x);
  }
}

void fl_chart_pair(GString *out, const FlAxis *axis, const FlPair *pair) {
  fl_markup_add(out, "<svg class=\"dots\" height=\"%d\" aria-hidden=\"true\">", ROW_HEIGHT);
  add_lines(out, axis);
  if (isfinite(pair->low) && isfinite(pair->high))
    fl_markup_add(out, "<line class=\"c%d interval\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"11\" y2=\"11\"/>", pair->hue,
                  fl_axis_place(axis, pair->low), fl_axis_place(axis, pair->high));
  if (isfinite(pair->measured))
    fl_markup_add(out, "<circle class=\"c%d end\" cx=\"%.2f%%\" cy=\"11\" r=\"5\"/>", pair->hue,
                  fl_axis_place(axis, pair->measured));
  if (isfinite(pair->model))
    fl_markup_add(
        out,
        "<svg x=\"%.2f%%\" y=\"11\" overflow=\"visible\"><path class=\"model\" d=\"M0 -7 L7 0 L0 7 L-7 0 Z\"/></svg>",
        fl_axis_place(axis, pair->model));
  g_string_append(out, "</svg>");
}

void fl_chart_scale(GString *out, const FlAxis *axis) {
  g_string_append(out, "<svg class=\"dots scale\" height=\"20\" aria-hidden=\"true\">");
  for (guint i = 0; i < axis->ticks->len; i++) {
    const FlTick *tick = &g_array_index(axis->ticks, FlTick, i);
    fl_markup_add(out, "<text class=\"tick%s\" x=\"%.2f%%\" y=\"14\" text-anchor=\"middle\">%s</text>",
                  tick->is_minor ? " minor" : "", fl_axis_place(axis, tick->at), tick->label);
  }
  g_string_append(out, "</svg>");
}
