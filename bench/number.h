/* Numbers for people, where bench/column would have more digits than a chart has room for.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_number_brief: three significant digits, as a label on a chart; "–" for NAN. The caller's. */
char *fl_number_brief(double value);

/* fl_number_ratio: "×1.27", from a million on "×8e+19", "" where there is none. The caller's. */
char *fl_number_ratio(double value);
