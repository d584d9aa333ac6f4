/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - one partition's log in Kafka: is it the one that was read, and how far does it reach?
 *
 * What it hands out first is compared with what was taken last (core/anchor.h). An end that goes
 * back, or a position outside the log, is a doubt: then nothing goes on before it was compared.
 *
 * Why doubts are returned and not acted on: whoever closes the partition for one may be in the
 * middle of a batch.
 *
 * Threads: the loop's. Units: offsets.
 */
#ifndef PROJECTOR_SVC_CONSUME_SOURCE_H
#define PROJECTOR_SVC_CONSUME_SOURCE_H

#include "common/base/strview.h"
#include "projector-svc/core/anchor.h"

#include <stdbool.h>
#include <stdint.h>

struct kafka_record;
struct metrics;

struct source {
    struct strview slot; /* the owner's */
    struct metrics *metrics;
    struct anchor anchor;
    int64_t end;          /* as the last end-of-partition said; -1: not yet */
    int64_t highest_end;  /* ever seen since it was opened; -1: none */
    int64_t floor;        /* nothing below it comes, unless the log was replaced */
    bool is_doubtful;     /* what was taken may no longer be what Kafka has */
    bool is_out_of_range; /* Kafka no longer has what comes next */
};

void source_init(struct source *source, struct strview slot, struct metrics *metrics);

/* Everything is compared anew, from this position. */
void source_open(struct source *source, int64_t position, const struct anchor_identity *kept);

/* Nothing is in doubt: reading may go on where it stands. */
bool source_is_sure(const struct source *source);

/* Where reading begins, or goes on, at the next assignment. */
int64_t source_reads_from(const struct source *source);

/* True: the record is to be applied. */
bool source_meet(struct source *source, const struct kafka_record *record);

/* The following return false for a doubt. */
bool source_meet_end(struct source *source, int64_t offset);
bool source_meet_outside(struct source *source);
bool source_watch_end(struct source *source, int64_t known_end);

/* Reading must begin anew, at source_reads_from(). */
bool source_wants_restart(const struct source *source);

#endif
