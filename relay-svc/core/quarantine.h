/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quarantine.h - which aggregates of a shard wait for a person.
 *
 * Why by aggregate: an event that Kafka will never take must not stop its shard, and none of the
 * same aggregate may overtake it. So one number is remembered for each: its first event that waits.
 * Every later one waits, too, without being listed.
 *
 * Ownership: zeroed is empty; texts are copied; quarantine_clear() frees. Limits: see
 * quarantine_is_full(). Pure.
 */
#ifndef RELAY_SVC_CORE_QUARANTINE_H
#define RELAY_SVC_CORE_QUARANTINE_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUARANTINE_MAX = 10000 }; /* of a shard: beyond it, something else is wrong */

struct quarantine_node;

struct quarantine {
    struct quarantine_node *nodes;
    size_t count;
};

struct aggregate_key {
    struct strview type;
    struct strview id;
};

/* A key with texts of its own. */
enum { AGGREGATE_TEXT_MAX = 512 };
struct aggregate_text {
    char type[AGGREGATE_TEXT_MAX];
    char id[AGGREGATE_TEXT_MAX];
};

/* False: too long. */
MUST_USE bool aggregate_text_set(struct aggregate_text *text, const struct aggregate_key *key);
struct aggregate_key aggregate_text_key(const struct aggregate_text *text);

/* From that seq on it waits; one that waits already does so from there on. */
void quarantine_put(struct quarantine *quarantine, const struct aggregate_key *key, int64_t seq);

/* From that seq on it waits, too: what waits already stays (a topic that is filled anew may meet an
 * earlier event of it that Kafka does not take any more). */
void quarantine_extend(struct quarantine *quarantine, const struct aggregate_key *key, int64_t seq);

/* It waits no more; nothing where it did not. */
void quarantine_remove(struct quarantine *quarantine, const struct aggregate_key *key);

/* The first event of it that waits; 0: none does. */
int64_t quarantine_first(const struct quarantine *quarantine, const struct aggregate_key *key);

/* Whether that event of it waits. */
bool quarantine_holds(const struct quarantine *quarantine, const struct aggregate_key *key,
                      int64_t seq);

/* Another aggregate is not to be parked: the shard stops instead. (What the database has already
 * counts in any case, or it would be overtaken.) */
bool quarantine_is_full(const struct quarantine *quarantine);

void quarantine_clear(struct quarantine *quarantine);

/* to takes what from has, in place of what it had. */
void quarantine_move(struct quarantine *to, struct quarantine *from);

#endif
