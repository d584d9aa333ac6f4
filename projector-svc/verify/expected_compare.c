/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/keys.h"
#include "projector-svc/verify/expected.h"
#include "projector-svc/views/told_times.h"

#include <stdarg.h>
#include <stdio.h>

/* Set beside the fold while an aggregate waits. */
static const char WAITING_FIELD[] = "waiting_for";

struct comparing {
    const struct expected *expected;
    const struct expected_item *item; /* the first of the command's */
    const struct redisconn_reply *reply;
    char *what;
};

typedef enum likeness compare_fn(const struct comparing *comparing);

PRINTF_LIKE(3, 4)
static enum likeness differ(const struct comparing *comparing, enum likeness likeness,
                            const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(comparing->what, EXPECTED_WHAT_MAX, fmt, args);
    va_end(args);
    return likeness;
}

static enum likeness lack(const struct comparing *comparing)
{
    return differ(comparing, LIKENESS_MISSING, "%.*s is missing",
                  STRVIEW_ARG(comparing->item->key));
}

/* --- one kind of key each */

static bool is_of_key(const struct expected_item *item, const struct comparing *comparing)
{
    return item->kind == comparing->item->kind && strview_equal(item->key, comparing->item->key);
}

/* A product's hash is its stock's as well, so only of the others is all that stands there known. */
static enum likeness look_for_strangers(const struct comparing *comparing)
{
    const struct expected *expected = comparing->expected;
    for (size_t i = 0; i < redisconn_reply_count(comparing->reply); i += 2) {
        const struct strview name = redisconn_reply_text_at(comparing->reply, i);
        bool is_known = strview_is(name, WAITING_FIELD);
        for (size_t j = 0; j < expected->count && !is_known; j++) {
            is_known = is_of_key(&expected->items[j], comparing) &&
                       strview_equal(expected->items[j].member, name);
        }
        if (!is_known) {
            return differ(comparing, LIKENESS_OTHER, "%.*s: field %.*s does not come of an event",
                          STRVIEW_ARG(comparing->item->key), STRVIEW_ARG(name));
        }
    }
    return LIKENESS_SAME;
}

static enum likeness compare_hash(const struct comparing *comparing)
{
    const struct expected *expected = comparing->expected;
    if (redisconn_reply_count(comparing->reply) == 0) {
        return lack(comparing);
    }
    for (size_t i = 0; i < expected->count; i++) {
        const struct expected_item *item = &expected->items[i];
        const struct redisconn_reply *value = redisconn_reply_field(comparing->reply, item->member);
        if (is_of_key(item, comparing) &&
            !strview_equal(redisconn_reply_text(value), item->value)) {
            return differ(comparing, LIKENESS_OTHER, "%.*s: field %.*s is not what its events make",
                          STRVIEW_ARG(item->key), STRVIEW_ARG(item->member));
        }
    }
    return expected->is_shared ? LIKENESS_SAME : look_for_strangers(comparing);
}

/* Whether a kept document is that one, in whichever form its times are: another version may have
 * written it. */
static bool is_document(const struct comparing *comparing, struct strview kept,
                        struct strview expected)
{
    struct arena *arena = comparing->expected->arena;
    if (strview_equal(kept, expected)) {
        return true;
    }
    const struct strview as_told = told_times_in(kept, arena);
    const struct strview wanted = told_times_in(expected, arena);
    return as_told.data != NULL && wanted.data != NULL && strview_equal(as_told, wanted);
}

static enum likeness compare_string(const struct comparing *comparing)
{
    const struct strview text = redisconn_reply_text(comparing->reply);
    if (text.data == NULL) {
        return lack(comparing);
    }
    return is_document(comparing, text, comparing->item->value)
               ? LIKENESS_SAME
               : differ(comparing, LIKENESS_OTHER, "%.*s is not what its events make",
                        STRVIEW_ARG(comparing->item->key));
}

static enum likeness compare_list(const struct comparing *comparing)
{
    const struct expected *expected = comparing->expected;
    const size_t length = redisconn_reply_count(comparing->reply);
    size_t at = 0;
    if (length == 0) {
        return lack(comparing);
    }
    for (size_t i = 0; i < expected->count; i++) {
        if (!is_of_key(&expected->items[i], comparing)) {
            continue;
        }
        const struct redisconn_reply *element = redisconn_reply_at(comparing->reply, at++);
        if (!is_document(comparing, redisconn_reply_text(element), expected->items[i].value)) {
            return differ(comparing, LIKENESS_OTHER,
                          "%.*s: element %zu is not what its event makes",
                          STRVIEW_ARG(comparing->item->key), at - 1);
        }
    }
    return at == length ? LIKENESS_SAME
                        : differ(comparing, LIKENESS_OTHER, "%.*s has %zu elements instead of %zu",
                                 STRVIEW_ARG(comparing->item->key), length, at);
}

static enum likeness compare_presence(const struct comparing *comparing, bool is_there)
{
    const struct expected_item *item = comparing->item;
    if (is_there == (item->presence == EXPECTED_THERE)) {
        return LIKENESS_SAME;
    }
    return differ(comparing, is_there ? LIKENESS_OTHER : LIKENESS_MISSING, "%.*s: %.*s %s",
                  STRVIEW_ARG(item->key), STRVIEW_ARG(item->member),
                  is_there ? "should not be there" : "is missing");
}

static enum likeness compare_member(const struct comparing *comparing)
{
    return compare_presence(comparing, redisconn_reply_integer(comparing->reply, 0) != 0);
}

static enum likeness compare_score(const struct comparing *comparing)
{
    const struct expected_item *item = comparing->item;
    const struct strview score = redisconn_reply_text(comparing->reply);
    const bool is_there = score.data != NULL;
    if (item->presence == EXPECTED_PERHAPS && !is_there) {
        return LIKENESS_SAME; /* it was among the oldest */
    }
    if (item->presence == EXPECTED_GONE || !is_there) {
        return compare_presence(comparing, is_there);
    }
    const bool is_of_settings = strview_is(item->key, KEYS_OPS_OPEN); /* of when it was written */
    return is_of_settings || strview_equal(score, item->value)
               ? LIKENESS_SAME
               : differ(comparing, LIKENESS_OTHER, "%.*s: %.*s has another score",
                        STRVIEW_ARG(item->key), STRVIEW_ARG(item->member));
}

/* --- all of them */

static const struct {
    const char *command;
    const char *more[2]; /* behind the key */
    bool is_of_key;      /* one command for all items of a key; else each has its own */
    compare_fn *compare;
} READS[] = {
    [EXPECTED_FIELD] = {"HGETALL", {NULL, NULL}, true, compare_hash},
    [EXPECTED_STRING] = {"GET", {NULL, NULL}, true, compare_string},
    [EXPECTED_ELEMENT] = {"LRANGE", {"0", "-1"}, true, compare_list},
    [EXPECTED_MEMBER] = {"SISMEMBER", {NULL, NULL}, false, compare_member},
    [EXPECTED_SCORE] = {"ZSCORE", {NULL, NULL}, false, compare_score},
};

static bool is_asked(const struct expected *expected, const struct expected_item *item)
{
    for (size_t i = 0; i < expected->command_count && READS[item->kind].is_of_key; i++) {
        const struct expected_item *first = &expected->items[expected->first[i]];
        if (first->kind == item->kind && strview_equal(first->key, item->key)) {
            return true;
        }
    }
    return false;
}

static bool ask(struct expected *expected, size_t index)
{
    enum { ARGS_MAX = 4 };
    const struct expected_item *item = &expected->items[index];
    struct strview *args = arena_array(expected->arena, ARGS_MAX, sizeof *args);
    if (args == NULL) {
        return false;
    }
    size_t count = 2;
    args[0] = strview_of(READS[item->kind].command);
    args[1] = item->key;
    if (!READS[item->kind].is_of_key) {
        args[count++] = item->member;
    }
    for (size_t i = 0; i < 2 && READS[item->kind].more[i] != NULL; i++) {
        args[count++] = strview_of(READS[item->kind].more[i]);
    }
    expected->first[expected->command_count] = index;
    expected->commands[expected->command_count++] =
        (struct redisconn_command){.args = args, .count = count};
    return true;
}

bool expected_ask(struct expected *expected)
{
    const size_t count = expected->count == 0 ? 1 : expected->count;
    expected->commands = arena_array(expected->arena, count, sizeof *expected->commands);
    expected->first = arena_array(expected->arena, count, sizeof *expected->first);
    bool is_whole = expected->commands != NULL && expected->first != NULL;
    for (size_t i = 0; i < expected->count && is_whole; i++) {
        is_whole = is_asked(expected, &expected->items[i]) || ask(expected, i);
    }
    return is_whole;
}

/* NOLINTBEGIN(readability-non-const-parameter): those who compare write it */
enum likeness expected_compare(const struct expected *expected, const struct redisconn_reply *reply,
                               char what[static EXPECTED_WHAT_MAX])
{
    enum likeness worst = LIKENESS_SAME;
    for (size_t i = 0; i < expected->command_count && worst != LIKENESS_OTHER; i++) {
        const struct expected_item *item = &expected->items[expected->first[i]];
        const struct comparing comparing = {.expected = expected,
                                            .item = item,
                                            .reply = redisconn_reply_at(reply, i),
                                            .what = what};
        const enum likeness likeness = READS[item->kind].compare(&comparing);
        worst = likeness == LIKENESS_SAME ? worst : likeness;
    }
    return worst;
}
/* NOLINTEND(readability-non-const-parameter) */
