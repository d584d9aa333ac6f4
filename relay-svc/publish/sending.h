/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sending.h - a row from the outbox to the publisher.
 *
 * Why apart from reading: rows come in two ways, as a shard's log goes on and by a fill, and are
 * sent, refused and counted alike.
 */
#ifndef RELAY_SVC_PUBLISH_SENDING_H
#define RELAY_SVC_PUBLISH_SENDING_H

#include "common/base/strview.h"
#include "relay-svc/core/shard_log.h"

#include <stdbool.h>

struct outbox_row;
struct publisher;
struct shards;
struct window_row;

enum sending {
    SENDING_DONE = 0,
    SENDING_CHOKED, /* the producer's queue is full: once it has answered, again */
    SENDING_ENDED,  /* the shard has failed for it, or pauses to park it */
};

/* Of the topic for such aggregates; -1: there is none. */
int sending_topic(const struct shards *shards, struct strview aggregate_type);

/* As the rules see it. */
struct window_row sending_row(const struct outbox_row *row, int topic);

/* What the rules want to know of a row; one that waits for a person has the topic SHARD_PASSES.
 * False: no topic is for its aggregate type, and it is parked for that. */
bool sending_describe(struct shards *shards, const struct outbox_row *row, enum shard_way way,
                      struct window_row *ret_row);

/* A row that the shard's log has just offered to be sent. */
enum sending sending_send(struct publisher *publisher, struct shards *shards,
                          const struct outbox_row *row, const struct window_row *wanted,
                          enum shard_way way);

/* For METRIC_PRODUCE_SECONDS. */
void sending_observe_age(const struct shards *shards, const struct outbox_row *row);

#endif
