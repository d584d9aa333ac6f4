/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_fixture.h - a batch without Redis: events in, stored views as the store would fill them
 * in, the writes that come of it.
 */
#ifndef TESTS_UNIT_PROJECTOR_SVC_BATCH_FIXTURE_H
#define TESTS_UNIT_PROJECTOR_SVC_BATCH_FIXTURE_H

#include "projector-svc/views/batch.h"
#include "projector-svc/views/batch_write.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

#define PARKED_PENS "projection:parked:product:PEN"

extern struct arena arena;
extern struct batch batch;
extern struct write_set set;
extern struct error err;
extern const struct view_moment MOMENT;

/* An empty batch of the slot order.events/0. */
void open_batch(void);
void close_batch(void);

/* ---- events in ------------------------------------------------------------------------------ */

/* The order's event; the ids must outlive the batch. */
void add(enum order_event_kind kind, int64_t version, const char *event_id);

/* The product PEN's. */
void add_product_event(enum product_event_kind kind, int64_t version, const char *event_id);

/* ---- as the store loads; always the first aggregate ----------------------------------------- */

/* The order as it is stored after a life of that many versions, at most 4: e1, e2 ... */
void store_life(int64_t version);

/* The product with its newest event's id, and those of the versions before. */
void store_product(int64_t version, const char *last, const char *before);

/* One more event of PEN that is parked. Its offset is ten times its version. */
void park(int version, const char *event_id, const char *type);

/* ---- what comes of it ----------------------------------------------------------------------- */

/* Whether more has to be loaded. */
bool look(void);
void fold_and_write(void);

/* The first of them, or NULL. */
const struct write *find(enum write_kind kind, const char *key);

/* A write that was not found has none. */
bool has_arg(const struct write *write, const char *arg);

#endif
