/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_fence says who holds each shard, whoever writes to relay_shard; nothing is read against it.
 */
#include "command-svc/sql/migrate.h"
#include "common/base/strbuf.h"
#include "relay-svc/metrics.h"
#include "tests/integration/relay/relay_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { REPORT_MAX = 1 << 16 };

/* As relay-svc 0.1.0 spells it, which knows nothing of the fence. */
#define UPDATE_OF(set)                                                                             \
    "WITH free AS MATERIALIZED (SELECT shard FROM relay_shard ORDER BY shard FOR UPDATE SKIP "     \
    "LOCKED) UPDATE relay_shard r SET " set " FROM free WHERE r.shard = free.shard"
#define HANDS                                                                                      \
    "owner = 'earlier', epoch = r.epoch + 1, lease_until = clock_timestamp() + interval '4 min'"

/* All of them, so it waits for a renewal or a mark that is under way, which a claim passes over. */
static const char *const TAKEN[] = {"UPDATE relay_shard r SET " HANDS,
                                    "TRUNCATE relay_shard CASCADE"};

static bool all_are_lost(void)
{
    return shards_of(relay) == 0 &&
           metrics_get(metrics, METRIC_LEASE_CHANGES, LEASE_CHANGE_LOST) >= SHARDS;
}

/* The rows come in the transaction that takes the shards away: no look sees the one without the
 * other, and the bell rings long before a lease is renewed. */
START_TEST(nothing_is_read_of_a_shard_that_is_no_longer_ours)
{
    char sql[1024];
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    (void)snprintf(sql, sizeof sql,
                   "%s; INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload,"
                   "  aggregateversion, shard, occurred_at)"
                   " SELECT gen_random_uuid(), 'order', 'second-' || s, 'Tested', '{}', 1, s, now()"
                   "  FROM generate_series(0, %d) s; NOTIFY outbox",
                   TAKEN[_i], SHARDS - 1);

    run_sql(url, sql);

    await(all_are_lost);
    ck_assert_double_eq(metrics_get(metrics, METRIC_PUBLISHED, 0), SHARDS);
}
END_TEST

static const struct {
    const char *sql;
    bool changes_hands;
} WRITES[] = {
    {UPDATE_OF(HANDS), true},
    {UPDATE_OF("owner = NULL, lease_until = NULL"), true},
    {UPDATE_OF("lease_until = clock_timestamp() + interval '6 s'"), false},
    {UPDATE_OF("position = r.position + 1"), false},
    {"DELETE FROM relay_shard; INSERT INTO relay_shard (shard) SELECT generate_series(0, 11)",
     true},
    {"TRUNCATE relay_shard CASCADE; INSERT INTO relay_shard (shard) SELECT generate_series(0, 11)",
     true},
};

static const char IS_TRUE[] =
    "SELECT count(*) = 12 AND bool_and(r.epoch = f.epoch AND r.owner IS NOT DISTINCT FROM f.owner)"
    " FROM relay_shard r FULL JOIN relay_fence f USING (shard)";

/* A row that is written anew lies elsewhere. */
static const char KEEP_PLACES[] =
    "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT shard, ctid::text AS place FROM "
    "relay_fence";
static const char ALL_HAVE_MOVED[] = "SELECT count(*) = 0 FROM relay_fence f JOIN kept USING "
                                     "(shard) WHERE f.ctid::text = place";
static const char NONE_HAS_MOVED[] = "SELECT count(*) = 12 FROM relay_fence f JOIN kept USING "
                                     "(shard) WHERE f.ctid::text = place";

START_TEST(the_fence_follows_whoever_writes_and_moves_with_a_change_of_hands_alone)
{
    await(it_has_all);
    relay_drain(relay);
    await(the_first_has_gone);
    ck_assert(ask_sql(IS_TRUE));
    for (size_t i = 0; i < sizeof WRITES / sizeof WRITES[0]; i++) {
        run_sql(url, KEEP_PLACES);

        run_sql(url, WRITES[i].sql);

        ck_assert_msg(ask_sql(IS_TRUE), "%s", WRITES[i].sql);
        ck_assert_msg(ask_sql(WRITES[i].changes_hands ? ALL_HAVE_MOVED : NONE_HAS_MOVED), "%s",
                      WRITES[i].sql);
    }
}
END_TEST

static const char BROKEN[] = "DELETE FROM relay_fence WHERE shard < 4;"
                             "UPDATE relay_fence SET owner = 'nobody' WHERE shard IN (4, 5, 6, 7);"
                             "UPDATE relay_fence SET epoch = epoch - 1 WHERE shard > 7";

START_TEST(a_fence_that_somebody_broke_is_mended_by_the_next_claim)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    run_sql(url, BROKEN);
    append(1, "second");
    goal += SHARDS;

    await(all_are_published);
    await(all_is_well);
    ck_assert(ask_sql(IS_TRUE));
}
END_TEST

static const char *const DROPPED[] = {
    "DROP TABLE relay_fence",
    "DROP FUNCTION relay_fence_follow() CASCADE; UPDATE relay_shard SET epoch = epoch + 1",
};

static bool it_is_in_trouble(void)
{
    struct error err;
    return shards_of(relay) == 0 || relay_probe_work(relay, &err) != ERROR_NONE;
}

START_TEST(what_migrate_makes_again_is_used_by_a_relay_at_work)
{
    struct error err = {.text = ""};
    struct strbuf report;
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    run_sql(url, DROPPED[_i]);
    append(1, "second");
    goal += SHARDS;
    await(it_is_in_trouble);
    strbuf_init(&report, REPORT_MAX);
    ck_assert_msg(migrate_run(url, SHARDS, &report, &err) == ERROR_NONE, "%s", err.text);
    strbuf_done(&report);

    await(all_are_published);
    await(all_is_well);
    ck_assert(ask_sql(IS_TRUE));
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 240 };
    Suite *suite = suite_create("relay-svc: fence");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_loop_test(tests, nothing_is_read_of_a_shard_that_is_no_longer_ours, 0,
                        sizeof TAKEN / sizeof TAKEN[0]);
    tcase_add_test(tests, the_fence_follows_whoever_writes_and_moves_with_a_change_of_hands_alone);
    tcase_add_test(tests, a_fence_that_somebody_broke_is_mended_by_the_next_claim);
    tcase_add_loop_test(tests, what_migrate_makes_again_is_used_by_a_relay_at_work, 0,
                        sizeof DROPPED / sizeof DROPPED[0]);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
