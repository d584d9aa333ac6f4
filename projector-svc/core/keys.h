/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the Redis names this service writes and reads. Nobody else spells any: what function/
 * has of them is made from these tables (tests/docs/keys), and lint looks for others.
 *
 * Why one file: the names are public, and readers use them without us.
 *
 * Why each is told a partition, the one whose events make what stands there: no name depends on it
 * now. In a Redis Cluster a call must find all its keys in one slot, so that all of a partition's
 * would begin with its hash tag. That is to be put there by keys.c and needs nobody else: the names
 * in function/ are told it, too, and get the tag that keys.c has.
 *
 * Ownership: composed names live in the arena; data is NULL when it is full.
 */
#ifndef PROJECTOR_SVC_CORE_KEYS_H
#define PROJECTOR_SVC_CORE_KEYS_H

#include "common/base/arena.h"
#include "common/base/strview.h"
#include "common/contract/topics.h"

#include <stdbool.h>
#include <stdint.h>

#define KEYS_POSITION       "projection:position"
#define KEYS_IDENTITY       "projection:identity" /* hash: slot -> the record taken last */
#define KEYS_DRAINING       "projection:draining" /* hash: aggregate -> slot whose owner frees it */
#define KEYS_STATUS         "projection:status"
#define KEYS_FROZEN         "projection:frozen"
#define KEYS_DECIDED        "projection:decided"    /* hash: aggregate -> what operators decided */
#define KEYS_RECOVERING     "projection:recovering" /* hash: slot -> offset that was reached before */
#define KEYS_REBUILD        "projection:rebuild"    /* hash, in a spare database only */
#define KEYS_HELD           "projection:held"       /* while rebuilt views take these ones' place */
#define KEYS_PARKED         "projection:parked:"    /* list, with "<type>:<id>" behind it */
#define KEYS_PROJECTION     "projection:"           /* all of those above begin so, */
#define KEYS_LOOKUP         "lookup:"               /* and those of members in no order so */
#define KEYS_ORDERS_RECENT  "orders:recent"
#define KEYS_STREAM_ORDERS  "stream:orders"
#define KEYS_OPS_OPEN       "ops:open" /* zset: by when an order should have got further */
#define KEYS_CHANNEL_ORDERS "orders"
#define KEYS_CHANNEL_ORDER  "orders:"  /* with the order's id behind it */
#define KEYS_CHANNEL_KEPT   "orders:-" /* nothing is ever published there */

/* Where what several partitions share is read: from all of them, which is one place now. */
enum { KEYS_ALL = -1 };

/* The partition of the events of an aggregate, for who has none of them at hand. KEYS_ALL, as long
 * as no name depends on it: shard_of() would tell it, with how many there are. */
int32_t keys_partition_of(struct strview id);

/* One of the names above, which all partitions write to. */
struct strview keys_named(struct arena *arena, int32_t partition, const char *name);

/*
 * Those with an id between two texts, as keys_order(arena, partition, id) and so on. A product's
 * stock is shown with the product; what is looked up by is normalised, see contact.h.
 */
#define KEYS(X)                                                                                    \
    X(order, "order:", "")                                                                         \
    X(order_details, "order:", ":details")                                                         \
    X(order_timeline, "order:", ":timeline")                                                       \
    X(customer, "customer:", "")                                                                   \
    X(customer_orders, "customer:", ":orders")                                                     \
    X(product, "product:", "")                                                                     \
    X(stock, "product:", "")                                                                       \
    X(lookup_email, KEYS_LOOKUP "email:", "")                                                      \
    X(lookup_phone, KEYS_LOOKUP "phone:", "")                                                      \
    X(ops_minute, "ops:minute:", "")

/*
 * Those with a word that somebody else chose, or a value, percent-encoded: see keys_encode().
 */
#define KEYS_OF_VALUES(X)                                                                          \
    X(lookup_tracking, KEYS_LOOKUP "tracking:", "")                                                \
    X(lookup_payment, KEYS_LOOKUP "payment:", "")                                                  \
    X(search_product, "search:product:", "")                                                       \
    X(idx_status, "idx:status:", "")                                                               \
    X(idx_payment, "idx:payment:", "")                                                             \
    X(idx_refund, "idx:refund:", "")                                                               \
    X(idx_carrier, "idx:carrier:", "")                                                             \
    X(idx_risk, "idx:risk:", "")

/*
 * What is no key, so that no partition is asked for: a channel; status_last and status_end, the
 * fields of KEYS_STATUS that one partition owns: what it read last, and how far its topic goes;
 * rebuild_first, one of KEYS_REBUILD: where a topic began whose events were replayed.
 */
#define KEYS_NO_KEYS(X)                                                                            \
    X(order_channel, KEYS_CHANNEL_ORDER, "")                                                       \
    X(status_last, "last:", "")                                                                    \
    X(status_end, "end:", "")                                                                      \
    X(rebuild_first, "first:", "")

#define KEY_DECLARED(name, before, after)                                                          \
    struct strview keys_##name(struct arena *arena, int32_t partition, struct strview id);
KEYS(KEY_DECLARED)
KEYS_OF_VALUES(KEY_DECLARED)

#define NO_KEY_DECLARED(name, before, after)                                                       \
    struct strview keys_##name(struct arena *arena, struct strview id);
KEYS_NO_KEYS(NO_KEY_DECLARED)

/* Every byte but A-Z a-z 0-9 . _ - as %XX: what stands in a name or field between colons. */
struct strview keys_encode(struct arena *arena, struct strview text);

/* The hash an aggregate's view is read from: order:<id>, customer:<id> or product:<id>. */
struct strview keys_view(struct arena *arena, int32_t partition, enum aggregate_type type,
                         struct strview id);

struct strview keys_parked(struct arena *arena, int32_t partition, enum aggregate_type type,
                           struct strview id);

/* "<type>:<id>": the field in KEYS_FROZEN. */
struct strview keys_frozen_field(struct arena *arena, enum aggregate_type type, struct strview id);

/* "<topic>/<partition>": the field in KEYS_POSITION. */
struct strview keys_slot(struct arena *arena, struct strview topic, int32_t partition);

/* Whether a key is the projector's own, of no view. */
bool keys_is_ours(struct strview key);

/* A key as it may be shown to anybody, with "*" or "" behind it: of those that name a person, or
 * are named by what a person is looked up by, the beginning; also behind what comes before it. */
struct strview keys_shown(struct strview key, const char **ret_rest);

#endif
