/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target feeds libFuzzer's bytes to one decoder and asserts what the decoder promises, not only
 * that nothing crashes. A broken promise ends the process, and libFuzzer keeps the input.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "common/base/strview.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition) fuzz_expect((condition), #condition, __FILE__, __LINE__)

static inline void fuzz_expect(bool holds, const char *condition, const char *file, int line)
{
    if (!holds) {
        (void)fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n", file, line, condition,
                      strerror(errno));
        abort();
    }
}

/* What libFuzzer calls. */
/* NOLINTNEXTLINE(readability-identifier-naming): its name, not ours */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct strview fuzz_view(const uint8_t *data, size_t size)
{
    return (struct strview){.data = (const char *)data, .len = size};
}

#endif
