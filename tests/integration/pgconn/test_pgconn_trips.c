/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's answers: their order, their rows, their failures. */
#include "common/base/strbuf.h"
#include "common/io/postgres/pgarray.h"
#include "tests/integration/pgconn/pgconn_fixture.h"

START_TEST(results_come_in_the_order_of_the_statements)
{
    query(ECHO, "a");
    query(ECHO, "b");
    query(ECHO, "");
    run_trip();

    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen_count, 3);
    ck_assert_str_eq(f.seen[0].value, "a");
    ck_assert_str_eq(f.seen[1].value, "b");
    ck_assert_str_eq(f.seen[2].value, "");
    ck_assert_uint_eq(f.seen[2].index, 2);
}
END_TEST

START_TEST(a_failing_statement_is_named_and_spoils_only_its_trip)
{
    query(ECHO, "a");
    query(DIVIDE, "0");
    query(ECHO, "never");
    run_trip();

    ck_assert(f.has_failed);
    ck_assert_uint_eq(f.seen_count, 1);
    ck_assert_uint_eq(f.failure.index, 1);
    ck_assert_str_eq(f.failure.sqlstate, "22012");
    ck_assert_int_eq(f.failure.err.kind, ERROR_INVALID);

    query(ECHO, "again");
    run_trip();
    ck_assert(!f.has_failed);
    ck_assert_str_eq(f.seen[1].value, "again");
}
END_TEST

START_TEST(rows_come_one_by_one_also_those_before_a_failure)
{
    pgconn_free(f.conn);
    struct pgconn_options options = options_for(url_of_server());
    options.by_row = true;
    connect_with(&options);
    wait_until_ready();

    query(COUNT_DOWN, "2");
    run_trip();
    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen_count, 4); /* three rows, and the end */
    ck_assert_str_eq(f.seen[0].value, "4");
    ck_assert_str_eq(f.seen[1].value, "6");
    ck_assert_str_eq(f.seen[2].value, "12");
    ck_assert_uint_eq(f.seen[2].rows, 1);
    ck_assert_uint_eq(f.seen[3].rows, 0);

    query(COUNT_DOWN, "3"); /* divides by zero at last */
    run_trip();
    ck_assert(f.has_failed);
    ck_assert_str_eq(f.failure.sqlstate, "22012");
    ck_assert_uint_eq(f.seen_count, 7);
    ck_assert_str_eq(f.seen[6].value, "12");

    query(ECHO, "again");
    run_trip();
    ck_assert(!f.has_failed);
    ck_assert_str_eq(f.seen[7].value, "again");
}
END_TEST

START_TEST(array_literals_survive_quotes_backslashes_and_nulls)
{
    struct strbuf array;
    strbuf_init(&array, 4096);
    pgconn_array_open(&array);
    pgconn_array_text(&array, STRVIEW("\"\\{,}' NULL \n\t\xc3\xa4"));
    pgconn_array_text(&array, (struct strview){0});
    pgconn_array_text(&array, STRVIEW(""));
    pgconn_array_close(&array);
    query(UNNEST, strbuf_cstr(&array));
    run_trip();

    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen[0].rows, 3);
    ck_assert_str_eq(f.seen[0].value, "\"\\{,}' NULL \n\t\xc3\xa4");
    strbuf_done(&array);
}
END_TEST

START_TEST(arrays_of_every_type_are_taken_in_binary)
{
    enum { TYPES = 9, BYTES_MAX = 4096 };
    struct pgarray arrays[TYPES];
    struct strview params[TYPES];
    for (int i = 0; i < TYPES; i++) {
        pgarray_init(&arrays[i], BYTES_MAX);
        pgarray_open(&arrays[i], (enum pgarray_type)i);
    }
    pgarray_put_i64(&arrays[PGARRAY_BOOL], true);
    pgarray_put_i64(&arrays[PGARRAY_BOOL], 2);
    pgarray_put(&arrays[PGARRAY_BYTEA], (struct strview){"\0\xff", 2});
    pgarray_put_i64(&arrays[PGARRAY_INT8], INT64_MIN);
    pgarray_put_i64(&arrays[PGARRAY_INT2], -2);
    pgarray_put_i64(&arrays[PGARRAY_INT2], INT16_MAX);
    pgarray_put(&arrays[PGARRAY_TEXT], STRVIEW("\"\\,"));
    pgarray_put(&arrays[PGARRAY_TEXT], (struct strview){0});
    pgarray_put(&arrays[PGARRAY_TEXT], STRVIEW(""));
    pgarray_put(&arrays[PGARRAY_JSON], STRVIEW("{\"a\": 1}"));
    pgarray_put_i64(&arrays[PGARRAY_TIMESTAMPTZ], INT64_C(1767323045678));
    pgarray_put_i64(&arrays[PGARRAY_TIMESTAMPTZ], 0);
    pgarray_put(&arrays[PGARRAY_UUID], STRVIEW("00112233-4455-6677-8899-aabbccddeeff"));
    for (int i = 0; i < TYPES; i++) {
        params[i] = pgarray_close(&arrays[i]);
    }
    pgconn_query_binary(f.conn, COMPARE, params, TYPES);
    run_trip();

    ck_assert_msg(!f.has_failed, "%s", f.failure.err.text);
    ck_assert_str_eq(f.seen[0].value, "t");
    for (int i = 0; i < TYPES; i++) {
        pgarray_done(&arrays[i]);
    }
}
END_TEST

START_TEST(a_notification_arrives_while_idle)
{
    query(LISTEN, NULL);
    run_trip();
    query(NOTIFY, NULL);
    run_trip();
    while (f.notified == 0) {
        loop_run(f.loop);
    }
}
END_TEST

static void on_number(void *user, size_t index, const struct pgconn_result *result)
{
    (void)user;
    (void)index;
    f.number = pgconn_value_i64(result, 0, 0);
}

static void run_trip_of_numbers(void)
{
    const int before = f.done;
    pgconn_send_trip(f.conn, on_number, on_done, NULL);
    while (f.done == before) {
        loop_run(f.loop);
    }
}

START_TEST(a_column_that_is_no_number_fails_its_trip)
{
    query(ECHO, "12");
    run_trip_of_numbers();
    ck_assert(!f.has_failed);
    ck_assert_int_eq(f.number, 12);

    query(ECHO, "12 apples");
    run_trip_of_numbers();
    ck_assert(f.has_failed);
    ck_assert_int_eq(f.failure.err.kind, ERROR_INVALID);
    ck_assert_uint_eq(f.failure.index, 0);
}
END_TEST

START_TEST(a_missing_partition_passes_and_a_broken_rule_does_not)
{
    enum { INTO_NO_PARTITION, AGAINST_A_RULE };
    static const struct pgconn_statement INSERTS[] = {
        [INTO_NO_PARTITION] = {"INSERT INTO parted VALUES (1)", 0},
        [AGAINST_A_RULE] = {"INSERT INTO ruled VALUES (1)", 0},
    };
    ask("DROP TABLE IF EXISTS parted, ruled; CREATE TABLE parted (n int) PARTITION BY RANGE (n);"
        "CREATE TABLE ruled (n int CONSTRAINT rule CHECK (n > 1))");
    struct pgconn_options options = options_for(url_of_server());
    options.statements = INSERTS;
    options.statement_count = sizeof INSERTS / sizeof INSERTS[0];
    pgconn_free(f.conn);
    connect_with(&options);
    wait_until_ready();

    query(INTO_NO_PARTITION, NULL);
    run_trip();
    ck_assert_str_eq(f.failure.sqlstate, "23514");
    ck_assert_int_eq(f.failure.err.kind, ERROR_TRANSIENT);

    query(AGAINST_A_RULE, NULL);
    run_trip();
    ck_assert_str_eq(f.failure.constraint, "rule");
    ck_assert_int_eq(f.failure.err.kind, ERROR_INVALID);
    ask("DROP TABLE parted, ruled");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/postgres: trips");
    TCase *server = tcase_create("server");
    tcase_set_timeout(server, 100);
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_add_test(server, results_come_in_the_order_of_the_statements);
    tcase_add_test(server, a_failing_statement_is_named_and_spoils_only_its_trip);
    tcase_add_test(server, rows_come_one_by_one_also_those_before_a_failure);
    tcase_add_test(server, arrays_of_every_type_are_taken_in_binary);
    tcase_add_test(server, array_literals_survive_quotes_backslashes_and_nulls);
    tcase_add_test(server, a_notification_arrives_while_idle);
    tcase_add_test(server, a_column_that_is_no_number_fails_its_trip);
    tcase_add_test(server, a_missing_partition_passes_and_a_broken_rule_does_not);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
