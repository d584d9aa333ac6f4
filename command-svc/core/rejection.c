/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/rejection.h"

#include <assert.h>

static const struct {
    int status;
    const char *slug;
} REJECTIONS[] = {
    [REJECTION_NOT_FOUND] = {404, "not-found"},
    [REJECTION_CUSTOMER_UNKNOWN] = {404, "customer-unknown"},
    [REJECTION_CUSTOMER_INACTIVE] = {409, "customer-inactive"},
    [REJECTION_PRODUCT_UNKNOWN] = {404, "product-unknown"},
    [REJECTION_PRODUCT_DISCONTINUED] = {409, "product-discontinued"},
    [REJECTION_CURRENCY_MISMATCH] = {409, "currency-mismatch"},
    [REJECTION_PRICE_CHANGED] = {409, "price-changed"},
    [REJECTION_INSUFFICIENT_STOCK] = {409, "insufficient-stock"},
    [REJECTION_ALREADY_EXISTS] = {409, "already-exists"},
    [REJECTION_ILLEGAL_TRANSITION] = {409, "illegal-transition"},
    [REJECTION_AMOUNT_MISMATCH] = {409, "amount-mismatch"},
    [REJECTION_VERSION_CONFLICT] = {412, "version-conflict"},
    [REJECTION_TOTAL_TOO_LARGE] = {422, "invalid-command"},
    [REJECTION_KEY_REUSED] = {422, "idempotency-key-reused"},
    [REJECTION_OUTBOX_TOO_OLD] = {503, "overloaded"},
};
static_assert(sizeof REJECTIONS / sizeof REJECTIONS[0] == REJECTION_KIND_COUNT,
              "every rejection needs a row");

int rejection_status(enum rejection_kind kind)
{
    assert(kind < REJECTION_KIND_COUNT);
    return REJECTIONS[kind].status;
}

const char *rejection_slug(enum rejection_kind kind)
{
    assert(kind < REJECTION_KIND_COUNT);
    return REJECTIONS[kind].slug;
}

bool rejection_is_remembered(enum rejection_kind kind)
{
    return rejection_status(kind) < 422;
}
