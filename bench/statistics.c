/* Statistics of runs. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 10000

static const FlInterval nothing = { NAN, NAN, NAN, NAN };

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_of_sorted(const double *values, guint n) {
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double fl_median(const double *values, guint n) {
  for (guint i = 0; i < n; i++)
    if (isnan(values[i]))
      return NAN;
  if (n == 0)
    return NAN;
  g_autofree double *sorted = g_memdup2(values, n * sizeof *values);
  qsort(sorted, n, sizeof *sorted, by_value);
  return median_of_sorted(sorted, n);
}

double fl_slope(const double *x, const double *y, guint n) {
  double mean_x = 0, mean_y = 0, over = 0, under = 0;

  for (guint i = 0; i < n; i++) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  for (guint i = 0; i < n; i++) {
    over += (x[i] - mean_x) * (y[i] - mean_y);
    under += (x[i] - mean_x) * (x[i] - mean_x);
  }
  return over / under;
}

FlInterval fl_bootstrap_median(const double *values, guint n, double level, guint64 seed) {
  FlInterval result = nothing;

  result.value = fl_median(values, n);
  if (isnan(result.value) || n < 2)
    return result;
  g_autoptr(GRand) random = g_rand_new_with_seed((guint32)seed);
  g_autofree double *medians = g_new(double, RESAMPLES);
  g_autofree double *sample = g_new(double, n);
  for (guint i = 0; i < RESAMPLES; i++) {
    for (guint k = 0; k < n; k++)
      sample[k] = values[g_rand_int_range(random, 0, (gint32)n)];
    qsort(sample, n, sizeof *sample, by_value);
    medians[i] = median_of_sorted(sample, n);
  }
  qsort(medians, RESAMPLES, sizeof *medians, by_value);
  guint cut = (guint)floor((1 - level) / 2 * RESAMPLES);
  result.low = medians[cut];
  result.high = medians[RESAMPLES - 1 - cut];
  return result;
}

/* --- Student's t --------------------------------------------------------------------------------------------------- */

/* The regularised incomplete beta function I_x(a, b) by its continued fraction, in Lentz's way: Abramowitz and Stegun,
 * 26.5.8; Thompson and Barnett 1986. */
static double incomplete_beta(double a, double b, double x) {
  const double tiny = 1e-300;

  if (x <= 0 || x >= 1)
    return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) /* where the fraction converges fast */
    return 1 - incomplete_beta(b, a, 1 - x);
  double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a;
  double f = 1, c = 1, d = 0;
  for (int i = 0; i < 500; i++) {
    int m = i / 2;
    double numerator = i == 0       ? 1
                       : i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                    : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + numerator * d;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    c = 1 + numerator / c;
    c = fabs(c) < tiny ? tiny : c;
    f *= c * d;
    if (fabs(1 - c * d) < 1e-14)
      break;
  }
  return front * (f - 1);
}

double fl_t_two_sided(double t, double df) {
  if (isnan(t) || !(df > 0))
    return NAN;
  return isinf(t) ? 0 : incomplete_beta(df / 2, 0.5, df / (df + t * t));
}

double fl_t_quantile(double level, double df) {
  double low = 0, high = 1;

  if (!(df > 0))
    return NAN;
  while (fl_t_two_sided(high, df) > 1 - level)
    high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    double middle = (low + high) / 2;
    if (fl_t_two_sided(middle, df) > 1 - level)
      low = middle;
    else
      high = middle;
  }
  return (low + high) / 2;
}

/* --- ratios -------------------------------------------------------------------------------------------------------- */

typedef struct {
  double mean, variance; /* of the logarithms; the variance with n - 1 */
} Moments;

/* Returns: FALSE where a value has no logarithm. */
static gboolean moments_of(const double *logs, guint n, Moments *ret_moments) {
  Moments moments = { 0, 0 };

  for (guint i = 0; i < n; i++) {
    if (!isfinite(logs[i]))
      return FALSE;
    moments.mean += logs[i] / n;
  }
  for (guint i = 0; i < n; i++)
    moments.variance += (logs[i] - moments.mean) * (logs[i] - moments.mean) / (n - 1);
  *ret_moments = moments;
  return TRUE;
}

/* A difference of logarithms with its standard error: as a ratio. Without any scatter the interval is a point, and p is 1 or 0. */
static FlInterval ratio_of(double difference, double error, double df, double level) {
  double half = error > 0 ? fl_t_quantile(level, df) * error : 0;
  double p = error > 0 ? fl_t_two_sided(difference / error, df) : difference == 0 ? 1 : 0;

  return (FlInterval){ exp(difference), exp(difference - half), exp(difference + half), p };
}

FlInterval fl_interval_of_pairs(const double *a, const double *b, guint n, double level) {
  g_autofree double *logs = g_new(double, n);
  Moments moments;

  for (guint i = 0; i < n; i++)
    logs[i] = log(a[i] / b[i]);
  if (n < 2 || !moments_of(logs, n, &moments))
    return nothing;
  return ratio_of(moments.mean, sqrt(moments.variance / n), n - 1, level);
}

static gboolean moments_of_logs(const double *values, guint n, Moments *ret_moments) {
  g_autofree double *logs = g_new(double, n);

  for (guint i = 0; i < n; i++)
    logs[i] = log(values[i]);
  return n >= 2 && moments_of(logs, n, ret_moments);
}

FlInterval fl_interval_of_two(const double *a, guint n_a, const double *b, guint n_b, double level) {
  Moments of_a, of_b;

  if (!moments_of_logs(a, n_a, &of_a) || !moments_of_logs(b, n_b, &of_b))
    return nothing;
  double part_a = of_a.variance / n_a, part_b = of_b.variance / n_b;
  double sum = part_a + part_b;
  double df = sum > 0 ? sum * sum / (part_a * part_a / (n_a - 1) + part_b * part_b / (n_b - 1)) : n_a + n_b - 2;
  return ratio_of(of_a.mean - of_b.mean, sqrt(sum), df, level);
}

void fl_holm(const double *p, guint n, double alpha, gboolean *ret_rejected) {
  guint left = 0;

  for (guint i = 0; i < n; i++) {
    ret_rejected[i] = FALSE;
    left += (guint)!isnan(p[i]);
  }
  for (; left > 0; left--) {
    guint least = n;
    for (guint i = 0; i < n; i++)
      if (!isnan(p[i]) && !ret_rejected[i] && (least == n || p[i] < p[least]))
        least = i;
    if (p[least] > alpha / left)
      return;
    ret_rejected[least] = TRUE;
  }
}
