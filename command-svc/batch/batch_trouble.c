/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_trouble.h"

#include <string.h>

#define ANY_STATEMENT BATCH_STATEMENT_COUNT

/* The first row that fits tells; what fits none is passing. A guarded update divides by zero: that
 * is told by its statement. */
static const struct {
    const char *sqlstate; /* or its class */
    enum batch_statement statement;
    const char *constraint_end; /* NULL: any; "": no constraint is named */
    enum batch_trouble trouble;
} TROUBLES[] = {
    {"55P03", QUEUE_FOR_SHARD, NULL, BATCH_SHARD_HELD},
    {"55P03", LOCK_STOCK, NULL, BATCH_STOCK_HELD},
    {"55P03", UPDATE_STOCK, NULL, BATCH_STOCK_HELD},
    {"55P03", UPDATE_CUSTOMERS, NULL, BATCH_ROW_HELD},
    {"55P03", UPDATE_PRODUCTS, NULL, BATCH_ROW_HELD},
    {"55P03", UPDATE_ORDERS, NULL, BATCH_ROW_HELD},
    {"55P03", UPDATE_PAYMENTS, NULL, BATCH_ROW_HELD},
    {"55P03", SAVE_ANNOUNCEMENTS, NULL, BATCH_ROW_HELD},
    {"22", UPDATE_STOCK, NULL, BATCH_STOCK_MOVED},
    {"23", UPDATE_STOCK, NULL, BATCH_STOCK_MOVED},
    {"23514", INSERT_OUTBOX, "", BATCH_NO_PARTITION},
    {"22012", INSERT_OUTBOX, NULL, BATCH_SEQ_WENT_BACK},
    {"23505", INSERT_OUTBOX, "_pkey", BATCH_SEQ_WENT_BACK},
    {"22012", ANY_STATEMENT, NULL, BATCH_PASSING},
    {"23505", INSERT_RECEIPTS, NULL, BATCH_PASSING}, /* one key for two aggregates at once */
    {"22", ANY_STATEMENT, NULL, BATCH_DATA},
    {"23", ANY_STATEMENT, NULL, BATCH_DATA},
};

/* Whose rows are counted as they are changed. */
static const struct {
    enum batch_statement statement;
    const char *table;
} GUARDED[] = {
    {UPDATE_CUSTOMERS, "customer"}, {UPDATE_PRODUCTS, "product"},
    {UPDATE_STOCK, "stock"},        {UPDATE_ORDERS, "orders"},
    {UPDATE_PAYMENTS, "payment"},   {SAVE_ANNOUNCEMENTS, "stock_announced"},
};

const char *batch_trouble_guarded_table(enum batch_statement statement,
                                        const struct pgconn_failure *failure)
{
    const bool has_missed = strcmp(failure->sqlstate, "22012") == 0;
    for (size_t i = 0; has_missed && i < sizeof GUARDED / sizeof GUARDED[0]; i++) {
        if (GUARDED[i].statement == statement) {
            return GUARDED[i].table;
        }
    }
    return NULL;
}

static bool has_end(const char *text, const char *end)
{
    const size_t len = strlen(text);
    const size_t end_len = strlen(end);
    return end_len == 0 ? len == 0 : len >= end_len && strcmp(text + len - end_len, end) == 0;
}

enum batch_trouble batch_trouble_of(enum batch_statement statement,
                                    const struct pgconn_failure *failure)
{
    if (failure->err.kind == ERROR_EXHAUSTED) {
        return BATCH_DATA; /* our own memory */
    }
    for (size_t i = 0; i < sizeof TROUBLES / sizeof TROUBLES[0]; i++) {
        const char *sqlstate = TROUBLES[i].sqlstate;
        if (strncmp(failure->sqlstate, sqlstate, strlen(sqlstate)) == 0 &&
            (TROUBLES[i].statement == ANY_STATEMENT || TROUBLES[i].statement == statement) &&
            (TROUBLES[i].constraint_end == NULL ||
             has_end(failure->constraint, TROUBLES[i].constraint_end))) {
            return TROUBLES[i].trouble;
        }
    }
    return BATCH_PASSING;
}
