/* SPDX-License-Identifier: Apache-2.0 */
/* The heads, and waiting until relay and projector are past them. */
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "projector-svc/verify/verify_internal.h"
#include "projector-svc/verify/verify_sql.h"
#include "projector-svc/views/view_positions.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { LOOK_EVERY_MS = 200, SLOT_MAX = TOPIC_NAME_MAX + 16, SENTENCE_MAX = 512 };

/* Partitions as the broker has them, with what Redis says of each. */
struct partition {
    enum aggregate_type type;
    int shard;
    char slot[SLOT_MAX];
    int64_t position;
};

struct waiting {
    struct verify *verify;
    struct partition *partitions;
    size_t count;
    bool takes_heads; /* else positions alone */
};

/* --- the heads */

static void on_shard(void *user, const struct pgsession *session)
{
    struct waiting *waiting = user;
    struct verify *verify = waiting->verify;
    const int64_t shard = pgsession_value_i64(session, 0);
    if (shard < 0 || shard >= SHARDS_MAX) {
        return;
    }
    struct verify_shard *at = &verify->shards[shard];
    at->position = pgsession_value_i64(session, 2);
    at->filled_to = pgsession_value_i64(session, 3);
    if (waiting->takes_heads) {
        at->head = pgsession_value_i64(session, 1);
        verify->shard_count = (int)shard + 1;
    }
}

static enum error_kind read_shards(struct waiting *waiting, bool takes_heads, struct error *err)
{
    const char *topics[AGGREGATE_COUNT];
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        topics[type] = waiting->verify->topics[type];
    }
    waiting->takes_heads = takes_heads;
    return verify_each(waiting->verify, VERIFY_HEADS, topics, AGGREGATE_COUNT, on_shard, waiting,
                       err);
}

static bool relay_is_past(const struct verify *verify)
{
    for (int shard = 0; shard < verify->shard_count; shard++) {
        const struct verify_shard *at = &verify->shards[shard];
        if (at->position < at->head || at->filled_to < at->head) {
            return false;
        }
    }
    return true;
}

/* --- the ends */

void verify_take_ends(struct verify *verify, const struct kafka_survey_place *places, size_t count)
{
    for (int shard = 0; shard < verify->shard_count; shard++) {
        for (int type = 0; type < AGGREGATE_COUNT; type++) {
            verify->shards[shard].end[type] = -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct kafka_survey_place *place = &places[i];
        if (place->partition >= 0 && place->partition < verify->shard_count) {
            verify->shards[place->partition].end[place->topic] = place->end;
        }
    }
}

bool verify_knows_ends(const struct verify *verify)
{
    for (int shard = 0; shard < verify->shard_count; shard++) {
        for (int type = 0; type < AGGREGATE_COUNT; type++) {
            if (verify->shards[shard].head > 0 && verify->shards[shard].end[type] < 0) {
                return false;
            }
        }
    }
    return true;
}

static enum error_kind survey(struct verify *verify, struct error *err)
{
    verify->awaited = 1;
    kafka_consumer_survey(verify->consumer, KAFKA_SURVEY_ENDS);
    return verify_await(verify, VERIFY_ANSWER_MS, "Kafka", err);
}

/* A survey has three seconds for each question, and no patience of its own; a broker that does not
 * answer has as long as everybody else. */
static enum error_kind read_ends(struct verify *verify, int64_t until_ms, struct error *err)
{
    const int64_t patience_ms = loop_now_ms() + VERIFY_ANSWER_MS;
    enum error_kind kind = survey(verify, err);
    while (!verify_is_cancelled(verify) &&
           ((kind == ERROR_TRANSIENT && loop_now_ms() < patience_ms) ||
            (kind == ERROR_NONE && !verify_knows_ends(verify) && loop_now_ms() < until_ms))) {
        verify_pause(verify, LOOK_EVERY_MS);
        kind = survey(verify, err);
    }
    return kind;
}

static void list_partitions(struct waiting *waiting)
{
    const struct verify *verify = waiting->verify;
    const size_t most = (size_t)verify->shard_count * AGGREGATE_COUNT;
    waiting->partitions = must_allocate(most + 1, sizeof *waiting->partitions);
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        for (int shard = 0; shard < verify->shard_count; shard++) {
            if (verify->shards[shard].end[type] > 0) {
                struct partition *at = &waiting->partitions[waiting->count++];
                at->type = (enum aggregate_type)type;
                at->shard = shard;
                (void)snprintf(at->slot, sizeof at->slot, "%s/%d", verify->topics[type], shard);
            }
        }
    }
}

/* --- the projector's positions */

static void on_positions(void *user, const struct view_positions *reading,
                         const struct error *failure)
{
    struct waiting *waiting = user;
    for (size_t i = 0; i < waiting->count && failure == NULL; i++) {
        waiting->partitions[i].position = reading->positions[i];
    }
    verify_arrived(waiting->verify, failure);
}

static enum error_kind read_positions(struct waiting *waiting, struct error *err)
{
    struct verify *verify = waiting->verify;
    if (waiting->count == 0) {
        return ERROR_NONE;
    }
    CLEANUP_FREE
    struct strview *slots = must_allocate(waiting->count, sizeof *slots);
    for (size_t i = 0; i < waiting->count; i++) {
        slots[i] = strview_of(waiting->partitions[i].slot);
    }
    verify->awaited = 1;
    const enum error_kind kind =
        view_positions_ask(verify->redis, slots, waiting->count, on_positions, waiting, err);
    return kind == ERROR_NONE ? verify_await(verify, VERIFY_ANSWER_MS, "Redis", err) : kind;
}

static int64_t end_of(const struct waiting *waiting, const struct partition *partition)
{
    return waiting->verify->shards[partition->shard].end[partition->type];
}

static bool projector_is_past(const struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->partitions[i].position < end_of(waiting, &waiting->partitions[i])) {
            return false;
        }
    }
    return true;
}

/* --- both */

PRINTF_LIKE(2, 3) static void tell_behind(struct verify *verify, const char *fmt, ...)
{
    char sentence[SENTENCE_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    verify->tally->behind++;
    verify->options->on_behind(verify->options->user, sentence);
}

static void judge_relay(struct verify *verify)
{
    for (int shard = 0; shard < verify->shard_count; shard++) {
        struct verify_shard *at = &verify->shards[shard];
        if (at->position < at->head) {
            at->is_behind = true;
            tell_behind(verify,
                        "relay-svc stands at %" PRId64 " of %" PRId64
                        " in shard %d; see relay-svc status",
                        at->position, at->head, shard);
        } else if (at->filled_to < at->head) {
            at->is_behind = true;
            tell_behind(verify,
                        "relay-svc fills a topic of shard %d, which has all events up to %" PRId64
                        " of %" PRId64 "; see relay-svc status",
                        shard, at->filled_to, at->head);
        }
    }
}

static void judge_ends(struct verify *verify)
{
    for (int at = 0; at < verify->shard_count * AGGREGATE_COUNT; at++) {
        const int type = at / verify->shard_count;
        struct verify_shard *shard = &verify->shards[at % verify->shard_count];
        if (shard->head > 0 && shard->end[type] < 0) {
            shard->is_behind = true;
            tell_behind(
                verify,
                "nobody tells where %s/%d ends: it has no leader, is not there or may not be "
                "read; see projector-svc doctor",
                verify->topics[type], at % verify->shard_count);
        }
    }
}

static void judge_projector(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        const struct partition *at = &waiting->partitions[i];
        if (at->position < end_of(waiting, at)) {
            waiting->verify->shards[at->shard].is_behind = true;
            tell_behind(waiting->verify,
                        "the projector stands at %" PRId64 " of %" PRId64
                        " in %s; see projector-svc status",
                        at->position < 0 ? 0 : at->position, end_of(waiting, at), at->slot);
        }
    }
}

static enum error_kind wait_for_relay(struct waiting *waiting, int64_t until_ms, struct error *err)
{
    struct verify *verify = waiting->verify;
    enum error_kind kind = read_shards(waiting, true, err);
    while (kind == ERROR_NONE && !relay_is_past(verify) && loop_now_ms() < until_ms &&
           !verify_is_cancelled(verify)) {
        verify_pause(verify, LOOK_EVERY_MS);
        kind = read_shards(waiting, false, err);
    }
    return kind;
}

static enum error_kind wait_for_projector(struct waiting *waiting, int64_t until_ms,
                                          struct error *err)
{
    struct verify *verify = waiting->verify;
    enum error_kind kind = read_positions(waiting, err);
    while (kind == ERROR_NONE && !projector_is_past(waiting) && loop_now_ms() < until_ms &&
           !verify_is_cancelled(verify)) {
        verify_pause(verify, LOOK_EVERY_MS);
        kind = read_positions(waiting, err);
    }
    return kind;
}

enum error_kind verify_wait(struct verify *verify, struct error *err)
{
    struct waiting waiting = {.verify = verify};
    const int64_t until_ms = loop_now_ms() + verify->options->wait_ms;
    enum error_kind kind = verify_read_floor(verify, err);
    kind = kind == ERROR_NONE ? wait_for_relay(&waiting, until_ms, err) : kind;
    kind = kind == ERROR_NONE ? read_ends(verify, until_ms, err) : kind;
    list_partitions(&waiting);
    kind = kind == ERROR_NONE ? wait_for_projector(&waiting, until_ms, err) : kind;
    if (kind == ERROR_NONE) {
        judge_relay(verify);
        judge_ends(verify);
        judge_projector(&waiting);
    }
    free(waiting.partitions);
    return kind;
}
