/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sending.h - a row from the outbox to the publisher.
 *
 * Why apart from reading: rows come in two ways, as a shard's log goes on and by a fill, and are
 * sent, refused and counted alike.
 */
#ifndef RELAY_SVC_PUBLISH_SENDING_H
#define RELAY_SVC_PUBLISH_SENDING_H

#include <stdbool.h>

struct outbox_row;
struct publisher;
struct shards;
struct window_row;

enum sending {
    SENDING_DONE = 0,
    SENDING_CHOKED, /* the producer's queue is full: once it has answered, again */
    SENDING_ENDED,  /* the shard has stopped or failed for it */
};

/* What the rules want to know of a row. False: no topic is for its aggregate type, and the shard
 * has stopped for that. */
bool sending_describe(struct shards *shards, const struct outbox_row *row,
                      struct window_row *ret_row);

/* A row that the shard's log has just offered to be sent. */
enum sending sending_send(struct publisher *publisher, struct shards *shards,
                          const struct outbox_row *row, const struct window_row *wanted,
                          bool is_fill);

#endif
