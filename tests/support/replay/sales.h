/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sales.h - the rows of a sales file: columns found by name, numbers checked.
 *
 * Ownership: views point into the text given, which must outlive the rows.
 */
#ifndef TESTS_SUPPORT_REPLAY_SALES_H
#define TESTS_SUPPORT_REPLAY_SALES_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "tests/support/replay/price.h"

#include <stdint.h>

struct sale {
    struct strview invoice;
    struct strview stock_code;
    struct strview description; /* may be empty */
    int64_t quantity;
    struct price price;
    struct strview customer; /* may be empty */
    struct strview country;  /* may be empty */
};

struct sales {
    struct sale *rows;
    size_t count;
};

/*
 * text is a CSV file with a header and is changed in place. Fails with
 * ERROR_INVALID when it is not UTF-8, lacks a column, or a row is not as wide as
 * the header, has no invoice or stock code, an id of more than 63 bytes, or a
 * number that is none.
 */
MUST_USE enum error_kind sales_read(char *text, size_t len, struct arena *arena, struct sales *ret,
                                    struct error *err);

#endif
