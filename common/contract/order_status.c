/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_status.h"

#include <assert.h>

#define WORD(NAME, word) word,
static const char *const STATUS_NAMES[] = {ORDER_STATUSES(WORD)};
static const char *const PAYMENT_NAMES[] = {PAYMENT_STATUSES(WORD)};
static const char *const REFUND_NAMES[] = {REFUND_STATES(WORD)};
static const char *const DISPUTE_NAMES[] = {DISPUTE_STATES(WORD)};

const char *order_status_name(enum order_status status)
{
    assert(status < ORDER_STATUS_COUNT);
    return STATUS_NAMES[status];
}

const char *payment_status_name(enum payment_status status)
{
    assert(status < PAYMENT_STATUS_COUNT);
    return PAYMENT_NAMES[status];
}

const char *refund_state_name(enum refund_state state)
{
    assert(state < REFUND_STATE_COUNT);
    return REFUND_NAMES[state];
}

const char *dispute_state_name(enum dispute_state state)
{
    assert(state < DISPUTE_STATE_COUNT);
    return DISPUTE_NAMES[state];
}

static bool find_name(struct strview name, const char *const *names, size_t count, size_t *ret)
{
    for (size_t i = 0; i < count; i++) {
        if (strview_is(name, names[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool order_status_parse(struct strview name, enum order_status *ret)
{
    size_t at;
    if (!find_name(name, STATUS_NAMES, ORDER_STATUS_COUNT, &at)) {
        return false;
    }
    *ret = (enum order_status)at;
    return true;
}

bool payment_status_parse(struct strview name, enum payment_status *ret)
{
    size_t at;
    if (!find_name(name, PAYMENT_NAMES, PAYMENT_STATUS_COUNT, &at)) {
        return false;
    }
    *ret = (enum payment_status)at;
    return true;
}

bool refund_state_parse(struct strview name, enum refund_state *ret)
{
    size_t at;
    if (!find_name(name, REFUND_NAMES, REFUND_STATE_COUNT, &at)) {
        return false;
    }
    *ret = (enum refund_state)at;
    return true;
}

bool dispute_state_parse(struct strview name, enum dispute_state *ret)
{
    size_t at;
    if (!find_name(name, DISPUTE_NAMES, DISPUTE_STATE_COUNT, &at)) {
        return false;
    }
    *ret = (enum dispute_state)at;
    return true;
}
