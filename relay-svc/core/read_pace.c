/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/read_pace.h"

#include <assert.h>

enum { LARGEST_FADES = 8 }; /* the largest row seen counts for less with every trip */

/* What a shard wishes is less than to be read alone, which its trust says; a trip asks for some. */
static bool is_sound(const struct read_pace *pace)
{
    return pace->next < READ_ALONE && pace->trust <= READ_UNREAD && pace->limit >= 0 &&
           pace->limit < 2 * READ_LIMIT_MAX && pace->asked <= READ_LIMIT_MAX &&
           (!pace->is_reading || (pace->asked > 0 && pace->rows >= 0));
}

void read_pace_begin(struct read_pace *pace)
{
    pace->limit = 0;
    pace->not_before_ms = 0;
    pace->trust = pace->trust == READ_UNREAD ? READ_SUSPECT : pace->trust;
    read_pace_touch(pace);
    assert(is_sound(pace));
}

void read_pace_touch(struct read_pace *pace)
{
    assert(is_sound(pace));
    pace->next = pace->next == READ_NOTHING ? READ_LOOK : pace->next;
}

enum read_wish read_pace_wish(const struct read_pace *pace, int64_t now_ms)
{
    assert(is_sound(pace));
    if (pace->next == READ_NOTHING || pace->is_reading || now_ms < pace->not_before_ms) {
        return READ_NOTHING;
    }
    return pace->trust == READ_SOUND ? pace->next : READ_ALONE;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int read_pace_start(struct read_pace *pace, int64_t bytes, int64_t room)
{
    assert(!pace->is_reading);
    assert(room > 0);
    assert(bytes >= 0);
    pace->limit = pace->limit < READ_LIMIT_FIRST ? READ_LIMIT_FIRST : pace->limit;
    const int64_t fits = bytes / (int64_t)(pace->largest + 1) + 1;
    pace->asked = (int)least(least(fits, READ_LIMIT_MAX), least(room, pace->limit));
    assert(pace->asked >= 1 && pace->asked <= READ_LIMIT_MAX);
    pace->largest -= pace->largest / LARGEST_FADES;
    pace->next = READ_NOTHING;
    pace->is_reading = true;
    pace->has_held = false;
    pace->rows = 0;
    assert(is_sound(pace));
    return pace->asked;
}

void read_pace_row(struct read_pace *pace, size_t bytes)
{
    assert(pace->is_reading);
    pace->rows++;
    assert(is_sound(pace));
    assert(pace->rows > 0);
    pace->largest = bytes > pace->largest ? bytes : pace->largest;
}

void read_pace_hold(struct read_pace *pace)
{
    assert(pace->is_reading);
    assert(pace->rows > 0); /* it is one of those that have come */
    pace->has_held = true;
    read_pace_touch(pace);
}

/* Rows that had to wait were read in vain: less next time, then more and more. */
static void end(struct read_pace *pace)
{
    assert(pace->is_reading);
    pace->is_reading = false;
    if (pace->has_held) {
        pace->limit = READ_LIMIT_FIRST;
    } else if (pace->limit < READ_LIMIT_MAX) {
        pace->limit *= 2;
    }
    assert(is_sound(pace));
}

void read_pace_succeeded(struct read_pace *pace)
{
    assert(pace->asked > 0);
    const bool is_more = pace->rows >= pace->asked;
    end(pace);
    pace->next = is_more ? READ_MUCH : pace->next;
    pace->trust = pace->trust != READ_SOUND && is_more ? READ_SUSPECT : READ_SOUND;
    assert(is_sound(pace));
}

void read_pace_failed(struct read_pace *pace, int64_t not_before_ms)
{
    assert(pace->asked > 0);
    end(pace);
    pace->not_before_ms = not_before_ms;
    read_pace_touch(pace);
    assert(!pace->is_reading);
    assert(pace->next != READ_NOTHING); /* it is tried again */
}

void read_pace_blame(struct read_pace *pace, bool is_damage)
{
    assert(!pace->is_reading);
    if (!is_damage) {
        pace->trust = READ_UNREAD;
    } else if (pace->trust == READ_SOUND) {
        pace->trust = READ_SUSPECT;
    }
    assert(is_sound(pace));
    assert(pace->trust != READ_SOUND); /* it is read alone */
}
