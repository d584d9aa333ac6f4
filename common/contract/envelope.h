/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - what every event carries besides its own data.
 *
 * Why in the payload and not in headers alone: a consumer that keeps only the
 * value still knows whose event it is, the how-many-eth, when and by whom. The
 * event's id and type travel in the outbox columns and as Kafka headers.
 *
 * Payload order: the aggregate's id, version, occurred_at, actor, reason (where
 * there was one), then the event's data.
 *
 * Ownership: views are borrowed: from the command while encoding, from the
 * arena while decoding. Units: occurred_at in epoch milliseconds, UTC.
 */
#ifndef COMMON_CONTRACT_ENVELOPE_H
#define COMMON_CONTRACT_ENVELOPE_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

struct json_value;
struct json_writer;

struct actor {
    struct strview role;    /* customer, agent, payment, fulfilment, operator */
    struct strview subject; /* the token's subject */
};

struct envelope {
    struct strview aggregate_id;
    int64_t version; /* 1, 2, 3 ... per aggregate, dense */
    int64_t occurred_at_ms;
    struct actor actor;
    struct strview reason; /* empty: none */
};

/* Writes the members in payload order; id_member is "order_id", "customer_id" or "sku". */
void envelope_encode(struct json_writer *writer, const char *id_member,
                     const struct envelope *envelope);

/* ERROR_INVALID names the member that is missing or wrong. */
MUST_USE enum error_kind envelope_decode(const struct json_value *payload, const char *id_member,
                                         struct envelope *ret, struct error *err);

#endif
