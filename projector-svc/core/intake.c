/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/intake.h"

#include <assert.h>

/* What the places are together. */
struct sum {
    size_t bytes;  /* of those that work; of all where none does */
    size_t behind; /* not at their end */
    size_t read;   /* of those, that are open */
};

/* Who is at its end is neither behind nor counted as read. */
static bool is_sound(const struct sum *sum, size_t count)
{
    return sum->read <= sum->behind && sum->behind <= count;
}

static struct sum sum_up(const struct intake_place *places, size_t count)
{
    struct sum sum = {.bytes = 0};
    size_t standing = 0;
    size_t working = 0;
    for (size_t i = 0; i < count; i++) {
        const struct intake_place *place = &places[i];
        standing += place->is_working ? 0 : place->bytes;
        sum.bytes += place->is_working ? place->bytes : 0;
        working += place->is_working ? 1 : 0;
        sum.behind += place->is_at_end ? 0 : 1;
        sum.read += place->is_open && !place->is_at_end ? 1 : 0;
    }
    sum.bytes += working == 0 ? standing : 0;
    assert(is_sound(&sum, count));
    return sum;
}

/* What one may hold: all of it where it is alone. */
static size_t share_of(const struct sum *sum)
{
    const size_t share = INTAKE_MOST / (sum->behind > 0 ? sum->behind : 1);
    assert(share <= INTAKE_MOST);
    return share > INTAKE_UNIT ? share : INTAKE_UNIT;
}

static void close_full(struct intake_place *places, size_t count, struct sum *sum)
{
    const size_t share = share_of(sum);
    for (size_t i = 0; i < count; i++) {
        struct intake_place *place = &places[i];
        const bool is_over = sum->bytes >= INTAKE_MOST && !place->is_at_end;
        if (place->is_open && (is_over || place->bytes >= share)) {
            place->is_open = false;
            assert(place->is_at_end || sum->read > 0);
            sum->read -= place->is_at_end ? 0 : 1;
        }
    }
    assert(is_sound(sum, count));
    assert(sum->bytes < INTAKE_MOST || sum->read == 0); /* enough is held already */
}

static bool has_room(const struct intake_place *place, const struct sum *sum)
{
    assert(!place->is_open); /* what may come of it is counted already */
    return place->bytes <= share_of(sum) / 2 &&
           (place->is_at_end || sum->bytes + (sum->read + 1) * INTAKE_UNIT <= INTAKE_MOST);
}

static void open_next(struct intake *intake, struct intake_place *places, size_t count,
                      struct sum *sum)
{
    const size_t first = intake->next;
    for (size_t i = 0; i < count; i++) {
        const size_t at = (first + i) % count;
        struct intake_place *place = &places[at];
        if (place->is_open || !has_room(place, sum)) {
            continue;
        }
        assert(place->bytes < share_of(sum)); /* or it would be closed again at once */
        place->is_open = true;
        sum->read += place->is_at_end ? 0 : 1;
        assert(is_sound(sum, count));
        intake->next = place->is_at_end ? intake->next : (at + 1) % count;
        /* each that is read has room for what may come of it */
        assert(place->is_at_end || sum->bytes + sum->read * INTAKE_UNIT <= INTAKE_MOST);
    }
}

void intake_decide(struct intake *intake, struct intake_place *places, size_t count, bool may_close)
{
    struct sum sum = sum_up(places, count);
    if (may_close || sum.bytes >= INTAKE_FLOOD) {
        close_full(places, count, &sum);
    }
    if (sum.bytes <= INTAKE_LOW) {
        open_next(intake, places, count, &sum);
    }
    assert(is_sound(&sum, count));
}
