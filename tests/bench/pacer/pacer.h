/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pacer.h - what the writers and the consumer of a run share.
 *
 * Units: microseconds since 1970, as everything runs on one host.
 * Threads: `events` has its last size before any thread starts; each member is written by one
 * thread.
 */
#ifndef TESTS_BENCH_PACER_PACER_H
#define TESTS_BENCH_PACER_PACER_H

#include <librdkafka/rdkafka.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct event {
    int64_t due_us;
    int64_t begun_us;    /* its transaction, or its handing over to Kafka's client */
    int64_t answered_us; /* COMMIT's answer, or Kafka's acknowledgement */
    int64_t commit_us;   /* by PostgreSQL, before it writes the log down */
    int64_t came_us;     /* to the consumer */
};

struct run {
    const char *way; /* outbox or kafka */
    const char *brokers;
    const char *topic;
    const char *database; /* of way outbox */
    int64_t rate;
    size_t group; /* events of a transaction */
    size_t warm;  /* events at the beginning that do not count */
    size_t count;
    int64_t id; /* tells this run's events from others in the topic */
    int64_t started_us;
    struct event *events;
    atomic_size_t next;
    atomic_size_t answered;
    atomic_size_t came;
    sem_t bell;
};

enum { GROUP_MAX = 16, PAYLOAD_MAX = 1024, KEY_MAX = 64, REASON_MAX = 512, TOPIC_WAIT_MS = 30000 };

int64_t pacer_now_us(void);
void pacer_die(const char *what, const char *why) __attribute__((noreturn));

/* The first event of the next group that is due, after waiting for it; run->count: there is none.
 */
size_t pacer_take(struct run *run);

/* About as large as OrderPlaced. */
size_t pacer_payload(const struct run *run, size_t number, char out[static PAYLOAD_MAX]);
void pacer_key(size_t number, char out[static KEY_MAX]);

/* Each returns when all events are written and answered. */
void writers_to_outbox(struct run *run);
void writers_to_kafka(struct run *run);

#endif
