/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the relays that meet on one database gets its shards.
 */
#include "relay-svc/metrics.h"
#include "relay-svc/shards/shards.h"
#include "tests/integration/relay/relay_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

#define TWO_LEASES "interval '6 s'" /* see LEASE_MS */

static const char *const OTHER_TOPICS[] = {"other.order.events"};

static struct relay *other; /* under the prefix "other." */
static struct metrics *other_metrics;

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

static void close_relay(void)
{
    relay_drain(relay);
    await(the_first_has_gone);
    relay_free(relay);
}

static double wanted;

static bool so_many_were_published(void)
{
    return metrics_get(metrics, METRIC_PUBLISHED, 0) >= wanted;
}

static bool nothing_waits(void)
{
    return ask_sql("SELECT count(*) = 0 FROM relay_quarantine");
}

static const char *const LATER_TOPICS[] = {"later-order.events"};

/* A prefix need not end with a dot. */
static const struct {
    const char *prefix;
    const char *const *topics;
} WAYS[] = {{"", TOPICS}, {"later-", LATER_TOPICS}};

static void open_way(const char *name, int way)
{
    close_relay();
    relay = open_relay(name, WAYS[way].prefix, WAYS[way].topics, metrics);
}

/* Shard 0 has one event that waits, and one behind it, in the way that is then out of use. */
START_TEST(a_topic_that_was_out_of_use_gets_what_came_out_of_the_quarantine_meanwhile)
{
    mock_topic(&mock, LATER_TOPICS[0], SHARDS);
    open_way("test-2", _i);
    append(1, "first");
    wanted = SHARDS;
    await(so_many_were_published);
    close_relay();
    run_sql(url, "WITH o AS (INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
                 "   aggregateversion, shard, occurred_at)"
                 "  VALUES (gen_random_uuid(), 'order', 'first-0-1', 'Tested', '{}', 2, 0, now())"
                 "  RETURNING *)"
                 " INSERT INTO relay_quarantine (shard, aggregatetype, aggregateid, seq, reason)"
                 "  SELECT shard, aggregatetype, aggregateid, seq, 'test' FROM o");
    relay = open_relay("test-3", WAYS[_i].prefix, WAYS[_i].topics, metrics);
    append(1, "second");
    wanted += SHARDS;
    await(so_many_were_published);
    open_way("test-4", 1 - _i);
    wanted += 2 * SHARDS;
    await(so_many_were_published);
    run_sql(url, "INSERT INTO relay_request (shard, kind, aggregatetype, aggregateid, seq, reason,"
                 "  requested_by) SELECT shard, 'retry', aggregatetype, aggregateid, seq, 'meant',"
                 "  'test' FROM relay_quarantine");
    await(nothing_waits);
    open_way("test-5", _i);

    wanted += 1 + 2; /* and both once more */
    await(so_many_were_published);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 240 };
    Suite *suite = suite_create("relay-svc: several relays");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, a_relay_with_another_prefix_takes_nothing_says_why_and_goes_on_alone);
    tcase_add_test(tests,
                   a_relay_at_another_cluster_takes_nothing_says_why_and_fills_it_when_it_is_told);
    tcase_add_test(tests, who_holds_shards_under_another_prefix_is_alive_while_its_leases_are);
    tcase_add_test(tests, who_holds_shards_leaves_them_to_no_newcomer_with_another_prefix);
    tcase_add_loop_test(
        tests, a_lease_that_nobody_could_give_now_is_cut_and_its_shard_taken_when_it_is_over, 0,
        sizeof PREFIXES / sizeof PREFIXES[0]);
    tcase_add_test(tests, a_lease_without_an_end_is_taken);
    tcase_add_test(tests, a_relay_of_an_earlier_version_says_no_prefix_and_gets_its_share);
    tcase_add_loop_test(tests,
                        a_topic_that_was_out_of_use_gets_what_came_out_of_the_quarantine_meanwhile,
                        0, sizeof WAYS / sizeof WAYS[0]);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
