/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/shell/outbox_store.h"

#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/pgconn.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARRAYS_MAX = 8, ARRAY_BYTES_MAX = 8 << 20, NUMBER_MAX = sizeof "-9223372036854775808" };

/* --- statements ---------------------------------------------------------------- */

enum control_statement {
    SQL_INSTALLATION = 0,
    SQL_LISTEN,
    SQL_SEEN,
    SQL_RENEW,
    SQL_CLAIM,
    SQL_SENT,
    SQL_MARK,
    SQL_RELEASE,
    SQL_LEAVE,
    SQL_FIND,
    SQL_BACKLOG,
    CONTROL_STATEMENT_COUNT
};

/* Times are PostgreSQL's: relays on different machines compare leases by one clock. */
static const struct pgconn_statement CONTROL_STATEMENTS[] = {
    [SQL_INSTALLATION] = {"SELECT shards FROM installation", 0},
    [SQL_LISTEN] = {"LISTEN outbox", 0},
    /* $1 owner, $2 lease in ms; a member not seen for two leases is gone */
    [SQL_SEEN] = {"WITH seen AS ("
                  "  INSERT INTO relay_member (owner, seen_at) VALUES ($1, clock_timestamp())"
                  "  ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at),"
                  " gone AS ("
                  "  DELETE FROM relay_member WHERE owner <> $1"
                  "   AND seen_at < clock_timestamp() - $2::bigint * interval '2 ms')"
                  " SELECT 1 + count(*) FROM relay_member WHERE owner <> $1"
                  "   AND seen_at >= clock_timestamp() - $2::bigint * interval '1 ms'",
                  2},
    [SQL_RENEW] = {"UPDATE relay_shard r"
                   " SET lease_until = clock_timestamp() + $2::bigint * interval '1 ms'"
                   " FROM unnest($3::smallint[], $4::bigint[]) AS h(shard, epoch)"
                   " WHERE r.shard = h.shard AND r.epoch = h.epoch AND r.owner = $1"
                   " RETURNING r.shard, r.epoch, r.position",
                   4},
    /* $3 how many, $4 whether leases under our own name may be taken */
    [SQL_CLAIM] = {"WITH free AS MATERIALIZED ("
                   "  SELECT shard FROM relay_shard"
                   "  WHERE owner IS NULL OR lease_until < clock_timestamp()"
                   "   OR ($4::boolean AND owner = $1)"
                   "  ORDER BY shard LIMIT $3::int FOR UPDATE SKIP LOCKED)"
                   " UPDATE relay_shard r SET owner = $1, epoch = r.epoch + 1,"
                   "  lease_until = clock_timestamp() + $2::bigint * interval '1 ms'"
                   " FROM free WHERE r.shard = free.shard RETURNING r.shard, r.epoch, r.position",
                   4},
    [SQL_SENT] = {"SELECT s.shard, s.topic, s.seq, s.id FROM relay_sent s"
                  " JOIN relay_shard r USING (shard) WHERE r.owner = $1",
                  1},
    /* $2-$4 shards, epochs, positions; $5-$8 shards, topics, seqs, ids */
    [SQL_MARK] = {"WITH marked AS ("
                  "  UPDATE relay_shard r SET position = m.position"
                  "  FROM unnest($2::smallint[], $3::bigint[], $4::bigint[])"
                  "   AS m(shard, epoch, position)"
                  "  WHERE r.shard = m.shard AND r.epoch = m.epoch AND r.owner = $1"
                  "  RETURNING r.shard)"
                  " INSERT INTO relay_sent (shard, topic, seq, id)"
                  " SELECT s.shard, s.topic, s.seq, s.id"
                  " FROM unnest($5::smallint[], $6::text[], $7::bigint[], $8::uuid[])"
                  "  AS s(shard, topic, seq, id) JOIN marked USING (shard)"
                  " ON CONFLICT (shard, topic) DO UPDATE SET seq = excluded.seq, id = excluded.id",
                  8},
    [SQL_RELEASE] = {"UPDATE relay_shard r SET owner = NULL, lease_until = NULL"
                     " FROM unnest($2::smallint[], $3::bigint[]) AS h(shard, epoch)"
                     " WHERE r.shard = h.shard AND r.epoch = h.epoch AND r.owner = $1",
                     3},
    [SQL_LEAVE] = {"DELETE FROM relay_member WHERE owner = $1", 1},
    [SQL_FIND] = {"SELECT seq, id FROM outbox"
                  " WHERE shard = $1::smallint AND seq = $2::bigint AND aggregatetype = $3",
                  3},
    [SQL_BACKLOG] = {"SELECT coalesce(sum(greatest(newest.seq - w.after, 0)), 0)::bigint,"
                     "  (1000 * coalesce(max(extract(epoch FROM clock_timestamp()"
                     "   - oldest.occurred_at)), 0))::bigint"
                     " FROM unnest($1::smallint[], $2::bigint[]) AS w(shard, after)"
                     " CROSS JOIN LATERAL (SELECT seq FROM outbox WHERE outbox.shard = w.shard"
                     "  ORDER BY outbox.seq DESC LIMIT 1) AS newest"
                     " LEFT JOIN LATERAL (SELECT occurred_at FROM outbox"
                     "  WHERE outbox.shard = w.shard AND outbox.seq > w.after"
                     "  ORDER BY outbox.seq LIMIT 1) AS oldest ON true",
                     2},
};
static_assert(sizeof CONTROL_STATEMENTS / sizeof CONTROL_STATEMENTS[0] == CONTROL_STATEMENT_COUNT,
              "every statement needs its text");

/* The order of columns in a row read; outbox_row is filled by it. */
enum row_column {
    ROW_SHARD = 0,
    ROW_SEQ,
    ROW_ID,
    ROW_AGGREGATE_TYPE,
    ROW_AGGREGATE_ID,
    ROW_TYPE,
    ROW_PAYLOAD,
    ROW_VERSION,
    ROW_OCCURRED_AT,
    ROW_CORRELATION_ID,
    ROW_CAUSATION_ID,
    ROW_TRACEPARENT,
    ROW_COLUMN_COUNT
};

/*
 * Walks the primary key (shard, seq) from each position on: it costs what it
 * returns, whatever the backlog. Rows come only under a lease that this very
 * database holds for us, in the same snapshot.
 */
static const struct pgconn_statement READER_STATEMENTS[] = {
    {"SELECT o.shard, o.seq, o.id, o.aggregatetype, o.aggregateid, o.type, o.payload,"
     "  o.aggregateversion, o.occurred_at, o.headers->>'correlation_id',"
     "  o.headers->>'causation_id', o.headers->>'traceparent'"
     " FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS w(shard, epoch, after)"
     " CROSS JOIN LATERAL (SELECT * FROM outbox"
     "  WHERE outbox.shard = w.shard AND outbox.seq > w.after"
     "  ORDER BY outbox.seq LIMIT $4::int) AS o"
     " WHERE w.epoch = (SELECT r.epoch FROM relay_shard r WHERE r.shard = w.shard AND r.owner = "
     "$5)",
     5},
};

/* The planner knows nothing of a fresh outbox and must not sort it; times come in UTC. */
static const char READER_SETUP[] =
    "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
    " set_config('plan_cache_mode', 'force_generic_plan', false),"
    " set_config('enable_seqscan', 'off', false), set_config('enable_sort', 'off', false),"
    " set_config('enable_bitmapscan', 'off', false), set_config('jit', 'off', false),"
    " set_config('statement_timeout', '30s', false)";

static const char CONTROL_SETUP[] = "SELECT set_config('jit', 'off', false),"
                                    " set_config('enable_seqscan', 'off', false),"
                                    " set_config('statement_timeout', '10s', false)";

struct outbox_reader {
    struct outbox_store *store;
    struct pgconn *conn;
    int index;
    bool is_reading;
    const struct outbox_read_events *events;
    void *user;
};

struct outbox_store {
    struct outbox_store_options options;
    struct pgconn *control;
    struct outbox_reader *readers;
    struct strbuf arrays[ARRAYS_MAX];
    char lease_ms[NUMBER_MAX];
    bool is_ready;
    bool is_greeting;
    struct error doubt; /* why not, when every connection is there */
};

static struct strview array(struct outbox_store *store, size_t index)
{
    return strbuf_view(&store->arrays[index]);
}

/* --- trips --------------------------------------------------------------------- */

/* What a trip in flight remembers; freed when it is done. */
struct errand {
    const void *events;
    void *user;
    outbox_done *on_done;
    outbox_answer *on_answer;
    outbox_backlog_done *on_backlog;
    struct tail_mark answer;
    struct outbox_backlog backlog;
};

static struct errand *errand_new(const void *events, outbox_done *on_done, void *user)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL) {
        abort(); /* a hundred bytes: nothing is left to decide */
    }
    *errand = (struct errand){.events = events, .on_done = on_done, .user = user};
    return errand;
}

static void finish_errand(void *user, const struct pgconn_failure *failure)
{
    struct errand *errand = user;
    const struct error *err = failure == NULL ? NULL : &failure->err;
    if (errand->on_answer != NULL) {
        errand->on_answer(errand->user, &errand->answer, err);
    } else if (errand->on_backlog != NULL) {
        errand->on_backlog(errand->user, &errand->backlog, err);
    } else {
        errand->on_done(errand->user, err);
    }
    free(errand);
}

/* A refusal to queue comes back through the trip's outcome, so there is one place to handle it. */
static void ask(struct pgconn *conn, size_t statement, const struct strview *params, size_t count)
{
    struct error ignored;
    (void)!pgconn_query(conn, statement, params, count, &ignored);
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
        events->on_members(errand->user, (int)pgconn_value_i64(result, 0, 0));
        return;
    }
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_lease lease = lease_of(result, row);
        events->on_renewed(errand->user, &lease);
    }
}

void outbox_store_beat(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                       const struct outbox_beat_events *events, void *user)
{
    const struct strview lease = strview_of(store->lease_ms);
    put_leases(held, count, &store->arrays[0], &store->arrays[1], NULL);
    ask(store->control, SQL_SEEN, (const struct strview[]){owner(store), lease}, 2);
    ask(store->control, SQL_RENEW,
        (const struct strview[]){owner(store), lease, array(store, 0), array(store, 1)}, 4);
    pgconn_send_trip(store->control, take_beat, finish_errand,
                     errand_new(events, events->on_done, user));
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
            .mark = {.exists = true, .seq = pgconn_value_i64(result, row, 2), .offset = -1},
        };
        (void)!uuid_parse(pgconn_value(result, row, 3), &sent.mark.id);
        events->on_sent(errand->user, &sent);
    }
}

static void take_claim(void *user, size_t index, const struct pgconn_result *result)
{
    if (index == 0) {
        take_granted(user, result);
    } else {
        take_sent(user, result);
    }
}

void outbox_store_claim(struct outbox_store *store, int max, bool takes_own,
                        const struct outbox_claim_events *events, void *user)
{
    char limit[NUMBER_MAX];
    (void)snprintf(limit, sizeof limit, "%d", max);
    ask(store->control, SQL_CLAIM,
        (const struct strview[]){owner(store), strview_of(store->lease_ms), strview_of(limit),
                                 strview_of(takes_own ? "true" : "false")},
        4);
    ask(store->control, SQL_SENT, (const struct strview[]){owner(store)}, 1);
    pgconn_send_trip(store->control, take_claim, finish_errand,
                     errand_new(events, events->on_done, user));
}

void outbox_store_release(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          bool is_leaving, outbox_done *on_done, void *user)
{
    put_leases(held, count, &store->arrays[0], &store->arrays[1], NULL);
    ask(store->control, SQL_RELEASE,
        (const struct strview[]){owner(store), array(store, 0), array(store, 1)}, 3);
    if (is_leaving) {
        ask(store->control, SQL_LEAVE, (const struct strview[]){owner(store)}, 1);
    }
    pgconn_send_trip(store->control, NULL, finish_errand, errand_new(NULL, on_done, user));
}

/* --- marks ---------------------------------------------------------------------- */

static void put_sents(struct outbox_store *store, const struct outbox_sent *sents, size_t count)
{
    enum { SHARDS = 3, TOPICS, SEQS, IDS };
    for (size_t i = SHARDS; i <= IDS; i++) {
        strbuf_reset(&store->arrays[i]);
        pgconn_array_open(&store->arrays[i]);
    }
    for (size_t i = 0; i < count; i++) {
        pgconn_array_i64(&store->arrays[SHARDS], sents[i].shard);
        pgconn_array_text(&store->arrays[TOPICS], sents[i].topic);
        pgconn_array_i64(&store->arrays[SEQS], sents[i].mark.seq);
        pgconn_array_text(&store->arrays[IDS], uuid_view(&sents[i].mark.id));
    }
    for (size_t i = SHARDS; i <= IDS; i++) {
        pgconn_array_close(&store->arrays[i]);
    }
}

void outbox_store_mark(struct outbox_store *store, const struct outbox_lease *marks, size_t count,
                       const struct outbox_sent *sents, size_t sent_count, outbox_done *on_done,
                       void *user)
{
    put_leases(marks, count, &store->arrays[0], &store->arrays[1], &store->arrays[2]);
    put_sents(store, sents, sent_count);
    struct strview params[8] = {owner(store)};
    for (size_t i = 1; i < sizeof params / sizeof params[0]; i++) {
        params[i] = array(store, i - 1);
    }
    ask(store->control, SQL_MARK, params, sizeof params / sizeof params[0]);
    pgconn_send_trip(store->control, NULL, finish_errand, errand_new(NULL, on_done, user));
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
    struct errand *errand = errand_new(NULL, NULL, user);
    errand->on_answer = on_answer;
    ask(store->control, SQL_FIND,
        (const struct strview[]){strview_of(shard), strview_of(seq), question->aggregate_type}, 3);
    pgconn_send_trip(store->control, take_answer, finish_errand, errand);
}

static void take_backlog(void *user, size_t index, const struct pgconn_result *result)
{
    struct errand *errand = user;
    (void)index;
    errand->backlog = (struct outbox_backlog){.distance = pgconn_value_i64(result, 0, 0),
                                              .oldest_age_ms = pgconn_value_i64(result, 0, 1)};
}

void outbox_store_backlog(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          outbox_backlog_done *on_done, void *user)
{
    struct errand *errand = errand_new(NULL, NULL, user);
    errand->on_backlog = on_done;
    put_leases(held, count, &store->arrays[0], NULL, &store->arrays[1]);
    ask(store->control, SQL_BACKLOG, (const struct strview[]){array(store, 0), array(store, 1)}, 2);
    pgconn_send_trip(store->control, take_backlog, finish_errand, errand);
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

static void finish_read(void *user, const struct pgconn_failure *failure)
{
    struct outbox_reader *reader = user;
    reader->is_reading = false;
    reader->events->on_done(reader->user, reader->index, failure == NULL ? NULL : &failure->err);
}

void outbox_store_read(struct outbox_store *store, int index, const struct outbox_range *ranges,
                       size_t count, int limit, const struct outbox_read_events *events, void *user)
{
    struct outbox_reader *reader = &store->readers[index];
    char limit_text[NUMBER_MAX];
    assert(!reader->is_reading);
    (void)snprintf(limit_text, sizeof limit_text, "%d", limit);
    enum { COLUMNS = 3 };
    for (size_t column = 0; column < COLUMNS; column++) {
        struct strbuf *buf = &store->arrays[column];
        strbuf_reset(buf);
        pgconn_array_open(buf);
        for (size_t i = 0; i < count; i++) {
            const int64_t values[COLUMNS] = {ranges[i].shard, ranges[i].epoch, ranges[i].after};
            pgconn_array_i64(buf, values[column]);
        }
        pgconn_array_close(buf);
    }
    reader->is_reading = true;
    reader->events = events;
    reader->user = user;
    ask(reader->conn, 0,
        (const struct strview[]){array(store, 0), array(store, 1), array(store, 2),
                                 strview_of(limit_text), owner(store)},
        5);
    pgconn_send_trip(reader->conn, take_rows, finish_read, reader);
}

/* --- life ------------------------------------------------------------------------ */

static bool is_whole(const struct outbox_store *store)
{
    bool is_whole = pgconn_is_ready(store->control);
    for (int i = 0; i < store->options.readers; i++) {
        is_whole = is_whole && pgconn_is_ready(store->readers[i].conn);
    }
    return is_whole;
}

static void take_installation(void *user, size_t index, const struct pgconn_result *result)
{
    int *shards = user;
    if (index == 0 && pgconn_row_count(result) == 1) {
        *shards = (int)pgconn_value_i64(result, 0, 0);
    }
}

struct greeting {
    int shards; /* first, so that take_installation() can be given the whole */
    struct outbox_store *store;
};

static void finish_greeting(void *user, const struct pgconn_failure *failure)
{
    struct greeting *greeting = user;
    struct outbox_store *store = greeting->store;
    store->is_greeting = false;
    if (failure != NULL) {
        store->doubt = failure->err;
    } else if (greeting->shards == 0) {
        (void)error_set(&store->doubt, ERROR_TRANSIENT,
                        "the database is not migrated: run command-svc migrate");
    } else if (is_whole(store)) {
        store->is_ready = true;
        store->options.on_ready(store->options.user, greeting->shards);
    }
    free(greeting);
}

/* Begins as soon as the last connection has come. */
static void greet(struct outbox_store *store)
{
    if (!is_whole(store) || store->is_greeting) {
        return;
    }
    struct greeting *greeting = calloc(1, sizeof *greeting);
    if (greeting == NULL) {
        abort();
    }
    greeting->store = store;
    store->is_greeting = true;
    ask(store->control, SQL_INSTALLATION, NULL, 0);
    ask(store->control, SQL_LISTEN, NULL, 0);
    pgconn_send_trip(store->control, take_installation, finish_greeting, greeting);
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
        .setup_sql = READER_SETUP,
        .statements = READER_STATEMENTS,
        .statement_count = sizeof READER_STATEMENTS / sizeof READER_STATEMENTS[0],
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
        .setup_sql = CONTROL_SETUP,
        .statements = CONTROL_STATEMENTS,
        .statement_count = CONTROL_STATEMENT_COUNT,
        .on_ready = welcome_control,
        .on_lost = lose_control,
        .on_notify = hear_bell,
        .user = store,
    };
    enum error_kind kind = pgconn_new(loop, &options, &store->control, err);
    for (int i = 0; kind == ERROR_NONE && i < store->options.readers; i++) {
        kind = open_reader(store, loop, i, err);
    }
    return kind;
}

enum error_kind outbox_store_new(struct loop *loop, const struct outbox_store_options *options,
                                 struct outbox_store **ret_store, struct error *err)
{
    struct outbox_store *store = calloc(1, sizeof *store);
    struct outbox_reader *readers = calloc((size_t)options->readers, sizeof *readers);
    if (store == NULL || readers == NULL) {
        free(store);
        free(readers);
        return error_set(err, ERROR_FATAL, "out of memory");
    }
    store->options = *options;
    store->readers = readers;
    (void)snprintf(store->lease_ms, sizeof store->lease_ms, "%" PRId64, options->lease_ms);
    (void)error_set(&store->doubt, ERROR_TRANSIENT, "not connected yet");
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
    for (int i = 0; i < store->options.readers; i++) {
        pgconn_free(store->readers[i].conn);
    }
    pgconn_free(store->control);
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
    for (int i = 0; i < store->options.readers; i++) {
        if (!pgconn_is_ready(store->readers[i].conn)) {
            return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(store->readers[i].conn));
        }
    }
    *err = store->doubt;
    return ERROR_TRANSIENT;
}
