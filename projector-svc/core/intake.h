/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - which partitions are read while Kafka has more than may be held here; pure.
 *
 * Why a few at a time: a fetch brings a partition's whole batch of records, a thousand and more,
 * and pausing throws away what is on its way. So each that is read has room for such a batch, is
 * paused when it has come, and its turn comes again in order; the others are paused while they are
 * empty, which costs nothing.
 *
 * Why those at their end are not counted: nothing comes from them, or little.
 *
 * Why one is always read: those whose records Redis refuses keep theirs, and must not keep the
 * others from going on. So only what moves counts, as long as anything does.
 *
 * Units: bytes as queue.h counts them.
 */
#ifndef PROJECTOR_SVC_CORE_INTAKE_H
#define PROJECTOR_SVC_CORE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    INTAKE_UNIT = 1 << 20,         /* what one that is read may bring before it can be paused */
    INTAKE_MOST = 3 * INTAKE_UNIT, /* in all queues: nobody is read who is not at its end */
    INTAKE_LOW = 2 * INTAKE_UNIT,  /* in all queues: the next one is read */
    INTAKE_FLOOD = 4 * INTAKE_UNIT /* in all queues: what is on its way is not waited for */
};

struct intake_place {
    size_t bytes;    /* that it has queued */
    bool is_open;    /* it is read */
    bool is_at_end;  /* Kafka has no more of it, as far as is known, or brings none of it */
    bool is_working; /* its batches go on */
};

/* Zeroed: the first one is the first. */
struct intake {
    size_t next; /* the place whose turn to be read it is */
};

/* Changes is_open where reading should begin or end. may_close: nothing that was fetched waits to
 * be handed out, so that pausing throws little away; without it only above INTAKE_FLOOD. */
void intake_decide(struct intake *intake, struct intake_place *places, size_t count,
                   bool may_close);

#endif
