/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/readers.h"

#include <assert.h>

#define NO  READING_NOTHING
#define OWN READING_OWN
#define ALL READING_ALL

/* clang-format off */
static const enum reading READERS[][ROLE_COUNT] = {
    /*                          customer  agent  payment  fulfilment  operator */
    [READABLE_PRODUCT]       = {ALL,      ALL,   ALL,     ALL,        ALL},
    [READABLE_ORDER]         = {OWN,      ALL,   ALL,     ALL,        NO},
    [READABLE_ORDER_LIST]    = {OWN,      ALL,   NO,      NO,         NO},
    [READABLE_CUSTOMER]      = {OWN,      ALL,   NO,      NO,         NO},
    [READABLE_SEARCH]        = {NO,       ALL,   NO,      NO,         NO},
    [READABLE_BY_TRACKING]   = {NO,       ALL,   NO,      ALL,        NO},
    [READABLE_BY_PAYMENT]    = {NO,       ALL,   ALL,     NO,         NO},
    [READABLE_OPS]           = {NO,       ALL,   NO,      NO,         ALL},
    [READABLE_FRESHNESS]     = {ALL,      ALL,   ALL,     ALL,        ALL},
    [READABLE_RECIPIENT]     = {OWN,      ALL,   NO,      ALL,        NO},
    [READABLE_STAFF]         = {NO,       ALL,   ALL,     ALL,        NO},
    [READABLE_INTERNAL]      = {NO,       ALL,   ALL,     ALL,        NO},
    [READABLE_DEAD_LETTERS]  = {NO,       NO,    NO,      NO,         ALL},
    [READABLE_STREAM]        = {OWN,      ALL,   NO,      NO,         ALL},
    [READABLE_STREAM_CUSTOMER] = {OWN,    ALL,   NO,      NO,         NO},
    [READABLE_FRESHNESS_IDS] = {NO,       ALL,   ALL,     ALL,        ALL},
};
/* clang-format on */
static_assert(sizeof READERS / sizeof READERS[0] == READABLE_COUNT, "who reads it?");
static_assert(ROLE_CUSTOMER == 0 && ROLE_AGENT == 1 && ROLE_PAYMENT == 2 && ROLE_FULFILMENT == 3 &&
                  ROLE_OPERATOR == 4 && ROLE_COUNT == 5,
              "the table's columns");

enum reading readers_reading(enum role role, enum readable readable)
{
    assert(role < ROLE_COUNT);
    assert(readable < READABLE_COUNT);
    const enum reading reading = READERS[readable][role];
    assert(reading != READING_OWN || role == ROLE_CUSTOMER); /* nobody else has an own */
    return reading;
}

bool readers_may_read(enum role role, enum readable readable)
{
    return readers_reading(role, readable) != READING_NOTHING;
}

unsigned readers_of(enum readable readable)
{
    unsigned roles = 0;
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        roles |= readers_may_read((enum role)i, readable) ? ROLE_BIT(i) : 0;
    }
    assert(roles != 0); /* what nobody may read is no readable */
    /* whom customers ask for help sees what they see */
    assert((roles & ROLE_BIT(ROLE_CUSTOMER)) == 0 || (roles & ROLE_BIT(ROLE_AGENT)) != 0);
    return roles;
}
