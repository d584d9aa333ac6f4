/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/window.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

enum slot_state { SLOT_IN_FLIGHT = 0, SLOT_DONE, SLOT_FAILED };

struct window_slot {
    struct window_row row;
    enum slot_state state;
};

enum { CAPACITY_MAX = 1 << 20 };

/* What is in flight is inside, what is inside has a slot, and tickets find it by their last bits.
 */
static bool is_sound(const struct window *window)
{
    return (window->capacity & (window->capacity - 1)) == 0 &&
           window->next - window->first <= window->capacity &&
           window->in_flight <= window->next - window->first &&
           (window->in_flight > 0 || window->bytes == 0);
}

static uint32_t count(const struct window *window)
{
    assert(is_sound(window));
    return window->next - window->first;
}

static struct window_slot *slot(const struct window *window, uint32_t ticket)
{
    assert(ticket - window->first < window->capacity); /* no other row has it */
    return &window->slots[ticket & (window->capacity - 1)];
}

void window_init(struct window *window, uint32_t capacity)
{
    assert(capacity > 0 && capacity <= CAPACITY_MAX);
    uint32_t rounded = 1;
    while (rounded < capacity) {
        rounded *= 2;
    }
    *window = (struct window){.capacity = rounded,
                              .slots = must_allocate(rounded, sizeof *window->slots)};
    assert(is_sound(window));
    assert(window->capacity >= capacity);
}

void window_done(struct window *window)
{
    free(window->slots);
    *window = (struct window){.slots = NULL};
}

void window_clear(struct window *window)
{
    window->first = window->next;
    window->in_flight = 0;
    window->bytes = 0;
    assert(is_sound(window));
    assert(count(window) == 0);
}

uint32_t window_room(const struct window *window)
{
    return window->capacity - count(window);
}

bool window_is_full(const struct window *window)
{
    return window_room(window) == 0;
}

bool window_is_empty(const struct window *window)
{
    return count(window) == 0;
}

uint32_t window_push(struct window *window, const struct window_row *row, bool is_in_flight)
{
    assert(!window_is_full(window));
    assert(window_is_empty(window) || slot(window, window->next - 1)->row.seq < row->seq);
    const uint32_t ticket = window->next++;
    *slot(window, ticket) =
        (struct window_slot){.row = *row, .state = is_in_flight ? SLOT_IN_FLIGHT : SLOT_DONE};
    if (is_in_flight) {
        window->in_flight++;
        window->bytes += row->bytes;
    }
    assert(is_sound(window));
    return ticket;
}

bool window_settle(struct window *window, uint32_t ticket, bool is_acknowledged,
                   struct window_row *ret_row)
{
    if (ticket - window->first >= count(window) || slot(window, ticket)->state != SLOT_IN_FLIGHT) {
        return false;
    }
    struct window_slot *settled = slot(window, ticket);
    assert(window->in_flight > 0);
    assert(window->bytes >= settled->row.bytes);
    settled->state = is_acknowledged ? SLOT_DONE : SLOT_FAILED;
    window->in_flight--;
    window->bytes -= settled->row.bytes;
    *ret_row = settled->row;
    assert(is_sound(window));
    return true;
}

bool window_pop(struct window *window, struct window_row *ret_row)
{
    if (window_is_empty(window) || slot(window, window->first)->state != SLOT_DONE) {
        return false;
    }
    *ret_row = slot(window, window->first)->row;
    window->first++;
    assert(is_sound(window)); /* a row in flight was not let out */
    return true;
}
