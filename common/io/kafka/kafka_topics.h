/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_topics.h - makes sure that topics exist and are as they must be.
 *
 * Why a thread: librdkafka answers "how many partitions" only to a blocking call,
 * and the loop must go on answering health checks while Kafka is away. The thread lives
 * for one look and touches nothing but its own copy of what is wanted.
 *
 * Threads: the caller's is the loop's, and so is on_done's.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_TOPICS_H
#define COMMON_IO_KAFKA_KAFKA_TOPICS_H

#include "common/base/error.h"
#include "common/io/kafka/kafka_config.h"

#include <stdbool.h>
#include <stdint.h>

struct kafka_topics;
struct loop;

enum { KAFKA_TOPICS_ANY_PARTITIONS = -1 };

struct kafka_topics_wanted {
    struct kafka_config config;
    const char *const *topics;
    int topic_count;
    int partitions;   /* 0: as many as the first topic has; or ANY */
    bool only_looks;  /* creates none; one that is missing is ERROR_NOT_FOUND */
    bool takes_empty; /* and no others: one that holds records is ERROR_CONFLICT */
    int replication;  /* copies of each partition; as many as there are brokers when these are fewer
                       */
};

struct kafka_topic_found {
    const char *name;
    bool was_created;
    int partitions;
    int replication;
    int64_t retention_ms;    /* -1: kept for ever */
    int64_t retention_bytes; /* of a partition; -1: any number is kept */
    int64_t message_max;     /* its max.message.bytes; 0: not told */
    bool is_compacted;       /* its cleanup.policy is not just delete */
};

struct kafka_topics_report {
    const struct kafka_topic_found *topics; /* as many as were wanted, in their order */
    int topic_count;
    int brokers;
    const char *cluster; /* the cluster's own id; "": it has none to tell */
};

/* Does it give up events by itself? */
static inline bool kafka_topic_forgets(const struct kafka_topic_found *topic)
{
    return topic->retention_ms >= 0 || topic->retention_bytes >= 0 || topic->is_compacted;
}

/*
 * Called once, err NULL or ERROR_TRANSIENT (Kafka is away, ask again later), ERROR_NOT_FOUND,
 * ERROR_CONFLICT, or ERROR_FATAL (a topic has another number of partitions, or may not be created,
 * or there can be no client with this config). With an error the report says of the cluster alone:
 * brokers is 0 where none has answered.
 */
typedef void kafka_topics_done(void *user, const struct kafka_topics_report *report,
                               const struct error *err);

/* Looks, creates what is missing, and looks again. wanted must live until on_done. */
struct kafka_topics *kafka_topics_ensure(struct loop *loop,
                                         const struct kafka_topics_wanted *wanted,
                                         kafka_topics_done *on_done, void *user);

/* Ends it, waiting for the thread (a few seconds when Kafka is away). Accepts NULL. */
void kafka_topics_free(struct kafka_topics *topics);

#endif
