/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/lineup.h"

#include <assert.h>

#define NAME_ROW(STATE, name) [LINEUP_##STATE] = (name),
static const char *const NAMES[] = {LINEUP_STATES(NAME_ROW)};

const char *lineup_state_name(enum lineup_state state)
{
    assert(state < LINEUP_STATE_COUNT);
    return NAMES[state];
}

enum lineup_state lineup_state_of_name(struct strview name)
{
    for (size_t i = LINEUP_GAP; i < LINEUP_STATE_COUNT; i++) {
        if (strview_is(name, NAMES[i])) {
            return (enum lineup_state)i;
        }
    }
    return LINEUP_FORKED;
}

/* What flows waits for nothing; only of what was loaded there is more beyond it, or less than was;
 * nothing overtakes what is parked and not known here; and each event is one version. */
static bool is_sound(const struct lineup *lineup)
{
    const bool is_loaded = lineup->before == LINEUP_PARKED_LOADED;
    return lineup->state < LINEUP_STATE_COUNT && lineup->parked_count <= lineup->parked_cap &&
           (lineup->state != LINEUP_FLOWING || lineup->parked_count == 0) &&
           (is_loaded || (lineup->portion.beyond == 0 && !lineup->has_shrunk)) &&
           (lineup->applied == 0 || lineup->before != LINEUP_PARKED_APART) &&
           lineup->version - lineup->loaded == (int64_t)lineup->applied;
}

/* What has come, and where it is by now: nothing is lost, and nothing counted twice. */
static size_t accounted(const struct lineup *lineup)
{
    return lineup->applied + lineup->duplicates + lineup->untold + lineup->dropped +
           lineup->parked_count;
}

void lineup_init(struct lineup *lineup, struct arena *arena,
                 const struct lineup_callbacks *callbacks, int64_t version, enum lineup_state state)
{
    assert(state < LINEUP_STATE_COUNT);
    *lineup = (struct lineup){
        .callbacks = callbacks,
        .arena = arena,
        .version = version,
        .loaded = version,
        .state = state,
        .before = state == LINEUP_FLOWING ? LINEUP_NONE_PARKED : LINEUP_PARKED_APART,
    };
    assert(is_sound(lineup));
    assert(accounted(lineup) == 0);
}

/* Only a person ends these. */
static bool is_stuck(const struct lineup *lineup)
{
    return lineup->state == LINEUP_FORKED || lineup->state == LINEUP_UNIDENTIFIED;
}

bool lineup_needs_parked(const struct lineup *lineup, const struct lineup_item *items, size_t count)
{
    assert(is_sound(lineup));
    if (lineup->before != LINEUP_PARKED_APART || is_stuck(lineup)) {
        return false;
    }
    if (lineup->state == LINEUP_DRAINING) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i].version == lineup->version + 1 && items[i].is_readable) {
            return true;
        }
    }
    return false;
}

static void park(struct lineup *lineup, const struct lineup_item *item)
{
    struct lineup_item *parked = arena_grow(lineup->arena, lineup->parked, lineup->parked_count,
                                            &lineup->parked_cap, sizeof *parked);
    if (parked == NULL) {
        lineup->failed = true;
        return;
    }
    lineup->parked = parked;
    assert(lineup->parked_count < lineup->parked_cap);
    lineup->parked[lineup->parked_count++] = *item;
}

void lineup_add_stored(struct lineup *lineup, const struct lineup_item *item)
{
    assert(item->is_stored);
    assert(lineup->before == LINEUP_PARKED_APART);
    park(lineup, item);
    assert(is_sound(lineup));
}

void lineup_resume(struct lineup *lineup, size_t pass_left, enum lineup_pass pass)
{
    assert(lineup->applied == 0);
    assert(lineup->parked_count == 0); /* before anything is offered */
    lineup->portion.pass_left = pass_left;
    lineup->portion.pass = pass;
    assert(is_sound(lineup));
    assert(pass <= LINEUP_PASS_UNREAD);
}

void lineup_parked_known(struct lineup *lineup, size_t total)
{
    assert(lineup->before == LINEUP_PARKED_APART);
    assert(lineup->applied == 0);
    lineup->before = LINEUP_PARKED_LOADED;
    lineup->portion.stored = lineup->parked_count;
    lineup->portion.beyond = total > lineup->portion.stored ? total - lineup->portion.stored : 0;
    lineup->portion.was_draining = lineup->state == LINEUP_DRAINING;
    if (!lineup->portion.was_draining) {
        lineup->portion.pass_left = total;
    }
    assert(is_sound(lineup));
}

bool lineup_takes_portion(const struct lineup *lineup)
{
    assert(is_sound(lineup));
    const bool takes = lineup->before != LINEUP_PARKED_APART &&
                       (lineup->portion.was_draining || lineup->portion.beyond > 0);
    assert(!takes || lineup->before == LINEUP_PARKED_LOADED); /* of none there is no portion */
    return takes;
}

static bool is_identified(const struct lineup_item *item)
{
    return item->version > 0 && item->event_id.len > 0;
}

static bool is_applied(const struct lineup *lineup, const struct lineup_item *item)
{
    return is_identified(item) && item->version <= lineup->version;
}

/* Without a version of its own: one that comes next is applied, whatever was decided. */
static bool is_dropped(const struct lineup *lineup, const struct lineup_item *item)
{
    return item->is_dropped && (!is_identified(item) || is_applied(lineup, item));
}

/* An applied version once more, or one of which nobody can tell, or is to be told. Counted. */
static bool is_known(struct lineup *lineup, const struct lineup_item *item)
{
    if (is_dropped(lineup, item)) {
        lineup->dropped++;
        return true;
    }
    if (!is_applied(lineup, item)) {
        return false;
    }
    const struct strview id = lineup->callbacks->id_of(lineup->callbacks->user, item->version);
    const bool is_same = strview_equal(id, item->event_id);
    assert(!is_same || id.len > 0); /* told, or untold: not both */
    lineup->untold += id.len == 0 ? 1 : 0;
    lineup->duplicates += is_same ? 1 : 0;
    return is_same || id.len == 0;
}

static bool apply(struct lineup *lineup, struct lineup_item *item)
{
    assert(item->version == lineup->version + 1);
    assert(item->is_readable);
    assert(!is_stuck(lineup));
    assert(lineup->before != LINEUP_PARKED_APART); /* those that wait might come first */
    if (!lineup->callbacks->apply(lineup->callbacks->user, item)) {
        item->is_readable = false;
        return false;
    }
    lineup->version++;
    lineup->applied++;
    assert(lineup->version == item->version);
    return true;
}

static void take_out(struct lineup *lineup, size_t index)
{
    assert(index < lineup->parked_count);
    assert(lineup->before != LINEUP_PARKED_APART);
    lineup->has_shrunk = lineup->has_shrunk || lineup->parked[index].is_stored;
    lineup->parked_count--;
    memmove(&lineup->parked[index], &lineup->parked[index + 1],
            (lineup->parked_count - index) * sizeof lineup->parked[0]);
}

/* One pass over the parked ones; true when one of them was applied. */
static bool apply_next_parked(struct lineup *lineup)
{
    assert(!is_stuck(lineup)); /* what is behind a fork is not told before a person has looked */
    for (size_t i = 0; i < lineup->parked_count; i++) {
        struct lineup_item *item = &lineup->parked[i];
        if (item->version == lineup->version + 1 && is_identified(item) && item->is_readable &&
            apply(lineup, item)) {
            take_out(lineup, i);
            return true;
        }
    }
    return false;
}

static void drop_known_parked(struct lineup *lineup)
{
    for (size_t i = 0; i < lineup->parked_count;) {
        if (is_known(lineup, &lineup->parked[i])) {
            take_out(lineup, i);
        } else {
            i++;
        }
    }
}

/* The strictest reason among the parked ones. */
static enum lineup_state state_of_parked(const struct lineup *lineup)
{
    enum lineup_state state = lineup->parked_count == 0 ? LINEUP_FLOWING : LINEUP_GAP;
    for (size_t i = 0; i < lineup->parked_count; i++) {
        const struct lineup_item *item = &lineup->parked[i];
        enum lineup_state reason = LINEUP_GAP;
        if (!is_identified(item)) {
            reason = LINEUP_UNIDENTIFIED;
        } else if (item->version <= lineup->version) {
            reason = LINEUP_FORKED;
        } else if (item->version == lineup->version + 1) {
            reason = LINEUP_UNREADABLE;
        }
        state = reason > state ? reason : state;
    }
    assert((state == LINEUP_FLOWING) == (lineup->parked_count == 0));
    assert(state != LINEUP_DRAINING);
    return state;
}

static void settle(struct lineup *lineup)
{
    const enum lineup_state seen = state_of_parked(lineup);
    const enum lineup_state was = lineup->state;
    if (lineup->before != LINEUP_PARKED_APART || seen > lineup->state) {
        lineup->state = seen;
    }
    assert(is_sound(lineup));
    assert(lineup->state != LINEUP_DRAINING || was == LINEUP_DRAINING);    /* that a pass decides */
    assert(lineup->before != LINEUP_PARKED_APART || lineup->state >= was); /* those may be worse */
}

/* What only a person ends is found before anything behind it is applied. */
static void free_parked(struct lineup *lineup)
{
    assert(lineup->before != LINEUP_PARKED_APART); /* the older ones might come first */
    const size_t before = accounted(lineup);
    drop_known_parked(lineup);
    settle(lineup);
    if (is_stuck(lineup)) {
        return;
    }
    while (apply_next_parked(lineup)) {
    }
    drop_known_parked(lineup);
    settle(lineup);
    assert(accounted(lineup) == before);
}

static void place(struct lineup *lineup, struct lineup_item item)
{
    if (is_known(lineup, &item)) {
        return;
    }
    const bool is_next = is_identified(&item) && item.version == lineup->version + 1;
    if (!is_next || !item.is_readable || is_stuck(lineup) ||
        lineup->before == LINEUP_PARKED_APART || !apply(lineup, &item)) {
        park(lineup, &item);
        settle(lineup);
        return;
    }
    free_parked(lineup);
}

void lineup_offer(struct lineup *lineup, const struct lineup_item *offered)
{
    const size_t before = accounted(lineup);
    assert(is_sound(lineup));
    assert(!offered->is_stored);
    place(lineup, *offered);
    assert(lineup->failed || accounted(lineup) == before + 1);
    assert(is_sound(lineup));
    assert(lineup->version >= lineup->loaded);
}

void lineup_release(struct lineup *lineup)
{
    assert(lineup->before == LINEUP_PARKED_APART);
    assert(is_sound(lineup));
    if (is_stuck(lineup)) {
        lineup->state = LINEUP_GAP; /* until it is seen */
    }
    assert(is_sound(lineup));
    assert(!is_stuck(lineup));
    assert(lineup->state != LINEUP_FLOWING);
}

void lineup_skip(struct lineup *lineup, const struct lineup_item *skip)
{
    assert(is_sound(lineup));
    assert(skip->is_readable);
    assert(!skip->is_stored);
    if (lineup->before != LINEUP_PARKED_LOADED || is_stuck(lineup)) {
        return;
    }
    free_parked(lineup); /* perhaps it is there, and can be read by now */
    if (!is_stuck(lineup) && skip->version == lineup->version + 1) {
        lineup_offer(lineup, skip);
    }
    assert(is_sound(lineup));
}

static enum lineup_pass pass_after(const struct lineup *lineup)
{
    assert(lineup_takes_portion(lineup));
    assert(!is_stuck(lineup));
    if (lineup->applied + lineup->duplicates + lineup->untold + lineup->dropped > 0) {
        return LINEUP_PASS_MOVED;
    }
    const bool is_first = lineup->portion.pass == LINEUP_PASS_NOTHING;
    return is_first && lineup->state == LINEUP_UNREADABLE ? LINEUP_PASS_UNREAD
                                                          : lineup->portion.pass;
}

void lineup_finish(struct lineup *lineup)
{
    assert(is_sound(lineup));
    if (lineup->before != LINEUP_PARKED_LOADED || is_stuck(lineup)) {
        return;
    }
    free_parked(lineup); /* nothing may have been offered */
    if (!lineup_takes_portion(lineup) || is_stuck(lineup)) {
        return;
    }
    struct lineup_portion *portion = &lineup->portion;
    const size_t waiting = portion->beyond + lineup->parked_count;
    const size_t looked_at =
        portion->stored < portion->pass_left ? portion->stored : portion->pass_left;
    portion->pass = pass_after(lineup);
    portion->pass_left -= looked_at; /* not beyond 0: no more is looked at than is left */
    assert(is_sound(lineup));
    assert(looked_at <= portion->stored);
    if (waiting > 0 && portion->pass_left == 0 && portion->pass == LINEUP_PASS_MOVED) {
        portion->pass_left = waiting;
        portion->pass = LINEUP_PASS_NOTHING;
    }
    if (waiting > 0 && portion->pass_left > 0) {
        lineup->state = LINEUP_DRAINING;
    } else if (waiting > 0 && portion->pass == LINEUP_PASS_UNREAD) {
        lineup->state = LINEUP_UNREADABLE;
    } else if (waiting > 0 && lineup->state == LINEUP_FLOWING) {
        lineup->state = LINEUP_GAP;
    }
    assert(is_sound(lineup));
    assert((waiting > 0) == (lineup->state != LINEUP_FLOWING));
    assert((lineup->state == LINEUP_DRAINING) == (waiting > 0 && portion->pass_left > 0));
}
