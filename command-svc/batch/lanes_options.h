/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lanes_options.h - what the lanes are told when they are made, for them all and for each.
 */
#ifndef COMMAND_SVC_BATCH_LANES_OPTIONS_H
#define COMMAND_SVC_BATCH_LANES_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

struct metrics;

enum { LANES_MAX = 16 };

struct lanes_options {
    const char *database_url;
    int count;                  /* connections */
    int64_t command_timeout_ms; /* from submission to 503 */
    size_t queue_floor;         /* submissions that may always wait in one lane, see core/door.h */
    void (*on_commit)(void *user);       /* events were committed: ring the relay's bell */
    void (*on_no_partition)(void *user); /* the outbox needs one, now */
    void (*on_held)(void *user);         /* a lock is missed: find out who has it */
    void *user;
    struct metrics *metrics;
};

#endif
