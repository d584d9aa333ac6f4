/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/log_match.h"

#include <assert.h>
#include <string.h>

bool log_match_differs(const struct log_entry *row, const struct log_entry *record,
                       enum verdict *ret)
{
    const bool is_same_event = row->seq == record->seq && strcmp(row->id, record->id) == 0;
    const bool is_same = row->version == record->version &&
                         strcmp(row->aggregate, record->aggregate) == 0 &&
                         memcmp(row->digest, record->digest, sizeof row->digest) == 0;
    *ret = is_same_event ? VERDICT_EDITED : VERDICT_FORKED;
    return !is_same_event || !is_same;
}

void log_missing_add(struct log_missing *missing, const struct log_entry *row)
{
    assert(missing->count <= LOG_MISSING_MAX);
    assert(missing->untold >= 0);
    if (missing->count == LOG_MISSING_MAX) {
        missing->untold++;
        return;
    }
    assert(missing->count == 0 || missing->rows[missing->count - 1].seq < row->seq);
    missing->rows[missing->count++] = *row;
}

/* The first one that is not below seq. */
static size_t find(const struct log_missing *missing, int64_t seq)
{
    size_t low = 0;
    size_t high = missing->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (missing->rows[middle].seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    assert(low <= missing->count);
    assert(low == 0 || missing->rows[low - 1].seq < seq);
    assert(low == missing->count || missing->rows[low].seq >= seq);
    return low;
}

bool log_missing_take(struct log_missing *missing, int64_t seq, struct log_entry *ret)
{
    assert(missing->count <= LOG_MISSING_MAX);
    const size_t at = find(missing, seq);
    if (at == missing->count || missing->rows[at].seq != seq) {
        return false;
    }
    *ret = missing->rows[at];
    missing->count--;
    memmove(&missing->rows[at], &missing->rows[at + 1],
            (missing->count - at) * sizeof missing->rows[0]);
    assert(at == 0 || at == missing->count || missing->rows[at - 1].seq < missing->rows[at].seq);
    assert(at == missing->count || missing->rows[at].seq > seq); /* a row is missing once */
    return true;
}
