/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_setup.h - a Kafka client as a service has it: properties from the settings that pass
 * through, and librdkafka's own lines in our log, by one name and one severity in every service.
 */
#ifndef COMMON_RUN_KAFKA_SETUP_H
#define COMMON_RUN_KAFKA_SETUP_H

#include "common/io/kafka/kafka_config.h"

struct settings;

/* With the properties that the settings pass through, which stay theirs; nothing is logged. */
struct kafka_config kafka_setup_config(const struct settings *settings, const char *brokers,
                                       const char *client_id);

/* Adds a fault to the settings for each property that this role cannot be given, and one where the
 * brokers' addresses are none; NULL: not set. */
void kafka_setup_check(enum kafka_role role, const char *brokers, struct settings *settings);

/* A kafka_log_fn that needs no user. */
void kafka_setup_log(void *user, int level, const char *facility, const char *text);

#endif
