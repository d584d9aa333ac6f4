/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tails.h - finds out, for a shard that is about to run, what Kafka holds already:
 * reads each partition's tail, asks the outbox where needed, gives the verdict
 * to the shard's log.
 */
#ifndef RELAY_SVC_TAIL_TAILS_H
#define RELAY_SVC_TAIL_TAILS_H

#include "common/base/error.h"
#include "common/io/kafka/kafka_config.h"

struct loop;
struct outbox_store;
struct shards;
struct tails;

struct tails_options {
    struct kafka_config kafka;
    struct shards *shards;
    struct outbox_store *store;
};

MUST_USE struct tails *tails_new(struct loop *loop, const struct tails_options *wanted);
void tails_free(struct tails *tails);

/* Begins for a shard that is CHECKING; of an earlier question nothing will be heard. */
void tails_check(struct tails *tails, int shard);

/* ERROR_NONE, or why the ends of partitions could not be read when that was tried last. */
MUST_USE enum error_kind tails_probe(const struct tails *tails, struct error *err);

/* The shard is no longer ours. */
void tails_forget(struct tails *tails, int shard);

#endif
