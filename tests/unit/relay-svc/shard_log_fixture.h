/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_log_fixture.h - a shard at rest, with two topics, and what the tests of its rules do with
 * it.
 */
#ifndef TESTS_UNIT_RELAY_SVC_SHARD_LOG_FIXTURE_H
#define TESTS_UNIT_RELAY_SVC_SHARD_LOG_FIXTURE_H

#include "relay-svc/core/shard_log.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { ORDERS = 0, PRODUCTS, TOPIC_COUNT, NOW = 1000000, LEASE_END = NOW + 5000 };

static const char *const TOPIC_NAMES[TOPIC_COUNT] = {"order.events", "product.events"};

static struct shard_log the_log;
static int64_t next_offset;
static unsigned follows; /* from the last change */
static int answered_topic;

static inline struct uuid id_of(int64_t seq)
{
    struct uuid id = {{0}};
    (void)snprintf(id.text, sizeof id.text, "00000000-0000-7000-8000-%012lld", (long long)seq);
    return id;
}

static inline struct tail_mark mark(int64_t seq)
{
    return (struct tail_mark){.exists = seq > 0, .seq = seq, .id = id_of(seq), .offset = -1};
}

/* Both topics are complete up to there. */
static inline void own(int64_t position, int64_t orders_sent, int64_t products_sent)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {
        {.sent = mark(orders_sent), .complete_to = position},
        {.sent = mark(products_sent), .complete_to = position},
    };
    const struct shard_lease lease = {
        .epoch = 1, .position = position, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
}

static inline void judge(int topic, enum tail_verdict verdict, int64_t seq)
{
    struct tail_found found = {.record = mark(seq)};
    found.record.offset = next_offset++;
    follows = shard_log_judge(&the_log, topic, verdict, &found);
}

/* A shard at rest: nothing sent yet, tails judged. */
static inline void open_log(void)
{
    shard_log_init(&the_log, 3, TOPIC_NAMES, TOPIC_COUNT, 8);
    next_offset = 100;
    own(0, 0, 0);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
}

static inline void close_log(void)
{
    shard_log_done(&the_log);
}

static inline struct window_row row(int topic, int64_t seq)
{
    return (struct window_row){.topic = (int16_t)topic, .seq = seq, .bytes = 10, .id = id_of(seq)};
}

static inline enum shard_offer offer(int topic, int64_t seq)
{
    const struct window_row offered = row(topic, seq);
    return shard_log_offer(&the_log, &offered, NOW);
}

static inline uint32_t send(int topic, int64_t seq)
{
    const struct window_row sent = row(topic, seq);
    ck_assert_int_eq(shard_log_offer(&the_log, &sent, NOW), OFFER_SEND);
    return shard_log_sent(&the_log, &sent, NOW);
}

static inline void deliver_at(uint32_t ticket, int64_t offset, bool is_acknowledged)
{
    const struct shard_delivery delivery = {.run = the_log.run,
                                            .ticket = ticket,
                                            .offset = offset,
                                            .is_acknowledged = is_acknowledged,
                                            .failure = "refused"};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
}

static inline void acknowledge(uint32_t ticket)
{
    deliver_at(ticket, next_offset++, true);
}

/* The first record of each topic is through. */
static inline void prove_both(void)
{
    acknowledge(send(ORDERS, 1));
    acknowledge(send(PRODUCTS, 2));
}

#endif
