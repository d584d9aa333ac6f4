/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/seam.h"

#include <assert.h>

/* Where the topic begins is known from OPEN on, and what was replayed has a number. */
static bool is_sound(const struct seam *seam)
{
    return seam->state <= SEAM_TORN && seam->replayed_to >= 0 &&
           (seam->state != SEAM_NONE || seam->first == 0);
}

void seam_note(struct seam *seam, int64_t number)
{
    assert(is_sound(seam));
    if (number > 0) {
        seam->replayed_to = number;
    }
    assert(is_sound(seam));
}

bool seam_expect(struct seam *seam, int64_t first, int64_t end)
{
    assert(is_sound(seam));
    if (seam->state == SEAM_NONE) {
        const enum seam_state of_empty = seam->replayed_to > 0 ? SEAM_WHOLE : SEAM_TORN;
        seam->state = end > first ? SEAM_OPEN : of_empty;
        seam->first = first;
    }
    assert(is_sound(seam));
    assert(seam->state != SEAM_NONE);
    return seam->state != SEAM_TORN;
}

bool seam_meet(struct seam *seam, int64_t offset, int64_t number)
{
    assert(is_sound(seam));
    const enum seam_state before = seam->state;
    if (seam->state == SEAM_OPEN) {
        seam->state = offset == seam->first ? SEAM_MEETING : SEAM_WHOLE;
    }
    if (seam->state == SEAM_MEETING && number > 0) {
        seam->state = number <= seam->replayed_to ? SEAM_WHOLE : SEAM_TORN;
    }
    assert(is_sound(seam));
    assert(seam->state >= before);
    assert(before != SEAM_WHOLE || seam->state == SEAM_WHOLE); /* it is judged once */
    return seam->state != SEAM_TORN;
}
