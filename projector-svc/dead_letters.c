/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc dead-letters`: what stands still, and what an operator decides about it. */
#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/run/ask_once.h"
#include "projector-svc/app.h"
#include "projector-svc/operator.h"
#include "projector-svc/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH "/v1/ops/dead-letters"

enum { ARENA_MAX = 32 << 20, PATH_MAX_BYTES = 512, BODY_MAX = 4096 };

struct task {
    const struct service_call *call;
    struct ask_server server;
    struct arena *arena;
    bool as_json;
    const char *name; /* TYPE:ID */
    const char *reason;
};

/* --- asking */

static bool look(const struct json_value *answer)
{
    return answer != NULL;
}

/* NULL: there is none, or it is a refusal, and that was said. */
static const struct json_value *ask(const struct task *task, const struct ask_question *question,
                                    ask_print_fn *print)
{
    const struct json_value *document = NULL;
    struct ask_answer answer;
    struct error err;
    if (ask_once(&task->server, question, task->arena, &answer, &err) != ERROR_NONE) {
        (void)service_fail(task->call, "%s", err.text);
        return NULL;
    }
    const bool is_told = task->as_json && print != look;
    return ask_print(task->call, &answer, is_told, task->arena, print) &&
                   json_parse(answer.body, task->arena, &document, &err) == ERROR_NONE
               ? document
               : NULL;
}

/* /v1/ops/dead-letters/TYPE/ID, and what is decided. */
static const char *path_of(const struct task *task, const char *action, char *path)
{
    (void)snprintf(path, PATH_MAX_BYTES, PATH "/%s%s%s", task->name, action[0] == '\0' ? "" : "/",
                   action);
    char *colon = strchr(path + sizeof PATH, ':');
    if (colon != NULL) {
        *colon = '/';
    }
    return path;
}

/* --- what is printed */

/* A record's own time is what its writer says. */
static const char *time_text(int64_t at_ms, char text[static TIME_TEXT_LEN + 1])
{
    if (time_has_text(at_ms)) {
        format_time_ms(at_ms, text);
    } else {
        (void)format_i64(at_ms, text);
    }
    return text;
}

static const struct json_value *first_of(const struct json_value *object, const char *name)
{
    const struct json_value *list = json_member(object, name);
    return list == NULL ? NULL : list->first;
}

static bool print_rows(const struct json_value *answer)
{
    char since[TIME_TEXT_LEN + 1];
    for (const struct json_value *at = first_of(answer, "dead_letters"); at != NULL;
         at = at->next) {
        char name[PATH_MAX_BYTES];
        (void)snprintf(name, sizeof name, "%.*s:%.*s", STRVIEW_ARG(json_text(at, "type")),
                       STRVIEW_ARG(json_text(at, "id")));
        operator_say("%-45s %-12.*s %10" PRId64 " %8" PRId64 " %s\n", name,
                     STRVIEW_ARG(json_text(at, "state")), json_integer(at, "waits_for", 0),
                     json_integer(at, "parked", 0), time_text(json_time(at, "since", 0), since));
    }
    return true;
}

static void print_records(const struct json_value *letter)
{
    operator_say("parked records: %" PRId64 ", the first ones:\n",
                 json_integer(letter, "parked", 0));
    for (const struct json_value *at = first_of(letter, "records"); at != NULL; at = at->next) {
        operator_say("  %.*s/%" PRId64 " offset %" PRId64 "  version %" PRId64
                     "  %.*s  %.*s  %.*s\n",
                     STRVIEW_ARG(json_text(at, "topic")), json_integer(at, "partition", -1),
                     json_integer(at, "offset", -1), json_integer(at, "ce_aggregateversion", 0),
                     STRVIEW_ARG(json_text(at, "ce_type")), STRVIEW_ARG(json_text(at, "ce_id")),
                     STRVIEW_ARG(json_text(at, "why")));
    }
}

static void print_decisions(const struct json_value *letter)
{
    char at_text[TIME_TEXT_LEN + 1];
    for (const struct json_value *at = first_of(letter, "decisions"); at != NULL; at = at->next) {
        operator_say("decided %s by %.*s: %.*s, when it was %.*s and waited for %" PRId64
                     "; %.*s\n",
                     time_text(json_time(at, "at", 0), at_text), STRVIEW_ARG(json_text(at, "by")),
                     STRVIEW_ARG(json_text(at, "decision")), STRVIEW_ARG(json_text(at, "state")),
                     json_integer(at, "version", 0), STRVIEW_ARG(json_text(at, "reason")));
    }
}

static bool print_letter(const struct json_value *letter)
{
    char since[TIME_TEXT_LEN + 1];
    operator_say("%.*s:%.*s is %.*s", STRVIEW_ARG(json_text(letter, "type")),
                 STRVIEW_ARG(json_text(letter, "id")), STRVIEW_ARG(json_text(letter, "state")));
    if (json_integer(letter, "waits_for", 0) > 0) {
        operator_say(", waits for version %" PRId64 " since %s",
                     json_integer(letter, "waits_for", 0),
                     time_text(json_time(letter, "since", 0), since));
    }
    operator_say("\n");
    print_decisions(letter);
    print_records(letter);
    return true;
}

static bool print_decided(const struct json_value *letter)
{
    print_decisions(letter);
    operator_say("the owner of its partition carries it out within seconds\n");
    return true;
}

static bool print_first_rows(const struct json_value *answer)
{
    operator_say("%-45s %-12s %10s %8s %s\n", "aggregate", "state", "waits for", "parked", "since");
    return print_rows(answer);
}

/* --- the four of them */

/* As many pages as there are; as JSON one document a page. */
static bool run_list(const struct task *task)
{
    char path[PATH_MAX_BYTES] = PATH;
    for (ask_print_fn *print = print_first_rows;; print = print_rows) {
        const struct ask_question question = {.method = HTTP_GET, .path = path};
        const struct json_value *page = ask(task, &question, print);
        const struct strview next = json_text(page, "next_cursor");
        if (page == NULL || next.len == 0) {
            return page != NULL;
        }
        (void)snprintf(path, sizeof path, PATH "?cursor=%.*s", STRVIEW_ARG(next));
        arena_reset(task->arena);
    }
}

static const struct json_value *ask_about(const struct task *task, ask_print_fn *print)
{
    char path[PATH_MAX_BYTES];
    return ask(task, &(struct ask_question){.method = HTTP_GET, .path = path_of(task, "", path)},
               print);
}

static bool run_show(const struct task *task)
{
    return ask_about(task, print_letter) != NULL;
}

/* About what stands still now: where that has changed when it arrives, it is refused. */
static bool run_decide(const struct task *task)
{
    char path[PATH_MAX_BYTES];
    const struct json_value *letter = ask_about(task, look);
    if (letter == NULL) {
        return false;
    }
    struct strbuf body = STRBUF_IN(task->arena, BODY_MAX);
    struct json_writer writer = JSON_WRITER(&body);
    json_open_object(&writer);
    json_put_member_integer(&writer, "waits_for", json_integer(letter, "waits_for", 1));
    json_put_member_text(&writer, "reason", strview_of(task->reason == NULL ? "" : task->reason));
    json_close_object(&writer);
    const bool is_whole = json_writer_done(&writer);
    const struct ask_question question = {.method = HTTP_POST,
                                          .path = path_of(task, task->call->argv[1], path),
                                          .body = strbuf_keep(&body)};
    if (!is_whole) {
        (void)service_fail(task->call, "the reason is too long, or not UTF-8");
    }
    return is_whole && ask(task, &question, print_decided) != NULL;
}

/* --- the command line */

static const struct {
    const char *name;
    bool (*run)(const struct task *task);
    bool takes_name;
    bool needs_reason;
} ACTIONS[] = {
    {"list", run_list, false, false},
    {"show", run_show, true, false},
    {"retry", run_decide, true, false},
    {"skip", run_decide, true, true},
};
enum { ACTION_COUNT = sizeof ACTIONS / sizeof ACTIONS[0] };

static size_t find_action(const struct service_call *call)
{
    size_t at = 0;
    while (at < ACTION_COUNT && (call->argc < 2 || strcmp(call->argv[1], ACTIONS[at].name) != 0)) {
        at++;
    }
    return at;
}

static bool read_arguments(struct task *task)
{
    const struct service_call *call = task->call;
    for (int i = 2; i < call->argc; i++) {
        const bool has_value = i + 1 < call->argc;
        if (service_is_json(call, i)) {
            task->as_json = true;
            i++;
        } else if (strcmp(call->argv[i], "--reason") == 0 && has_value && task->reason == NULL) {
            task->reason = call->argv[++i];
        } else if (call->argv[i][0] != '-' && task->name == NULL) {
            task->name = call->argv[i];
        } else {
            return false;
        }
    }
    return true;
}

/* TYPE:ID, so that nothing of it is another path. */
static bool is_name(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon != NULL && colon != name && colon[1] != '\0' && strpbrk(name, "/?#% ") == NULL;
}

int app_dead_letters(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    CLEANUP(arena_done) struct arena arena;
    struct task task = {
        .call = call, .server = {.url = settings->url, .token = settings->token}, .arena = &arena};
    arena_init(&arena, ARENA_MAX);
    const size_t action = find_action(call);
    if (action == ACTION_COUNT || !read_arguments(&task) ||
        (task.name != NULL) != ACTIONS[action].takes_name ||
        (task.name != NULL && !is_name(task.name)) ||
        (ACTIONS[action].needs_reason && task.reason == NULL)) {
        return service_misuse(call);
    }
    return ACTIONS[action].run(&task) ? SERVICE_OK : SERVICE_FAILED;
}
