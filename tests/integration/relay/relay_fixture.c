/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/integration/relay/relay_fixture.h"

#include "command-svc/sql/migrate.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/log.h"
#include "relay-svc/metrics.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { URL_MAX = 512, LOOK_MS = 50, REPORT_MAX = 1 << 16 };

static const char *const TYPES[] = {"order"};
const char *const TOPICS[] = {"order.events"};

struct kafka_property property = {"linger.ms", "1"};

struct mock_kafka mock;
struct relay *relay;
struct metrics *metrics;
static struct loop_timer *look;
static bool (*awaited)(void);
char url[URL_MAX];
static char database[64];

/* --- the database -------------------------------------------------------------------- */

void run_sql(const char *at, const char *sql)
{
    struct error err = {.text = ""};
    struct pgsession *session = NULL;
    ck_assert_msg(pgsession_open(at, "test_relay", &session, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s", err.text);
    pgsession_close(session);
}

bool ask_sql(const char *sql)
{
    struct error err = {.text = ""};
    struct strview value = {0};
    struct pgsession *session = NULL;
    ck_assert_msg(pgsession_open(url, "test_relay", &session, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_ask(session, sql, NULL, 0, &value, &err) == ERROR_NONE, "%s", err.text);
    const bool is_true = strview_is(value, "t");
    pgsession_close(session);
    return is_true;
}

static void make_database(void)
{
    char sql[128];
    struct error err = {.text = ""};
    struct strbuf report;
    const char *server = getenv("TEST_DATABASE_URL");
    ck_assert_msg(server != NULL, "TEST_DATABASE_URL is not set; run me by tests/support/servers");
    (void)snprintf(database, sizeof database, "test_relay_%d", (int)getpid());
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", database);
    run_sql(server, sql);
    const char *path = strrchr(server, '/');
    (void)snprintf(url, sizeof url, "%.*s/%s", (int)(path - server), server, database);
    strbuf_init(&report, REPORT_MAX);
    ck_assert_msg(migrate_run(url, SHARDS, &report, &err) == ERROR_NONE, "%s", err.text);
    strbuf_done(&report);
}

static void drop_database(void)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", database);
    run_sql(getenv("TEST_DATABASE_URL"), sql);
}

void append(int rows, const char *name)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
                   " aggregateversion, shard, occurred_at)"
                   " SELECT gen_random_uuid(), 'order', '%s-' || s || '-' || n, 'Tested',"
                   " json_build_object('x', repeat('x', 2000)), 1, s, now()"
                   " FROM generate_series(1, %d) n, generate_series(0, %d) s ORDER BY n, s;"
                   " NOTIFY outbox",
                   name, rows, SHARDS - 1);
    run_sql(url, sql);
}

/* --- the relay ------------------------------------------------------------------------ */

static void meet_fatal(void *user, const struct error *err)
{
    (void)user;
    ck_abort_msg("%s", err->text);
}

static void take_look(void *user)
{
    (void)user;
    if (awaited()) {
        loop_stop(mock.loop);
    } else {
        loop_timer_start(look, LOOK_MS);
    }
}

void await(bool (*condition)(void))
{
    awaited = condition;
    loop_timer_start(look, 0);
    mock_run(&mock);
}

struct relay *open_relay_at(const char *brokers, const char *owner, const char *prefix,
                            const char *const *topics, struct metrics *counts)
{
    struct error err = {.text = ""};
    struct relay *made = NULL;
    const struct relay_options options = {
        .database_url = url,
        .kafka = {.brokers = brokers,
                  .client_id = "test_relay",
                  .properties = &property,
                  .property_count = 1},
        .owner = owner,
        .topic_prefix = prefix,
        .aggregate_types = TYPES,
        .topics = topics,
        .topic_count = 1,
        .replication = 1,
        .lease_ms = LEASE_MS,
        .readers = 2,
        .poll_ms = 100,
        .window_rows = 2048,
        .read_bytes = 512 << 10,
        .metrics = counts,
        .on_fatal = meet_fatal,
    };
    ck_assert_msg(relay_new(mock.loop, &options, &made, &err) == ERROR_NONE, "%s", err.text);
    return made;
}

struct relay *open_relay(const char *owner, const char *prefix, const char *const *topics,
                         struct metrics *counts)
{
    return open_relay_at(mock.brokers, owner, prefix, topics, counts);
}

void open_all(void)
{
    log_setup("relay-svc", LOG_LEVEL_COUNT);
    make_database();
    mock_open(&mock);
    mock_topic(&mock, TOPICS[0], SHARDS);
    relay_topic_labels[0] = TOPICS[0];
    metrics = metrics_new(RELAY_METRICS, RELAY_METRIC_COUNT);
    look = loop_timer_new(mock.loop, take_look, NULL);
    relay = open_relay("test", "", TOPICS, metrics);
}

void close_all(void)
{
    relay_free(relay);
    loop_timer_free(look);
    metrics_free(metrics);
    mock_close(&mock);
    drop_database();
}

int64_t goal;

bool is_published(int from, int to)
{
    for (int i = from; i < to; i++) {
        if (relay_shards(relay) == NULL ||
            relay_shards(relay)->all[i].log.position + SHARDS <= goal) {
            return false;
        }
    }
    return true;
}

bool all_are_published(void)
{
    return is_published(0, SHARDS);
}

bool all_is_well(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) == ERROR_NONE &&
           relay_probe_shards(relay, &err) == ERROR_NONE &&
           relay_probe_work(relay, &err) == ERROR_NONE;
}

int64_t begun_ms;

bool two_leases_have_passed(void)
{
    return loop_now_ms() >= begun_ms + 2 * LEASE_MS;
}

int shards_of(const struct relay *of)
{
    int count = 0;
    for (int i = 0; relay_shards(of) != NULL && i < SHARDS; i++) {
        count += shard_log_is_owned(&relay_shards(of)->all[i].log) ? 1 : 0;
    }
    return count;
}

bool it_has_all(void)
{
    return shards_of(relay) == SHARDS;
}

bool the_first_has_gone(void)
{
    return relay_is_drained(relay);
}
