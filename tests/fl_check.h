/* Running a suite of check in TAP, as `make check` wants it. CK_FORK=no runs the cases in this process (valgrind,
 * debuggers); CK_RUN_CASE and CK_RUN_SUITE choose some of them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <check.h>

/* fl_check_run: run all cases of `suite` and print TAP on stdout; takes the suite. Returns: main's exit status. */
static inline int fl_check_run(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_set_tap(runner, "-");
  srunner_run_all(runner, CK_SILENT);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? 0 : 1;
}
