/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineup.h - one aggregate's events put in line: which may be applied now, which
 * wait, which are known already.
 *
 * Why one mechanism for gap and poison: in both an event that should come next
 * cannot be applied, so everything behind it must wait and nothing else may.
 * The aggregate is frozen, its later events are parked beside it, and when the
 * one it waits for arrives it and the parked ones are applied in order.
 *
 * Why the caller applies: the rule of sequence is the same for orders,
 * customers and products; what an event means is not.
 *
 * Why portions: behind one missing version ten thousands may wait. They are taken out
 * from the head of the list, at most a batch's worth at a time; what cannot be applied yet goes
 * back to its tail. A pass over the whole list in which nothing was applied ends it.
 *
 * Ownership: items are the caller's; the parked array lives in the arena.
 */
#ifndef PROJECTOR_SVC_CORE_LINEUP_H
#define PROJECTOR_SVC_CORE_LINEUP_H

#include "common/base/arena.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * FLOWING:      what comes is applied; never stored
 * GAP:          a version is missing: it frees the aggregate when it comes
 * UNREADABLE:   the next version is here and cannot be applied: another copy of it may
 * UNIDENTIFIED: a record without version or id: only a person can say what it is
 * FORKED:       one version, two event ids: only a person can say which is true
 * DRAINING:     freed: the parked ones are applied, a portion at a time
 */
#define LINEUP_STATES(X)                                                                           \
    X(FLOWING, "flowing")                                                                          \
    X(GAP, "gap")                                                                                  \
    X(UNREADABLE, "unreadable")                                                                    \
    X(UNIDENTIFIED, "unidentified")                                                                \
    X(FORKED, "forked")                                                                            \
    X(DRAINING, "draining")

#define LINEUP_ENTRY(STATE, name) LINEUP_##STATE,
enum lineup_state { LINEUP_STATES(LINEUP_ENTRY) LINEUP_STATE_COUNT };

struct lineup_item {
    int64_t version;         /* 0: not known */
    struct strview event_id; /* empty: not known */
    bool is_readable;
    bool is_stored;  /* came from the parked list, not from this batch */
    bool is_dropped; /* a person has decided that it counts for nothing, unless it comes next */
    void *event;     /* the caller's */
};

struct lineup_callbacks {
    /* Applies the next version. False: it makes no sense to us, treat it as unreadable. */
    bool (*apply)(void *user, struct lineup_item *item);
    /* The id of an applied version; empty when that is not known (it then counts as untold). */
    struct strview (*id_of)(void *user, int64_t version);
    void *user;
};

/* Those that were parked before: APART ones are in Redis and not known here. */
enum lineup_parked { LINEUP_NONE_PARKED = 0, LINEUP_PARKED_APART, LINEUP_PARKED_LOADED };

/*
 * What a pass has met so far:
 * NOTHING: all of it still waits
 * MOVED:   something was applied, so another pass follows
 * UNREAD:  the next version, which cannot be read; nothing was applied
 */
enum lineup_pass { LINEUP_PASS_NOTHING = 0, LINEUP_PASS_MOVED, LINEUP_PASS_UNREAD };

/* What was loaded of a list too long for one batch. */
struct lineup_portion {
    size_t stored;         /* that were loaded, from the head of the list */
    size_t beyond;         /* stored ones behind those, not loaded */
    size_t pass_left;      /* DRAINING: of the list, still to be looked at in this pass */
    bool was_draining;     /* when it was loaded */
    enum lineup_pass pass; /* DRAINING */
};

struct lineup {
    const struct lineup_callbacks *callbacks;
    struct arena *arena;
    int64_t version; /* applied so far */
    int64_t loaded;  /* that it began with */
    enum lineup_state state;
    struct lineup_item *parked; /* those known here, in order of arrival */
    size_t parked_count;
    size_t parked_cap;
    enum lineup_parked before;
    struct lineup_portion portion;
    bool has_shrunk; /* a stored one was taken out: the list must be written anew */
    bool failed;     /* the arena was too small */
    size_t applied;
    size_t duplicates;
    size_t untold; /* known versions whose id nobody knows any more; passed over like duplicates */
    size_t dropped;
};

/* A flowing aggregate has nothing parked; of a frozen one the parked may be added, see below. */
void lineup_init(struct lineup *lineup, struct arena *arena,
                 const struct lineup_callbacks *callbacks, int64_t version,
                 enum lineup_state state);

/* Whether the parked ones must be loaded before these are offered; otherwise they only grow. */
bool lineup_needs_parked(const struct lineup *lineup, const struct lineup_item *items,
                         size_t count);

/* How far an earlier portion of a DRAINING one came. */
void lineup_resume(struct lineup *lineup, size_t pass_left, enum lineup_pass pass);

/* A parked one, in order of arrival; after the last, lineup_parked_known() with how many there are
 * in all. */
void lineup_add_stored(struct lineup *lineup, const struct lineup_item *item);
void lineup_parked_known(struct lineup *lineup, size_t total);

/* A person has decided: even where only that ends it, the parked ones are looked through. */
void lineup_release(struct lineup *lineup);

/* In place of the version that is missing or cannot be read, where that is what comes next. */
void lineup_skip(struct lineup *lineup, const struct lineup_item *skip);

void lineup_offer(struct lineup *lineup, const struct lineup_item *offered);

/* After the last one offered. */
void lineup_finish(struct lineup *lineup);

/* Only a portion of the parked was loaded, and it is to be taken from the head of the list. */
bool lineup_takes_portion(const struct lineup *lineup);

/* "gap", "unreadable", "unidentified", "forked"; "flowing" is never stored. */
const char *lineup_state_name(enum lineup_state state);

/* LINEUP_FORKED, the strictest, for a name nobody knows. */
enum lineup_state lineup_state_of_name(struct strview name);

#endif
