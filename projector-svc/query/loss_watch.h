/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loss_watch.h - does the connection that queries read by show less than was shown before?
 *
 * Each reading carries the names of the copy it was made of, and one a second is made for nothing
 * else: that one also sees that Redis has lost our functions before a query does. What it means is
 * core/doubt.h; while there is doubt it also reads what projectors report, several times a second,
 * and every answer says `recovering`. Where no projector reports any more, it sees where the
 * address leads to by now, and leaves a server that is not the one that is written to
 * (core/scouting.h).
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_QUERY_LOSS_WATCH_H
#define PROJECTOR_SVC_QUERY_LOSS_WATCH_H

#include "common/base/error.h"
#include "common/io/redis/redisconn.h"

#include <stdbool.h>

struct loop;
struct loss_watch;

/* The connection's url outlives it. */
struct loss_watch *loss_watch_new(struct loop *loop, struct redisconn *reader, const char *url);

/* Accepts NULL. After the connection. */
void loss_watch_free(struct loss_watch *watch);

/* The connection is there, never from inside of loss_watch_new(). */
void loss_watch_on_ready(struct loss_watch *watch);

/* The end of each reading, and whether its answer is to say `recovering`. */
enum { LOSS_WATCH_COMMANDS = 2 };
void loss_watch_ask(struct redisconn_command ret_commands[static LOSS_WATCH_COMMANDS]);
bool loss_watch_judge(struct loss_watch *watch, const struct redisconn_reply *reply);

/* What was judged last; also while nothing was read yet. */
bool loss_watch_is_recovering(const struct loss_watch *watch);

/* The same of answers: before the first connection there are none. */
bool loss_watch_is_told(const struct loss_watch *watch);

/* Probes; user is the watch. Can queries be read, and in the first ten seconds also: are the views
 * known to be whole? */
enum error_kind loss_watch_probe(void *user, struct error *err);
enum error_kind loss_watch_probe_whole(void *user, struct error *err);

#endif
