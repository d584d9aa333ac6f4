/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - the rows of one shard between "sent" and "known to be in Kafka".
 *
 * Why: acknowledgements of different topics overtake each other, and a shard's
 * position may only move over an unbroken run of rows that are done with. Rows
 * enter in seq order and get a ticket; a ticket is done or failed in any order;
 * window_pop() hands them out again in seq order, as far as the run goes.
 *
 * Ownership: window_init/_done; rows are values. Pure.
 */
#ifndef RELAY_SVC_CORE_WINDOW_H
#define RELAY_SVC_CORE_WINDOW_H

#include "common/base/error.h"
#include "common/base/uuid7.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window_row {
    int64_t seq;
    uint32_t bytes; /* what it takes up in the producer's queue */
    int16_t topic;
    struct uuid id;
};

struct window_slot;

struct window {
    struct window_slot *slots;
    uint32_t capacity; /* a power of two */
    uint32_t first;    /* ticket of the oldest row inside; tickets count up and wrap */
    uint32_t next;     /* ticket of the next row */
    uint32_t in_flight;
    size_t bytes; /* of the rows in flight */
};

/* capacity is rounded up to a power of two. */
void window_init(struct window *window, uint32_t capacity);
void window_done(struct window *window);

/* Forgets all rows; tickets go on counting, so old ones stay unknown. */
void window_clear(struct window *window);

uint32_t window_room(const struct window *window); /* how many more rows fit */
bool window_is_full(const struct window *window);
bool window_is_empty(const struct window *window);

/* Takes a row in flight, or one that needs no sending. The window must not be full. */
uint32_t window_push(struct window *window, const struct window_row *row, bool is_in_flight);

/* False when the ticket is not one in flight: an answer to something given up since. */
MUST_USE bool window_settle(struct window *window, uint32_t ticket, bool is_acknowledged,
                            struct window_row *ret_row);

/* The oldest row, if it is done with; false when there is none or it failed or is in flight. */
MUST_USE bool window_pop(struct window *window, struct window_row *ret_row);

#endif
