/* The names that a mistyped one may have meant.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* fl_spelling_distance: how many letters have to be put in, taken out or changed to make `b` of `a` (Levenshtein 1966), two
 * neighbours that changed places counting as one change. */
guint fl_spelling_distance(const char *a, const char *b);

/* fl_spelling_near: those of `names` (ends with NULL) that `word` is near to, nearest first, at most four, as `a, b or c`. Near is
 * within a third of the word's letters, at least two, and less than all of the name's; where none is, those that stand together
 * and begin with the word.
 * Returns: NULL where none is; the caller's. */
char *fl_spelling_near(const char *word, const char *const *names);

/* fl_spelling_list: `count` words as `a, b or c`; the caller's. */
char *fl_spelling_list(const char *const *words, guint count);
