/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/fault_point.h"

#ifdef FAULTS

#include "common/base/parse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PLAN_MAX = 16 };

#define FAULT_ACTIONS(X)                                                                           \
    X(KILL, "kill", "killing") X(STOP, "stop", "stopping") X(ERROR, "error", "failing")

#define ACTION_ENTRY(ACTION, word, past) FAULT_##ACTION,
enum fault_action { FAULT_ACTIONS(ACTION_ENTRY) FAULT_ACTION_COUNT };

#define WORD_ROW(ACTION, word, past) [FAULT_##ACTION] = (word),
static const char *const ACTION_WORDS[] = {FAULT_ACTIONS(WORD_ROW)};

struct fault {
    struct strview name;
    int64_t hits_left;
    enum fault_action action;
};

static struct fault plan[PLAN_MAX];
static size_t plan_len;
static bool plan_is_read;

static _Noreturn void refuse_plan(struct strview entry)
{
    (void)fprintf(stderr, "FAULT_PLAN: cannot read \"%.*s\"; expected name[@n]=kill|stop|error\n",
                  STRVIEW_ARG(entry));
    abort();
}

static struct fault read_entry(struct strview entry)
{
    struct strview action = entry;
    const struct strview place = strview_take(&action, '=');
    struct strview hit = place;
    const struct strview name = strview_take(&hit, '@');
    const bool has_hit = name.len < place.len;
    struct fault fault = {.name = name, .hits_left = 1};
    if (name.len == 0 || (has_hit && (!parse_i64(hit, &fault.hits_left) || fault.hits_left < 1))) {
        refuse_plan(entry);
    }
    for (size_t i = 0; i < FAULT_ACTION_COUNT; i++) {
        if (strview_is(action, ACTION_WORDS[i])) {
            fault.action = (enum fault_action)i;
            return fault;
        }
    }
    refuse_plan(entry);
}

static void read_plan(void)
{
    plan_is_read = true;
    struct strview rest = strview_of(getenv("FAULT_PLAN"));
    while (rest.len > 0) {
        const struct strview entry = strview_take(&rest, ',');
        if (plan_len == PLAN_MAX) {
            refuse_plan(entry);
        }
        plan[plan_len++] = read_entry(entry);
    }
}

static bool carry_out(const struct fault *fault)
{
#define PAST_ROW(ACTION, word, past) [FAULT_##ACTION] = (past),
    static const char *const PAST[] = {FAULT_ACTIONS(PAST_ROW)};
    (void)fprintf(stderr, "fault point %.*s: %s\n", STRVIEW_ARG(fault->name), PAST[fault->action]);
    if (fault->action == FAULT_KILL) {
        (void)kill(getpid(), SIGKILL);
    }
    if (fault->action == FAULT_STOP) {
        (void)kill(getpid(), SIGSTOP);
    }
    return fault->action == FAULT_ERROR;
}

bool fault_point_hit(const char *name)
{
    if (!plan_is_read) {
        read_plan();
    }
    for (size_t i = 0; i < plan_len; i++) {
        if (plan[i].hits_left > 0 && strview_is(plan[i].name, name) && --plan[i].hits_left == 0) {
            return carry_out(&plan[i]);
        }
    }
    return false;
}

#else

bool fault_point_hit(const char *name)
{
    (void)name;
    return false;
}

#endif
