/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_read.h - several reads as one moment shows them, in one round trip.
 *
 * Why a function of ours instead of MULTI: with its memory full Redis refuses to
 * queue commands, and views must stay readable then. It also answers once
 * instead of once per command.
 */
#ifndef PROJECTOR_SVC_VIEWS_VIEW_READ_H
#define PROJECTOR_SVC_VIEWS_VIEW_READ_H

#include "common/base/error.h"
#include "common/io/redis/redisconn.h"

struct arena;

/* The one command that reads them all; it and the bytes of its arguments live in the arena. */
MUST_USE enum error_kind view_read_make(struct arena *arena,
                                        const struct redisconn_command *commands, size_t count,
                                        struct redisconn_command *ret, struct error *err);

/* The reply is an array, one element per command. The arena is needed during the call only. */
MUST_USE enum error_kind view_read(struct redisconn *conn, struct arena *arena,
                                   const struct redisconn_command *commands, size_t count,
                                   redisconn_reply_fn *on_reply, void *user, struct error *err);

#endif
