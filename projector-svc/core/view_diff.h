/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_diff.h - from an old view and a new one to what must be written to Redis.
 *
 * Why a difference: most events change few fields, and Redis's time is the
 * scarcest of the chain. Keys that several partitions touch (a customer's
 * orders, lookups, the recent orders) change only by commands on members that one
 * partition owns, or by trimming, so their order does not matter.
 *
 * The documents are coded by the caller: the core sees no JSON.
 */
#ifndef PROJECTOR_SVC_CORE_VIEW_DIFF_H
#define PROJECTOR_SVC_CORE_VIEW_DIFF_H

#include "projector-svc/core/customer_view.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/order_view.h"
#include "projector-svc/core/product_view.h"
#include "projector-svc/core/stock_view.h"
#include "projector-svc/core/write_set.h"

/* What is written besides the views themselves. */
struct view_moment {
    int64_t projected_at_ms;
    int64_t recent_cap; /* how many orders orders:recent keeps */
    int64_t stream_cap; /* how many entries stream:orders keeps, about */
    const struct order_limits *limits;
};

struct order_documents {
    struct strview details;
    const struct strview *timeline; /* one per version from old's on */
    const struct strview *messages; /* published, one per version */
    size_t count;
};

/* new_view->version > old_view->version, and documents->count is the difference. */
void view_diff_order(const struct order_view *old_view, const struct order_view *new_view,
                     const struct order_documents *documents, const struct view_moment *moment,
                     struct write_set *set);

void view_diff_customer(const struct customer_view *old_view, const struct customer_view *new_view,
                        const struct view_moment *moment, struct write_set *set);

void view_diff_product(const struct product_view *old_view, const struct product_view *new_view,
                       const struct view_moment *moment, struct write_set *set);

/* Into fields of their own: another partition's owner may write the product's. */
void view_diff_stock(const struct stock_view *old_view, const struct stock_view *new_view,
                     struct write_set *set);

/* The version an aggregate waits for, shown in that field of its hash; 0: none. */
void view_diff_waiting(struct strview view_key, const char *field, int64_t old_waiting_for,
                       int64_t new_waiting_for, struct write_set *set);

#endif
