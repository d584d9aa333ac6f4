/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_pace.h - when a shard is to be read, and how many of its rows at once.
 *
 * Why: rows read that must not be sent yet are read in vain, so a shard begins with a few, doubles
 * as long as all of them go out, and begins small again when some had to wait. One whose rows could
 * not be read is read alone until that works, so that it fails alone. See read_plan.h for which of
 * all shards go next. Pure.
 */
#ifndef RELAY_SVC_CORE_READ_PACE_H
#define RELAY_SVC_CORE_READ_PACE_H

#include "relay-svc/core/read_plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    READ_LIMIT_FIRST = 4, /* of a shard that runs anew: of each topic only the first goes out */
    READ_LIMIT_MAX = 2000,
};

enum read_trust {
    READ_SOUND = 0,
    READ_SUSPECT, /* some read of it failed, and all that may have been the cause is yet to come */
    READ_UNREAD,  /* its last read failed, for other reasons than its rows */
};

struct read_pace {
    enum read_wish next; /* NOTHING, LOOK or MUCH, once the trip in flight is over */
    enum read_trust trust;
    bool is_reading;
    bool has_held;  /* some rows of the trip in flight came too early */
    int limit;      /* rows to ask for at most */
    int asked;      /* by the trip in flight */
    int rows;       /* that it has brought */
    size_t largest; /* row, in bytes, of those read lately */
    int64_t not_before_ms;
};

/* The shard runs anew. */
void read_pace_begin(struct read_pace *pace);

/* There are, or may be, rows. */
void read_pace_touch(struct read_pace *pace);

/* What it wishes for the next trip. */
enum read_wish read_pace_wish(const struct read_pace *pace, int64_t now_ms);

/* It goes along: bytes is its part of the trip, room how many rows its window takes. Returns how
 * many rows to ask for. */
int read_pace_start(struct read_pace *pace, int64_t bytes, int64_t room);

/* A row has come, of so many bytes. */
void read_pace_row(struct read_pace *pace, size_t bytes);
/* One has come too early: it is to be read again. */
void read_pace_hold(struct read_pace *pace);

/* The trip is over, and brought what there was; or failed, and is not tried again before then. */
void read_pace_succeeded(struct read_pace *pace);
void read_pace_failed(struct read_pace *pace, int64_t not_before_ms);

/* The failure was its own, as far as anybody can tell. is_damage: for a row that is there. */
void read_pace_blame(struct read_pace *pace, bool is_damage);

#endif
