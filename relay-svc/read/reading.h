/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - rows out of the outbox and to the publisher.
 *
 * Several trips are in flight at once, one per reader; a trip carries ranges of
 * several shards, a shard is in one trip at a time. Shards that keep returning
 * full ranges are read again at once and spread over the readers; the others are looked at
 * together, in one cheap query, when the bell rings or the pause is over (it doubles from 5 ms
 * up to the setting while nothing comes).
 *
 * What is read is bounded by bytes, and what is in flight to Kafka by rows and
 * bytes; rows that cannot be sent now are dropped and read again later.
 */
#ifndef RELAY_SVC_READ_READING_H
#define RELAY_SVC_READ_READING_H

#include "common/base/error.h"

#include <stdint.h>

struct loop;
struct outbox_store;
struct publisher;
struct reading;
struct shards;
struct watching;

/* All of it borrowed, for as long as the reading lives. */
struct reading_options {
    struct loop *loop;
    struct shards *shards;
    struct outbox_store *store;
    struct publisher *publisher;
    const struct watching *watching;
    int readers;
    int64_t poll_ms;    /* longest pause between looks at the outbox */
    int64_t read_bytes; /* per trip, about */
};

struct reading *reading_new(const struct reading_options *options);
void reading_free(struct reading *reading);

/* A shard runs anew. */
void reading_begin(struct reading *reading, int shard);

/* Reads what may be read: call when a shard or a reader has become ready. */
void reading_pump(struct reading *reading);

/* The publisher has taken answers or was renewed: a full queue need no longer hold rows. */
void reading_make_room(struct reading *reading);

/* Somebody has appended: look at every shard now. */
void reading_ring(struct reading *reading);

/* ERROR_NONE, or the error of the last read, when that failed for other reasons than its rows. */
MUST_USE enum error_kind reading_probe(const struct reading *reading, struct error *err);

#endif
