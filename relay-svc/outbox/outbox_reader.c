/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/outbox/outbox_store_internal.h"

#include <assert.h>
#include <string.h>

bool outbox_store_reader_is_free(const struct outbox_store *store, int reader)
{
    return store->is_ready && !store->readers[reader].is_reading;
}

static size_t row_bytes(const struct outbox_row *row)
{
    return row->payload.len + row->aggregate_id.len + row->type.len + row->traceparent.len;
}

struct outbox_row outbox_row_of(const struct pgconn_result *result, size_t row)
{
    struct outbox_row read = {
        .shard = (int)pgconn_value_i64(result, row, ROW_SHARD),
        .seq = pgconn_value_i64(result, row, ROW_SEQ),
        .seq_text = pgconn_value(result, row, ROW_SEQ),
        .aggregate_type = pgconn_value(result, row, ROW_AGGREGATE_TYPE),
        .aggregate_id = pgconn_value(result, row, ROW_AGGREGATE_ID),
        .type = pgconn_value(result, row, ROW_TYPE),
        .payload = pgconn_value(result, row, ROW_PAYLOAD),
        .version = pgconn_value(result, row, ROW_VERSION),
        .occurred_at = pgconn_value(result, row, ROW_OCCURRED_AT),
        .correlation_id = pgconn_value(result, row, ROW_CORRELATION_ID),
        .causation_id = pgconn_value(result, row, ROW_CAUSATION_ID),
        .traceparent = pgconn_value(result, row, ROW_TRACEPARENT),
    };
    (void)!uuid_parse(pgconn_value(result, row, ROW_ID), &read.id);
    read.bytes = row_bytes(&read);
    return read;
}

static void on_rows(void *user, size_t index, const struct pgconn_result *result)
{
    struct outbox_reader *reader = user;
    (void)index;
    for (size_t i = 0; i < pgconn_row_count(result); i++) {
        const struct outbox_row row = outbox_row_of(result, i);
        reader->events->on_row(reader->user, reader->index, &row);
    }
}

/* PostgreSQL manual, appendix A: what lies there cannot be read, and no later attempt can. */
static bool is_damage(const char *sqlstate)
{
    return strcmp(sqlstate, "XX001") == 0 || strcmp(sqlstate, "XX002") == 0 ||
           strncmp(sqlstate, "22", 2) == 0;
}

static void on_read_done(void *user, const struct pgconn_failure *failure)
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
                 (const char *const[]){outbox_array(store, 0), outbox_array(store, 1),
                                       outbox_array(store, 2), outbox_array(store, 3),
                                       outbox_owner(store)},
                 5);
    pgconn_send_trip(reader->conn, on_rows, on_read_done, reader);
}

void outbox_store_fill(struct outbox_store *store, const struct outbox_range *range,
                       const char *aggregate_type, int64_t upto,
                       const struct outbox_read_events *events, void *user)
{
    struct outbox_reader *reader = &store->readers[store->options.readers];
    begin_reading(reader, events, user);
    pgconn_query(reader->conn, SQL_FILL,
                 (const char *const[]){NUMBER_TEXT(range->shard), NUMBER_TEXT(range->epoch),
                                       NUMBER_TEXT(range->after), NUMBER_TEXT(upto), aggregate_type,
                                       NUMBER_TEXT(range->rows), outbox_owner(store)},
                 7);
    pgconn_send_trip(reader->conn, on_rows, on_read_done, reader);
}
