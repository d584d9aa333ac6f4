/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_diff_fixture.h - what was written when views changed, as a script: a line "COMMAND key arg
 * arg" for each write.
 */
#ifndef TESTS_UNIT_PROJECTOR_SVC_VIEW_DIFF_FIXTURE_H
#define TESTS_UNIT_PROJECTOR_SVC_VIEW_DIFF_FIXTURE_H

#include "projector-svc/core/order_places.h"
#include "projector-svc/core/view_diff.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

extern struct arena arena;
extern struct write_set set;
extern const struct order_limits LIMITS;
extern const struct view_moment MOMENT;

/* An empty set of writes; written() gives its script, and ends it. */
void begin(void);
const char *written(void);

/* The view after its next event. */
struct order_view apply(struct order_view view, enum order_event_kind kind, const char *id);

/* All that an order's change writes, with documents "DETAILS", t1 and t2, m1 and m2. */
void diff(const struct order_view *before, const struct order_view *after);

#endif
