/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/trace.h"

#include <assert.h>

bool trace_search_next(const struct trace_search *search, int64_t *ret_offset)
{
    assert(search->low >= 0);
    *ret_offset = search->low + (search->high - search->low) / 2;
    assert(search->low >= search->high ||
           (search->low <= *ret_offset && *ret_offset < search->high));
    return search->low < search->high;
}

void trace_search_narrow(struct trace_search *search, int64_t offset, int64_t next, size_t below,
                         size_t above)
{
    assert(search->low <= offset && offset < search->high);
    const int64_t before = search->high - search->low;
    if (below > above) {
        search->low = next > offset ? next : offset + 1;
    } else {
        search->high = offset;
    }
    assert(search->high - search->low < before); /* or it would not end */
}

enum trace_stand trace_stand_of(const struct trace_facts *facts)
{
    assert(facts->version > 0);
    assert(facts->offset >= -1);
    if (facts->version <= facts->shown_version) {
        return TRACE_SHOWN;
    }
    if (facts->offset >= 0) {
        return facts->is_frozen ? TRACE_FROZEN : TRACE_PROJECTOR;
    }
    if (facts->is_quarantined) {
        return TRACE_QUARANTINED;
    }
    return facts->seq > facts->relayed ? TRACE_RELAY : TRACE_ASTRAY;
}

#define STAND_WORDS(NAME, words) [TRACE_##NAME] = (words),
static const char *const STAND_WORDS_OF[] = {TRACE_STANDS(STAND_WORDS)};

const char *trace_stand_words(enum trace_stand stand)
{
    assert(stand < TRACE_STAND_COUNT);
    return STAND_WORDS_OF[stand];
}
