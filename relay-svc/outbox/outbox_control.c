/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/outbox/outbox_store_internal.h"

#include <assert.h>

/* --- leases -------------------------------------------------------------------- */

static struct outbox_lease lease_of(const struct pgconn_result *result, size_t row)
{
    return (struct outbox_lease){
        .shard = (int)pgconn_value_i64(result, row, 0),
        .epoch = pgconn_value_i64(result, row, 1),
        .position = pgconn_value_i64(result, row, 2),
    };
}

static void on_beat(void *user, size_t index, const struct pgconn_result *result)
{
    enum { SEEN = 0, RENEW };
    const struct errand *errand = user;
    const struct outbox_beat_events *events = errand->events;
    if (index == SEEN) {
        const struct outbox_members members = {
            .alive = (int)pgconn_value_i64(result, 0, 0),
            .others_reaching = (int)pgconn_value_i64(result, 0, 1),
            .rivals = (int)pgconn_value_i64(result, 0, 2),
            .rival = pgconn_value(result, 0, 3),
            .rival_prefix = pgconn_value(result, 0, 4),
            .rival_cluster = pgconn_value(result, 0, 5),
        };
        events->on_members(errand->user, &members);
        return;
    }
    for (size_t row = 0; index == RENEW && row < pgconn_row_count(result); row++) {
        const struct outbox_lease lease = lease_of(result, row);
        events->on_renewed(errand->user, &lease, strview_is(pgconn_value(result, row, 3), "t"));
    }
}

static_assert(OUTBOX_LEASE_MAX_S == 300, "what SQL_CUT cuts a lease to");

void outbox_store_beat(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                       const struct outbox_self *self, const struct outbox_beat_events *events,
                       void *user)
{
    const char *lease = store->lease_ms;
    outbox_put_leases(held, count, &store->arrays[0], &store->arrays[1], NULL);
    pgconn_query(store->control, SQL_SEEN,
                 (const char *const[]){outbox_owner(store), lease,
                                       self->reaches_kafka ? "true" : "false", self->topic_prefix,
                                       self->kafka_cluster},
                 5);
    pgconn_query(store->control, SQL_RENEW,
                 (const char *const[]){outbox_owner(store), lease, outbox_array(store, 0),
                                       outbox_array(store, 1)},
                 4);
    pgconn_query(store->control, SQL_CUT, NULL, 0);
    pgconn_send_trip(store->control, on_beat, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_BEAT, events, events->on_done, user));
}

static void tell_granted(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_claim_events *events = errand->events;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_lease lease = lease_of(result, row);
        events->on_granted(errand->user, &lease);
    }
}

static void tell_sent(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_claim_events *events = errand->events;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        struct outbox_sent sent = {
            .shard = (int)pgconn_value_i64(result, row, 0),
            .topic = pgconn_value(result, row, 1),
            .mark = {.complete_to = pgconn_value_i64(result, row, 4)},
        };
        if (pgconn_value(result, row, 2).data != NULL) {
            sent.mark.sent = (struct tail_mark){
                .exists = true, .seq = pgconn_value_i64(result, row, 2), .offset = -1};
            (void)!uuid_parse(pgconn_value(result, row, 3), &sent.mark.sent.id);
        }
        events->on_sent(errand->user, &sent);
    }
}

static void tell_parked(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_claim_events *events = errand->events;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_parked parked = {
            .shard = (int)pgconn_value_i64(result, row, 0),
            .key = {.type = pgconn_value(result, row, 1), .id = pgconn_value(result, row, 2)},
            .seq = pgconn_value_i64(result, row, 3),
        };
        events->on_parked(errand->user, &parked);
    }
}

static void on_claim(void *user, size_t index, const struct pgconn_result *result)
{
    enum { GRANTED = 0, SENT, PARKED, FLOOR };
    const struct errand *errand = user;
    if (index == GRANTED) {
        tell_granted(errand, result);
    } else if (index == SENT) {
        tell_sent(errand, result);
    } else if (index == PARKED) {
        tell_parked(errand, result);
    } else if (index == FLOOR && pgconn_row_count(result) == 1) {
        const struct outbox_claim_events *events = errand->events;
        const struct outbox_bounds bounds = {.floor = pgconn_value_i64(result, 0, 0),
                                             .lost_below = pgconn_value_i64(result, 0, 1),
                                             .next = pgconn_value_i64(result, 0, 2)};
        events->on_floor(errand->user, &bounds);
    }
}

static void send_claim(struct outbox_store *store, const struct outbox_claim_events *events,
                       void *user)
{
    pgconn_query(store->control, SQL_SENT, (const char *const[]){outbox_owner(store)}, 1);
    pgconn_query(store->control, SQL_PARKED, (const char *const[]){outbox_owner(store)}, 1);
    pgconn_query(store->control, SQL_FLOOR, NULL, 0);
    pgconn_send_trip(store->control, on_claim, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_CLAIM, events, events->on_done, user));
}

void outbox_store_claim(struct outbox_store *store, int max, bool takes_own,
                        const struct outbox_claim_events *events, void *user)
{
    pgconn_query(store->control, SQL_CLAIM,
                 (const char *const[]){outbox_owner(store), store->lease_ms, NUMBER_TEXT(max),
                                       takes_own ? "true" : "false"},
                 4);
    send_claim(store, events, user);
}

void outbox_store_look(struct outbox_store *store, const struct outbox_claim_events *events,
                       void *user)
{
    pgconn_query(store->control, SQL_HELD, (const char *const[]){outbox_owner(store)}, 1);
    send_claim(store, events, user);
}

void outbox_store_release(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          bool is_leaving, outbox_done *on_done, void *user)
{
    outbox_put_leases(held, count, &store->arrays[0], &store->arrays[1], NULL);
    pgconn_query(
        store->control, SQL_RELEASE,
        (const char *const[]){outbox_owner(store), outbox_array(store, 0), outbox_array(store, 1)},
        3);
    if (is_leaving) {
        pgconn_query(store->control, SQL_LEAVE, (const char *const[]){outbox_owner(store)}, 1);
    }
    pgconn_send_trip(store->control, NULL, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_RELEASE, NULL, on_done, user));
}

/* --- marks ---------------------------------------------------------------------- */

/* The columns of a mark; each an array. */
enum mark_column {
    MARK_SHARDS = 0,
    MARK_EPOCHS,
    MARK_POSITIONS,
    MARK_TOPIC_SHARDS,
    MARK_TOPICS,
    MARK_SEQS,
    MARK_IDS,
    MARK_COMPLETE,
    MARK_COLUMN_COUNT
};
static_assert((int)MARK_COLUMN_COUNT <= (int)OUTBOX_ARRAYS_MAX, "one buffer each");

static void put_sent(struct outbox_store *store, const struct outbox_sent *sent)
{
    const struct tail_mark *newest = &sent->mark.sent;
    pgconn_array_i64(&store->arrays[MARK_TOPIC_SHARDS], sent->shard);
    pgconn_array_text(&store->arrays[MARK_TOPICS], sent->topic);
    if (newest->exists) {
        pgconn_array_i64(&store->arrays[MARK_SEQS], newest->seq);
        pgconn_array_text(&store->arrays[MARK_IDS], uuid_view(&newest->id));
    } else {
        pgconn_array_text(&store->arrays[MARK_SEQS], (struct strview){0});
        pgconn_array_text(&store->arrays[MARK_IDS], (struct strview){0});
    }
    pgconn_array_i64(&store->arrays[MARK_COMPLETE], sent->mark.complete_to);
}

static void put_sents(struct outbox_store *store, const struct outbox_sent *sents, size_t count)
{
    for (size_t i = MARK_TOPIC_SHARDS; i < MARK_COLUMN_COUNT; i++) {
        strbuf_reset(&store->arrays[i]);
        pgconn_array_open(&store->arrays[i]);
    }
    for (size_t i = 0; i < count; i++) {
        put_sent(store, &sents[i]);
    }
    for (size_t i = MARK_TOPIC_SHARDS; i < MARK_COLUMN_COUNT; i++) {
        pgconn_array_close(&store->arrays[i]);
    }
}

static void on_marked(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_mark_events *events = errand->events;
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        events->on_marked(errand->user, (int)pgconn_value_i64(result, row, 0));
    }
}

void outbox_store_mark(struct outbox_store *store, const struct outbox_lease *marks, size_t count,
                       const struct outbox_sent *sents, size_t sent_count,
                       const struct outbox_mark_events *events, void *user)
{
    outbox_put_leases(marks, count, &store->arrays[MARK_SHARDS], &store->arrays[MARK_EPOCHS],
                      &store->arrays[MARK_POSITIONS]);
    put_sents(store, sents, sent_count);
    const char *params[1 + MARK_COLUMN_COUNT] = {outbox_owner(store)};
    for (size_t i = 0; i < MARK_COLUMN_COUNT; i++) {
        params[1 + i] = outbox_array(store, i);
    }
    pgconn_query(store->control, SQL_MARK, params, sizeof params / sizeof params[0]);
    pgconn_send_trip(store->control, on_marked, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_MARK, events, events->on_done, user));
}
