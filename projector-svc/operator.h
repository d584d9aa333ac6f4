/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator.h - what the subcommands have in common that look at PostgreSQL, Kafka and Redis
 * themselves, and those that print what strangers wrote.
 */
#ifndef PROJECTOR_SVC_OPERATOR_H
#define PROJECTOR_SVC_OPERATOR_H

#include "common/base/error.h"

#include <stdbool.h>

struct service_call;
struct verify_finding;
struct verify_options;

/* Records are strangers' as well: nothing of them reaches a terminal as anything but text. */
void operator_say(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A line of what a verify has found, or could not compare. */
void operator_say_finding(const struct verify_finding *finding);
void operator_say_not_compared(const char *what);

/* Whether DATABASE_URL, KAFKA_BROKERS and a Redis are set; those that are not are named. */
bool operator_has_stations(const struct service_call *call);

/* PostgreSQL, Kafka and Redis, without what is told about them. */
struct verify_options operator_stations(const struct service_call *call, const char *client_id);

#endif
