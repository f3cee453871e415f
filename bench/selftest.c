/* The self-test as a whole. See the header.
 * SPDX-License-Identifier: MIT */
#include "bench/selftest.h"

#include "bench/run.h"
#include "bench/selftest_private.h"

void fl_selftest_line(FlSelftest *self, gboolean passed, const char *word, const char *what, const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  FlSelftestLine line = { .passed = passed, .word = word, .what = what, .text = text };
  self->tell(self->user, NULL, &line);
  self->passed = self->passed && passed;
}

typedef struct {
  const FlSelftestRun *run;
  const FlBare *bare;
} Watch;

static void on_progress(const char *transport, const char *phase, double part, gpointer user) {
  const Watch *watch = user;
  if (watch->run->watch && g_str_equal(phase, "measuring"))
    watch->run->watch(watch->run->user, watch->bare, part);
}

gboolean fl_selftest_run(const FlSelftestRun *run, FlResult *ret_result, GError **error) {
  g_autoptr(FlBare) bare = fl_bare_start(&run->plan, error);
  FlBenchOptions options = run->options;
  FlSetting setting = { .rate_hz = run->plan.rate_hz, .threads = 1, .cpus = { .server = -1, .cores = 1, .bench = { -1 } } };
  Watch watch = { run, bare };

  if (!bare)
    return FALSE;
  options.host = (char *)"127.0.0.1";
  options.port = fl_bare_port(bare);
  options.rate_hz = run->plan.rate_hz;
  FlRunConfig config = { .options = &options,
                         .setting = &setting,
                         .target = FL_TARGET_URL,
                         .transport = run->transport,
                         .seed = run->seed,
                         .progress = on_progress,
                         .user = &watch };
  fl_bare_begin(bare);
  return fl_run(&config, ret_result, error);
}

gboolean fl_selftest(gboolean quick, FlSelftestTell tell, gpointer user) {
  FlSelftest self = { .tell = tell, .user = user, .passed = TRUE };

  tell(user, "faults, each planted in a run of its own against a bare sender", NULL);
  fl_selftest_faults(&self);
  tell(user, "application bytes, against those computed from the wire format", NULL);
  fl_selftest_bytes(&self);
  if (quick)
    return self.passed;
  tell(user, "times that are known", NULL);
  fl_selftest_times(&self);
  tell(user, "the ceiling: updates received and checked by one core, against a bare sender on another", NULL);
  fl_selftest_ceiling(&self);
  return self.passed;
}
