/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life_cycle_table.h - life_cycle.txt, read, and what it says of an order and a command.
 */
#ifndef TESTS_UNIT_COMMAND_SVC_LIFE_CYCLE_TABLE_H
#define TESTS_UNIT_COMMAND_SVC_LIFE_CYCLE_TABLE_H

#include "command-svc/core/order.h"
#include "command-svc/core/placing.h"
#include "common/base/parse.h"
#include "tests/support/sample_commands.h"

#include <stdio.h>
#include <string.h>

enum {
    NOW = 5000,
    WINDOW = 700,
    ON_THE_LAST_DAY = NOW + WINDOW,
    LATE = NOW + WINDOW + 1,
    TOTAL = 3,
    STATES_MAX = 32,
    ORDERS_MAX = 4096,
    ARENA_MAX = 1 << 16,
    WORD_MAX = 24,
    WORDS_MAX = 32
};

/* Check notes each assertion in a file; here are millions of them. */
#define MUST(condition, ...)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

/* Columns of the table, as they stand there; behind them those of the two small ones. */
#define COLUMNS(X)                                                                                 \
    X(AUTHORIZE, COMMAND_AUTHORIZE_PAYMENT)                                                        \
    X(DECLINE, COMMAND_DECLINE_PAYMENT)                                                            \
    X(CAPTURE, COMMAND_CAPTURE_PAYMENT)                                                            \
    X(SHIP, COMMAND_SHIP_ORDER)                                                                    \
    X(TRACK, COMMAND_RECORD_TRACKING)                                                              \
    X(DELIVER, COMMAND_DELIVER_ORDER)                                                              \
    X(CANCEL, COMMAND_CANCEL_ORDER)                                                                \
    X(RETURN, COMMAND_RETURN_ORDER)                                                                \
    X(REFUND, COMMAND_REFUND_PAYMENT)                                                              \
    X(LATE_REFUND, COMMAND_REFUND_PAYMENT)                                                         \
    X(ADDRESS, COMMAND_CHANGE_SHIPPING_ADDRESS)                                                    \
    X(NOTE, COMMAND_ADD_NOTE)

#define COLUMN_ENTRY(NAME, kind) COLUMN_##NAME,

enum column { COLUMNS(COLUMN_ENTRY) COLUMN_COUNT };

extern const enum command_kind COLUMN_KINDS[];

struct state {
    char name[WORD_MAX], status[WORD_MAX], payment[WORD_MAX], refund[WORD_MAX];
    char cells[COLUMN_COUNT][WORD_MAX];
    bool is_met[DISPUTE_STATE_COUNT];
};

extern struct state states[STATES_MAX];

struct flag {
    char set[2][WORD_MAX], cleared[2][WORD_MAX]; /* [1]: a flag the order has */
};

extern struct flag flags[RISK_FLAGS_MAX + 1];
extern size_t state_count;

/* An order, and what the table makes of the commands that led to it. */
struct stage {
    struct order order;
    size_t state;
    enum dispute_state dispute;
    size_t flags;
    int64_t total, captured, refunded;
};

/* What is tried: flag is the number of a flag, the order has those below its count. */
struct attempt {
    enum command_kind kind;
    int64_t amount;
    int64_t at_ms;
    bool override;
    size_t flag;
};

/* What the table says: refused, or where it leads. */
struct verdict {
    bool is_refused;
    enum rejection_kind refusal;
    int64_t number; /* of a refusal of an amount */
    struct stage after;
};

extern size_t stage_count;

/* ---- the table ----------------------------------------------------------------------------- */

bool is_cell(const char *cell, const char *word);

void open_table(void);
size_t state_named(const char *name, size_t len);
struct verdict judge(const struct stage *stage, const struct attempt *attempt);

/* Possible whatever the members say: what `allowed` names. */
bool may_be_possible(const struct stage *stage, enum command_kind kind);

#endif
