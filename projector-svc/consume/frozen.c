/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/frozen.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/contract/shard.h"
#include "common/io/redis/redisconn.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/assignment.h"
#include "projector-svc/consume/followed.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/mark_json.h"
#include "projector-svc/views/view_read.h"

#include <stdio.h>

#define PORTION "100"
enum { ARENA_MAX = 16 << 10 };

void frozen_init(struct frozen *frozen)
{
    *frozen = (struct frozen){.cursor = "0"};
    activity_init(&frozen->standing, "frozen");
}

/* Its own partition's to do; who has that one reads the same list. */
static void try_again(const struct frozen *frozen, enum aggregate_type type, struct strview id)
{
    const int partitions = followed_partitions(frozen->followed, type);
    if (partitions > 0) {
        struct partition *partition =
            assignment_find(frozen->assignment, (int)type, shard_of(id, partitions));
        if (partition != NULL) {
            partition_drain(partition, id);
        }
    }
}

/* One that stands still: its name, its mark, how many are parked, how long its decisions are. */
static void take(struct frozen *frozen, const struct redisconn_reply *row)
{
    enum { FIELD = 0, MARK, PARKED, DECIDED };
    struct strview id = redisconn_reply_text_at(row, FIELD);
    const struct strview document = redisconn_reply_text_at(row, MARK);
    const int64_t decided = redisconn_reply_integer_at(row, DECIDED, 0);
    enum aggregate_type type;
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    if (!aggregate_from_name(strview_take(&id, ':'), &type)) {
        return; /* not ours */
    }
    const struct mark_frozen mark = mark_json_read_frozen(document, &arena);
    frozen_tally_add(&frozen->tally, type, id, mark.reason, mark.waits_for);
    const bool is_decided = decided != mark.decided && mark.reason != LINEUP_DRAINING;
    if (id_form_fits(id) && (is_decided || mark_wants_reader(&mark, frozen->reader))) {
        try_again(frozen, type, id);
    }
}

static void tell(struct frozen *frozen)
{
    struct error err;
    frozen_tally_end(&frozen->tally);
    const bool stand = frozen_tally_tell(&frozen->tally, &err) != ERROR_NONE;
    (void)activity_note(&frozen->standing, stand ? &err : NULL);
}

static void on_portion(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    enum { CURSOR = 0, ROWS };
    struct frozen *frozen = user;
    frozen->is_asking = false;
    if (failure != NULL) {
        (void)activity_note(&frozen->standing, failure);
        return;
    }
    const struct redisconn_reply *portion = redisconn_reply_at(reply, 0);
    for (size_t i = ROWS; i < redisconn_reply_count(portion); i++) {
        take(frozen, redisconn_reply_at(portion, i));
    }
    const struct strview cursor = redisconn_reply_text_at(portion, CURSOR);
    (void)snprintf(frozen->cursor, sizeof frozen->cursor, "%.*s", STRVIEW_ARG(cursor));
    if (strview_is(cursor, "0")) {
        tell(frozen);
    }
}

void frozen_look(struct frozen *frozen)
{
    const struct redisconn_command command =
        REDISCONN_COMMAND(STRVIEW("FROZEN"), strview_of(frozen->cursor), STRVIEW(PORTION));
    struct error ignored; /* asked again in a second */
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    if (!frozen->is_asking) {
        frozen->is_asking = view_read(frozen->redis, &arena, &command, 1, on_portion, frozen,
                                      &ignored) == ERROR_NONE;
    }
}

void frozen_expose(const struct frozen *frozen, struct metrics *metrics)
{
    for (size_t state = LINEUP_GAP; state < LINEUP_STATE_COUNT; state++) {
        metrics_set(metrics, METRIC_FROZEN_NOW, state - LINEUP_GAP,
                    (double)frozen->tally.whole.of[state]);
    }
}
