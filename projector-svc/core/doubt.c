/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/doubt.h"

#include "common/base/fnv1a.h"
#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NO_TARGET INT64_MAX

/* The slots are there while it doubts, and no longer. */
static bool is_sound(const struct doubt *doubt)
{
    return doubt->state <= DOUBT_OVER && doubt->count <= doubt->room &&
           (doubt->slots == NULL) == (doubt->room == 0) &&
           (doubt->state != DOUBT_OVER || doubt->slots == NULL);
}

void doubt_done(struct doubt *doubt)
{
    assert(is_sound(doubt));
    free(doubt->slots);
    doubt->slots = NULL;
    doubt->count = doubt->room = 0;
    assert(is_sound(doubt));
}

void doubt_begin(struct doubt *doubt)
{
    doubt_done(doubt);
    doubt->state = DOUBT_BEGUN;
    assert(is_sound(doubt));
    assert(doubt->count == 0);
}

bool doubt_meet(struct doubt *doubt, const struct doubt_marks *marks)
{
    assert(is_sound(doubt));
    const bool is_other = strcmp(marks->copy, doubt->marks.copy) != 0;
    const bool is_less = marks->applied < doubt->marks.applied;
    const bool was_over = doubt->state == DOUBT_OVER;
    doubt->marks = *marks;
    if (!is_other && !is_less) {
        return false;
    }
    doubt_begin(doubt);
    assert(doubt->state == DOUBT_BEGUN);
    assert(doubt->count == 0); /* nothing is proved of this one */
    return was_over;
}

/* --- what proves it */

static void make_room(struct doubt *doubt)
{
    assert(is_sound(doubt));
    assert(doubt->state != DOUBT_OVER); /* nothing would give it back */
    if (doubt->count < doubt->room) {
        return;
    }
    const size_t room = doubt->room * 2 + 64;
    struct doubt_slot *slots = must_allocate(room, sizeof *slots);
    if (doubt->count > 0) {
        memcpy(slots, doubt->slots, doubt->count * sizeof *slots);
    }
    free(doubt->slots);
    doubt->slots = slots;
    doubt->room = room;
    assert(is_sound(doubt));
    assert(doubt->count < doubt->room);
}

/* Two names of one installation with the same hash would only prove one for the other.
 * likely: where it stood before, as Redis tells them in the same order. */
static struct doubt_slot *slot_of(struct doubt *doubt, struct strview name, size_t likely)
{
    const uint64_t hash = fnv1a(FNV1A_BASIS, name);
    if (likely < doubt->count && doubt->slots[likely].name == hash) {
        return &doubt->slots[likely];
    }
    for (size_t i = 0; i < doubt->count; i++) {
        if (doubt->slots[i].name == hash) {
            return &doubt->slots[i];
        }
    }
    make_room(doubt);
    assert(doubt->count < doubt->room);
    doubt->slots[doubt->count] = (struct doubt_slot){.name = hash, .target = NO_TARGET};
    return &doubt->slots[doubt->count++];
}

/* Behind the last event there may be markers, which move no position: then the owner has all there
 * is, and Redis must have what the owner has. */
static int64_t target_of(const struct doubt_report *report)
{
    if (report->end < 0 || report->reached == DOUBT_REACHED_UNKNOWN) {
        return NO_TARGET;
    }
    const bool has_all = report->reached >= 0 && report->lag_ms == 0;
    const int64_t target = has_all ? report->reached : report->end;
    assert(target >= 0); /* or any position would prove it */
    return target;
}

static bool is_proved(struct doubt *doubt, const struct doubt_report *report, size_t likely)
{
    struct doubt_slot *slot = slot_of(doubt, report->slot, likely);
    assert(slot >= doubt->slots && slot < doubt->slots + doubt->count);
    const bool is_news = report->reported_at != slot->reported_at;
    slot->reported_at = report->reported_at;
    if (doubt->state == DOUBT_WAITS && is_news && target_of(report) < slot->target) {
        slot->target = target_of(report);
    }
    assert(doubt->state == DOUBT_WAITS ||
           slot->target == NO_TARGET); /* older reports prove nothing */
    /* a position set by hand may be any number */
    return slot->target != NO_TARGET && report->position >= slot->target;
}

/* Where nobody says how many there are: an earlier version does not, and all that it reports must
 * do. */
static bool are_all(const struct doubt_report *reports, size_t count, size_t proved,
                    int64_t partitions)
{
    bool says_nothing = true;
    assert(proved <= count);
    for (size_t i = 0; i < count; i++) {
        says_nothing = says_nothing && reports[i].reached == DOUBT_REACHED_NEITHER;
    }
    return partitions > 0 ? (int64_t)proved >= partitions
                          : says_nothing && count > 0 && proved == count;
}

bool doubt_take(struct doubt *doubt, const struct doubt_report *reports, size_t count,
                int64_t partitions)
{
    size_t proved = 0;
    assert(is_sound(doubt));
    if (doubt->state == DOUBT_OVER) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        proved += is_proved(doubt, &reports[i], i) ? 1 : 0;
    }
    assert(proved <= count);
    assert(doubt->state == DOUBT_WAITS || proved == 0);
    if (doubt->state == DOUBT_BEGUN) {
        doubt->state = DOUBT_WAITS;
        return false;
    }
    if (!are_all(reports, count, proved, partitions)) {
        return false;
    }
    assert(doubt->state == DOUBT_WAITS); /* nothing is proved by what was said before it began */
    doubt_done(doubt);
    doubt->state = DOUBT_OVER;
    assert(is_sound(doubt));
    return true;
}
