/* SPDX-License-Identifier: Apache-2.0 */
/*
 * held.h - locks that commands wait for and somebody else has, and who that is; pure.
 *
 * Why: a lock that stays away looks like slowness, and whoever may connect to the database
 * can hold one. Its holder's name is the whole cure.
 *
 * An entry that nobody noted for HELD_FORGET_MS is gone.
 * Units: monotonic milliseconds, handed in. Limits: HELD_MAX entries; more are not named.
 */
#ifndef COMMAND_SVC_CORE_HELD_H
#define COMMAND_SVC_CORE_HELD_H

#include "common/base/attribute.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HELD_MAX = 64, HELD_NAME_MAX = 64, HELD_FORGET_MS = 2500, HELD_TELL_MS = 60000 };

/*
 * SHARD:    its lock; the name is its number
 * STOCK:    a product's row of stock; its sku
 * ORDER:    a row of an order or its payment; the order's id
 * PRODUCT:  a product's row; its sku
 * CUSTOMER: a customer's row; its id
 * LEVEL:    a row of stock_announced; its sku
 * TABLE:    a whole table; its name
 *
 * Beside each, what has to be known of the holder before the log is told: whoever changes tables
 * has them for an instant, and a row that nobody is seen to hold is none to speak of.
 */
#define HELD_KINDS(X)                                                                              \
    X(SHARD, "shard", HOLDER_UNKNOWN)                                                              \
    X(STOCK, "stock", HOLDER_UNKNOWN)                                                              \
    X(ORDER, "order", HOLDER_FIRST)                                                                \
    X(PRODUCT, "product", HOLDER_FIRST)                                                            \
    X(CUSTOMER, "customer", HOLDER_FIRST)                                                          \
    X(LEVEL, "level", HOLDER_FIRST)                                                                \
    X(TABLE, "table", HOLDER_SAME)

#define HELD_KIND_ENTRY(KIND, name, told_from) HELD_##KIND,
#define HELD_KIND_NAME(KIND, name, told_from)  name,
enum held_kind { HELD_KINDS(HELD_KIND_ENTRY) HELD_KIND_COUNT };

struct holder {
    int64_t pid;
    char user[HELD_NAME_MAX];
    char application[HELD_NAME_MAX];
    char transaction[HELD_NAME_MAX]; /* tells one holding from the next of the same session */
};

/* What is known of who has it, as of the last answer. */
enum holder_state {
    HOLDER_UNKNOWN = 0, /* not asked yet: holder is empty */
    HOLDER_FIRST,       /* the first one that was named */
    HOLDER_SAME,        /* as before */
    HOLDER_OTHER        /* another one than before: the lock changes hands */
};

struct held_entry {
    enum held_kind kind;
    char name[HELD_NAME_MAX + 1];
    int64_t since_ms;
    int64_t noted_ms;
    enum holder_state state;
    struct holder holder;
};

/* What the log has heard: it outlives the entry, as a lock may be missed, had and missed again. */
struct held_told {
    enum held_kind kind;
    char name[HELD_NAME_MAX + 1]; /* "": none */
    int64_t pid;
    int64_t at_ms;
};

struct held {
    struct held_entry entries[HELD_MAX];
    size_t count;
    struct held_told told[HELD_MAX]; /* the oldest makes place */
    size_t told_next;
};

/* Commands miss it now, since then. True when it was not known yet; of a name that none of ours can
 * have nothing is kept. */
bool held_note(struct held *held, enum held_kind kind, struct strview name, int64_t since_ms,
               int64_t now_ms);

/* It was had: forgets it. */
void held_had(struct held *held, enum held_kind kind, struct strview name);

/* Forgets what was not noted lately. */
void held_look(struct held *held, int64_t now_ms);

/* Who has it. */
void held_by(struct held *held, enum held_kind kind, struct strview name,
             const struct holder *holder);

/* NULL when it is not there. */
const struct held_entry *held_find(const struct held *held, enum held_kind kind,
                                   struct strview name);

/* Of those there are, the one to speak of: one whose holder is known, if there is any. NULL: there
 * is none. */
const struct held_entry *held_first(const struct held *held);

/* The log is to hear of it now: of each lock and session at once and then once a minute. */
MUST_USE bool held_take_news(struct held *held, const struct held_entry *entry, int64_t now_ms);

size_t held_count(const struct held *held, enum held_kind kind);

const char *held_kind_name(enum held_kind kind);

#endif
