/* Conditions on a result. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/threshold.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "bench/spelling.h"

#define DEPTH_MOST 50          /* of parentheses */
#define PERCENTILES "latency." /* may be left out where the transport may */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

typedef struct {
  const char *text; /* all of it */
  const char *at;   /* what is still to be read */
  const FlThresholdNames *names;
  const json_t *result; /* NULL: it is only checked; names are then not a number */
  guint depth, figures; /* parentheses that are open, names so far */
  GError **error;
} Walk;

static gboolean take_sum(Walk *self, FlQuantity *ret);

/* --- errors -------------------------------------------------------------------------------------------------------- */

G_GNUC_PRINTF(2, 3)
static gboolean fail(Walk *self, const char *format, ...) {
  va_list args;

  va_start(args, format);
  g_autofree char *why = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(self->error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s': %s", self->text, why);
  return FALSE;
}

static gboolean fail_here(Walk *self, const char *wants) {
  return *self->at ? fail(self, "at '%s': %s is wanted", self->at, wants)
                   : fail(self, "at its end: %s is wanted", wants);
}

/* `kind` says what the names are. Where none is near, all are listed. */
static gboolean fail_name(Walk *self, const char *word, const char *kind, const char *const *names) {
  g_autofree char *near = fl_spelling_near(word, names);
  g_autofree char *all = near ? NULL : fl_spelling_list(names, g_strv_length((char **)names));

  return near ? fail(self, "'%s' is no %s: perhaps %s?", word, kind, near)
              : fail(self, "'%s' is no %s: there are %s", word, kind, all);
}

static gboolean fail_figure(Walk *self, const char *word) {
  g_autoptr(GPtrArray) names = g_ptr_array_new();

  for (const FlFigure *figure = fl_figures; figure->name; figure++)
    if (figure->value)
      g_ptr_array_add(names, (gpointer)figure->name);
  for (const FlFigure *figure = fl_figures; figure->name && self->names->implied; figure++)
    if (figure->value && g_str_has_prefix(figure->name, PERCENTILES))
      g_ptr_array_add(names, (gpointer)(figure->name + strlen(PERCENTILES)));
  g_ptr_array_add(names, NULL);
  return fail_name(self, word, "figure", (const char *const *)names->pdata);
}

/* --- quantities ---------------------------------------------------------------------------------------------------- */

/* What people type, and what figures have. */
static const struct {
  const char *name;
  FlQuantity one;
} units[] = {
  { "us", { 1e-6, 1, 0, 0, 0 } },      { "\u00b5s", { 1e-6, 1, 0, 0, 0 } },
  { "\u03bcs", { 1e-6, 1, 0, 0, 0 } }, { "ms", { 1e-3, 1, 0, 0, 0 } },
  { "s", { 1, 1, 0, 0, 0 } },          { "B", { 1, 0, 1, 0, 0 } },
  { "kB", { 1024, 0, 1, 0, 0 } },      { "MB", { 1024 * 1024, 0, 1, 0, 0 } },
  { "%", { 1, 0, 0, 1, 0 } },          { "1/s", { 1, -1, 0, 0, 0 } },
  { "J", { 1, 0, 0, 0, 1 } },          { "", { 1, 0, 0, 0, 0 } },
};

static const FlQuantity *unit_find(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
    if (g_str_equal(units[i].name, name))
      return &units[i].one;
  return NULL;
}

static gboolean is_same_kind(const FlQuantity *a, const FlQuantity *b) {
  return a->seconds == b->seconds && a->bytes == b->bytes && a->percent == b->percent &&
         a->joules == b->joules;
}

static void append_power(GString *out, const char *unit, int exponent) {
  if (exponent == 0)
    return;
  g_string_append_printf(out, " %s", unit);
  if (exponent != 1)
    g_string_append_printf(out, "^%d", exponent);
}

char *fl_quantity_text(const FlQuantity *quantity) {
  static const FlQuantity time = { 0, 1, 0, 0, 0 }, rate = { 0, -1, 0, 0, 0 };

  if (is_same_kind(quantity, &time))
    return fabs(quantity->value) >= 1 ? g_strdup_printf("%.4g s", quantity->value)
                                      : g_strdup_printf("%.4g ms", 1e3 * quantity->value);
  GString *out = g_string_new(NULL);
  g_string_append_printf(out, fabs(quantity->value) >= 1000 && fabs(quantity->value) < 1e12 ? "%.0f" : "%.4g",
                         quantity->value);
  if (is_same_kind(quantity, &rate)) {
    g_string_append(out, " 1/s");
  } else {
    append_power(out, "B", quantity->bytes);
    append_power(out, "%", quantity->percent);
    append_power(out, "J", quantity->joules);
    append_power(out, "s", quantity->seconds);
  }
  return g_string_free(out, FALSE);
}

/* --- the grammar --------------------------------------------------------------------------------------------------- */

static void skip_spaces(Walk *self) {
  self->at += strspn(self->at, " \t");
}

/* Whether this sign comes next; then it is taken. */
static gboolean take_sign(Walk *self, const char *sign) {
  skip_spaces(self);
  if (!g_str_has_prefix(self->at, sign))
    return FALSE;
  self->at += strlen(sign);
  return TRUE;
}

static char *take_word(Walk *self, gsize len) {
  char *word = g_strndup(self->at, len);
  self->at += len;
  return word;
}

/* Digits with a point or without; an exponent needs digits, so that 1e is a number without a known unit. */
static gsize number_length(const char *text) {
  gsize n = strspn(text, DIGITS);

  if (text[n] == '.')
    n += 1 + strspn(text + n + 1, DIGITS);
  if (text[n] == 'e' || text[n] == 'E') {
    gsize sign = text[n + 1] == '-' || text[n + 1] == '+';
    gsize digits = strspn(text + n + 1 + sign, DIGITS);
    n += digits > 0 ? 1 + sign + digits : 0;
  }
  return n;
}

/* The bytes of µ are no letters of ASCII. */
static gsize unit_length(const char *text) {
  gsize n = 0;
  while (text[n] && (strchr(LETTERS "%", text[n]) || !g_ascii_isprint(text[n])) && text[n] != '\t')
    n++;
  return n;
}

static gboolean take_number(Walk *self, FlQuantity *ret) {
  g_autofree char *digits = take_word(self, number_length(self->at));

  skip_spaces(self);
  g_autofree char *unit = take_word(self, unit_length(self->at));
  const FlQuantity *one = unit_find(unit);
  if (!one)
    return fail(self, "'%s' is no unit: there are us, ms, s, B, kB, MB, J and %%", unit);
  *ret = *one;
  ret->value *= g_ascii_strtod(digits, NULL);
  return TRUE;
}

static const json_t *figure_json(const json_t *result, const char *transport, const char *figure) {
  const json_t *arm;
  gsize i;

  json_array_foreach(json_object_get(result, "results"), i,
                     arm) if (g_strcmp0(json_string_value(json_object_get(arm, "name")), transport) ==
                              0) return json_object_get(json_object_get(arm, "figures"), figure);
  return NULL;
}

static gboolean read_figure(Walk *self, const char *transport, const FlFigure *figure, FlQuantity *ret) {
  const FlQuantity *one = unit_find(figure->unit);

  self->figures++;
  if (!one)
    return fail(self, "%s is in %s, which can't be reckoned with", figure->name, figure->unit);
  *ret = *one;
  if (!self->result) {
    ret->value = NAN;
    return TRUE;
  }
  const json_t *value = json_object_get(figure_json(self->result, transport, figure->name), "value");
  if (!json_is_number(value))
    return fail(self, "%s.%s is null: it was not measured, or there were too few samples for it", transport,
                figure->name);
  ret->value *= json_number_value(value);
  return TRUE;
}

/* The transport whose name and a dot come next. */
static const char *take_transport(Walk *self) {
  for (const char *const *name = self->names->transports; *name; name++) {
    gsize len = strlen(*name);
    if (strncmp(self->at, *name, len) == 0 && self->at[len] == '.') {
      self->at += len + 1;
      return *name;
    }
  }
  return NULL;
}

/* What stands where a transport should. */
static gboolean fail_transport(Walk *self) {
  g_autofree char *word = take_word(self, strspn(self->at, LETTERS DIGITS "_-"));

  if (*self->at != '.')
    return fail(self, "'%s': TRANSPORT.FIGURE is wanted, such as %s.latency.p99", word, self->names->transports[0]);
  return fail_name(self, word, "transport that is measured", self->names->transports);
}

static gboolean take_name(Walk *self, FlQuantity *ret) {
  const char *transport = take_transport(self);
  gboolean is_implied = !transport && self->names->implied;

  if (!transport && !is_implied)
    return fail_transport(self);
  g_autofree char *word = take_word(self, strspn(self->at, LETTERS DIGITS "_."));
  g_autofree char *percentile = g_strconcat(PERCENTILES, word, NULL);
  const FlFigure *figure = fl_figure_find(word);
  if (!figure && is_implied)
    figure = fl_figure_find(percentile);
  return figure ? read_figure(self, is_implied ? self->names->implied : transport, figure, ret)
                : fail_figure(self, word);
}

static gboolean take_parenthesis(Walk *self, FlQuantity *ret) {
  if (++self->depth > DEPTH_MOST)
    return fail(self, "more than %d parentheses in each other", DEPTH_MOST);
  if (!take_sum(self, ret))
    return FALSE;
  self->depth--;
  return take_sign(self, ")") || fail_here(self, "')'");
}

static gboolean take_factor(Walk *self, FlQuantity *ret) {
  double sign = 1;

  while (take_sign(self, "-"))
    sign = -sign;
  if (take_sign(self, "(")) {
    if (!take_parenthesis(self, ret))
      return FALSE;
  } else if (g_ascii_isdigit(*self->at) || (*self->at == '.' && g_ascii_isdigit(self->at[1]))) {
    if (!take_number(self, ret))
      return FALSE;
  } else if (g_ascii_isalpha(*self->at)) {
    if (!take_name(self, ret))
      return FALSE;
  } else {
    return fail_here(self, "a figure or a number");
  }
  ret->value *= sign;
  return TRUE;
}

static gboolean take_product(Walk *self, FlQuantity *ret) {
  if (!take_factor(self, ret))
    return FALSE;
  for (;;) {
    int power = take_sign(self, "*") ? 1 : take_sign(self, "/") ? -1 : 0;
    FlQuantity by;
    if (power == 0)
      return TRUE;
    if (!take_factor(self, &by))
      return FALSE;
    ret->value = power > 0 ? ret->value * by.value : ret->value / by.value;
    ret->seconds += power * by.seconds;
    ret->bytes += power * by.bytes;
    ret->percent += power * by.percent;
    ret->joules += power * by.joules;
  }
}

static gboolean fail_kinds(Walk *self, const FlQuantity *a, const FlQuantity *b) {
  static const FlQuantity plain = { 0, 0, 0, 0, 0 };

  if (is_same_kind(a, &plain) || is_same_kind(b, &plain))
    return fail(self,
                "a number without a unit does not go with one that has a unit: write it with its unit, such as 80ms");
  return fail(self, "units of different kinds don't go together");
}

static gboolean take_sum(Walk *self, FlQuantity *ret) {
  if (!take_product(self, ret))
    return FALSE;
  for (;;) {
    double sign = take_sign(self, "+") ? 1 : take_sign(self, "-") ? -1 : 0;
    FlQuantity more;
    if (sign == 0)
      return TRUE;
    if (!take_product(self, &more))
      return FALSE;
    if (!is_same_kind(ret, &more))
      return fail_kinds(self, ret, &more);
    ret->value += sign * more.value;
  }
}

/* --- comparing ----------------------------------------------------------------------------------------------------- */

/* In the order in which they are looked for: the longer ones first. `when`: bits of what compare() says, 1 << (its value + 1). */
static const struct {
  const char *sign;
  guint when;
} relations[] = { { "<=", 3 }, { ">=", 6 }, { "==", 2 }, { "!=", 5 }, { "<", 1 }, { ">", 4 } };

static int compare(double a, double b) {
  gboolean same = fabs(a - b) <= 1e-12 * MAX(fabs(a), fabs(b));
  return same ? 0 : a < b ? -1 : 1;
}

static gboolean walk(Walk *self, FlThresholdOutcome *ret) {
  guint when = 0;

  if (!take_sum(self, &ret->left))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS(relations) && when == 0; i++)
    if (take_sign(self, relations[i].sign)) {
      when = relations[i].when;
      ret->relation = relations[i].sign;
    }
  if (when == 0)
    return fail_here(self, "a comparison, < <= > >= == or !=,");
  if (!take_sum(self, &ret->right))
    return FALSE;
  skip_spaces(self);
  if (*self->at)
    return fail_here(self, "the end, after one comparison,");
  if (!is_same_kind(&ret->left, &ret->right))
    return fail_kinds(self, &ret->left, &ret->right);
  if (self->figures == 0)
    return fail(self, "it names no figure");
  if (self->result && !(isfinite(ret->left.value) && isfinite(ret->right.value)))
    return fail(self, "it divides by 0");
  ret->holds = (when >> (compare(ret->left.value, ret->right.value) + 1)) & 1;
  return TRUE;
}

gboolean fl_threshold_check(const char *text, const FlThresholdNames *names, GError **error) {
  Walk self = { .text = text, .at = text, .names = names, .error = error };
  FlThresholdOutcome ignored;

  return walk(&self, &ignored);
}

gboolean fl_threshold_evaluate(const char *text, const FlThresholdNames *names, const json_t *result,
                               FlThresholdOutcome *ret_outcome, GError **error) {
  Walk self = { .text = text, .at = text, .names = names, .result = result, .error = error };
  FlThresholdOutcome outcome;

  if (!walk(&self, &outcome))
    return FALSE;
  *ret_outcome = outcome;
  return TRUE;
}

int fl_threshold_report(const char *const *texts, const FlThresholdNames *names, const json_t *result, GString *out,
                        GError **error) {
  int holds = FALSE;

  for (; *texts; texts++) {
    FlThresholdOutcome outcome;
    if (!fl_threshold_evaluate(*texts, names, result, &outcome, error))
      return -1;
    g_autofree char *left = fl_quantity_text(&outcome.left);
    g_autofree char *right = fl_quantity_text(&outcome.right);
    g_string_append_printf(out, "  %s %s: %s %s %s %s\n", outcome.holds ? "✗" : "✓", *texts, left, outcome.relation,
                           right, outcome.holds ? "holds" : "does not hold");
    holds = holds || outcome.holds;
  }
  return holds;
}
