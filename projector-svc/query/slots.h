/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.h - what projectors report of each partition, and where Redis stands, as one moment shows
 * it.
 *
 * Ownership: all in the arena, and in the reply. Units: epoch milliseconds, offsets.
 */
#ifndef PROJECTOR_SVC_QUERY_SLOTS_H
#define PROJECTOR_SVC_QUERY_SLOTS_H

#include "common/base/arena.h"
#include "common/base/strview.h"
#include "common/io/redis/redisconn.h"

#include <stdbool.h>
#include <stdint.h>

struct slot {
    struct strview name; /* "<topic>/<partition>" */
    int64_t position;    /* 0: nothing was applied yet */
    int64_t end_offset;  /* -1: not known */
    int64_t lag_events;
    int64_t lag_ms;      /* -1: not known */
    int64_t told_lag_ms; /* in its report; -1: none */
    int64_t reached;     /* see core/doubt.h */
    int64_t reported_at; /* 0: never */
    bool is_reported;    /* by somebody who is there */
    int64_t processed_at;
    struct strview last_event_id;
    struct strview aggregate_id;
    int64_t version;
};

/* In the order of slots_ask(). */
enum { SLOTS_STATUS = 0, SLOTS_POSITION, SLOTS_COMMANDS };
void slots_ask(struct redisconn_command ret_commands[static SLOTS_COMMANDS]);

/* first: index of the first of the two replies. */
size_t slots_read(struct arena *arena, const struct redisconn_reply *reply, size_t first,
                  struct slot **ret_slots);

#endif
