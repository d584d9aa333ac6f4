/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/takeover.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is further than asked counts as even, so that nothing hides what is behind. */
static bool is_sound(const struct takeover_state *state)
{
    return state->rebuilt >= 0 && state->rebuilt <= state->live && state->lagging >= 0 &&
           (state->lagging > 0 || state->rebuilt == state->live);
}

void takeover_add(struct takeover_state *state, int64_t live, int64_t rebuilt)
{
    assert(is_sound(state));
    const struct takeover_state before = *state;
    const int64_t wanted = live > 0 ? live : 0;
    const int64_t reached = rebuilt > 0 ? rebuilt : 0;
    const int64_t room = INT64_MAX - state->live; /* a position set by hand may be any number */
    const int64_t counted = wanted < room ? wanted : room;
    state->live += counted;
    state->rebuilt += reached < counted ? reached : counted;
    state->lagging += reached != wanted ? 1 : 0;
    assert(is_sound(state));
    assert(state->live >= before.live); /* one more takes nothing from the others */
    assert(state->rebuilt >= before.rebuilt);
}

bool takeover_is_near(const struct takeover_state *state)
{
    assert(!state->is_ready || is_sound(state));
    return state->is_ready && state->draining == 0 && state->live - state->rebuilt <= TAKEOVER_NEAR;
}

bool takeover_is_even(const struct takeover_state *state)
{
    assert(!state->is_ready || is_sound(state));
    return state->is_ready && state->lagging == 0;
}

/* --- what a refusal means */

/* @1 and @2 are the words behind the first. */
static const struct {
    const char *word;
    enum takeover_next next;
    const char *text;
} REFUSALS[] = {
    {"same", TAKEOVER_END,
     "REDIS_REBUILD_URL names the live database itself: put another number at its end"},
    {"no-views", TAKEOVER_END,
     "this Redis has no views in the database of REDIS_URL: do REDIS_URL and REDIS_REBUILD_URL "
     "name the same server?"},
    {"not-live", TAKEOVER_END,
     "the database of REDIS_URL is the one being rebuilt: the two are mixed up"},
    {"other-live", TAKEOVER_END, "the spare database belongs to the live one @1, not to this"},
    {"foreign", TAKEOVER_END,
     "the spare database holds @1 keys that no rebuild wrote: name an empty one in "
     "REDIS_REBUILD_URL"},
    {"nothing-back", TAKEOVER_END,
     "there is nothing to go back to: the spare database does not hold the views of before an "
     "exchange"},
    {"memory", TAKEOVER_END,
     "Redis cannot hold two copies of the views: they need about @1 bytes and it may use @2; raise "
     "its maxmemory, then `projector-svc rebuild`"},
    {"full", TAKEOVER_END,
     "Redis is nearly full, @1 of @2 bytes, and must not refuse the live views: raise its "
     "maxmemory "
     "and go on with `projector-svc rebuild`, or empty the spare database"},
    {"previous", TAKEOVER_END,
     "the spare database holds the views of before the last exchange, for `projector-svc "
     "rollback`; `projector-svc rebuild --fresh` gives them up"},
    {"begun-otherwise", TAKEOVER_END,
     "the spare database was begun by version '@1', from '@2': `projector-svc rebuild "
     "--fresh` begins anew"},
    {"standing", TAKEOVER_TRY_AGAIN, /* perhaps it was decided just now */
     "@1 stands still in the rebuilt views and not in the live ones; --accept exchanges them all "
     "the same"},
    {"fewer", TAKEOVER_END,
     "the rebuilt views have @1 orders, the live ones @2; --accept exchanges them all the same"},
    {"fewer-events", TAKEOVER_END,
     "the rebuilt views are made of @1 events, the live ones of @2; --accept exchanges them all "
     "the "
     "same"},
    {"right", TAKEOVER_END,
     "the user of REDIS_REBUILD_URL may not @1; the user `rebuilder` of deploy/redis/users.acl "
     "may"},
    {"behind", TAKEOVER_TRY_AGAIN, "@1 stands at '@2', behind the live views"},
    {"draining", TAKEOVER_TRY_AGAIN, "what was parked is still being applied"},
    {"not-held", TAKEOVER_TRY_AGAIN, "it took longer than the live views may be held"},
    {"lost", TAKEOVER_LOST,
     "the spare database is not this one's to fill any more: another rebuild has begun, or "
     "somebody "
     "emptied it"},
};
enum { REFUSAL_COUNT = sizeof REFUSALS / sizeof REFUSALS[0] };

static struct strview word_at(const struct strview *words, size_t count, size_t at)
{
    return at < count && words[at].data != NULL ? words[at] : STRVIEW("");
}

static void put(char text[static ERROR_TEXT_MAX], size_t *len, struct strview part)
{
    assert(*len < ERROR_TEXT_MAX);
    const size_t room = ERROR_TEXT_MAX - 1 - *len;
    const size_t fits = part.len < room ? part.len : room;
    memcpy(text + *len, part.data, fits);
    *len += fits;
    assert(*len < ERROR_TEXT_MAX);
    text[*len] = '\0';
}

static void fill_in(const char *pattern, const struct strview words[static 3],
                    char text[static ERROR_TEXT_MAX])
{
    size_t len = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '@') {
            at++;
            assert(*at >= '0' && *at <= '2'); /* the patterns are ours */
            put(text, &len, words[*at - '0']);
        } else {
            put(text, &len, (struct strview){.data = at, .len = 1});
        }
    }
    assert(len < ERROR_TEXT_MAX);
    assert(text[len] == '\0');
}

enum takeover_next takeover_refusal(const struct strview *words, size_t count, struct error *err)
{
    const struct strview three[3] = {word_at(words, count, 0), word_at(words, count, 1),
                                     word_at(words, count, 2)};
    char text[ERROR_TEXT_MAX] = "";
    size_t at = 0;
    while (at < REFUSAL_COUNT && !strview_is(three[0], REFUSALS[at].word)) {
        at++;
    }
    fill_in(at < REFUSAL_COUNT ? REFUSALS[at].text : "Redis refused: @0", three, text);
    assert(text[0] != '\0'); /* each refusal says what to do */
    (void)error_set(err, ERROR_INVALID, "%s", text);
    return at < REFUSAL_COUNT ? REFUSALS[at].next : TAKEOVER_END;
}

/* --- what is shown on the way */

enum { BAR_LEN = 30, MS_PER_S = 1000, HUNDRED = 100 };

static void draw_bar(int percent, char bar[static BAR_LEN + 4])
{
    const int done = percent * BAR_LEN / HUNDRED;
    int at = 0;
    assert(done >= 0 && done <= BAR_LEN);
    bar[at++] = '[';
    for (int i = 0; i < BAR_LEN; i++) {
        bar[at++] = i < done ? '#' : '.';
    }
    bar[at++] = ']';
    bar[at++] = ' ';
    assert(at < BAR_LEN + 4);
    bar[at] = '\0';
}

void takeover_line(const struct takeover_state *state, int64_t began, int64_t took_ms, bool has_bar,
                   char line[static TAKEOVER_LINE_MAX])
{
    char bar[BAR_LEN + 4] = "";
    char left[32] = "";
    const int64_t came = state->rebuilt - began;
    const bool has_rate = took_ms > 0 && came <= INT64_MAX / MS_PER_S;
    const int64_t rate = has_rate ? came * MS_PER_S / took_ms : 0;
    const int percent =
        state->live > 0 ? (int)((double)state->rebuilt / (double)state->live * HUNDRED) : HUNDRED;
    assert(is_sound(state));
    assert(percent >= 0 && percent <= HUNDRED);
    if (has_bar) {
        draw_bar(percent, bar);
    }
    if (state->draining > 0 && state->live == state->rebuilt) {
        (void)snprintf(left, sizeof left, ", parked ones are applied");
    } else if (rate > 0 && state->live > state->rebuilt) {
        (void)snprintf(left, sizeof left, ", %" PRId64 " s left",
                       (state->live - state->rebuilt) / rate + 1);
    }
    (void)snprintf(line, TAKEOVER_LINE_MAX,
                   "%s%3d %%  %" PRId64 " of %" PRId64 " events, %" PRId64 "/s%s", bar, percent,
                   state->rebuilt, state->live, rate, left);
}
