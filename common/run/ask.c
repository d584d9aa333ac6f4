/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/ask.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/run/ask_once.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_MAX = 16 << 20 };

static const struct timespec AGAIN = {.tv_sec = 1};

struct asking {
    const struct service_call *call;
    const struct ask *ask;
    bool as_json;
    bool watches;
};

static bool ask_and_show(const struct asking *asking)
{
    const struct ask *ask = asking->ask;
    const struct ask_server server = {.url = ask->url, .token = ask->token};
    const struct ask_question question = {.method = HTTP_GET, .path = ask->path};
    struct ask_answer answer;
    struct error err;
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    const enum error_kind kind = ask_once(&server, &question, &arena, &answer, &err);
    if (asking->watches && !asking->as_json && isatty(STDOUT_FILENO)) {
        (void)fputs("\033[H\033[J", stdout);
    }
    if (kind != ERROR_NONE) {
        (void)service_fail(asking->call, "%s", err.text);
        return false;
    }
    return ask_print(asking->call, &answer, asking->as_json, &arena, ask->print);
}

static bool read_arguments(const struct service_call *call, struct asking *asking)
{
    for (int i = 1; i < call->argc; i++) {
        if (strcmp(call->argv[i], "--watch") == 0) {
            asking->watches = true;
        } else if (service_is_json(call, i)) {
            asking->as_json = true;
            i++;
        } else {
            return false;
        }
    }
    return true;
}

int ask_run(const struct service_call *call, const struct ask *ask)
{
    struct asking asking = {.call = call, .ask = ask};
    if (!read_arguments(call, &asking)) {
        return service_misuse(call);
    }
    bool is_well = ask_and_show(&asking);
    while (asking.watches && fflush(stdout) == 0) {
        (void)nanosleep(&AGAIN, NULL);
        is_well = ask_and_show(&asking);
    }
    return is_well ? SERVICE_OK : SERVICE_FAILED;
}
