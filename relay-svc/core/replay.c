/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/replay.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "relay-svc/core/shard_topic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_ROWS = 512 };

/* --- what is asked for ----------------------------------------------------------------- */

bool replay_bound_parse(const char *text, struct replay_bound *ret)
{
    enum { DATE_LEN = sizeof "2026-01-02" - 1 };
    char midnight[sizeof "2026-01-02T00:00:00Z"];
    struct replay_bound bound = {.is_set = true};
    bound.is_time = !parse_i64(strview_of(text), &bound.value);
    if (bound.is_time && strlen(text) == DATE_LEN) {
        (void)snprintf(midnight, sizeof midnight, "%.10sT00:00:00Z", text);
        text = midnight;
    }
    if (bound.is_time ? !parse_rfc3339_ms(strview_of(text), &bound.value) : bound.value < 0) {
        return false;
    }
    *ret = bound;
    return true;
}

/* --- the course of it ------------------------------------------------------------------ */

/* What is acknowledged was handed out, and that was asked for; what waits for a first record has it
 * on its way; and where nothing is on its way, all that was handed out is there. */
static bool is_sound(const struct replay_shard *shard)
{
    return shard->range.after <= shard->acked && shard->acked <= shard->read &&
           shard->read <= shard->range.upto &&
           (!shard->is_awaiting || shard->window.in_flight > 0) &&
           (!window_is_empty(&shard->window) || shard->acked == shard->read);
}

/* Rows on their way are counted in all and for each shard. */
static struct replay_shard *shard_of(const struct replay *replay, int shard)
{
    assert(shard >= 0 && shard < replay->shard_count);
    assert(is_sound(&replay->shards[shard]));
    assert(replay->shards[shard].window.in_flight <= replay->in_flight);
    return &replay->shards[shard];
}

void replay_init(struct replay *replay, const struct replay_range *ranges, int shard_count,
                 int topic_count)
{
    assert(shard_count > 0);
    assert(topic_count > 0);
    const size_t partitions = (size_t)shard_count * (size_t)topic_count;
    *replay = (struct replay){
        .shard_count = shard_count,
        .topic_count = topic_count,
        .shards = must_allocate((size_t)shard_count, sizeof *replay->shards),
        .acknowledged_ms = must_allocate(partitions, sizeof *replay->acknowledged_ms),
        .turn = shard_count - 1,
    };
    for (int i = 0; i < shard_count; i++) {
        assert(ranges[i].after <= ranges[i].upto);
        replay->shards[i] = (struct replay_shard){
            .range = ranges[i], .read = ranges[i].after, .acked = ranges[i].after};
        window_init(&replay->shards[i].window, WINDOW_ROWS);
        assert(is_sound(&replay->shards[i]));
    }
    for (size_t i = 0; i < partitions; i++) {
        replay->acknowledged_ms[i] = -1;
    }
}

void replay_done(struct replay *replay)
{
    for (int i = 0; i < replay->shard_count; i++) {
        window_done(&replay->shards[i].window);
    }
    free(replay->shards);
    free(replay->acknowledged_ms);
}

static int64_t *partition_of(const struct replay *replay, int shard, int topic)
{
    assert(shard >= 0 && shard < replay->shard_count);
    assert(topic >= 0 && topic < replay->topic_count);
    return &replay->acknowledged_ms[shard * replay->topic_count + topic];
}

bool replay_next(struct replay *replay, int64_t step, struct replay_wish *ret_wish)
{
    assert(step > 0);
    assert(replay->turn >= 0 && replay->turn < replay->shard_count);
    for (int i = 1; i <= replay->shard_count; i++) {
        const int index = (replay->turn + i) % replay->shard_count;
        const struct replay_shard *shard = shard_of(replay, index);
        const int64_t left = shard->range.upto - shard->read;
        if (left > 0 && replay_takes(replay, index)) {
            replay->turn = index;
            *ret_wish = (struct replay_wish){
                .shard = index,
                .range = {.after = shard->read, .upto = shard->read + (left < step ? left : step)},
                .rows = window_room(&shard->window)};
            assert(ret_wish->rows > 0);
            assert(ret_wish->range.upto <= shard->range.upto);
            return true;
        }
    }
    return false;
}

bool replay_takes(const struct replay *replay, int shard)
{
    const struct replay_shard *asked = shard_of(replay, shard);
    return !asked->is_awaiting && !window_is_full(&asked->window);
}

uint32_t replay_ticket(const struct replay *replay, int shard)
{
    return shard_of(replay, shard)->window.next;
}

void replay_sent(struct replay *replay, int shard, int topic, int64_t seq, int64_t now_ms)
{
    const int64_t last_ms = *partition_of(replay, shard, topic);
    const struct window_row row = {.seq = seq, .topic = (int16_t)topic};
    struct replay_shard *sent = shard_of(replay, shard);
    assert(seq > sent->read && seq <= sent->range.upto);
    assert(replay_takes(replay, shard));
    sent->read = seq;
    sent->is_awaiting = last_ms < 0 || now_ms - last_ms >= SHARD_SILENCE_MS;
    (void)window_push(&sent->window, &row, true);
    replay->in_flight++;
    assert(is_sound(sent));
}

/* What was read and is on its way no more is there. */
static void advance(struct replay_shard *shard)
{
    struct window_row row;
    while (window_pop(&shard->window, &row)) {
        assert(row.seq > shard->acked && row.seq <= shard->read);
        shard->acked = row.seq;
    }
    if (window_is_empty(&shard->window)) {
        shard->acked = shard->read;
    }
    assert(is_sound(shard));
}

void replay_read(struct replay *replay, int shard, int64_t upto)
{
    struct replay_shard *read = shard_of(replay, shard);
    assert(upto >= read->read && upto <= read->range.upto);
    read->read = upto;
    advance(read);
}

void replay_acknowledged(struct replay *replay, int shard, uint32_t ticket, int64_t now_ms)
{
    struct window_row row;
    struct replay_shard *acked = shard_of(replay, shard);
    if (!window_settle(&acked->window, ticket, true, &row)) {
        return;
    }
    assert(row.seq > acked->acked && row.seq <= acked->read);
    *partition_of(replay, shard, row.topic) = now_ms;
    acked->is_awaiting = acked->is_awaiting && acked->window.in_flight > 0;
    assert(replay->in_flight > 0);
    replay->in_flight--;
    replay->acknowledged++;
    advance(acked);
}

bool replay_is_done(const struct replay *replay)
{
    for (int i = 0; i < replay->shard_count; i++) {
        if (replay->shards[i].acked < replay->shards[i].range.upto) {
            return false;
        }
    }
    assert(replay->in_flight == 0); /* what is there is not on its way */
    return true;
}

int replay_permille(const struct replay *replay)
{
    enum { WHOLE = 1000 };
    double done = 0;
    double all = 0;
    for (int i = 0; i < replay->shard_count; i++) {
        const struct replay_shard *shard = &replay->shards[i];
        done += (double)(shard->acked - shard->range.after);
        all += (double)(shard->range.upto - shard->range.after);
    }
    assert(done >= 0 && done <= all);
    return all > 0 ? (int)(WHOLE * done / all) : WHOLE;
}

int64_t replay_rest(const struct replay *replay)
{
    int64_t rest = 0;
    for (int i = 0; i < replay->shard_count; i++) {
        const struct replay_shard *shard = &replay->shards[i];
        if (shard->acked < shard->range.upto && (rest == 0 || shard->acked + 1 < rest)) {
            rest = shard->acked + 1;
        }
    }
    assert((rest == 0) == replay_is_done(replay));
    return rest;
}
