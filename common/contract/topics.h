/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topics.h - the names consumers see on Kafka: topics, header names, source.
 *
 * Why one file: they are public; a typing error here would be an interface
 * change. The binding is CloudEvents 1.0 for Kafka, binary mode (headers
 * ce_*), plus the plain header `id` that Debezium's outbox event router sets.
 */
#ifndef COMMON_CONTRACT_TOPICS_H
#define COMMON_CONTRACT_TOPICS_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

/* The same in every installation, so that a foreign tail is recognised as such. */
#define TOPICS_CE_SOURCE                "/orderspine"

/* ce_dataschema is prefix, event type, suffix: the $id of common/contract/schemas/<type>.1.json. */
#define TOPICS_DATASCHEMA_PREFIX        "urn:orderspine:event:"
#define TOPICS_DATASCHEMA_SUFFIX        ":1"

#define TOPICS_HEADER_ID                "id"
#define TOPICS_HEADER_CE_ID             "ce_id"
#define TOPICS_HEADER_CE_SOURCE         "ce_source"
#define TOPICS_HEADER_CE_SPECVERSION    "ce_specversion"
#define TOPICS_HEADER_CE_TYPE           "ce_type"
#define TOPICS_HEADER_CE_SUBJECT        "ce_subject"
#define TOPICS_HEADER_CE_TIME           "ce_time"
#define TOPICS_HEADER_CE_DATASCHEMA     "ce_dataschema"
#define TOPICS_HEADER_CE_SEQUENCE       "ce_sequence"
#define TOPICS_HEADER_CE_VERSION        "ce_aggregateversion"
#define TOPICS_HEADER_CE_CORRELATION_ID "ce_correlationid"
#define TOPICS_HEADER_CE_CAUSATION_ID   "ce_causationid"
#define TOPICS_HEADER_CE_REPUBLISHED    "ce_republished"
#define TOPICS_HEADER_CONTENT_TYPE      "content-type"
#define TOPICS_HEADER_TRACEPARENT       "traceparent"

enum { TOPIC_NAME_MAX = 249 }; /* bytes; Kafka's own limit */

/*
 * The aggregate types of this project; each has the topic "<prefix><type>.events". Tables by
 * aggregate are made from this list: whoever adds one is told by the compiler what it lacks.
 */
#define AGGREGATES(X)                                                                              \
    X(ORDER, order)                                                                                \
    X(CUSTOMER, customer)                                                                          \
    X(PRODUCT, product)                                                                            \
    X(STOCK, stock)

#define AGGREGATE_ENTRY(NAME, name) AGGREGATE_##NAME,
enum aggregate_type { AGGREGATES(AGGREGATE_ENTRY) AGGREGATE_COUNT };

/* "order", "customer", "product", "stock". */
const char *aggregate_name(enum aggregate_type type);

MUST_USE bool aggregate_from_name(struct strview name, enum aggregate_type *ret);

/* Writes "<prefix><aggregatetype>.events"; false when it is longer than Kafka allows or holds a
 * byte outside A-Z a-z 0-9 . _ - */
MUST_USE bool topic_name(const char *prefix, struct strview aggregatetype,
                         char ret_name[static TOPIC_NAME_MAX + 1]);

/* Whose events a topic has: which of the types it is named after, "<type>.events" with nothing
 * before it, or with what ends with a dot; the longest. -1: none, or it is no topic's name. */
int topic_type_of(const char *topic, const char *const *types, int count);

/*
 * A value of ce_sequence: digits, written with zeros before them, so that they sort as text, as
 * CloudEvents' sequence extension wants it. Read without zeros, too, 0 or more: Debezium writes it
 * so, and so did the first version of relay-svc.
 */
enum { TOPICS_SEQUENCE_DIGITS = 20 };
struct strview topics_write_sequence(struct strview digits,
                                     char out[static TOPICS_SEQUENCE_DIGITS + 1]);
MUST_USE bool topics_read_sequence(struct strview text, int64_t *ret);

#endif
