/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/rebuild/exchange.h"

#include "common/base/embedded_text.h"

#include <stdio.h>

extern const struct embedded_text PROJECTOR_REBUILD_FUNCTIONS[];

enum error_kind exchange_load(const struct exchange *exchange, redisconn_reply_fn *on_reply,
                              void *user, struct error *err)
{
    return redisconn_send(exchange->conn,
                          REDISCONN_COMMAND(STRVIEW("FUNCTION"), STRVIEW("LOAD"),
                                            STRVIEW("REPLACE"),
                                            strview_of(PROJECTOR_REBUILD_FUNCTIONS[0].text)),
                          on_reply, user, err);
}

enum error_kind exchange_ask(const struct exchange *exchange, const char *name,
                             const struct strview arguments[static EXCHANGE_WORDS_MAX],
                             redisconn_reply_fn *on_reply, void *user, struct error *err)
{
    enum { FIXED = 6, FUNCTION_MAX = 64 };
    char function[FUNCTION_MAX];
    (void)snprintf(function, sizeof function, "orderspine_rebuild_%s", name);
    struct strview args[FIXED + EXCHANGE_WORDS_MAX] = {
        STRVIEW("FCALL"),           strview_of(function),        STRVIEW("0"),
        strview_of(exchange->live), strview_of(exchange->spare), uuid_view(&exchange->run),
    };
    size_t count = FIXED;
    for (size_t i = 0; i < EXCHANGE_WORDS_MAX && arguments[i].data != NULL; i++) {
        args[count++] = arguments[i];
    }
    return redisconn_send(exchange->conn, (struct redisconn_command){args, count}, on_reply, user,
                          err);
}

bool exchange_is_ok(const struct redisconn_reply *reply)
{
    return strview_is(redisconn_reply_text_at(reply, 0), "ok");
}

size_t exchange_words(const struct redisconn_reply *reply,
                      struct strview words[static EXCHANGE_WORDS_MAX])
{
    size_t count = 0;
    while (count < EXCHANGE_WORDS_MAX && count < redisconn_reply_count(reply)) {
        words[count] = redisconn_reply_text_at(reply, count);
        count++;
    }
    return count;
}
