/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projector-svc/lineup_fixture.h"

#include <string.h>

struct arena arena;
char applied[32];
struct lineup lineup;

static bool apply(void *user, struct lineup_item *item)
{
    (void)user;
    const size_t len = strlen(applied);
    applied[len] = (char)('0' + item->version);
    return item->event != lineup.arena; /* see an_event_that_makes_no_sense */
}

static struct strview id_of(void *user, int64_t version)
{
    static char id[2];
    (void)user;
    id[0] = (char)('0' + version);
    return (struct strview){.data = id, .len = 1};
}

const struct lineup_callbacks CALLBACKS = {.apply = apply, .id_of = id_of};

void begin(int64_t version, enum lineup_state state)
{
    memset(applied, 0, sizeof applied);
    arena_done(&arena);
    arena_init(&arena, 1 << 16);
    lineup_init(&lineup, &arena, &CALLBACKS, version, state);
}

struct lineup_item item_of(const char *text)
{
    struct lineup_item item = {.version = text[0] - '0', .is_readable = true};
    item.event_id = (struct strview){.data = text, .len = text[1] == 'x' ? 2 : 1};
    if (text[0] == '?') {
        item.version = 0;
        item.is_readable = false;
    }
    item.is_readable = item.is_readable && text[1] != '!';
    return item;
}

void offer(const char *history)
{
    for (const char *at = history; *at != '\0'; at++) {
        if (*at == '!' || *at == 'x') {
            continue;
        }
        const struct lineup_item item = item_of(at);
        lineup_offer(&lineup, &item);
    }
}

void add_stored(const char *history)
{
    for (const char *at = history; *at != '\0'; at += at[1] == '!' ? 2 : 1) {
        struct lineup_item stored = item_of(at);
        stored.is_stored = true;
        lineup_add_stored(&lineup, &stored);
    }
}
