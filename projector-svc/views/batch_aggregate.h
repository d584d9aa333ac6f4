/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_aggregate.h - one order, customer, product or stock of a batch: what is stored of it, what
 * came, and what it becomes.
 *
 * Why apart from the batch: its line of versions knows nothing of the others, and which event had
 * which version is asked while folding (is it the same one again?) and while writing.
 *
 * Ownership: everything lives in the batch's arena.
 */
#ifndef PROJECTOR_SVC_VIEWS_BATCH_AGGREGATE_H
#define PROJECTOR_SVC_VIEWS_BATCH_AGGREGATE_H

#include "common/base/arena.h"
#include "common/base/strview.h"
#include "common/contract/topics.h"
#include "projector-svc/core/customer_view.h"
#include "projector-svc/core/decisions.h"
#include "projector-svc/core/lineup.h"
#include "projector-svc/core/order_view.h"
#include "projector-svc/core/product_view.h"
#include "projector-svc/core/stock_view.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/mark_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ids of so many versions of a customer or product are kept. */
enum { BATCH_IDS_KEPT = 64 };
#define BATCH_IDS_FIELD "event_ids" /* in the view's hash */

struct batch_view {
    struct order_view order;
    struct customer_view customer;
    struct product_view product;
    struct stock_view stock;
};

struct batch_applied {
    const struct incoming *event;
    enum order_status status; /* the order's, after it */
    struct strview region;    /* the same */
};

/* An applied version of an order that came again: its id is read from the timeline. */
struct batch_old_version {
    int64_t version;
    struct strview event_id; /* filled in by the store */
};

struct batch_aggregate {
    enum aggregate_type type;
    struct strview id;
    struct lineup_item *items;
    size_t item_count;
    size_t item_cap;
    /* Filled in by the store. */
    struct batch_view before; /* of the one that type says; version 0 when there is none */
    /* Of versions before the last, parted by blanks; of customers and products only. */
    struct strview ids_before;
    bool was_frozen;
    struct mark_frozen frozen;
    /* Found by batch_look(), filled in by the store. */
    bool is_drained; /* by batch_add_drained() */
    int64_t portion; /* at most so many of the parked, from the head of their list; 0: not wanted */
    int64_t parked_total;       /* filled in by the store */
    struct decisions decisions; /* the same, where the parked ones are wanted */
    int64_t decided;            /* bytes of these decisions */
    struct batch_old_version *old_versions;
    size_t old_count;
    /* Made by batch_fold(). */
    struct lineup_callbacks callbacks;
    struct lineup lineup;
    struct batch_view after;
    struct batch_applied *applied;
    size_t applied_count;
    size_t applied_cap;
};

/* What is stored is known: its line begins there. */
void batch_aggregate_begin(struct batch_aggregate *aggregate, struct arena *arena);

/* How it is frozen in Redis; LINEUP_FLOWING: it is not. */
enum lineup_state batch_aggregate_state_before(const struct batch_aggregate *aggregate);

/* Only a person ends it, and what was decided about it was looked at: its parked ones stay apart.
 */
bool batch_aggregate_stays(const struct batch_aggregate *aggregate);

/* Of the stored version; empty when there is none. */
struct strview batch_aggregate_last_id(const struct batch_aggregate *aggregate);

/* In a list parted by blanks. */
size_t batch_aggregate_count_ids(struct strview ids);

#endif
