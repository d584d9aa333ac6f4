/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/outbox/outbox_store_internal.h"

/* --- look-ups ------------------------------------------------------------------- */

static void on_in_outbox(void *user, size_t index, const struct pgconn_result *result)
{
    struct errand *errand = user;
    (void)index;
    if (pgconn_row_count(result) == 1) {
        errand->answer =
            (struct tail_mark){.exists = true, .seq = pgconn_value_i64(result, 0, 0), .offset = -1};
        (void)!uuid_parse(pgconn_value(result, 0, 1), &errand->answer.id);
    }
}

void outbox_store_find(struct outbox_store *store, const struct outbox_question *question,
                       outbox_answer *on_answer, void *user)
{
    struct errand *errand = outbox_errand_new(store, OUTBOX_FIND, NULL, NULL, user);
    errand->on_answer = on_answer;
    pgconn_query(store->control, SQL_FIND,
                 (const char *const[]){NUMBER_TEXT(question->shard), NUMBER_TEXT(question->seq),
                                       question->aggregate_type},
                 3);
    pgconn_send_trip(store->control, on_in_outbox, outbox_errand_finish, errand);
}

/* From a column on: transaction, pid, user, application; of no row, nobody. */
static struct foreign_holder holder_of(const struct pgconn_result *result, size_t row,
                                       size_t column)
{
    if (row >= pgconn_row_count(result)) {
        return (struct foreign_holder){.pid = 0};
    }
    return (struct foreign_holder){.transaction = pgconn_value(result, row, column),
                                   .pid = pgconn_value_i64(result, row, column + 1),
                                   .user = pgconn_value(result, row, column + 2),
                                   .application = pgconn_value(result, row, column + 3)};
}

static void tell_waiting(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_backlog_events *events = errand->events;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        struct outbox_waiting waiting = {
            .shard = (int)pgconn_value_i64(result, row, 0),
            .distance = pgconn_value_i64(result, row, 1),
            .oldest_age_ms = pgconn_value_i64(result, row, 2),
            .position = pgconn_value_i64(result, row, 3),
            .owner = pgconn_value(result, row, 4),
            .is_missing = strview_is(pgconn_value(result, row, 5), "t"),
            .holder = holder_of(result, row, 7),
        };
        waiting.holder.table = pgconn_value(result, row, 6);
        events->on_shard(errand->user, &waiting);
    }
}

/* Half of what a position may be (relay_shard_position_range). Nobody draws that many, a million a
 * second for 15,000 years; who set the sequence so would soon have positions that are refused. */
static const int64_t BEYOND_REACH = 500000000000000000;

/* The sequence's last number, the greatest position, and how many a session draws at once. */
static enum error_kind judge_sequence(const struct pgconn_result *result, struct error *err)
{
    enum { LAST = 0, GREATEST, CACHE = 3 };
    const long long last = (long long)pgconn_value_i64(result, 0, LAST);
    const long long greatest = (long long)pgconn_value_i64(result, 0, GREATEST);
    const long long cache = (long long)pgconn_value_i64(result, 0, CACHE);
    if (greatest > BEYOND_REACH) {
        return error_set(
            err, ERROR_CONFLICT,
            "a shard's position, %lld, is no number it ever gave: somebody wrote that; "
            "relay-svc/README.md, How a stop ends",
            greatest);
    }
    if (last < greatest) {
        return error_set(err, ERROR_CONFLICT,
                         "it stands at %lld, below position %lld: it was set back, and rows with "
                         "such numbers would be passed over; SELECT setval('outbox_seq_seq', %lld)",
                         last, greatest, greatest);
    }
    return cache == 1 ? ERROR_NONE
                      : error_set(err, ERROR_CONFLICT,
                                  "it gives each session %lld numbers at once, and rows with those "
                                  "used late would be passed over; ALTER SEQUENCE outbox_seq_seq "
                                  "CACHE 1",
                                  cache);
}

static void on_backlog(void *user, size_t index, const struct pgconn_result *result)
{
    enum { WAITING = 0, SEQUENCE };
    const struct errand *errand = user;
    const struct outbox_backlog_events *events = errand->events;
    if (index == WAITING) {
        tell_waiting(errand, result);
    } else if (index == SEQUENCE) {
        struct error err;
        const bool is_sound = judge_sequence(result, &err) == ERROR_NONE;
        events->on_sequence(errand->user, is_sound ? NULL : &err);
        events->on_lost(errand->user, pgconn_value_i64(result, 0, 2));
    } else {
        const struct foreign_holder holder = holder_of(result, 0, 0);
        events->on_member(errand->user, &holder);
    }
}

void outbox_store_backlog(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          const struct outbox_backlog_events *events, void *user)
{
    outbox_put_leases(held, count, &store->arrays[0], NULL, &store->arrays[1]);
    pgconn_query(store->control, SQL_BACKLOG,
                 (const char *const[]){outbox_array(store, 0), outbox_array(store, 1),
                                       NUMBER_TEXT(store->shards)},
                 3);
    pgconn_query(store->control, SQL_SEQUENCE, NULL, 0);
    pgconn_query(store->control, SQL_MEMBER_HOLDER, (const char *const[]){outbox_owner(store)}, 1);
    pgconn_send_trip(store->control, on_backlog, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_BACKLOG, events, events->on_done, user));
}

static void on_table_locks(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_lock_events *events = errand->events;
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct foreign_holder holder = holder_of(result, row, 1);
        events->on_table(errand->user, pgconn_value(result, row, 0), &holder);
    }
}

void outbox_store_table_locks(struct outbox_store *store, const struct outbox_lock_events *events,
                              void *user)
{
    const char *tables = "{installation,relay_shard,relay_fence,relay_sent,relay_member,outbox}";
    pgconn_query(store->control, SQL_TABLE_LOCKS, &tables, 1);
    pgconn_send_trip(store->control, on_table_locks, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_TABLE_LOCKS, events, events->on_done, user));
}
