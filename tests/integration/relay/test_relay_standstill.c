/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps a shard from publishing is said as long as it does: a partition without a leader keeps
 * its own shard waiting, no other.
 */
#include "common/base/strbuf.h"
#include "relay-svc/metrics.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"
#include "tests/integration/relay/relay_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEADERLESS = 2, /* shards 0 and 1 */
    ROWS = 2500,
};

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
           metrics_get(metrics, METRIC_OLDEST_AGE, 0) > 0 &&
           metrics_get(metrics, METRIC_ROWS_BEHIND, 5) > 0 &&
           metrics_get(metrics, METRIC_SECONDS_BEHIND, 5) > 0 &&
           metrics_get(metrics, METRIC_ROWS_BEHIND, 4) == 0;
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

static bool it_has_never_stopped_for_two_seconds(void)
{
    enum { WATCHED_MS = 2000 };
    ck_assert_int_ne(relay_shards(relay)->all[0].log.state, SHARD_STOPPED);
    return loop_now_ms() - begun_ms >= WATCHED_MS;
}

static bool it_waits_in_the_quarantine(void)
{
    return ask_sql("SELECT count(*) = 1 FROM relay_quarantine WHERE aggregatetype = 'unheard'");
}

/* A stop would tell a person to leave the event out. */
START_TEST(what_cannot_be_parked_for_the_schemas_sake_is_parked_once_that_is_mended)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    run_sql(url, "ALTER TABLE relay_quarantine RENAME reason TO cause");
    run_sql(url, "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
                 "  aggregateversion, shard, occurred_at)"
                 " VALUES (gen_random_uuid(), 'unheard', 'u', 'Tested', '{}', 1, 0, now());"
                 " NOTIFY outbox");
    words = "column \"reason\"";
    await(work_says_it);
    begun_ms = loop_now_ms();
    await(it_has_never_stopped_for_two_seconds);
    run_sql(url, "ALTER TABLE relay_quarantine RENAME cause TO reason");
    await(it_waits_in_the_quarantine);
    await(all_is_well);
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

static bool positions_are_counted(void)
{
    int right = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        right += metrics_get(metrics, METRIC_POSITION, i) > SHARDS &&
                         metrics_get(metrics, METRIC_ROWS_BEHIND, i) == 0
                     ? 1
                     : 0;
    }
    return right == SHARDS;
}

static double exposed(struct strbuf *text, const char *name)
{
    const char *at = strstr(strbuf_cstr(text), name);
    ck_assert_msg(at != NULL, "%s", name);
    return strtod(at + strlen(name), NULL);
}

static void check_counts(void)
{
    enum { TEXT_MAX = 65536 };
    struct strbuf text;
    char answers[96];
    strbuf_init(&text, TEXT_MAX);
    (void)snprintf(answers, sizeof answers, "orderspine_relay_acknowledge_seconds_count %.0f\n",
                   metrics_get(metrics, METRIC_PUBLISHED, 0));
    metrics_expose(metrics, &text);
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&text), answers));
    ck_assert_ptr_null(strstr(strbuf_cstr(&text), "orderspine_relay_produce_seconds_count 0\n"));
    ck_assert_ptr_nonnull(
        strstr(strbuf_cstr(&text), "orderspine_relay_position{shard=\"11\"} 24\n"));
    const double looks = exposed(&text, "\norderspine_relay_read_seconds_count ");
    ck_assert_double_ge(looks, 3); /* the first rows, the second ones here, and there */
    ck_assert_double_eq(exposed(&text, "\norderspine_relay_read_batch_rows_count "), looks);
    strbuf_done(&text);
    ck_assert_double_gt(metrics_get(metrics, METRIC_READ_SECONDS, 0), 0);
    ck_assert_double_eq(metrics_get(metrics, METRIC_LEASE_CHANGES, LEASE_CHANGE_RETURNED), 0);
    ck_assert_double_ge(metrics_get(metrics, METRIC_READ_BATCH, 0), 2 * SHARDS);
    ck_assert_double_eq(metrics_get(metrics, METRIC_ACKNOWLEDGE_BATCH, 0),
                        metrics_get(metrics, METRIC_PUBLISHED, 0));
    ck_assert_double_ge(metrics_get(metrics, METRIC_LEASE_CHANGES, LEASE_CHANGE_TAKEN), SHARDS + 6);
    ck_assert_double_ge(metrics_get(metrics, METRIC_LEASE_CHANGES, LEASE_CHANGE_LOST), 6);
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
    await(positions_are_counted);
    check_counts();
    relay_drain(relay);
    await(the_first_has_gone);
    ck_assert_double_ge(metrics_get(metrics, METRIC_LEASE_CHANGES, LEASE_CHANGE_RETURNED), SHARDS);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 240 };
    Suite *suite = suite_create("relay-svc: standstill");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, a_partition_without_a_leader_stops_its_own_shard_and_says_so);
    tcase_add_test(tests, a_shard_without_a_row_of_its_own_is_named_and_its_events_are_counted);
    tcase_add_test(tests, what_is_asked_of_kafka_before_a_shard_runs_says_its_last_error);
    tcase_add_test(tests, a_producer_that_cannot_be_renewed_says_its_last_error);
    tcase_add_test(tests, what_cannot_be_parked_for_the_schemas_sake_is_parked_once_that_is_mended);
    tcase_add_test(tests, a_shard_that_another_relay_holds_and_does_not_move_is_named);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
