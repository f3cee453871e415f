/* What a browser gets: the built-in page on /, or the files below --web-root.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/application.h"

/* fl_pages_answer: answer with the page or file of the request's path, or 404. No path leaves the folder, neither by
 * `..` nor by a symbolic link. */
void fl_pages_answer(FlWorker *worker, FlRequest *request);

/* fl_pages_answer_asset: answer with the built-in file `folder` + `name`, or 404. */
void fl_pages_answer_asset(FlWorker *worker, FlRequest *request, const char *folder, const char *name);
