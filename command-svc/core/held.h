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

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HELD_MAX = 64, HELD_NAME_MAX = 64, HELD_FORGET_MS = 2500 };

/*
 * SHARD:    its lock; the name is its number
 * STOCK:    a product's row of stock; its sku
 * ORDER:    a row of an order or its payment; the order's id
 * PRODUCT:  a product's row; its sku
 * CUSTOMER: a customer's row; its id
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
    bool is_told; /* the log has it */
    struct holder holder;
};

struct held {
    struct held_entry entries[HELD_MAX];
    size_t count;
};

/* Commands miss it now, since then. True when it was not known yet. */
bool held_note(struct held *held, enum held_kind kind, struct strview name, int64_t since_ms,
               int64_t now_ms);

/* It was had: forgets it. */
void held_had(struct held *held, enum held_kind kind, struct strview name);

/* Forgets what was not noted lately. */
void held_look(struct held *held, int64_t now_ms);

/* Who has it. Another session than before is to be told anew. */
void held_by(struct held *held, enum held_kind kind, struct strview name,
             const struct holder *holder);

/* NULL when it is not there. */
const struct held_entry *held_find(const struct held *held, enum held_kind kind,
                                   struct strview name);

/* Of those there are, the one to speak of: one whose holder is known, if there is any. NULL: there
 * is none. */
const struct held_entry *held_first(const struct held *held);

/* The log is to hear of it now. */
bool held_is_news(const struct held_entry *entry);

size_t held_count(const struct held *held, enum held_kind kind);

const char *held_kind_name(enum held_kind kind);

#endif
