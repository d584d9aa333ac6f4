/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/seam.h"

void seam_note(struct seam *seam, int64_t number)
{
    if (number > 0) {
        seam->replayed_to = number;
    }
}

bool seam_expect(struct seam *seam, int64_t first, int64_t end)
{
    if (seam->state == SEAM_NONE) {
        const enum seam_state of_empty = seam->replayed_to > 0 ? SEAM_WHOLE : SEAM_TORN;
        seam->state = end > first ? SEAM_OPEN : of_empty;
        seam->first = first;
    }
    return seam->state != SEAM_TORN;
}

bool seam_meet(struct seam *seam, int64_t offset, int64_t number)
{
    if (seam->state == SEAM_OPEN) {
        seam->state = offset == seam->first ? SEAM_MEETING : SEAM_WHOLE;
    }
    if (seam->state == SEAM_MEETING && number > 0) {
        seam->state = number <= seam->replayed_to ? SEAM_WHOLE : SEAM_TORN;
    }
    return seam->state != SEAM_TORN;
}
