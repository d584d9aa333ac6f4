/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_fixture.h - a relay with a real PostgreSQL behind it, a mock Kafka before it.
 *
 * Each test gets a database of its own with SHARDS shards, made by the migrations, and a relay
 * "test" that runs on the mock's loop. Whatever goes wrong fails the test.
 */
#ifndef TESTS_INTEGRATION_RELAY_RELAY_FIXTURE_H
#define TESTS_INTEGRATION_RELAY_RELAY_FIXTURE_H

#include "common/run/metrics.h"
#include "relay-svc/relay.h"
#include "tests/integration/kafka/mock_kafka.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHARDS = 12, LEASE_MS = 3000 };

extern const char *const TOPICS[];

/* Read anew by every producer. */
extern struct kafka_property property;

extern struct mock_kafka mock;
extern struct relay *relay;
extern struct metrics *metrics;
extern char url[]; /* of the database */

void open_all(void);
void close_all(void);

/* --- the database -------------------------------------------------------------------- */

void run_sql(const char *at, const char *sql);

/* Is its one value true? */
bool ask_sql(const char *sql);

/* So many rows of 2 KB in every shard. */
void append(int rows, const char *name);

/* --- the relay ------------------------------------------------------------------------ */

/* Serves until the condition holds; fails after a minute. */
void await(bool (*condition)(void));

struct relay *open_relay_at(const char *brokers, const char *owner, const char *prefix,
                            const char *const *topics, struct metrics *counts);

struct relay *open_relay(const char *owner, const char *prefix, const char *const *topics,
                         struct metrics *counts);

/* Where each shard stands once all its rows are published: seqs are drawn row by row over them. */
extern int64_t goal;

bool is_published(int from, int to);
bool all_are_published(void);
bool all_is_well(void);

/* Set it to loop_now_ms() where two_leases_have_passed() counts from. */
extern int64_t begun_ms;

bool two_leases_have_passed(void);

int shards_of(const struct relay *of);
bool it_has_all(void);
bool the_first_has_gone(void);

#endif
