/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/holders.h"

#include "common/base/strbuf.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/log.h"

#include <stdio.h>

enum { NAMES_MAX = 2 * HELD_MAX * HELD_NAME_MAX };

static void keep_text(char out[static HELD_NAME_MAX], struct strview text)
{
    (void)snprintf(out, HELD_NAME_MAX, "%.*s", STRVIEW_ARG(text));
}

static void on_holder(void *user, size_t index, const struct pgconn_result *result)
{
    struct holders *holders = user;
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        struct holder holder = {.pid = pgconn_value_i64(result, row, 2)};
        keep_text(holder.user, pgconn_value(result, row, 3));
        keep_text(holder.application, pgconn_value(result, row, 4));
        keep_text(holder.transaction, pgconn_value(result, row, 5));
        held_by(holders->held, (enum held_kind)pgconn_value_i64(result, row, 0),
                pgconn_value(result, row, 1), &holder);
    }
}

static void tell_unknown(const struct held_entry *entry)
{
    log_event(LOG_WARN, "lock_held_elsewhere", LOG_STR("lock", held_kind_name(entry->kind)),
              LOG_STR("name", entry->name), LOG_INT("held_for_ms", loop_now_ms() - entry->since_ms),
              LOG_STR("holder", "unknown"),
              LOG_TEXT("commands that need it wait, then get 503; nobody was seen to hold it yet"));
}

static void tell(const struct held_entry *entry)
{
    if (entry->state == HOLDER_UNKNOWN) {
        tell_unknown(entry);
        return;
    }
    log_event(LOG_WARN, "lock_held_elsewhere", LOG_STR("lock", held_kind_name(entry->kind)),
              LOG_STR("name", entry->name), LOG_INT("held_for_ms", loop_now_ms() - entry->since_ms),
              LOG_INT("pid", entry->holder.pid), LOG_STR("user", entry->holder.user),
              LOG_STR("application", entry->holder.application),
              LOG_TEXT("commands that need it wait, then get 503; end that session if it is stuck: "
                       "pg_terminate_backend(pid)"));
}

static void tell_news(struct held *held)
{
    for (size_t i = 0; i < held->count; i++) {
        if (held_take_news(held, &held->entries[i], loop_now_ms())) {
            tell(&held->entries[i]);
        }
    }
}

static void on_holders_found(void *user, const struct pgconn_failure *failure)
{
    struct holders *holders = user;
    holders->is_asking = false;
    if (failure == NULL) {
        tell_news(holders->held);
    }
}

/* One array of names for each kind of lock. */
static void write_names(const struct held *held, enum held_kind kind, struct strbuf *out)
{
    pgconn_array_open(out);
    for (size_t i = 0; i < held->count; i++) {
        if (held->entries[i].kind == kind) {
            pgconn_array_text(out, strview_of(held->entries[i].name));
        }
    }
    pgconn_array_close(out);
}

void holders_ask(struct holders *holders, struct pgconn *conn, size_t statement)
{
    if (holders->held->count == 0 || holders->is_asking || !pgconn_is_ready(conn)) {
        return;
    }
    struct strbuf names[HOLDERS_PARAM_COUNT];
    const char *params[HOLDERS_PARAM_COUNT];
    for (size_t kind = 0; kind < HOLDERS_PARAM_COUNT; kind++) {
        strbuf_init(&names[kind], NAMES_MAX);
        write_names(holders->held, (enum held_kind)kind, &names[kind]);
        params[kind] = strbuf_cstr(&names[kind]);
    }
    holders->is_asking = true;
    pgconn_query(conn, statement, params, HOLDERS_PARAM_COUNT);
    pgconn_send_trip(conn, on_holder, on_holders_found, holders);
    for (size_t kind = 0; kind < HOLDERS_PARAM_COUNT; kind++) {
        strbuf_done(&names[kind]);
    }
}

/* ---- whole tables -------------------------------------------------------------------------- */

static void on_table(void *user, size_t index, const struct pgconn_result *result)
{
    struct holders *holders = user;
    const int64_t now_ms = loop_now_ms();
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct strview table = pgconn_value(result, row, 0);
        struct holder holder = {.pid = pgconn_value_i64(result, row, 2)};
        keep_text(holder.transaction, pgconn_value(result, row, 1));
        keep_text(holder.user, pgconn_value(result, row, 3));
        keep_text(holder.application, pgconn_value(result, row, 4));
        (void)held_note(holders->held, HELD_TABLE, table, now_ms, now_ms);
        held_by(holders->held, HELD_TABLE, table, &holder);
    }
}

static void on_tables_found(void *user, const struct pgconn_failure *failure)
{
    struct holders *holders = user;
    holders->is_asking_tables = false;
    if (failure == NULL) {
        tell_news(holders->held);
    }
}

void holders_ask_tables(struct holders *holders, struct pgconn *conn, size_t statement)
{
    const char *tables =
        "{installation,receipt,orders,order_line,payment,customer,product,stock,stock_announced,"
        "outbox,relay_shard}";
    if (!holders->is_asking_tables && pgconn_is_ready(conn)) {
        holders->is_asking_tables = true;
        pgconn_query(conn, statement, &tables, 1);
        pgconn_send_trip(conn, on_table, on_tables_found, holders);
    }
}
