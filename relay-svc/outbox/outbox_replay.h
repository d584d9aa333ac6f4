/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox_replay.h - rows that were published, read once more: without a lease, on a connection of
 * its own.
 *
 * Why not the store (outbox_store.h): it is the relay's, whose every read names its lease. What is
 * read here nobody changes any more.
 *
 * One read at a time. Ownership: what callbacks receive is borrowed. Threads: the loop's.
 */
#ifndef RELAY_SVC_OUTBOX_OUTBOX_REPLAY_H
#define RELAY_SVC_OUTBOX_OUTBOX_REPLAY_H

#include "relay-svc/outbox/outbox_store.h"

struct outbox_replay;

struct outbox_replay_options {
    const char *url;
    const char *const *types; /* aggregate types whose rows are wanted */
    int type_count;
    void (*on_ready)(void *user);
    void (*on_row)(void *user, const struct outbox_row *row); /* seq rising */
    void (*on_done)(void *user, const struct error *err);     /* NULL: all of them came */
    void *user;
};

MUST_USE enum error_kind outbox_replay_new(struct loop *loop,
                                           const struct outbox_replay_options *options,
                                           struct outbox_replay **ret_replay, struct error *err);

/* Accepts NULL. */
void outbox_replay_free(struct outbox_replay *replay);

/* The first rows of a shard with after < seq <= upto; not those that wait for a person. */
void outbox_replay_read(struct outbox_replay *replay, const struct outbox_range *range,
                        int64_t upto);

#endif
