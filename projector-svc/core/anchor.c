/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/anchor.h"

#include <assert.h>

static bool is_comparable(const struct anchor *anchor)
{
    return anchor->kept.offset >= 0 && anchor->kept.offset < anchor->position &&
           anchor->kept.id[0] != '\0';
}

/* What is compared lies at the position or before it, who is sure goes on from a place, and only
 * where the log did not reach is events' removal found, or that it cannot be told. */
static bool is_sound(const struct anchor *anchor)
{
    return anchor->state <= ANCHOR_CUT && anchor->position >= 0 && anchor->start >= 0 &&
           anchor->start <= anchor->position && (!anchor_is_sure(anchor) || anchor->next >= 0) &&
           (anchor->was_outside ||
            (anchor->state != ANCHOR_CUT && anchor->state != ANCHOR_UNPROVEN));
}

void anchor_open(struct anchor *anchor, int64_t position, const struct anchor_identity *kept)
{
    *anchor = (struct anchor){
        .state = ANCHOR_CHECKING,
        .position = position > 0 ? position : 0,
        .kept = *kept,
        .wants_restart = true,
    };
    if (is_comparable(anchor)) {
        anchor->start = kept->offset;
    } else if (position > 0) {
        anchor->start = position - 1; /* some record was taken there */
    }
    assert(is_sound(anchor));
    assert(anchor->start < anchor->position || anchor->position == 0); /* seen again */
}

int64_t anchor_start(const struct anchor *anchor)
{
    assert(is_sound(anchor));
    switch (anchor->state) {
    case ANCHOR_SURE:
    case ANCHOR_UNPROVEN:
        return anchor->next;
    case ANCHOR_CHECKING:
    case ANCHOR_PASSING:
        return anchor->start;
    case ANCHOR_SEARCHING:
    case ANCHOR_CUT:
        break;
    }
    return ANCHOR_BEGINNING;
}

static void go_on_from(struct anchor *anchor, int64_t offset)
{
    assert(offset >= 0);
    assert(!anchor_is_sure(anchor) || offset > anchor->next);
    assert(anchor->state != ANCHOR_CUT); /* what is missing a person judges */
    assert(!anchor->wants_restart);      /* of the reading that goes on */
    anchor->state = ANCHOR_SURE;
    anchor->next = offset;
    assert(is_sound(anchor));
}

static void search(struct anchor *anchor)
{
    assert(!anchor->wants_restart);
    assert(anchor->state != ANCHOR_SEARCHING);
    anchor->state = ANCHOR_SEARCHING;
    anchor->wants_restart = true;
    assert(is_sound(anchor));
    assert(anchor_start(anchor) == ANCHOR_BEGINNING);
}

/* Whether that record proves that the log is not the one it was. Between the one that was taken
 * last with an id and the position only records without one were taken: one that has an id is new.
 */
static bool is_another(const struct anchor *anchor, int64_t offset, struct strview id)
{
    if (offset == anchor->start) {
        return is_comparable(anchor) && !strview_is(id, anchor->kept.id);
    }
    return anchor->state == ANCHOR_CHECKING || (offset < anchor->position && id.len > 0);
}

static enum anchor_finding compare(struct anchor *anchor, int64_t offset, struct strview id)
{
    assert(anchor_is_comparing(anchor));
    assert(!anchor->wants_restart);
    if (anchor->position == 0 && offset == 0) {
        go_on_from(anchor, 0);
        return ANCHOR_NOTHING;
    }
    if (is_another(anchor, offset, id)) {
        search(anchor); /* what was there is not there any more, or the start was lost */
        return ANCHOR_NOTHING;
    }
    if (!is_comparable(anchor)) {
        go_on_from(anchor, anchor->position);
        return ANCHOR_UNKNOWN;
    }
    assert(offset >= anchor->start);
    anchor->state = ANCHOR_PASSING;
    if (offset + 1 < anchor->position) {
        return ANCHOR_NOTHING; /* what follows is still to be seen */
    }
    go_on_from(anchor, anchor->position);
    return ANCHOR_SAME;
}

/* The log's first record is at offset. */
static enum anchor_finding judge_beginning(struct anchor *anchor, int64_t offset)
{
    assert(is_sound(anchor));
    assert(anchor->state == ANCHOR_SEARCHING);
    if (anchor->was_outside && offset > anchor->position) {
        anchor->state = ANCHOR_CUT;
        return ANCHOR_REMOVED;
    }
    if (anchor->was_outside && offset > anchor->start) {
        go_on_from(anchor, anchor->position);
        anchor->state = ANCHOR_UNPROVEN;
        return ANCHOR_UNKNOWN;
    }
    go_on_from(anchor, offset);
    return anchor->position == 0 ? ANCHOR_NOTHING : ANCHOR_REPLACED;
}

bool anchor_meet(struct anchor *anchor, int64_t offset, struct strview id,
                 enum anchor_finding *ret_finding)
{
    assert(is_sound(anchor));
    assert(offset >= 0);
    const enum anchor_state before = anchor->state;
    *ret_finding = ANCHOR_NOTHING;
    if (anchor->wants_restart) {
        return false; /* of the reading before */
    }
    if (anchor_is_comparing(anchor)) {
        *ret_finding = compare(anchor, offset, id);
    } else if (anchor->state == ANCHOR_SEARCHING) {
        *ret_finding = judge_beginning(anchor, offset);
    }
    assert(is_sound(anchor));
    assert(anchor->state != ANCHOR_CHECKING); /* one record tells, and the log's first the rest */
    assert(anchor->state != ANCHOR_SEARCHING || anchor->wants_restart);
    assert(before != ANCHOR_SURE || anchor->state == ANCHOR_SURE); /* no record makes one doubt */
    assert(before != ANCHOR_CUT || anchor->state == ANCHOR_CUT);   /* nor brings back another */
    assert(!anchor->wants_restart || !anchor_is_sure(anchor));     /* none of what is read anew */
    assert(*ret_finding != ANCHOR_REMOVED || anchor->state == ANCHOR_CUT); /* nor behind a hole */
    if (!anchor_is_sure(anchor) || offset < anchor->next) {
        return false;
    }
    go_on_from(anchor, offset + 1);
    return true;
}

/* The log ends below the position. */
static void search_replaced(struct anchor *anchor)
{
    assert(anchor->state != ANCHOR_SURE); /* whoever opened it looks after that */
    assert(anchor->state != ANCHOR_CUT);
    anchor->was_outside = false;
    search(anchor);
}

enum anchor_finding anchor_meet_end(struct anchor *anchor, int64_t offset)
{
    assert(is_sound(anchor));
    if (anchor->wants_restart) {
        return ANCHOR_NOTHING;
    }
    if (anchor->state == ANCHOR_SEARCHING) { /* it has no record */
        anchor->was_outside = anchor->was_outside && offset >= anchor->position;
        return judge_beginning(anchor, offset);
    }
    if (anchor->state == ANCHOR_CHECKING && anchor->position == 0) {
        go_on_from(anchor, 0);
    } else if (anchor->state == ANCHOR_PASSING && offset >= anchor->position) {
        go_on_from(anchor, anchor->position);
        return ANCHOR_SAME;
    } else if (anchor_is_comparing(anchor) ||
               (anchor->state == ANCHOR_UNPROVEN && offset < anchor->next)) {
        search_replaced(anchor);
    }
    assert(is_sound(anchor));
    return ANCHOR_NOTHING;
}

bool anchor_meet_outside(struct anchor *anchor)
{
    assert(is_sound(anchor));
    if (anchor->wants_restart) {
        return true;
    }
    if (!anchor_is_comparing(anchor)) {
        return false;
    }
    anchor->was_outside = true;
    search(anchor);
    return true;
}
