/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_entries.h - the newest of what happens to an order many times: notes, captures, refunds.
 *
 * Why only the newest: the document they stand in is written anew with each event, and nothing
 * bounds how often a note is added. The timeline has all of them.
 *
 * Ownership: a plain value; its texts are borrowed.
 */
#ifndef PROJECTOR_SVC_CORE_ORDER_ENTRIES_H
#define PROJECTOR_SVC_CORE_ORDER_ENTRIES_H

#include "common/base/strview.h"

#include <stddef.h>
#include <stdint.h>

enum {
    ORDER_ENTRIES_KEPT = 8,
    ORDER_ENTRIES_BYTES = 16 << 10, /* of all their texts; one is kept whatever it has */
};

struct order_entry {
    int64_t at_ms;
    int64_t amount_minor;
    struct strview by;   /* who of the staff */
    struct strview text; /* a note, or the reason */
};

struct order_entries {
    struct order_entry list[ORDER_ENTRIES_KEPT]; /* the oldest first */
    size_t kept;
    int64_t count; /* of all there were */
};

void order_entries_add(struct order_entries *entries, const struct order_entry *entry);

#endif
