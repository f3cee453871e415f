/* Where results come from: versions, machine, settings, command line. Rule 23 of docs/method.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

#include "bench/result.h"

/* fl_manifest_json: an object; what is not known is null in it. A new reference. */
json_t *fl_manifest_json(const FlResult *results, guint n, const FlSetting *setting);
