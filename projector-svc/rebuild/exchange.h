/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - the functions of rebuild.lua, asked: two copies of the views in one Redis, and how
 * they change places.
 *
 * Why each question carries both databases and the asker's name: the connection stands on the spare
 * one, and nothing that Redis does rests on what this process remembers of it.
 *
 * Threads: the loop's. Callbacks never come from inside. Errors: as of redisconn.h; a refusal is an
 * answer.
 */
#ifndef PROJECTOR_SVC_REBUILD_EXCHANGE_H
#define PROJECTOR_SVC_REBUILD_EXCHANGE_H

#include "common/base/error.h"
#include "common/base/parse.h"
#include "common/base/strview.h"
#include "common/base/uuid7.h"
#include "common/io/redis/redisconn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXCHANGE_WORDS_MAX = 3 };

struct exchange {
    struct redisconn *conn; /* on the spare database; the owner's */
    char live[NUMBER_TEXT_SIZE];
    char spare[NUMBER_TEXT_SIZE];
    struct uuid run;
};

/* The first asks the others follow from it: the library of functions. */
MUST_USE enum error_kind exchange_load(const struct exchange *exchange,
                                       redisconn_reply_fn *on_reply, void *user, struct error *err);

/* name: the function's behind "orderspine_rebuild_"; arguments behind live, spare and run, each
 * with data == NULL left out. */
MUST_USE enum error_kind exchange_ask(const struct exchange *exchange, const char *name,
                                      const struct strview arguments[static EXCHANGE_WORDS_MAX],
                                      redisconn_reply_fn *on_reply, void *user, struct error *err);

/* The answer was {'ok' ...}; else its words, as far as they are some. */
bool exchange_is_ok(const struct redisconn_reply *reply);
size_t exchange_words(const struct redisconn_reply *reply,
                      struct strview words[static EXCHANGE_WORDS_MAX]);

#endif
