/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expected.h - what Redis should hold of an aggregate: its events, folded and written as the
 * projector does, into a list instead of into Redis; and that list held against what Redis says.
 *
 * Why the projector's own batches and writes: what a view is, is said in one place. A field or a
 * key that is added there is compared here without a word.
 *
 * Why few events at a time: a batch writes only what it changes, so what was taken away between (an
 * entry of an index) is seen to be gone only where the events before came in a batch of their own.
 *
 * Not compared: what is published, counters, and what the projector keeps for itself
 * (projection:...). A capped list may have dropped what was in it.
 *
 * Ownership: everything lives in the arena; texts there or in the events.
 */
#ifndef PROJECTOR_SVC_VERIFY_EXPECTED_H
#define PROJECTOR_SVC_VERIFY_EXPECTED_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/verdict.h"
#include "projector-svc/core/view_diff.h"
#include "projector-svc/core/write_set.h"
#include "projector-svc/views/incoming.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An aggregate's events from version 1 on; of stock only the newest, which says all. */
struct expected_events {
    enum aggregate_type type;
    struct strview id;
    struct incoming **list;
    size_t count;
};

enum expected_kind {
    EXPECTED_FIELD = 0, /* of a hash */
    EXPECTED_STRING,
    EXPECTED_ELEMENT, /* of a list, in order */
    EXPECTED_MEMBER,  /* of a set */
    EXPECTED_SCORE,   /* of a sorted set */
    EXPECTED_KIND_COUNT
};

enum expected_presence { EXPECTED_THERE = 0, EXPECTED_GONE, EXPECTED_PERHAPS };

struct expected_item {
    enum expected_kind kind;
    enum expected_presence presence;
    struct strview key;
    struct strview member; /* or field */
    struct strview value;  /* or score */
};

struct expected {
    struct arena *arena;
    struct expected_item *items;
    size_t count;
    size_t cap;
    struct redisconn_command *commands; /* that read all of it */
    size_t *first;                      /* of each command: the item it is made for */
    size_t command_count;
    bool is_shared; /* its hash holds another aggregate's fields as well */
    bool failed;
};

/* ERROR_INVALID for an event that has no meaning where it stands; ERROR_EXHAUSTED. */
MUST_USE enum error_kind expected_make(const struct expected_events *events,
                                       const struct view_moment *moment, struct arena *arena,
                                       struct expected *ret, struct error *err);

/* For expected_make(): one batch's writes, in their order. */
void expected_take(struct expected *expected, const struct write_set *set);

/* The commands that read what is expected; false where the arena is full. */
MUST_USE bool expected_ask(struct expected *expected);

/* reply has one element for each of the commands. What is different is named in what. */
enum { EXPECTED_WHAT_MAX = 256 };
enum likeness expected_compare(const struct expected *expected, const struct redisconn_reply *reply,
                               char what[static EXPECTED_WHAT_MAX]);

#endif
