/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/order_entries.h"

#include <assert.h>
#include <string.h>

static size_t bytes_of(const struct order_entries *entries)
{
    size_t bytes = 0;
    assert(entries->kept <= ORDER_ENTRIES_KEPT);
    for (size_t i = 0; i < entries->kept; i++) {
        bytes += entries->list[i].text.len;
    }
    return bytes;
}

static void drop_oldest(struct order_entries *entries)
{
    assert(entries->kept > 0);
    entries->kept--;
    memmove(&entries->list[0], &entries->list[1], entries->kept * sizeof entries->list[0]);
}

void order_entries_add(struct order_entries *entries, const struct order_entry *entry)
{
    assert(entries->kept <= ORDER_ENTRIES_KEPT);
    while (entries->kept > 0 && (entries->kept == ORDER_ENTRIES_KEPT ||
                                 bytes_of(entries) + entry->text.len > ORDER_ENTRIES_BYTES)) {
        drop_oldest(entries);
    }
    assert(entries->kept < ORDER_ENTRIES_KEPT);
    entries->list[entries->kept++] = *entry;
    entries->count++;
    assert(entries->kept >= 1 && entries->kept <= ORDER_ENTRIES_KEPT);
    assert(entries->kept == 1 || bytes_of(entries) <= ORDER_ENTRIES_BYTES);
}
