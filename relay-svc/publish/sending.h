/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sending.h - a row from the outbox to the publisher, and how much may be on its way.
 *
 * Why apart from reading: rows come in two ways, as a shard's log goes on and by a fill, and are
 * sent, refused and counted alike.
 */
#ifndef RELAY_SVC_PUBLISH_SENDING_H
#define RELAY_SVC_PUBLISH_SENDING_H

#include "relay-svc/relay.h"

struct outbox_row;
struct window_row;

enum sending {
    SENDING_DONE = 0,
    SENDING_CHOKED, /* the producer's queue is full: once it has answered, again */
    SENDING_ENDED,  /* the shard has stopped or failed for it */
};

/* What the rules want to know of a row. False: no topic is for its aggregate type, and the shard
 * has stopped for that. */
bool sending_describe(struct relay *relay, const struct outbox_row *row,
                      struct window_row *ret_row);

/* A row that the shard's log has just offered to be sent. */
enum sending sending_send(struct relay *relay, const struct outbox_row *row,
                          const struct window_row *wanted, bool is_fill);

/* Counts anew what is in flight; between two counts it only grows, by what is sent. */
void sending_recount(struct relay *relay);

/* Bytes and rows that a shard may send more. */
size_t sending_bytes_left(const struct relay *relay, const struct relay_shard *shard);
size_t sending_rows_left(const struct relay *relay, const struct relay_shard *shard);

#endif
