/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scarce.h - which products' levels are read under lock for a while; pure.
 *
 * Why: where stock is short, what was read is often wrong by the time it is saved, and a batch that
 * is repeated costs more than one that waits for rows. So a product whose condition (stock.h)
 * failed is read under lock for SCARCE_MS, counted from the last batch that left less of it than it
 * took, or refused for what it took.
 *
 * PostgreSQL says that a condition failed, not which one. The narrowest ones of a batch that failed
 * are suspects; the next batch reads under lock, and shows which of them do not hold.
 *
 * Units: monotonic milliseconds, handed in. Limits: SCARCE_MAX products; of more, the oldest are
 * forgotten, and cost a repetition more.
 */
#ifndef COMMAND_SVC_CORE_SCARCE_H
#define COMMAND_SVC_CORE_SCARCE_H

#include "command-svc/core/stock.h"
#include "common/base/id_form.h"

enum { SCARCE_MAX = 64, SCARCE_MS = 1000 };

struct scarce_suspect {
    char sku[ID_FORM_MAX + 1];
    int64_t least;
    int64_t most;
    int64_t room; /* by how much the level could have differed from what was read */
};

/* Of one lane's batch that failed; zeroed: none. */
struct scarce_suspects {
    struct scarce_suspect list[SCARCE_MAX];
    size_t count;
};

struct scarce_product {
    char sku[ID_FORM_MAX + 1];
    int64_t until_ms;
};

/* Of all lanes; zeroed: none. */
struct scarce {
    struct scarce_product list[SCARCE_MAX];
    size_t next; /* to be overwritten */
    int64_t until_ms;
};

/* One of these conditions did not hold. */
void scarce_suspect(struct scarce_suspects *suspects, const struct stock_change *changes,
                    size_t count);

/* The levels, read under lock, show which; no suspect is left. */
void scarce_learn(struct scarce *scarce, struct scarce_suspects *suspects,
                  const struct world *world, int64_t now_ms);

/* After a batch was decided: what is scarce and still short stays so for longer. */
void scarce_renew(struct scarce *scarce, const struct world *world, int64_t now_ms);

/* Whether the batch names a product that is scarce now. One does for all of the batch's rows: rows
 * locked early and others late would be locked in no order. */
bool scarce_is_named(const struct scarce *scarce, const struct world *world, int64_t now_ms);

#endif
