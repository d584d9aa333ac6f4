/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay between a real PostgreSQL and a mock Kafka: a partition that loses its leader keeps its
 * own shard waiting, which is said, and no other.
 */
#include "command-svc/sql/migrate.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/log.h"
#include "relay-svc/metrics.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/relay.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"
#include "tests/integration/kafka/mock_kafka.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SHARDS = 12,
    LEASE_MS = 3000,
    LEADERLESS = 2, /* shards 0 and 1 */
    ROWS = 2500,
    URL_MAX = 512,
    LOOK_MS = 50,
    REPORT_MAX = 1 << 16,
};

#define TWO_LEASES "interval '6 s'" /* see LEASE_MS */

static const char *const TYPES[] = {"order"};
static const char *const TOPICS[] = {"order.events"};
static const char *const OTHER_TOPICS[] = {"other.order.events"};

/* Read anew by every producer. */
static struct kafka_property property = {"linger.ms", "1"};

static struct mock_kafka mock;
static struct relay *relay;
static struct metrics *metrics;
static struct loop_timer *look;
static bool (*awaited)(void);
static char url[URL_MAX];
static char database[64];

/* --- the database -------------------------------------------------------------------- */

static void run_sql(const char *at, const char *sql)
{
    struct error err = {.text = ""};
    struct pgsession *session = NULL;
    ck_assert_msg(pgsession_open(at, "test_relay", &session, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s", err.text);
    pgsession_close(session);
}

static bool ask_sql(const char *sql)
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

/* So many rows of 2 KB in every shard. */
static void append(int rows, const char *name)
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

static void await(bool (*condition)(void))
{
    awaited = condition;
    loop_timer_start(look, 0);
    mock_run(&mock);
}

static struct relay *open_relay_at(const char *brokers, const char *owner, const char *prefix,
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

static struct relay *open_relay(const char *owner, const char *prefix, const char *const *topics,
                                struct metrics *counts)
{
    return open_relay_at(mock.brokers, owner, prefix, topics, counts);
}

static void open_all(void)
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

static void close_all(void)
{
    relay_free(relay);
    loop_timer_free(look);
    metrics_free(metrics);
    mock_close(&mock);
    drop_database();
}

/* Where each shard stands once all its rows are published: seqs are drawn row by row over them. */
static int64_t goal;

static bool is_published(int from, int to)
{
    for (int i = from; i < to; i++) {
        if (relay_shards(relay) == NULL ||
            relay_shards(relay)->all[i].log.position + SHARDS <= goal) {
            return false;
        }
    }
    return true;
}

static bool all_are_published(void)
{
    return is_published(0, SHARDS);
}

static bool the_others_are_published(void)
{
    return is_published(LEADERLESS, SHARDS);
}

static bool a_standstill_is_said(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) != ERROR_NONE &&
           strstr(err.text, "shard 0 has rows behind position") != NULL;
}

static bool all_is_well(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) == ERROR_NONE &&
           relay_probe_shards(relay, &err) == ERROR_NONE &&
           relay_probe_work(relay, &err) == ERROR_NONE;
}

static bool a_missing_row_is_said(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) != ERROR_NONE &&
           strstr(err.text, "shard 5 has no row") != NULL;
}

static bool it_is_given_up(void)
{
    return relay_shards(relay)->all[5].log.state == SHARD_UNOWNED;
}

static bool its_rows_are_counted(void)
{
    return metrics_get(metrics, METRIC_BACKLOG, 0) > 0 &&
           metrics_get(metrics, METRIC_OLDEST_AGE, 0) > 0;
}

START_TEST(a_shard_without_a_row_of_its_own_is_named_and_its_events_are_counted)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    await(all_is_well);

    run_sql(url, "DELETE FROM relay_shard WHERE shard = 5");
    append(1, "second");
    await(a_missing_row_is_said);
    await(it_is_given_up);
    metrics_set(metrics, METRIC_BACKLOG, 0, 0);
    await(its_rows_are_counted);
    run_sql(url, "INSERT INTO relay_shard (shard) SELECT generate_series(0, shards - 1)"
                 " FROM installation ON CONFLICT DO NOTHING");

    goal = SHARDS + SHARDS;
    await(all_are_published);
    await(all_is_well);
    ck_assert(!its_rows_are_counted());
}
END_TEST

static bool all_is_written_down(void)
{
    bool is_dirty = false;
    for (int i = 0; i < SHARDS; i++) {
        is_dirty = is_dirty || shard_log_is_dirty(&relay_shards(relay)->all[i].log);
    }
    return !is_dirty;
}

static bool the_others_have_gone_on(void)
{
    return is_published(0, 7) && is_published(8, SHARDS);
}

static bool a_lock_is_said(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) != ERROR_NONE &&
           strstr(err.text, "of shard 7 is locked by pid") != NULL &&
           strstr(err.text, "application stranger") != NULL;
}

static bool its_lease_is_over(void)
{
    return loop_now_ms() >= relay_shards(relay)->all[7].log.lease_until_ms;
}

/* What somebody else locks, in a transaction that stays open. */
static struct pgsession *lock(const char *sql)
{
    struct error err = {.text = ""};
    struct pgsession *session = NULL;
    ck_assert_msg(pgsession_open(url, "stranger", &session, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, "BEGIN", &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s", err.text);
    return session;
}

static const char *const LOCKS[] = {
    "SELECT FROM relay_shard WHERE shard = 7 FOR UPDATE",
    "SELECT FROM relay_sent WHERE shard = 7 FOR UPDATE",
    /* Twice, by a transaction and one inside it: the row names both together. */
    "SELECT FROM relay_shard WHERE shard = 7 FOR UPDATE; SAVEPOINT inside;"
    " UPDATE relay_shard SET epoch = epoch WHERE shard = 7",
};

START_TEST(who_locks_a_shard_of_ours_stops_no_other_and_is_named)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    await(all_is_written_down);

    struct pgsession *stranger = lock(LOCKS[_i]);
    await(a_lock_is_said);
    if (_i == 0) {
        await(its_lease_is_over);
    }
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(the_others_have_gone_on);
    ck_assert(a_lock_is_said());
    ck_assert(_i != 0 || !all_are_published());
    pgsession_close(stranger);
    await(all_are_published);
    await(all_is_well);
}
END_TEST

static bool leases_are_fresh(void)
{
    return loop_now_ms() + LEASE_MS / 2 < relay_shards(relay)->all[7].log.lease_until_ms;
}

static int64_t begun_ms;

static bool two_leases_have_passed(void)
{
    return loop_now_ms() >= begun_ms + 2 * LEASE_MS;
}

static bool a_member_lock_is_said(void)
{
    struct error err;
    relay_update_metrics(relay);
    return relay_probe_progress(relay, &err) != ERROR_NONE &&
           strstr(err.text, "our row of relay_member is locked by pid") != NULL &&
           strstr(err.text, "application stranger") != NULL &&
           metrics_get(metrics, METRIC_LOCKS, 0) == 1;
}

START_TEST(who_locks_the_members_stops_nobody_and_is_named)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    struct pgsession *stranger = lock("SELECT FROM relay_member FOR UPDATE");
    begun_ms = loop_now_ms();
    await(a_member_lock_is_said);
    await(two_leases_have_passed);
    await(leases_are_fresh);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    pgsession_close(stranger);
    await(all_is_well);
}
END_TEST

static const char *const TABLES[] = {"outbox", "relay_shard", "relay_member"};
static const char *table;

static bool a_table_lock_is_said(void)
{
    char part[64];
    struct error err;
    (void)snprintf(part, sizeof part, "the whole table %s is locked by pid", table);
    relay_update_metrics(relay);
    return relay_probe_progress(relay, &err) != ERROR_NONE && strstr(err.text, part) != NULL &&
           strstr(err.text, "application stranger") != NULL &&
           metrics_get(metrics, METRIC_LOCKS, 0) >= 1;
}

START_TEST(who_locks_a_whole_table_is_named)
{
    char sql[64];
    table = TABLES[_i];
    (void)snprintf(sql, sizeof sql, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", table);
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    struct pgsession *stranger = lock(sql);
    await(a_table_lock_is_said);
    pgsession_close(stranger);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    await(all_is_well);
}
END_TEST

static bool the_installation_is_not_told(void)
{
    struct error err;
    return relay_probe_database(relay, &err) != ERROR_NONE && strstr(err.text, "55P03") != NULL;
}

/* One refusal among a connection's first questions must not be the last word. */
START_TEST(what_is_asked_of_a_new_connection_is_asked_again)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    struct pgsession *stranger = lock("LOCK TABLE installation IN ACCESS EXCLUSIVE MODE");
    run_sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE datname = current_database() AND application_name = 'relay-svc reader'");
    await(the_installation_is_not_told);
    pgsession_close(stranger);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    await(all_is_well);
}
END_TEST

static const char *words;

static bool work_says_it(void)
{
    struct error err;
    return relay_probe_work(relay, &err) != ERROR_NONE && strstr(err.text, words) != NULL;
}

static bool it_runs(void)
{
    return relay_shards(relay) != NULL;
}

static void set_kafka(bool is_up)
{
    const rd_kafka_resp_err_t err = is_up ? rd_kafka_mock_broker_set_up(mock.cluster, 1)
                                          : rd_kafka_mock_broker_set_down(mock.cluster, 1);
    ck_assert_int_eq(err, RD_KAFKA_RESP_ERR_NO_ERROR);
}

START_TEST(what_is_asked_of_kafka_before_a_shard_runs_says_its_last_error)
{
    append(1, "first");
    goal = SHARDS;
    set_kafka(false);
    words = "looking at the topics: ";
    await(work_says_it);
    set_kafka(true);
    await(it_runs);

    set_kafka(false);
    words = "reading the ends of partitions: ";
    await(work_says_it);
    ck_assert(!all_are_published());
    set_kafka(true);

    await(all_are_published);
    await(all_is_well);
}
END_TEST

START_TEST(a_producer_that_cannot_be_renewed_says_its_last_error)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    property.value = "many";
    publisher_restart(relay->publisher, "tried");
    shards_follow_all(relay->shards, shard_log_producer_lost);

    words = "renewing the Kafka producer: ";
    await(work_says_it);
    append(1, "second");
    goal = SHARDS + SHARDS;
    property.value = "1";

    await(all_are_published);
    await(all_is_well);
}
END_TEST

/* --- two relays -------------------------------------------------------------------------- */

static struct relay *other; /* under the prefix "other." */
static struct metrics *other_metrics;

static int shards_of(const struct relay *of)
{
    int count = 0;
    for (int i = 0; relay_shards(of) != NULL && i < SHARDS; i++) {
        count += shard_log_is_owned(&relay_shards(of)->all[i].log) ? 1 : 0;
    }
    return count;
}

static bool it_has_all(void)
{
    return shards_of(relay) == SHARDS;
}

static bool the_rival_is_said(void)
{
    struct error err;
    relay_update_metrics(other);
    return relay_probe_shards(other, &err) != ERROR_NONE &&
           strstr(err.text, "relay test publishes the same events under TOPIC_PREFIX \"\" to Kafka "
                            "cluster mock") != NULL &&
           strstr(err.text, "this one would under \"other.\" to cluster mock") != NULL &&
           metrics_get(other_metrics, METRIC_RIVALS, 0) == 1;
}

static bool the_first_has_gone(void)
{
    return relay_is_drained(relay);
}

static bool the_other_has_published_all(void)
{
    struct error err;
    int behind = 0;
    for (int i = 0; relay_shards(other) != NULL && i < SHARDS; i++) {
        const struct shard_log *log = &relay_shards(other)->all[i].log;
        behind += log->state != SHARD_RUNNING || log->topics[0].state == TOPIC_BEHIND ? 1 : 0;
    }
    return relay_shards(other) != NULL && behind == 0 &&
           relay_probe_shards(other, &err) == ERROR_NONE &&
           metrics_get(other_metrics, METRIC_PUBLISHED, 0) == (double)(3 * SHARDS);
}

START_TEST(a_relay_with_another_prefix_takes_nothing_says_why_and_goes_on_alone)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    mock_topic(&mock, OTHER_TOPICS[0], SHARDS);
    other_metrics = metrics_new(RELAY_METRICS, RELAY_METRIC_COUNT);
    other = open_relay("other", "other.", OTHER_TOPICS, other_metrics);
    await(the_rival_is_said);
    begun_ms = loop_now_ms();
    await(two_leases_have_passed);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    await(all_is_well);
    ck_assert(the_rival_is_said());
    relay_update_metrics(relay);
    ck_assert_int_eq(shards_of(relay), SHARDS);
    ck_assert_int_eq(shards_of(other), 0);
    ck_assert_double_eq(metrics_get(metrics, METRIC_MEMBERS, 0), 1);

    append(1, "third");
    goal += SHARDS;
    await(all_are_published);
    relay_drain(relay);
    await(the_first_has_gone);
    await(the_other_has_published_all);
    ck_assert_int_eq(shards_of(other), SHARDS);
    relay_free(other);
    metrics_free(other_metrics);
}
END_TEST

static struct mock_kafka other_mock;

static bool the_other_cluster_is_said(void)
{
    struct error err;
    relay_update_metrics(other);
    return relay_probe_shards(other, &err) != ERROR_NONE &&
           strstr(err.text, "relay test publishes the same events under TOPIC_PREFIX \"\" to Kafka "
                            "cluster mock") != NULL &&
           metrics_get(other_metrics, METRIC_RIVALS, 0) == 1;
}

static bool it_stops_as_the_topic_is_another(void)
{
    struct error err;
    return shards_of(other) == SHARDS && relay_probe_shards(other, &err) != ERROR_NONE &&
           strstr(err.text, "12 of 12 shards publish nothing") != NULL &&
           strstr(err.text, "another Kafka's") != NULL;
}

START_TEST(a_relay_at_another_cluster_takes_nothing_says_why_and_fills_it_when_it_is_told)
{
    await(it_has_all);
    mock_open(&other_mock);
    mock_topic(&other_mock, TOPICS[0], SHARDS);
    other_metrics = metrics_new(RELAY_METRICS, RELAY_METRIC_COUNT);
    other = open_relay_at(other_mock.brokers, "other", "", TOPICS, other_metrics);
    await(the_other_cluster_is_said);
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    await(all_is_well);
    ck_assert_int_eq(shards_of(relay), SHARDS);
    ck_assert_int_eq(shards_of(other), 0);

    append(2, "second");
    goal += 2 * SHARDS;
    await(all_are_published);
    relay_drain(relay);
    await(the_first_has_gone);
    await(it_stops_as_the_topic_is_another);
    ck_assert_double_eq(metrics_get(other_metrics, METRIC_PUBLISHED, 0), 0);
    run_sql(url, "INSERT INTO relay_request (shard, kind, reason, requested_by)"
                 " SELECT shard, 'refill', 'meant', 'test' FROM relay_shard");

    await(the_other_has_published_all);
    relay_free(other);
    metrics_free(other_metrics);
    mock_close(&other_mock);
}
END_TEST

static bool the_holder_is_said(void)
{
    struct error err;
    return relay_probe_shards(relay, &err) != ERROR_NONE &&
           strstr(err.text, "relay holder publishes the same events") != NULL;
}

START_TEST(who_holds_shards_under_another_prefix_is_alive_while_its_leases_are)
{
    run_sql(url, "INSERT INTO relay_member (owner, seen_at, topic_prefix)"
                 " VALUES ('holder', clock_timestamp() - interval '1 hour', 'other.');"
                 "UPDATE relay_shard SET owner = 'holder',"
                 " lease_until = clock_timestamp() + interval '4 min'");
    await(the_holder_is_said);
    ck_assert_int_eq(shards_of(relay), 0);
}
END_TEST

START_TEST(who_holds_shards_leaves_them_to_no_newcomer_with_another_prefix)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    run_sql(url, "INSERT INTO relay_member (owner, seen_at, topic_prefix)"
                 " VALUES ('newcomer', clock_timestamp() + " TWO_LEASES ", 'other.')");
    begun_ms = loop_now_ms();
    await(two_leases_have_passed);
    append(1, "second");
    goal += SHARDS;
    await(all_are_published);
    ck_assert_int_eq(shards_of(relay), SHARDS);
}
END_TEST

static bool leases_are_cut(void)
{
    return ask_sql("SELECT bool_and(owner = 'dead' AND lease_until"
                   "  BETWEEN now() + interval '4 min' AND now() + interval '5 min')"
                   " FROM relay_shard");
}

/* As a relay leaves them when the database's clock goes back by an hour; dead or alive, who knows?
 * A rival, too, as it is believed while its leases are. */
static const char *const PREFIXES[] = {"''", "'other.'"};

START_TEST(a_lease_that_nobody_could_give_now_is_cut_and_its_shard_taken_when_it_is_over)
{
    char sql[512];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO relay_member (owner, seen_at, kafka_at, topic_prefix)"
        " SELECT 'dead', t, t, %s FROM (SELECT clock_timestamp() + interval '1 hour') x(t);"
        "UPDATE relay_shard SET owner = 'dead',"
        " lease_until = clock_timestamp() + interval '1 hour'",
        PREFIXES[_i]);
    run_sql(url, sql);
    append(1, "first");
    goal = SHARDS;
    await(leases_are_cut);
    ck_assert_int_eq(shards_of(relay), 0);

    run_sql(url, "UPDATE relay_shard SET lease_until = clock_timestamp()");
    await(all_are_published);
    ck_assert_int_eq(shards_of(relay), SHARDS);
}
END_TEST

START_TEST(a_lease_without_an_end_is_taken)
{
    run_sql(url, "UPDATE relay_shard SET owner = 'nobody', lease_until = NULL");
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    await(all_is_well);
}
END_TEST

static bool half_is_left(void)
{
    struct error err;
    return shards_of(relay) == SHARDS / 2 && relay_probe_shards(relay, &err) == ERROR_NONE;
}

START_TEST(a_relay_of_an_earlier_version_says_no_prefix_and_gets_its_share)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    run_sql(url, "INSERT INTO relay_member (owner, seen_at, kafka_at)"
                 " VALUES ('earlier', clock_timestamp() + " TWO_LEASES ","
                 "  clock_timestamp() + " TWO_LEASES ")");

    await(half_is_left);
}
END_TEST

/* As a relay leaves it that was killed and whose leases last for minutes. */
static const char DEAD[] = "UPDATE relay_shard SET owner = 'dead', epoch = epoch + 1,"
                           " lease_until = clock_timestamp() + interval '4 min' WHERE shard >= 6";

static bool the_dead_one_is_said(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) != ERROR_NONE &&
           strstr(err.text, "shard 6 has rows behind position") != NULL &&
           strstr(err.text, "it is held by relay dead") != NULL;
}

START_TEST(a_shard_that_another_relay_holds_and_does_not_move_is_named)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    run_sql(url, DEAD);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(the_dead_one_is_said);
    ck_assert(is_published(0, 6) && !all_are_published());

    run_sql(url,
            "UPDATE relay_shard SET lease_until = now() - interval '1 s' WHERE owner = 'dead'");
    await(all_are_published);
    await(all_is_well);
}
END_TEST

START_TEST(a_partition_without_a_leader_stops_its_own_shard_and_says_so)
{
    struct error err;
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    for (int i = 0; i < LEADERLESS; i++) {
        ck_assert_int_eq(rd_kafka_mock_partition_set_leader(mock.cluster, TOPICS[0], i, -1),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    append(ROWS, "many");
    goal = SHARDS + (int64_t)SHARDS * ROWS;
    await(the_others_are_published);

    ck_assert(!all_are_published());
    ck_assert_int_eq(relay_probe_kafka(relay, &err), ERROR_NONE);
    await(a_standstill_is_said);

    for (int i = 0; i < LEADERLESS; i++) {
        ck_assert_int_eq(rd_kafka_mock_partition_set_leader(mock.cluster, TOPICS[0], i, 1),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    await(all_are_published);
    await(all_is_well);
}
END_TEST

/* --- what Kafka does not take ------------------------------------------------------------ */

enum { PRODUCE = 0 /* RD_KAFKAP_Produce */, REFUSALS = 20 };

static const char *question;

static bool the_answer_is_yes(void)
{
    return ask_sql(question);
}

static void await_answer(const char *sql)
{
    question = sql;
    await(the_answer_is_yes);
}

static void append_one(const char *type, const char *id, int version, int shard)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
                   "  aggregateversion, shard, occurred_at)"
                   " VALUES (gen_random_uuid(), '%s', '%s', 'Tested', '{}', %d, %d, now());"
                   " NOTIFY outbox",
                   type, id, version, shard);
    run_sql(url, sql);
}

static void ask_for(const char *kind, const char *payload)
{
    char sql[512];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO relay_request (shard, kind, aggregatetype, aggregateid, seq, reason,"
        "  payload, requested_by)"
        " SELECT shard, '%s', aggregatetype, aggregateid, seq, 'meant', %s, 'test'"
        "  FROM relay_quarantine",
        kind, payload);
    run_sql(url, sql);
}

static const char ENDED[] = "SELECT count(*) = 1 AND bool_and(outcome LIKE 'done: %')"
                            " FROM relay_request WHERE ended_at IS NOT NULL";

/* One aggregate of shard 0: version 2 is refused, 3 comes behind it. */
START_TEST(what_the_broker_refuses_is_parked_with_what_follows_and_published_when_a_person_says_so)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);
    /* As often as it comes: a producer's death may be told before the refusal is. */
    for (int i = 0; i < REFUSALS; i++) {
        rd_kafka_mock_push_request_errors(mock.cluster, PRODUCE, 1,
                                          RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    }
    append_one("order", "first-0-1", 2, 0);
    await_answer("SELECT count(*) = 1 AND bool_and(aggregateid = 'first-0-1')"
                 " FROM relay_quarantine");
    rd_kafka_mock_clear_request_errors(mock.cluster, PRODUCE);
    append_one("order", "first-0-1", 3, 0);
    append(2, "second");
    goal = SHARDS + 2 + 2 * SHARDS;
    await(all_are_published);
    await(all_is_well);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2 * SHARDS);
    struct error err;
    ck_assert_int_eq(relay_probe_quarantine(relay, &err), ERROR_CONFLICT);

    ask_for(_i == 0 ? "retry" : "skip", _i == 0 ? "NULL" : "'{}'");
    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    await_answer(ENDED);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2 * SHARDS + 2);
    ck_assert_int_eq(relay_probe_quarantine(relay, &err), ERROR_NONE);
    ck_assert(ask_sql(_i == 0 ? "SELECT count(*) = 0 FROM relay_skipped"
                              : "SELECT count(*) = 1 FROM relay_skipped"));
    append_one("order", "first-0-1", 4, 0);
    goal += 1;
    await(all_are_published);
}
END_TEST

static bool the_quarantine_is_known(void)
{
    struct error err;
    return it_has_all() && relay_probe_quarantine(relay, &err) != ERROR_NONE;
}

START_TEST(who_takes_a_shard_over_knows_what_waits_and_a_type_without_a_topic_does)
{
    append_one("parcel", "p", 1, 3);
    append_one("parcel", "p", 2, 3);
    append(1, "first");
    goal = SHARDS + 2;
    await(all_are_published);
    await_answer("SELECT count(*) = 1 FROM relay_quarantine q JOIN relay_shard r USING (shard)"
                 " WHERE aggregatetype = 'parcel' AND reason LIKE '%has no topic%'"
                 "  AND q.seq <= r.position");
    ask_for("retry", "NULL");
    await_answer("SELECT bool_and(outcome LIKE 'refused: %has no topic%') FROM relay_request");

    relay_drain(relay);
    await(the_first_has_gone);
    relay_free(relay);
    relay = open_relay("test-2", "", TOPICS, metrics);
    await(the_quarantine_is_known);
    append(1, "second");
    goal += SHARDS;
    await(all_are_published);
    ck_assert(ask_sql("SELECT count(*) = 1 FROM relay_quarantine"));
}
END_TEST

START_TEST(a_row_that_fits_no_topic_is_not_sent_and_the_limits_are_looked_at_first)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    const double renewed = metrics_get(metrics, METRIC_PRODUCERS, 0);
    relay->shards->limits.message_max[0] = 1500; /* the mock cluster tells of none */
    relay->shards->limits.looked_ms = loop_now_ms() - 20000;
    append(1, "second");
    goal += SHARDS;
    await(all_are_published);
    ck_assert(ask_sql("SELECT count(*) = 0 FROM relay_quarantine"));

    relay->shards->limits.message_max[0] = 1500;
    relay->shards->limits.looked_ms = loop_now_ms() + 60000; /* for all of what follows */
    append(1, "third");
    goal += SHARDS;
    await(all_are_published);
    ck_assert(ask_sql("SELECT count(*) = 12 AND bool_and(reason LIKE '%max.message.bytes=1500')"
                      " FROM relay_quarantine"));
    ck_assert_double_eq(metrics_get(metrics, METRIC_PRODUCERS, 0), renewed);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 240 };
    Suite *suite = suite_create("relay-svc between PostgreSQL and Kafka");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, a_partition_without_a_leader_stops_its_own_shard_and_says_so);
    tcase_add_loop_test(
        tests,
        what_the_broker_refuses_is_parked_with_what_follows_and_published_when_a_person_says_so, 0,
        2);
    tcase_add_test(tests, who_takes_a_shard_over_knows_what_waits_and_a_type_without_a_topic_does);
    tcase_add_test(tests, a_row_that_fits_no_topic_is_not_sent_and_the_limits_are_looked_at_first);
    tcase_add_test(tests, a_shard_without_a_row_of_its_own_is_named_and_its_events_are_counted);
    tcase_add_loop_test(tests, who_locks_a_shard_of_ours_stops_no_other_and_is_named, 0,
                        sizeof LOCKS / sizeof LOCKS[0]);
    tcase_add_test(tests, who_locks_the_members_stops_nobody_and_is_named);
    tcase_add_test(tests, what_is_asked_of_kafka_before_a_shard_runs_says_its_last_error);
    tcase_add_test(tests, a_producer_that_cannot_be_renewed_says_its_last_error);
    tcase_add_loop_test(tests, who_locks_a_whole_table_is_named, 0,
                        sizeof TABLES / sizeof TABLES[0]);
    tcase_add_test(tests, what_is_asked_of_a_new_connection_is_asked_again);
    TCase *several = tcase_create("several relays");
    tcase_set_timeout(several, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(several, open_all, close_all);
    tcase_add_test(several, a_relay_with_another_prefix_takes_nothing_says_why_and_goes_on_alone);
    tcase_add_test(several,
                   a_relay_at_another_cluster_takes_nothing_says_why_and_fills_it_when_it_is_told);
    tcase_add_test(several, who_holds_shards_under_another_prefix_is_alive_while_its_leases_are);
    tcase_add_test(several, who_holds_shards_leaves_them_to_no_newcomer_with_another_prefix);
    tcase_add_loop_test(
        several, a_lease_that_nobody_could_give_now_is_cut_and_its_shard_taken_when_it_is_over, 0,
        sizeof PREFIXES / sizeof PREFIXES[0]);
    tcase_add_test(several, a_lease_without_an_end_is_taken);
    tcase_add_test(several, a_relay_of_an_earlier_version_says_no_prefix_and_gets_its_share);
    tcase_add_test(several, a_shard_that_another_relay_holds_and_does_not_move_is_named);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, several);
    return check_main(suite);
}
