/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replaying.h - rows of the outbox that were published, once more to topics of their own.
 *
 * Why beside the relay: it needs no lease and moves no position, so it may run while relays do, or
 * while none does. The records are those of publish/publisher.h, with ce_republished: 1, in the
 * partitions and with the keys that they had.
 *
 * Memory: what librdkafka may hold, and a window for each shard.
 */
#ifndef RELAY_SVC_REPLAY_REPLAYING_H
#define RELAY_SVC_REPLAY_REPLAYING_H

#include "common/io/kafka/kafka_config.h"
#include "relay-svc/core/replay.h"

struct replaying_options {
    const char *database_url;
    struct kafka_config kafka;
    /* Rows of types[i] go to topics[i]; one that is missing is made, one that holds records taken
     * only where it is said that they are added to them. */
    const char *const *topics;
    const char *const *types;
    int topic_count;
    bool appends;
    int replication;
    const struct replay_range *ranges; /* by shard */
    int shard_count;
    /* Four times a second; trouble is "" while brokers answer. */
    void (*on_progress)(void *user, const struct replay *replay, const char *trouble);
    void *user;
};

struct replaying_result {
    int64_t events; /* acknowledged */
    int64_t rest;   /* the seq to go on from; 0: all is done */
};

/* Comes back when all is done, or with the reason why not: ERROR_FATAL where another attempt fails
 * in the same way. SIGINT and SIGTERM end it once what is on its way is there; a second one, or
 * five seconds, at once. */
MUST_USE enum error_kind replaying_run(const struct replaying_options *options,
                                       struct replaying_result *ret_result, struct error *err);

#endif
