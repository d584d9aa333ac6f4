/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_topic.h - what is known of one topic of a shard: a partition.
 *
 * A shard's log goes to several topics, a row to one of them. How far the log has come is one
 * number for all (the position); what lies in each partition is known for each. Pure.
 */
#ifndef RELAY_SVC_CORE_SHARD_TOPIC_H
#define RELAY_SVC_CORE_SHARD_TOPIC_H

#include "relay-svc/core/tail.h"
#include "relay-svc/core/window.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHARD_SILENCE_MS = 3600 * 1000 }; /* after it the first-record rule holds again */

/* What the database holds of one topic of a shard. */
struct shard_topic_mark {
    struct tail_mark sent; /* newest row known acknowledged there */
    int64_t complete_to;   /* every row of that topic up to it is in Kafka */
};

enum shard_topic_state {
    TOPIC_LIVE = 0, /* its rows are sent as they are read; it is complete as far as the position */
    TOPIC_BEHIND,   /* lacks rows that the position has passed: the fill brings them, in order */
    TOPIC_JOINED,   /* all of these are sent; live once they are acknowledged */
    TOPIC_REFUSED,  /* lacks rows that the outbox no longer has */
    TOPIC_STATE_COUNT
};

struct shard_topic {
    struct tail_known known;
    enum shard_topic_state state;
    int64_t complete_to;            /* at least; of a live topic the position counts, too */
    struct shard_topic_mark marked; /* what the database holds */
    int64_t acknowledged_ms;        /* last acknowledgement to this producer; -1: none */
    uint32_t in_flight;
    bool is_judged; /* in CHECKING */
};

bool shard_topic_mark_is_same(const struct shard_topic_mark *a, const struct shard_topic_mark *b);

/* What the database says of a topic, and nothing else, is known of it. */
void shard_topic_take_mark(struct shard_topic *topic, const struct shard_topic_mark *mark);

/* Whether more than one record may be on its way: see the first-record rule. */
bool shard_topic_is_proven(const struct shard_topic *topic, int64_t now_ms);

/* Whether a row with that seq goes to it as the log goes on: not those it has, or the fill brings.
 */
bool shard_topic_takes(const struct shard_topic *topic, int64_t seq);

/* The row, and every one of that topic before it, is in Kafka. */
void shard_topic_note_sent(struct shard_topic *topic, const struct window_row *row);

const char *shard_topic_state_name(enum shard_topic_state state);

#endif
