/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_config.h - what a producer and a consumer are told alike: where the
 * brokers are, and which librdkafka properties an operator has set.
 *
 * Why a table of rules: an operator may set any librdkafka property (TLS, SASL,
 * sizes), but a few carry the guarantees of this system or are made by the
 * adapter itself. Those are refused with the reason, never overridden in silence.
 *
 * Ownership: options are borrowed for the call they are handed to.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_CONFIG_H
#define COMMON_IO_KAFKA_KAFKA_CONFIG_H

#include "common/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum kafka_role { KAFKA_PRODUCER = 0, KAFKA_CONSUMER, KAFKA_ROLE_COUNT };

/* A librdkafka property under its own name: {"ssl.ca.location", "/etc/ca.pem"}. */
struct kafka_property {
    const char *name;
    const char *value;
};

/* level is syslog's, 0 (emergency) to 7 (debug); user is the adapter's options' user. Called on the
 * loop's thread. */
typedef void kafka_log_fn(void *user, int level, const char *facility, const char *text);

struct kafka_config {
    const char *brokers;   /* host:port, comma separated */
    const char *client_id; /* seen in the broker's log and metrics */
    const struct kafka_property *properties;
    size_t property_count;
    kafka_log_fn *on_log; /* librdkafka's own log lines; NULL drops them */
};

/* How often librdkafka asks the brokers for what topics are (topic.metadata.refresh.interval.ms),
 * and so may we; -1: never. */
int64_t kafka_config_refresh_ms(const struct kafka_config *config);

/*
 * Whether each entry of the list is a host with or without a port, with or without a protocol
 * before it ("SSL://kafka:9093"). Why judged here: librdkafka passes over an empty entry, takes a
 * missing host for localhost and any port for some port, and then tries on in silence.
 */
MUST_USE enum error_kind kafka_config_check_brokers(const char *brokers, struct error *err);

typedef void kafka_fault_fn(void *user, const char *text);

/* Calls fault once per property that this role cannot be given, with a sentence that says why. */
void kafka_config_check(enum kafka_role role, const struct kafka_property *properties, size_t count,
                        kafka_fault_fn *fault, void *user);

#endif
