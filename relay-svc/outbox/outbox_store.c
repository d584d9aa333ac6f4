/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/outbox/outbox_store.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/activity.h"
#include "relay-svc/outbox/outbox_sql.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READER_TIMEOUT_MS = 35000 }; /* the server ends a read before */
enum {
    ARRAYS_MAX = 8,
    FILLER_COUNT = 1,
    ARRAY_BYTES_MAX = 8 << 20,
    NUMBER_MAX = sizeof "-9223372036854775808"
};

struct outbox_reader {
    struct outbox_store *store;
    struct pgconn *conn;
    int index;
    bool is_reading;
    const struct outbox_read_events *events;
    void *user;
};

static const char *const WORK_NAMES[] = {
    [OUTBOX_BEAT] = "renewing leases",
    [OUTBOX_CLAIM] = "claiming shards",
    [OUTBOX_RELEASE] = "giving shards back",
    [OUTBOX_MARK] = "writing positions",
    [OUTBOX_FIND] = "looking up rows",
    [OUTBOX_BACKLOG] = "counting what waits",
    [OUTBOX_TABLE_LOCKS] = "looking for locked tables",
};
static_assert(sizeof WORK_NAMES / sizeof WORK_NAMES[0] == OUTBOX_WORK_COUNT,
              "every work needs a name");

struct outbox_store {
    struct outbox_store_options options;
    struct activity works[OUTBOX_WORK_COUNT];
    struct pgconn *control;
    struct outbox_reader *readers;
    struct errand *errands; /* in flight */
    struct strbuf arrays[ARRAYS_MAX];
    char lease_ms[NUMBER_MAX];
    bool is_ready;
    bool is_greeting;
    int shards;         /* as the greeting told */
    struct error doubt; /* why not, when every connection is there */
};

static struct strview array(struct outbox_store *store, size_t index)
{
    return strbuf_view(&store->arrays[index]);
}

/* --- trips --------------------------------------------------------------------- */

/* What a trip in flight remembers; freed when it is done. */
struct errand {
    struct errand *next; /* of those in flight */
    struct outbox_store *store;
    enum outbox_work work;
    const void *events;
    void *user;
    outbox_done *on_done;
    outbox_answer *on_answer;
    struct tail_mark answer;
};

static struct errand *errand_new(struct outbox_store *store, enum outbox_work work,
                                 const void *events, outbox_done *on_done, void *user)
{
    struct errand *errand = must_allocate(1, sizeof *errand);
    *errand = (struct errand){
        .next = store->errands,
        .store = store,
        .work = work,
        .events = events,
        .on_done = on_done,
        .user = user,
    };
    store->errands = errand;
    return errand;
}

static void errand_free(struct errand *errand)
{
    struct errand **link = &errand->store->errands;
    while (*link != errand) {
        link = &(*link)->next;
    }
    *link = errand->next;
    free(errand);
}

/* That a connection was lost is its own state, not the work's. */
static void note_outcome(struct errand *errand, const struct pgconn_failure *failure)
{
    struct activity *work = &errand->store->works[errand->work];
    if (failure == NULL) {
        activity_succeeded(work, loop_now_ms());
    } else if (failure->index != SIZE_MAX) {
        (void)activity_failed(work, &failure->err, loop_now_ms(), jitter_draw());
    }
}

static void finish_errand(void *user, const struct pgconn_failure *failure)
{
    struct errand *errand = user;
    const struct error *err = failure == NULL ? NULL : &failure->err;
    note_outcome(errand, failure);
    if (errand->on_answer != NULL) {
        errand->on_answer(errand->user, &errand->answer, err);
    } else {
        errand->on_done(errand->user, err);
    }
    errand_free(errand);
}

static void put_leases(const struct outbox_lease *leases, size_t count, struct strbuf *shards,
                       struct strbuf *epochs, struct strbuf *positions)
{
    struct strbuf *const all[] = {shards, epochs, positions};
    for (size_t column = 0; column < 3; column++) {
        if (all[column] == NULL) {
            continue;
        }
        strbuf_reset(all[column]);
        pgconn_array_open(all[column]);
        for (size_t i = 0; i < count; i++) {
            const int64_t values[] = {leases[i].shard, leases[i].epoch, leases[i].position};
            pgconn_array_i64(all[column], values[column]);
        }
        pgconn_array_close(all[column]);
    }
}

static struct strview owner(const struct outbox_store *store)
{
    return strview_of(store->options.owner);
}

/* --- leases -------------------------------------------------------------------- */

static struct outbox_lease lease_of(const struct pgconn_result *result, size_t row)
{
    return (struct outbox_lease){
        .shard = (int)pgconn_value_i64(result, row, 0),
        .epoch = pgconn_value_i64(result, row, 1),
        .position = pgconn_value_i64(result, row, 2),
    };
}

static void take_beat(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_beat_events *events = errand->events;
    if (index == 0) {
        const struct outbox_members members = {
            .alive = (int)pgconn_value_i64(result, 0, 0),
            .others_reaching = (int)pgconn_value_i64(result, 0, 1),
            .rivals = (int)pgconn_value_i64(result, 0, 2),
            .rival = pgconn_value(result, 0, 3),
            .rival_prefix = pgconn_value(result, 0, 4),
        };
        events->on_members(errand->user, &members);
        return;
    }
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_lease lease = lease_of(result, row);
        events->on_renewed(errand->user, &lease, strview_is(pgconn_value(result, row, 3), "t"));
    }
}

void outbox_store_beat(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                       bool reaches_kafka, const struct outbox_beat_events *events, void *user)
{
    const struct strview lease = strview_of(store->lease_ms);
    put_leases(held, count, &store->arrays[0], &store->arrays[1], NULL);
    pgconn_query(store->control, SQL_SEEN,
                 (const struct strview[]){owner(store), lease,
                                          strview_of(reaches_kafka ? "true" : "false"),
                                          strview_of(store->options.topic_prefix)},
                 4);
    pgconn_query(store->control, SQL_RENEW,
                 (const struct strview[]){owner(store), lease, array(store, 0), array(store, 1)},
                 4);
    pgconn_send_trip(store->control, take_beat, finish_errand,
                     errand_new(store, OUTBOX_BEAT, events, events->on_done, user));
}

static void take_granted(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_claim_events *events = errand->events;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_lease lease = lease_of(result, row);
        events->on_granted(errand->user, &lease);
    }
}

static void take_sent(const struct errand *errand, const struct pgconn_result *result)
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

static void take_claim(void *user, size_t index, const struct pgconn_result *result)
{
    enum { GRANTED = 0, SENT, FLOOR };
    const struct errand *errand = user;
    if (index == GRANTED) {
        take_granted(errand, result);
    } else if (index == SENT) {
        take_sent(errand, result);
    } else if (index == FLOOR && pgconn_row_count(result) == 1) {
        const struct outbox_claim_events *events = errand->events;
        events->on_floor(errand->user, pgconn_value_i64(result, 0, 0));
    }
}

static void send_claim(struct outbox_store *store, const struct outbox_claim_events *events,
                       void *user)
{
    pgconn_query(store->control, SQL_SENT, (const struct strview[]){owner(store)}, 1);
    pgconn_query(store->control, SQL_FLOOR, NULL, 0);
    pgconn_send_trip(store->control, take_claim, finish_errand,
                     errand_new(store, OUTBOX_CLAIM, events, events->on_done, user));
}

void outbox_store_claim(struct outbox_store *store, int max, bool takes_own,
                        const struct outbox_claim_events *events, void *user)
{
    char limit[NUMBER_MAX];
    (void)snprintf(limit, sizeof limit, "%d", max);
    pgconn_query(store->control, SQL_CLAIM,
                 (const struct strview[]){owner(store), strview_of(store->lease_ms),
                                          strview_of(limit),
                                          strview_of(takes_own ? "true" : "false")},
                 4);
    send_claim(store, events, user);
}

void outbox_store_look(struct outbox_store *store, const struct outbox_claim_events *events,
                       void *user)
{
    pgconn_query(store->control, SQL_HELD, (const struct strview[]){owner(store)}, 1);
    send_claim(store, events, user);
}

void outbox_store_release(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          bool is_leaving, outbox_done *on_done, void *user)
{
    put_leases(held, count, &store->arrays[0], &store->arrays[1], NULL);
    pgconn_query(store->control, SQL_RELEASE,
                 (const struct strview[]){owner(store), array(store, 0), array(store, 1)}, 3);
    if (is_leaving) {
        pgconn_query(store->control, SQL_LEAVE, (const struct strview[]){owner(store)}, 1);
    }
    pgconn_send_trip(store->control, NULL, finish_errand,
                     errand_new(store, OUTBOX_RELEASE, NULL, on_done, user));
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
static_assert((int)MARK_COLUMN_COUNT <= (int)ARRAYS_MAX, "one buffer each");

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

static void take_marked(void *user, size_t index, const struct pgconn_result *result)
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
    put_leases(marks, count, &store->arrays[MARK_SHARDS], &store->arrays[MARK_EPOCHS],
               &store->arrays[MARK_POSITIONS]);
    put_sents(store, sents, sent_count);
    struct strview params[1 + MARK_COLUMN_COUNT] = {owner(store)};
    for (size_t i = 0; i < MARK_COLUMN_COUNT; i++) {
        params[1 + i] = array(store, i);
    }
    pgconn_query(store->control, SQL_MARK, params, sizeof params / sizeof params[0]);
    pgconn_send_trip(store->control, take_marked, finish_errand,
                     errand_new(store, OUTBOX_MARK, events, events->on_done, user));
}

/* --- look-ups ------------------------------------------------------------------- */

static void take_answer(void *user, size_t index, const struct pgconn_result *result)
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
    char shard[NUMBER_MAX];
    char seq[NUMBER_MAX];
    (void)snprintf(shard, sizeof shard, "%d", question->shard);
    (void)snprintf(seq, sizeof seq, "%" PRId64, question->seq);
    struct errand *errand = errand_new(store, OUTBOX_FIND, NULL, NULL, user);
    errand->on_answer = on_answer;
    pgconn_query(
        store->control, SQL_FIND,
        (const struct strview[]){strview_of(shard), strview_of(seq), question->aggregate_type}, 3);
    pgconn_send_trip(store->control, take_answer, finish_errand, errand);
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

static void take_waiting(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_backlog_events *events = errand->events;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_waiting waiting = {
            .shard = (int)pgconn_value_i64(result, row, 0),
            .distance = pgconn_value_i64(result, row, 1),
            .oldest_age_ms = pgconn_value_i64(result, row, 2),
            .is_leased = strview_is(pgconn_value(result, row, 3), "t"),
            .is_missing = strview_is(pgconn_value(result, row, 4), "t"),
            .holder = holder_of(result, row, 5),
        };
        events->on_shard(errand->user, &waiting);
    }
}

static void take_backlog(void *user, size_t index, const struct pgconn_result *result)
{
    enum { WAITING = 0, SEQUENCE };
    const struct errand *errand = user;
    const struct outbox_backlog_events *events = errand->events;
    if (index == WAITING) {
        take_waiting(errand, result);
    } else if (index == SEQUENCE) {
        events->on_sequence(errand->user, pgconn_value_i64(result, 0, 0),
                            pgconn_value_i64(result, 0, 1));
    } else {
        const struct foreign_holder holder = holder_of(result, 0, 0);
        events->on_member(errand->user, &holder);
    }
}

void outbox_store_backlog(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          const struct outbox_backlog_events *events, void *user)
{
    char shards[NUMBER_MAX];
    (void)snprintf(shards, sizeof shards, "%d", store->shards);
    put_leases(held, count, &store->arrays[0], NULL, &store->arrays[1]);
    pgconn_query(store->control, SQL_BACKLOG,
                 (const struct strview[]){array(store, 0), array(store, 1), strview_of(shards)}, 3);
    pgconn_query(store->control, SQL_SEQUENCE, NULL, 0);
    pgconn_query(store->control, SQL_MEMBER_HOLDER, (const struct strview[]){owner(store)}, 1);
    pgconn_send_trip(store->control, take_backlog, finish_errand,
                     errand_new(store, OUTBOX_BACKLOG, events, events->on_done, user));
}

static void take_table_locks(void *user, size_t index, const struct pgconn_result *result)
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
    const struct strview tables =
        STRVIEW("{installation,relay_shard,relay_sent,relay_member,outbox}");
    pgconn_query(store->control, SQL_TABLE_LOCKS, &tables, 1);
    pgconn_send_trip(store->control, take_table_locks, finish_errand,
                     errand_new(store, OUTBOX_TABLE_LOCKS, events, events->on_done, user));
}

/* --- reading -------------------------------------------------------------------- */

bool outbox_store_reader_is_free(const struct outbox_store *store, int reader)
{
    return store->is_ready && !store->readers[reader].is_reading;
}

static size_t row_bytes(const struct outbox_row *row)
{
    return row->payload.len + row->aggregate_id.len + row->type.len + row->traceparent.len;
}

static void take_rows(void *user, size_t index, const struct pgconn_result *result)
{
    struct outbox_reader *reader = user;
    (void)index;
    for (size_t i = 0; i < pgconn_row_count(result); i++) {
        struct outbox_row row = {
            .shard = (int)pgconn_value_i64(result, i, ROW_SHARD),
            .seq = pgconn_value_i64(result, i, ROW_SEQ),
            .aggregate_type = pgconn_value(result, i, ROW_AGGREGATE_TYPE),
            .aggregate_id = pgconn_value(result, i, ROW_AGGREGATE_ID),
            .type = pgconn_value(result, i, ROW_TYPE),
            .payload = pgconn_value(result, i, ROW_PAYLOAD),
            .version = pgconn_value(result, i, ROW_VERSION),
            .occurred_at = pgconn_value(result, i, ROW_OCCURRED_AT),
            .correlation_id = pgconn_value(result, i, ROW_CORRELATION_ID),
            .causation_id = pgconn_value(result, i, ROW_CAUSATION_ID),
            .traceparent = pgconn_value(result, i, ROW_TRACEPARENT),
        };
        (void)!uuid_parse(pgconn_value(result, i, ROW_ID), &row.id);
        row.bytes = row_bytes(&row);
        reader->events->on_row(reader->user, reader->index, &row);
    }
}

/* PostgreSQL manual, appendix A: what lies there cannot be read, and no later attempt can. */
static bool is_damage(const char *sqlstate)
{
    return strcmp(sqlstate, "XX001") == 0 || strcmp(sqlstate, "XX002") == 0 ||
           strncmp(sqlstate, "22", 2) == 0;
}

static void finish_read(void *user, const struct pgconn_failure *failure)
{
    struct outbox_reader *reader = user;
    reader->is_reading = false;
    if (failure == NULL) {
        reader->events->on_done(reader->user, reader->index, NULL);
        return;
    }
    const struct outbox_read_failure told = {.err = failure->err,
                                             .is_lost = failure->index == SIZE_MAX,
                                             .is_damage = is_damage(failure->sqlstate)};
    reader->events->on_done(reader->user, reader->index, &told);
}

static void begin_reading(struct outbox_reader *reader, const struct outbox_read_events *events,
                          void *user)
{
    assert(!reader->is_reading);
    reader->is_reading = true;
    reader->events = events;
    reader->user = user;
}

void outbox_store_read(struct outbox_store *store, int index, const struct outbox_range *ranges,
                       size_t count, const struct outbox_read_events *events, void *user)
{
    enum { COLUMNS = 4 };
    struct outbox_reader *reader = &store->readers[index];
    begin_reading(reader, events, user);
    for (size_t column = 0; column < COLUMNS; column++) {
        struct strbuf *buf = &store->arrays[column];
        strbuf_reset(buf);
        pgconn_array_open(buf);
        for (size_t i = 0; i < count; i++) {
            const int64_t values[COLUMNS] = {ranges[i].shard, ranges[i].epoch, ranges[i].after,
                                             ranges[i].rows};
            pgconn_array_i64(buf, values[column]);
        }
        pgconn_array_close(buf);
    }
    pgconn_query(reader->conn, SQL_READ,
                 (const struct strview[]){array(store, 0), array(store, 1), array(store, 2),
                                          array(store, 3), owner(store)},
                 5);
    pgconn_send_trip(reader->conn, take_rows, finish_read, reader);
}

void outbox_store_fill(struct outbox_store *store, const struct outbox_range *range,
                       struct strview aggregate_type, int64_t upto,
                       const struct outbox_read_events *events, void *user)
{
    struct outbox_reader *reader = &store->readers[store->options.readers];
    const int64_t numbers[] = {range->shard, range->epoch, range->after, upto, range->rows};
    enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
    char texts[NUMBERS][NUMBER_MAX];
    struct strview params[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%" PRId64, numbers[i]);
        params[i] = strview_of(texts[i]);
    }
    begin_reading(reader, events, user);
    pgconn_query(reader->conn, SQL_FILL,
                 (const struct strview[]){params[0], params[1], params[2], params[3],
                                          aggregate_type, params[4], owner(store)},
                 7);
    pgconn_send_trip(reader->conn, take_rows, finish_read, reader);
}

/* --- life ------------------------------------------------------------------------ */

static int reader_count(const struct outbox_store *store)
{
    return store->options.readers + FILLER_COUNT;
}

static bool is_whole(const struct outbox_store *store)
{
    bool is_whole = pgconn_is_ready(store->control);
    for (int i = 0; i < reader_count(store); i++) {
        is_whole = is_whole && pgconn_is_ready(store->readers[i].conn);
    }
    return is_whole;
}

static void take_installation(void *user, size_t index, const struct pgconn_result *result)
{
    struct outbox_store *store = user;
    if (index == 0 && pgconn_row_count(result) == 1) {
        store->shards = (int)pgconn_value_i64(result, 0, 0);
    }
}

static void finish_greeting(void *user, const struct pgconn_failure *failure)
{
    struct outbox_store *store = user;
    store->is_greeting = false;
    if (failure != NULL) {
        store->doubt = failure->err;
    } else if (store->shards == 0) {
        (void)error_set(&store->doubt, ERROR_TRANSIENT,
                        "the database is not migrated: run command-svc migrate");
    } else if (is_whole(store)) {
        store->is_ready = true;
        for (size_t i = 0; i < OUTBOX_WORK_COUNT; i++) {
            activity_succeeded(&store->works[i], loop_now_ms()); /* what failed before is over */
        }
        store->options.on_ready(store->options.user, store->shards);
    }
}

/* Begins as soon as the last connection has come. */
static void greet(struct outbox_store *store)
{
    if (!is_whole(store) || store->is_greeting) {
        return;
    }
    store->is_greeting = true;
    store->shards = 0;
    pgconn_query(store->control, SQL_INSTALLATION, NULL, 0);
    pgconn_query(store->control, SQL_LISTEN, NULL, 0);
    pgconn_send_trip(store->control, take_installation, finish_greeting, store);
}

static void welcome_control(void *user)
{
    greet(user);
}

static void welcome_reader(void *user)
{
    const struct outbox_reader *reader = user;
    greet(reader->store);
}

static void lose(struct outbox_store *store, const struct error *err)
{
    store->doubt = *err;
    if (store->is_ready) {
        store->is_ready = false;
        store->options.on_lost(store->options.user);
    }
}

static void lose_control(void *user, const struct error *err)
{
    lose(user, err);
}

static void lose_reader(void *user, const struct error *err)
{
    const struct outbox_reader *reader = user;
    lose(reader->store, err);
}

static void hear_bell(void *user, struct strview channel)
{
    struct outbox_store *store = user;
    (void)channel;
    store->options.on_bell(store->options.user);
}

static enum error_kind open_reader(struct outbox_store *store, struct loop *loop, int index,
                                   struct error *err)
{
    struct outbox_reader *reader = &store->readers[index];
    *reader = (struct outbox_reader){.store = store, .index = index};
    const struct pgconn_options options = {
        .url = store->options.url,
        .application_name = "relay-svc reader",
        .setup_sql = OUTBOX_READER_SETUP,
        .reply_timeout_ms = READER_TIMEOUT_MS,
        .statements = OUTBOX_READER_SQL,
        .statement_count = READER_STATEMENT_COUNT,
        .by_row = true,
        .on_ready = welcome_reader,
        .on_lost = lose_reader,
        .user = reader,
    };
    return pgconn_new(loop, &options, &reader->conn, err);
}

static enum error_kind open_all(struct outbox_store *store, struct loop *loop, struct error *err)
{
    const struct pgconn_options options = {
        .url = store->options.url,
        .application_name = "relay-svc",
        .setup_sql = OUTBOX_CONTROL_SETUP,
        .statements = OUTBOX_CONTROL_SQL,
        .statement_count = CONTROL_STATEMENT_COUNT,
        .on_ready = welcome_control,
        .on_lost = lose_control,
        .on_notify = hear_bell,
        .user = store,
    };
    enum error_kind kind = pgconn_new(loop, &options, &store->control, err);
    for (int i = 0; kind == ERROR_NONE && i < reader_count(store); i++) {
        kind = open_reader(store, loop, i, err);
    }
    return kind;
}

enum error_kind outbox_store_new(struct loop *loop, const struct outbox_store_options *options,
                                 struct outbox_store **ret_store, struct error *err)
{
    struct outbox_store *store = must_allocate(1, sizeof *store);
    struct outbox_reader *readers =
        must_allocate((size_t)options->readers + FILLER_COUNT, sizeof *readers);
    store->options = *options;
    store->readers = readers;
    (void)snprintf(store->lease_ms, sizeof store->lease_ms, "%" PRId64, options->lease_ms);
    (void)error_set(&store->doubt, ERROR_TRANSIENT, "not connected yet");
    for (size_t i = 0; i < OUTBOX_WORK_COUNT; i++) {
        activity_init(&store->works[i], WORK_NAMES[i]);
    }
    for (size_t i = 0; i < ARRAYS_MAX; i++) {
        strbuf_init(&store->arrays[i], ARRAY_BYTES_MAX);
    }
    if (open_all(store, loop, err) != ERROR_NONE) {
        outbox_store_free(store);
        return err->kind;
    }
    *ret_store = store;
    return ERROR_NONE;
}

void outbox_store_free(struct outbox_store *store)
{
    if (store == NULL) {
        return;
    }
    for (int i = 0; i < reader_count(store); i++) {
        pgconn_free(store->readers[i].conn);
    }
    pgconn_free(store->control);
    while (store->errands != NULL) { /* whose trips were forgotten with the connection */
        errand_free(store->errands);
    }
    for (size_t i = 0; i < ARRAYS_MAX; i++) {
        strbuf_done(&store->arrays[i]);
    }
    free(store->readers);
    free(store);
}

enum error_kind outbox_store_state(const struct outbox_store *store, struct error *err)
{
    if (store->is_ready) {
        return ERROR_NONE;
    }
    if (!pgconn_is_ready(store->control)) {
        return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(store->control));
    }
    for (int i = 0; i < reader_count(store); i++) {
        if (!pgconn_is_ready(store->readers[i].conn)) {
            return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(store->readers[i].conn));
        }
    }
    *err = store->doubt;
    return ERROR_TRANSIENT;
}

enum error_kind outbox_store_probe(const struct outbox_store *store, struct error *err)
{
    enum error_kind kind = ERROR_NONE;
    for (size_t i = 0; kind == ERROR_NONE && i < OUTBOX_WORK_COUNT; i++) {
        kind = activity_probe_lately(&store->works[i], loop_now_ms(), err);
    }
    return kind;
}
