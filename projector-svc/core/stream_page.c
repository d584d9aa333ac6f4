/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/stream_page.h"

#include "common/base/ascii.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static bool take_number(struct strview *text, uint64_t *ret)
{
    size_t len = 0;
    uint64_t value = 0;
    for (; len < text->len && ascii_is_digit(text->data[len]); len++) {
        const uint64_t digit = (uint64_t)(text->data[len] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    const bool is_padded = len > 1 && text->data[0] == '0';
    *text = strview_skip(*text, len);
    *ret = value;
    return len > 0 && !is_padded;
}

bool stream_id_parse(struct strview text, struct stream_id *ret)
{
    struct stream_id id;
    if (!take_number(&text, &id.ms) || text.len == 0 || text.data[0] != '-') {
        return false;
    }
    text = strview_skip(text, 1);
    if (!take_number(&text, &id.number) || text.len > 0) {
        return false;
    }
    *ret = id;
    return true;
}

struct strview stream_id_print(struct stream_id id, char out[static STREAM_ID_SIZE])
{
    const int len = snprintf(out, STREAM_ID_SIZE, "%" PRIu64 "-%" PRIu64, id.ms, id.number);
    assert(len > 0 && len < STREAM_ID_SIZE);
    return (struct strview){.data = out, .len = (size_t)len};
}

int stream_id_compare(struct stream_id a, struct stream_id b)
{
    if (a.ms != b.ms) {
        return a.ms < b.ms ? -1 : 1;
    }
    return a.number == b.number ? 0 : a.number < b.number ? -1 : 1;
}

/* The first entry that is not below it. */
static size_t lower_bound(const struct stream_page *page, struct stream_id at)
{
    size_t low = 0;
    for (size_t high = page->count; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (stream_id_compare(page->ids[middle], at) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
        assert(low <= high && high <= page->count);
    }
    assert(low == 0 || stream_id_compare(page->ids[low - 1], at) < 0);
    assert(low == page->count || stream_id_compare(page->ids[low], at) >= 0);
    return low;
}

enum stream_place stream_page_find(const struct stream_page *page, struct stream_id at,
                                   size_t *ret_next)
{
    if (stream_id_compare(at, STREAM_ID_NONE) == 0) {
        *ret_next = 0;
        return page->length < STREAM_ENTRIES_LEAST ? STREAM_FOUND : STREAM_GONE;
    }
    const size_t place = lower_bound(page, at);
    if (place == page->count) {
        return page->is_last ? STREAM_AHEAD : STREAM_BEYOND;
    }
    *ret_next = place + 1;
    assert(*ret_next <= page->count);
    return stream_id_compare(page->ids[place], at) == 0 ? STREAM_FOUND : STREAM_GONE;
}
