/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/rejection.h"

#include <assert.h>

#define REJECTION_ROW(KIND, status, slug) [REJECTION_##KIND] = {status, slug},
static const struct {
    int status;
    const char *slug;
} ROWS[] = {REJECTIONS(REJECTION_ROW)};

int rejection_status(enum rejection_kind kind)
{
    assert(kind < REJECTION_KIND_COUNT);
    assert(ROWS[kind].status >= 400 && ROWS[kind].status < 600);
    return ROWS[kind].status;
}

const char *rejection_slug(enum rejection_kind kind)
{
    assert(kind < REJECTION_KIND_COUNT);
    return ROWS[kind].slug;
}

bool rejection_is_remembered(enum rejection_kind kind)
{
    return rejection_status(kind) < 422;
}
