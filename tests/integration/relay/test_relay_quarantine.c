/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Kafka does not take is parked until a person says what becomes of it.
 */
#include "relay-svc/metrics.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"
#include "tests/integration/relay/relay_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>

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

/* As often as it comes: a producer's death may be told before the refusal is. */
static void refuse(rd_kafka_resp_err_t code, const char *type, const char *id, int version,
                   int shard)
{
    for (int i = 0; i < REFUSALS; i++) {
        rd_kafka_mock_push_request_errors(mock.cluster, PRODUCE, 1, code);
    }
    append_one(type, id, version, shard);
    await_answer("SELECT count(*) = 1 FROM relay_quarantine");
    rd_kafka_mock_clear_request_errors(mock.cluster, PRODUCE);
}

/* With what a topic refuses an event, and what a person decides then. */
static const struct {
    rd_kafka_resp_err_t code;
    const char *kind;
    const char *payload;
    const char *skipped;
} REFUSED[] = {
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "retry", "NULL",
     "SELECT count(*) = 0 FROM relay_skipped"},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, "skip", "'{}'", "SELECT count(*) = 1 FROM relay_skipped"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, "retry", "NULL",
     "SELECT count(*) = 0 FROM relay_skipped"},
};

/* One aggregate of shard 0: version 2 is refused, 3 comes behind it. */
START_TEST(what_the_broker_refuses_is_parked_with_what_follows_and_published_when_a_person_says_so)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PRODUCERS, 0), 0);
    refuse(REFUSED[_i].code, "order", "first-0-1", 2, 0);
    ck_assert_double_ge(metrics_get(metrics, METRIC_PRODUCERS, 0), 1);
    ck_assert(ask_sql("SELECT bool_and(aggregateid = 'first-0-1') FROM relay_quarantine"));
    append_one("order", "first-0-1", 3, 0);
    append(2, "second");
    goal = SHARDS + 2 + 2 * SHARDS;
    await(all_are_published);
    await(all_is_well);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2 * SHARDS);
    struct error err;
    ck_assert_int_eq(relay_probe_quarantine(relay, &err), ERROR_CONFLICT);

    ask_for(REFUSED[_i].kind, REFUSED[_i].payload);
    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    await_answer(ENDED);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2 * SHARDS + 2);
    ck_assert_int_eq(relay_probe_quarantine(relay, &err), ERROR_NONE);
    ck_assert(ask_sql(REFUSED[_i].skipped));
    append_one("order", "first-0-1", 4, 0);
    goal += 1;
    await(all_are_published);
}
END_TEST

START_TEST(an_event_of_the_greatest_version_is_parked)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", INT32_MAX, 0);
}
END_TEST

static const char SHARD_IS_READ[] = "SELECT position = (SELECT max(seq) FROM outbox WHERE shard ="
                                    " 0) FROM relay_shard WHERE shard = 0";

/* As where somebody has dropped a partition by hand. */
START_TEST(an_event_that_the_outbox_lost_is_not_said_to_be_published_and_can_be_skipped)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", 2, 0);
    append_one("order", "first-0-1", 3, 0);
    await_answer(SHARD_IS_READ);
    run_sql(url, "DELETE FROM outbox WHERE aggregateid = 'first-0-1' AND aggregateversion = 2");

    ask_for("retry", "NULL");

    await_answer("SELECT count(*) = 1 AND bool_and(outcome LIKE 'not done: %version 2 is gone%"
                 "relay-svc quarantine skip order/first-0-1 --reason%')"
                 " FROM relay_request WHERE ended_at IS NOT NULL");
    ck_assert(ask_sql("SELECT count(*) = 1 FROM relay_quarantine"));

    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);
    ask_for("skip", "'{}'");
    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2);
    ck_assert(ask_sql("SELECT event->>'version' = '2' AND event->>'aggregateid' = 'first-0-1'"
                      "  AND event->>'type' = 'Tested' FROM relay_skipped"));
}
END_TEST

START_TEST(a_line_to_be_run_names_an_aggregate_so_that_a_shell_takes_it_whole)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "a''b;c", 1, 0);
    run_sql(url, "DELETE FROM outbox WHERE aggregateid = 'a''b;c'");

    ask_for("retry", "NULL");

    await_answer("SELECT count(*) = 1 AND bool_and(position("
                 "  'quarantine skip ''order/a''\\''''b;c'' --reason' IN outcome) > 0)"
                 " FROM relay_request WHERE ended_at IS NOT NULL");
}
END_TEST

/* As if it had been parked by a relay-svc that noted nothing. */
START_TEST(an_event_that_the_outbox_lost_and_nobody_noted_is_skipped_once_its_version_is_said)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", 2, 0);
    run_sql(url, "UPDATE relay_quarantine SET event = NULL");
    run_sql(url, "DELETE FROM outbox WHERE aggregateid = 'first-0-1' AND aggregateversion = 2");
    ask_for("skip", "'{}'");
    await_answer("SELECT count(*) = 1 AND bool_and(outcome LIKE 'not done: %Say which version%"
                 "UPDATE relay_quarantine SET event =%') FROM relay_request"
                 " WHERE ended_at IS NOT NULL");
    ck_assert(ask_sql("SELECT count(*) = 0 FROM relay_skipped"));

    run_sql(url, "DO $$ BEGIN UPDATE relay_quarantine SET event ="
                 "  jsonb_build_object('seq', seq, 'version', 3.5); RAISE 'it was taken';"
                 " EXCEPTION WHEN check_violation THEN NULL; END $$");
    run_sql(url, "DO $$ BEGIN EXECUTE (SELECT replace(substring(outcome FROM 'UPDATE .*'),"
                 " 'VERSION', '2') FROM relay_request); END $$");
    ask_for("skip", "'{}'");
    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
}
END_TEST

/* With a partition; "kept" is the dump that an operator has of it. */
static const char THE_THIRD_IS_LOST[] =
    "CREATE TABLE kept AS SELECT * FROM outbox"
    "  WHERE aggregateid = 'first-0-1' AND aggregateversion = 3;"
    "INSERT INTO outbox_partition (from_seq, to_seq, name) SELECT -1, seq + 1, 'gone' FROM kept;"
    "DELETE FROM outbox WHERE seq = (SELECT seq FROM kept)";

/* Versions that were never there hold nobody up, see the last step. */
START_TEST(events_that_the_outbox_lost_behind_the_first_one_are_not_passed_over_in_silence)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", 2, 0);
    append_one("order", "first-0-1", 3, 0);
    append_one("order", "first-0-1", 4, 0);
    append_one("order", "first-0-1", 6, 0);
    await_answer(SHARD_IS_READ);
    run_sql(url, THE_THIRD_IS_LOST);
    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);
    ask_for("retry", "NULL");
    await_answer("SELECT count(*) = 1 AND bool_and(outcome LIKE 'not done: %version 3 is gone%"
                 "UPDATE relay_quarantine SET event = NULL%')"
                 " FROM relay_request WHERE ended_at IS NOT NULL");
    ask_for("skip", "'{}'");
    await_answer("SELECT count(*) = 2 AND bool_and(outcome LIKE 'not done: %version 3 is gone%')"
                 " FROM relay_request WHERE ended_at IS NOT NULL");
    ck_assert(ask_sql("SELECT count(*) = 0 FROM relay_skipped"));
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 1);

    run_sql(url, "DO $$ BEGIN EXECUTE (SELECT substring(outcome FROM 'UPDATE .*')"
                 " FROM relay_request ORDER BY id LIMIT 1); END $$");
    ask_for("retry", "NULL");
    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 3);
}
END_TEST

START_TEST(one_that_the_outbox_lost_behind_the_first_one_is_published_once_its_row_is_back)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", 2, 0);
    append_one("order", "first-0-1", 3, 0);
    append_one("order", "first-0-1", 4, 0);
    await_answer(SHARD_IS_READ);
    run_sql(url, THE_THIRD_IS_LOST);
    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);
    ask_for("retry", "NULL");
    await_answer("SELECT count(*) = 1 AND bool_and(outcome LIKE 'not done: %version 3 is gone%'"
                 "  AND outcome LIKE '%Put its row back and retry;%')"
                 " FROM relay_request WHERE ended_at IS NOT NULL");

    run_sql(url, "INSERT INTO outbox OVERRIDING SYSTEM VALUE SELECT * FROM kept");
    ask_for("retry", "NULL");

    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 3);
}
END_TEST

/* Put back by hand, as what it was not. */
START_TEST(an_event_whose_number_another_one_has_is_skipped_once_that_is_taken_out)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", 2, 0);
    append_one("order", "first-0-1", 3, 0);
    await_answer(SHARD_IS_READ);
    run_sql(url, _i == 0 ? "UPDATE outbox SET aggregateversion = 7 WHERE aggregateversion = 2"
                         : "UPDATE outbox SET aggregateid = 'foreign' WHERE aggregateversion = 2");
    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);
    ask_for("retry", "NULL");
    await_answer("SELECT count(*) = 1 AND bool_and(outcome LIKE 'not done: %version 2 is gone%"
                 "Another event has its number%') FROM relay_request WHERE ended_at IS NOT NULL");
    ask_for("skip", "'{}'");
    await_answer("SELECT count(*) = 2 AND bool_and(outcome LIKE '%Another event has its number%')"
                 " FROM relay_request WHERE ended_at IS NOT NULL");
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published);

    run_sql(url, "DO $$ BEGIN EXECUTE (SELECT substring(outcome FROM 'DELETE [^;]*')"
                 " FROM relay_request ORDER BY id LIMIT 1); END $$");
    ask_for("skip", "'{}'");

    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2);
}
END_TEST

/* Written down by a relay-svc that noted nothing, and not published: it may have died then. */
START_TEST(a_skip_written_down_without_a_note_is_published_though_the_row_is_gone_since)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "order", "first-0-1", 2, 0);
    append_one("order", "first-0-1", 3, 0);
    await_answer(SHARD_IS_READ);
    const double published = metrics_get(metrics, METRIC_PUBLISHED, 0);

    run_sql(url, "WITH asked AS (INSERT INTO relay_request (shard, kind, aggregatetype,"
                 "   aggregateid, seq, reason, payload, requested_by)"
                 "  SELECT shard, 'skip', aggregatetype, aggregateid, seq, 'meant', '{}', 'test'"
                 "   FROM relay_quarantine RETURNING id, shard, seq),"
                 " gone AS (DELETE FROM outbox o USING asked WHERE o.seq = asked.seq)"
                 " INSERT INTO relay_skipped (seq, shard, request, payload)"
                 "  SELECT seq, shard, id, '{}' FROM asked");

    await_answer("SELECT count(*) = 0 FROM relay_quarantine");
    await_answer(ENDED);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), published + 2);
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
    Suite *suite = suite_create("relay-svc: quarantine");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_loop_test(
        tests,
        what_the_broker_refuses_is_parked_with_what_follows_and_published_when_a_person_says_so, 0,
        sizeof REFUSED / sizeof REFUSED[0]);
    tcase_add_test(tests, an_event_of_the_greatest_version_is_parked);
    tcase_add_test(tests,
                   an_event_that_the_outbox_lost_is_not_said_to_be_published_and_can_be_skipped);
    tcase_add_test(tests, a_line_to_be_run_names_an_aggregate_so_that_a_shell_takes_it_whole);
    tcase_add_test(
        tests, an_event_that_the_outbox_lost_and_nobody_noted_is_skipped_once_its_version_is_said);
    tcase_add_test(tests,
                   events_that_the_outbox_lost_behind_the_first_one_are_not_passed_over_in_silence);
    tcase_add_test(tests,
                   one_that_the_outbox_lost_behind_the_first_one_is_published_once_its_row_is_back);
    tcase_add_loop_test(
        tests, an_event_whose_number_another_one_has_is_skipped_once_that_is_taken_out, 0, 2);
    tcase_add_test(tests,
                   a_skip_written_down_without_a_note_is_published_though_the_row_is_gone_since);
    tcase_add_test(tests, who_takes_a_shard_over_knows_what_waits_and_a_type_without_a_topic_does);
    tcase_add_test(tests, a_row_that_fits_no_topic_is_not_sent_and_the_limits_are_looked_at_first);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
