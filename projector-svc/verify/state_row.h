/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_row.h - an order's row in PostgreSQL and what its events make of it, column by column.
 */
#ifndef PROJECTOR_SVC_VERIFY_STATE_ROW_H
#define PROJECTOR_SVC_VERIFY_STATE_ROW_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/contract/order_state.h"

#include <stdbool.h>
#include <stddef.h>

#define STATE_ROW_MS(column) "(extract(epoch FROM " column ") * 1000)::bigint"

/* Name, and where it stands; what order_apply() makes of it is in state_row.c, by the name. */
#define STATE_ROW(X)                                                                               \
    X(version, "s.version")                                                                        \
    X(status, "s.status")                                                                          \
    X(refund_state, "s.refund_state")                                                              \
    X(dispute, "s.dispute")                                                                        \
    X(risk_flags, "array_to_string(s.risk_flags, ',')")                                            \
    X(customer_id, "s.customer_id")                                                                \
    X(currency, "s.currency")                                                                      \
    X(total_minor, "s.total_minor")                                                                \
    X(placed_at, STATE_ROW_MS("s.placed_at"))                                                      \
    X(updated_at, STATE_ROW_MS("s.updated_at"))                                                    \
    X(delivered_at, "coalesce(" STATE_ROW_MS("s.delivered_at") ", 0)")                             \
    X(payment_status, "m.status")                                                                  \
    X(authorized_minor, "m.authorized_minor")                                                      \
    X(captured_minor, "m.captured_minor")                                                          \
    X(refunded_minor, "m.refunded_minor")                                                          \
    X(payment_reference, "m.reference")

#define STATE_ROW_ENTRY(name, sql) STATE_ROW_##name,
enum state_row_column { STATE_ROW(STATE_ROW_ENTRY) STATE_ROW_COUNT };
#undef STATE_ROW_ENTRY

#define STATE_ROW_COLUMN(name, sql) ", " sql
#define STATE_ROW_COLUMNS           STATE_ROW(STATE_ROW_COLUMN)
#define STATE_ROW_JOIN                                                                             \
    " LEFT JOIN orders s ON s.order_id = CASE WHEN p.aggregateid"                                  \
    "  ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p.aggregateid::uuid END"               \
    " LEFT JOIN payment m ON m.order_id = s.order_id"

struct state_row {
    struct strview columns[STATE_ROW_COUNT]; /* version's data is NULL: there is no such row */
};

/* The name of a column that is other than the fold; NULL: none is. ERROR_EXHAUSTED. */
MUST_USE enum error_kind state_row_compare(const struct state_row *row, const struct order *order,
                                           struct arena *arena, const char **ret_column,
                                           struct error *err);

#endif
