/* Charts as SVG that adapts to the width it gets without a script: across, everything stands at a percentage; down and for text, at
 * pixels. Colours are the page's, by class: c0 … (bench/report/report.css).
 *
 *      ms ↑ 100 ┤        ╭── poll     each curve is labelled at its end, labels keep apart;
 *            10 ┤     ╭──╯            pointing at a tick of the x axis shows the curves' values there
 *             1 ┤─────╯  ──── ws
 *               └─┬───┬───┬── →
 *                50  90  99 %
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

typedef struct {
  double at;
  char label[16];    /* "" for a line only */
  gboolean is_minor; /* the label goes where there is little room */
} FlTick;

/* An axis; its positions are what curves are given in. */
typedef struct {
  double low, high;
  GArray *ticks; /* of FlTick; the axis' own */
  const char *label;
} FlAxis;

/* fl_axis_log: over positive values; positions are their decimal logarithms. Where there are none, over 1 … 10. */
FlAxis fl_axis_log(double least, double most, const char *label);

/* fl_axis_percentiles: 0 %, 50 %, 90 %, 99 % … for that many samples; the position of p is log10(1 / (1 - p)). */
FlAxis fl_axis_percentiles(double samples);

/* fl_axis_linear: from 0 to `most` at round steps. */
FlAxis fl_axis_linear(double most, const char *label);
void fl_axis_clear(FlAxis *self);

/* fl_axis_place: where a position is, in per cent of the axis, 0 … 100. */
double fl_axis_place(const FlAxis *self, double position);

typedef struct {
  double x, y;
} FlPoint;

typedef enum {
  FL_CURVE_PLAIN,
  FL_CURVE_THIN, /* of lesser weight: a maximum */
} FlCurveWeight;

typedef struct {
  const char *name; /* borrowed */
  int hue;          /* of the class c<hue> */
  FlCurveWeight weight;
  GArray *points; /* of FlPoint, from left to right; the curve's own */
  double firm_to; /* x from which on it is drawn dotted: too few samples; INFINITY: nowhere */
} FlCurve;

typedef struct {
  const char *title, *description; /* for those who don't see it */
  int height;                      /* px of the plot itself */
  const FlAxis *x, *y;             /* y in decimal logarithms */
  const double *stops;             /* x positions at which pointing shows values, rising */
  guint n_stops;
} FlPlot;

/* fl_chart_plot: curves over axes, as an <svg>. */
void fl_chart_plot(GString *out, const FlPlot *plot, const FlCurve *curves, guint n);

/* A bar of parts that begin at `from` and end at `to`, in per cent, the widest first where they overlap. */
typedef struct {
  const char *css; /* class */
  double from, to;
} FlBar;

/* fl_chart_bars: a row of a table as a bar; `interval` (per cent, NAN for none) is drawn as a whisker. */
void fl_chart_bars(GString *out, const FlBar *bars, guint n, double interval_low, double interval_high);

/* Two figures of the same thing on an axis: measured with its interval, and by the model. Values as positions. */
typedef struct {
  int hue;
  double measured, low, high, model;
} FlPair;

/* fl_chart_pair: a row of a table as dots over the lines of the axis; fl_chart_scale: the axis' labels above such rows. */
void fl_chart_pair(GString *out, const FlAxis *axis, const FlPair *pair);
void fl_chart_scale(GString *out, const FlAxis *axis);
