/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition_fixture.h - partitions between a Kafka and a Redis that are played: what is asked of
 * Redis is remembered, and answered when a test says so.
 *
 * Its own functions stand in place of theirs.
 */
#ifndef TESTS_UNIT_PROJECTOR_SVC_PARTITION_FIXTURE_H
#define TESTS_UNIT_PROJECTOR_SVC_PARTITION_FIXTURE_H

#include "projector-svc/consume/partition_internal.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_store.h"
#include "tests/support/check_main.h"

#include <stdint.h>

enum { PARTITIONS = 6 };

enum asked { ASKED_NOTHING = 0, ASKED_LOAD, ASKED_SAVE };

struct question {
    enum asked asked;
    view_store_done_fn *done;
    void *user;
    int64_t from;
    int64_t to;
};

extern struct partition_context context;
extern struct partition *partition[PARTITIONS];
extern struct question question[PARTITIONS]; /* in the order of asking, those not answered yet */
extern size_t questions;
extern enum error_kind refusal;      /* of the next questions, at once */
extern uintptr_t depths[PARTITIONS]; /* of the stack, at those that were closed */
extern size_t given_back;
extern size_t room_told;
extern size_t closed;
extern enum error_kind closed_why;
extern size_t stopped;
extern size_t restarts;
extern size_t recovered;
extern int64_t retries_told;   /* by the last batch that was saved */
extern bool is_frozen_already; /* the aggregate that no record of ours belongs to */

/* All partitions are there, none is open. */
void set_up(void);
void tear_down(void);

/* As Redis says where it stands, and Kafka reads from there. */
void open_at(size_t which, int64_t position);

/* A record comes that has no key and no payload. */
void take(size_t which, int64_t offset);

void let_loop_turn(void);

/* The oldest question is answered. */
void answer(enum error_kind kind);

/* A batch of what there is, as far as it may grow; ends well. */
void pass_batch(void);

int64_t position_of(size_t which);

#endif
