/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_places.h - where an order is found by what it says: lookups, indexes, what is open.
 *
 * Why a table: each of these views is one function that names an order's values and one row with
 * the key they make; that an order leaves the key of an old value and enters that of a new one is
 * the same for all of them.
 *
 * Partitions share these keys. Each changes only its own orders' membership in them, so it does
 * not matter whose batch comes first; which key an order leaves is known from its own view.
 */
#ifndef PROJECTOR_SVC_CORE_ORDER_PLACES_H
#define PROJECTOR_SVC_CORE_ORDER_PLACES_H

#include "projector-svc/core/order_view.h"
#include "projector-svc/core/write_set.h"

/* How long an order may stay in a status; 0: as long as it likes. Units: milliseconds. */
struct order_limits {
    int64_t ms[ORDER_STATUS_COUNT];
};

/* new_view->version > old_view->version. */
void order_places_diff(const struct order_view *old_view, const struct order_view *new_view,
                       const struct order_limits *limits, struct write_set *set);

#endif
