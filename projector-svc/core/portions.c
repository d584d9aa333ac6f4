/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/portions.h"

#include <assert.h>

size_t portions_next(size_t count, size_t most, bool was_too_large)
{
    assert(count >= 1);
    assert(most >= 1);
    assert(count <= most);
    const size_t next = was_too_large ? count / 4 : count * 2;
    assert(was_too_large ? next < count : next > count);
    return next < 1 ? 1 : next > most ? most : next;
}

/* No more is seen than takes the time that one may take. */
static bool is_sound(const struct log_portion *portion)
{
    return portion->seen <= LOG_SEEN_MAX && (portion->seen > 0 || portion->bytes == 0) &&
           portion->next_offset <= portion->end;
}

void log_portion_begin(struct log_portion *portion)
{
    assert(!portion->is_at_end); /* then there is no next one */
    portion->seen = portion->bytes = portion->kept = 0;
    assert(is_sound(portion));
    assert(!log_portion_is_full(portion));
}

bool log_portion_is_full(const struct log_portion *portion)
{
    assert(is_sound(portion));
    return portion->kept >= LOG_KEPT_MAX || portion->seen >= LOG_SEEN_MAX ||
           portion->bytes >= LOG_BYTES_MAX;
}

bool log_portion_takes(struct log_portion *portion, int64_t offset, size_t bytes)
{
    if (log_portion_is_full(portion) || offset < portion->next_offset) {
        return false;
    }
    portion->is_at_end = portion->is_at_end || offset + 1 >= portion->end;
    if (offset >= portion->end) {
        return false;
    }
    assert(offset >= portion->next_offset); /* each record once */
    assert(offset < portion->end);
    portion->next_offset = offset + 1;
    portion->seen++;
    portion->bytes += bytes;
    assert(is_sound(portion));
    return true;
}

void log_portion_ends(struct log_portion *portion)
{
    assert(is_sound(portion));
    portion->is_at_end = portion->is_at_end || !log_portion_is_full(portion);
}
