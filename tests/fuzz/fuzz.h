/* A fuzzer: one input is one call, and what must not be aborts. It is linked with libFuzzer, which makes inputs up
 * (`make fuzz`), or with replay.c, which reads the ones of tests/fuzz/corpus again (`make check`).
 * SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* The fuzzer's directory in tests/fuzz/corpus. */
extern const char fl_fuzz_corpus[];

/* LLVMFuzzerTestOneInput: the name and the types are libFuzzer's. `data` is a block of just `len` bytes, or NULL where
 * there are none. Returns: 0. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize len);
